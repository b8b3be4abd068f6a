"""Errors of the identity room.

IdentityError
├── Denied               a policy said no
├── InvitationRefused    the code is unknown, used or expired
├── NotOnePerson         a merge that would not hold
└── NotFound             no such person, account or facility
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


class NotFound(IdentityError):
    """No such person, account or facility."""
