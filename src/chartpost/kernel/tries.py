"""How often something was tried within a stretch of time: what limits of rate are made of.

Counted in the cache of the database, for all processes. The cache's own `incr` would keep a count for five minutes
whatever was asked for, and forget it in the middle of its time.
"""

import threading

from django.core.cache import cache

from chartpost.kernel.clock import now

_alone = threading.Lock()


def count(name: str, seconds: int) -> int:
    """Count one more of `name`; returns how many there were in the present window of `seconds`, this one included.

    Names hold nothing of a person: an address or a code goes in as a digest.
    """
    key = _key(name, seconds)
    if cache.add(key, 1, seconds):
        return 1
    with _alone:
        number = int(cache.get(key) or 0) + 1
        cache.set(key, number, seconds)
    return number


def counted(name: str, seconds: int) -> int:
    """How many of `name` there were in the present window of `seconds`, without counting."""
    return int(cache.get(_key(name, seconds)) or 0)


def left(seconds: int) -> int:
    """Seconds until the present window of `seconds` is over."""
    return seconds - int(now().timestamp()) % seconds


def _key(name: str, seconds: int) -> str:
    return f"tries:{name}:{int(now().timestamp()) // seconds}"
