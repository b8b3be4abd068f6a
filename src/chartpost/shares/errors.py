"""Errors of the shares room. `code` and `status` are what the HTTP API answers with (docs/sealed-api.md).

SharesError
├── Malformed      400  a request that is not what the API takes
├── NotAllowed     401  no token, a wrong one, or one whose time is over
├── Refused        403  a wrong proof or receipt
├── NotThere       404  no such object
├── Conflict       409  the id is taken, the part differs, parts are missing, the step does not fit
├── Gone           410  expired, revoked or used up; told only to whoever proved to hold the link
├── TooLarge       413  more than the settings allow
├── Locked         423  too many wrong proofs
├── TooMany        429  too many requests from one address
├── Busy           503  every place for transfers is taken
└── Full           507  the quota or the disk is used up
"""

from typing import Any, ClassVar

from chartpost.kernel.errors import ChartpostError


class SharesError(ChartpostError):
    """Root of the errors of this room; `more` are further members of the JSON answer."""

    status: ClassVar[int] = 400
    code: str = "malformed"

    def __init__(self, *, seen: str, expected: str, todo: str, code: str = "", **more: Any) -> None:
        super().__init__(seen=seen, expected=expected, todo=todo)
        self.code = code or self.code
        self.more = more


class Malformed(SharesError):
    """A request that is not what the API takes."""


class NotAllowed(SharesError):
    """No token, a wrong one, or one whose time is over."""

    status, code = 401, "unauthorized"


class Refused(SharesError):
    """A wrong proof or receipt."""

    status, code = 403, "refused"


class NotThere(SharesError):
    """No such object."""

    status, code = 404, "not_found"


class Conflict(SharesError):
    """The id is taken, the part differs, parts are missing, or the step does not fit."""

    status, code = 409, "taken"


class Gone(SharesError):
    """Expired, revoked or used up."""

    status, code = 410, "expired"


class TooLarge(SharesError):
    """More than the settings allow."""

    status, code = 413, "too_large"


class Locked(SharesError):
    """Too many wrong proofs."""

    status, code = 423, "locked"


class TooMany(SharesError):
    """Too many requests from one address."""

    status, code = 429, "slow_down"


class Busy(SharesError):
    """Every place for transfers is taken."""

    status, code = 503, "busy"


class Full(SharesError):
    """The quota or the disk is used up."""

    status, code = 507, "full"
