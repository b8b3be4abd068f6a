"""Requests per address and time at the addresses that programs of others ask."""

import hashlib
import ipaddress

from chartpost.gateways.shl.errors import TooMany
from chartpost.kernel import tries

LIMITS = {"ask": (120, 600), "refused": (30, 600), "file": (300, 600)}
"""What is counted: most times, within so many seconds."""


def count(kind: str, address: str) -> None:
    """Count one more of `kind` from an address; raises TooMany once its window is full."""
    most, seconds = LIMITS[kind]
    if tries.count(_name(kind, address), seconds) > most:
        raise TooMany(tries.left(seconds))


def check(kind: str, address: str) -> None:
    """Raise TooMany when the window of `kind` is full already, without counting."""
    most, seconds = LIMITS[kind]
    if tries.counted(_name(kind, address), seconds) >= most:
        raise TooMany(tries.left(seconds))


def _name(kind: str, address: str) -> str:
    """One name an address; of IPv6 the /64 counts, since one machine has all of it."""
    try:
        found = ipaddress.ip_address(address)
        name = str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
    except ValueError:
        name = address
    return f"shl:{kind}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
