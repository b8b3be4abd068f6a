"""Why a link is refused; each knows the status it leaves with.

ChartpostError
└── ShlError
    ├── NotThere (404)          no such link, ended, used up or locked: all alike
    ├── WrongPasscode (401)     no passcode, or not this one
    ├── NotReady (503)          the files are being put together
    ├── BadRequest (400)        a request against the guide
    ├── TooMany (429)           too many requests from one address
    ├── Refused (409)           a link cannot be made: the same form twice, too many links, an address too long
    └── TooBig (409)            more than a link may hold
"""

from chartpost.kernel.errors import ChartpostError

LARGEST = 64 * 1024 * 1024
"""Bytes of a Bundle; what opens links holds all of it in memory."""


class ShlError(ChartpostError):
    """Something about a SMART Health Link cannot be done."""

    status = 400
    retry_after: int | None = None


class NotThere(ShlError):
    """There is no such link, or no longer."""

    status = 404


class WrongPasscode(ShlError):
    """The passcode is missing or wrong; `remaining` tries are left."""

    status = 401

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining
        super().__init__(seen="a passcode that does not fit", expected="the passcode of the link", todo="Ask for it")


class NotReady(ShlError):
    """The files are being put together."""

    status = 503
    retry_after = 3


class BadRequest(ShlError):
    """A request against the guide."""


class TooMany(ShlError):
    """Too many requests from one address."""

    status = 429

    def __init__(self, wait: int) -> None:
        self.retry_after = wait
        super().__init__(
            seen="too many requests from this address", expected="a few at a time", todo=f"Wait {wait} seconds"
        )


class Refused(ShlError):
    """The link cannot be made."""

    status = 409


class TooBig(ShlError):
    """More than a link may hold."""

    status = 409


def too_big(size: int) -> TooBig:
    """The error for `size` bytes or more."""
    return TooBig(seen=f"{size:,} bytes", expected=f"at most {LARGEST:,}", todo="Choose fewer parts of the record")
