"""Errors of the identity room.

IdentityError
├── Denied               a policy said no
├── InvitationRefused    the code is unknown, used or expired
├── NotOnePerson         a merge that would not hold
├── AppRefused           an app cannot be registered like this
├── GrantRefused         an app cannot be given what was chosen
│   └── AnsweredAlready  the request of the app got its answer before
└── NotFound             no such person, account, facility, app or grant
"""

from chartpost.kernel.errors import ChartpostError


class IdentityError(ChartpostError):
    """Root of the errors of this room."""


class Denied(IdentityError):
    """A policy said no."""


class InvitationRefused(IdentityError):
    """The code is unknown, already used or expired."""


class NotOnePerson(IdentityError):
    """A merge or un-merge that would not hold."""


class AppRefused(IdentityError):
    """An app cannot be registered like this; `field` is the part of its draft that is wrong, empty for no one part."""

    def __init__(self, *, seen: str, expected: str, todo: str, field: str = "") -> None:
        self.field = field
        super().__init__(seen=seen, expected=expected, todo=todo)


class GrantRefused(IdentityError):
    """An app cannot be given what was chosen."""


class AnsweredAlready(GrantRefused):
    """The request of the app got its answer before."""


class NotFound(IdentityError):
    """No such person, account, facility, app or grant."""
