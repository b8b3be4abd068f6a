"""Requests per address and time at the addresses that programs of others ask."""

import hashlib
import ipaddress

from django.core.cache import cache

from chartpost.gateways.shl.errors import TooMany
from chartpost.kernel.clock import now

LIMITS = {"ask": (120, 600), "refused": (30, 600), "file": (300, 600)}
"""What is counted: most times, within so many seconds."""


def count(kind: str, address: str) -> None:
    """Count one more of `kind` from an address; raises TooMany once its window is full."""
    most, seconds = LIMITS[kind]
    moment = int(now().timestamp())
    key = _key(kind, address, moment // seconds)
    if not cache.add(key, 1, seconds) and _more(key, seconds) > most:
        raise TooMany(seconds - moment % seconds)


def check(kind: str, address: str) -> None:
    """Raise TooMany when the window of `kind` is full already, without counting."""
    most, seconds = LIMITS[kind]
    moment = int(now().timestamp())
    if (cache.get(_key(kind, address, moment // seconds)) or 0) >= most:
        raise TooMany(seconds - moment % seconds)


def _more(key: str, seconds: int) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:
        cache.set(key, 1, seconds)
        return 1


def _key(kind: str, address: str, window: int) -> str:
    """One key an address; of IPv6 the /64 counts, since one machine has all of it."""
    try:
        found = ipaddress.ip_address(address)
        name = str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
    except ValueError:
        name = address
    return f"shl:{kind}:{hashlib.sha256(name.encode()).hexdigest()[:32]}:{window}"
