"""Limits of the sealed API: requests per address and time, and how many transfers there may be at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from chartpost.kernel import tries
from chartpost.kernel.transfers import WAITING
from chartpost.shares.errors import Busy, TooMany

LIMITS = {
    "header": (240, 600),
    "open": (120, 600),
    "refused": (40, 600),
    "token": (60, 600),
    "make": (120, 3600),
    "drop": (40, 3600),
    "go_on": (600, 600),
}
"""What is counted: most times, within so many seconds. Who goes on with a part has up to 8 MiB copied."""


def _too_many(wait: int) -> TooMany:
    """The error for an address that asks too often; `wait` seconds until it may again."""
    return TooMany(
        seen="too many requests from this address",
        expected="a few at a time",
        todo=f"Wait {wait} seconds, then go on.",
        retry_after=wait,
    )


_limits = tries.Limits("sealed", LIMITS, _too_many)
count, check = _limits.count, _limits.check
PLACES = WAITING * 3 // 4
LONGEST_WAIT = 0.25
"""Seconds a transfer waits for a place before it is asked to come again."""


@lru_cache(maxsize=1)
def _places() -> threading.BoundedSemaphore:
    """Fewer places than there are threads that may wait, so that some are left for everything else."""
    return threading.BoundedSemaphore(PLACES)


@lru_cache(maxsize=1)
def _streams() -> threading.BoundedSemaphore:
    """Half of the places may be held by slow downloads; the other half stays for uploads."""
    return threading.BoundedSemaphore(PLACES // 2)


def stream_place(wait: bool) -> Callable[[], None] | None:
    """A place for a download that streams, as the function that gives it back; None when there is none.

    With `wait` it is waited for, and Busy raised instead of None.
    """
    patience = LONGEST_WAIT if wait else 0
    if _streams().acquire(timeout=patience):
        if _places().acquire(timeout=patience):
            return _both_back
        _streams().release()
    if wait:
        raise _busy()
    return None


def _both_back() -> None:
    _places().release()
    _streams().release()


def _busy() -> Busy:
    return Busy(
        seen="as many transfers as there are places",
        expected="a free place",
        todo="Wait a few seconds, then ask again.",
        retry_after=2,
    )


@contextmanager
def place() -> Iterator[None]:
    """One place for a transfer inside the block; raises Busy when none is free within a moment."""
    if not _places().acquire(timeout=LONGEST_WAIT):
        raise _busy()
    try:
        yield
    finally:
        _places().release()
