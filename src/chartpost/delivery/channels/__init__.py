"""The registry of channels; doors register theirs at start."""

from chartpost.delivery.channels import access_code, hand_over, media, portal, post
from chartpost.delivery.errors import NoSuchChannel
from chartpost.delivery.types import Channel

_channels: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make a channel known by its name."""
    _channels[channel.name] = channel


def get(name: str) -> Channel:
    """A channel by name; raises NoSuchChannel."""
    if name not in _channels:
        known = ", ".join(sorted(_channels))
        raise NoSuchChannel(
            seen=f"channel {name!r}", expected=f"one of {known}", todo="Choose a channel from the list."
        )
    return _channels[name]


def names() -> tuple[str, ...]:
    """The channels there are."""
    return tuple(_channels)


for _channel in (portal.CHANNEL, post.CHANNEL, hand_over.CHANNEL, access_code.CHANNEL, media.CHANNEL):
    register(_channel)
