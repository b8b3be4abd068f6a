"""Errors of the delivery room.

DeliveryError
├── NotReady      a package that is not built
├── NoSuchChannel a channel nobody registered
├── BadRecipient  what the channel needs to reach the recipient is missing
├── WrongStep     a step that does not fit the delivery's channel or state
├── NotThere      no such package, part or delivery
└── FileError     the shell names a file that cannot be read or written as asked
"""

from chartpost.kernel.errors import ChartpostError


class DeliveryError(ChartpostError):
    """Root of the errors of this room."""


class NotReady(DeliveryError):
    """A package that is not built."""


class NoSuchChannel(DeliveryError):
    """A channel nobody registered."""


class BadRecipient(DeliveryError):
    """What the channel needs to reach the recipient is missing."""


class WrongStep(DeliveryError):
    """A step that does not fit the delivery's channel or state."""


class NotThere(DeliveryError):
    """No such package, part or delivery."""


class FileError(DeliveryError):
    """A file of the shell cannot be read or written as asked."""
