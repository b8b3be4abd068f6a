"""Errors of the delivery room.

DeliveryError
├── NotReady      a package that is not built
├── NoSuchChannel a channel nobody registered
└── NotThere      no such package, part or delivery
"""

from chartpost.kernel.errors import ChartpostError


class DeliveryError(ChartpostError):
    """Root of the errors of this room."""


class NotReady(DeliveryError):
    """A package that is not built."""


class NoSuchChannel(DeliveryError):
    """A channel nobody registered."""


class NotThere(DeliveryError):
    """No such package, part or delivery."""
