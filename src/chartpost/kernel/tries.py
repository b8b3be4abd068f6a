"""How often something was tried within a stretch of time: what limits of rate are made of.

Counted in the cache of the database, for all processes. The cache's own `incr` would keep a count for five minutes
whatever was asked for, and forget it in the middle of its time.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.cache import cache

from chartpost.kernel.addresses import machine
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


@dataclass(frozen=True)
class Limits:
    """Requests of a door per address and time: for each kind the most, and within how many seconds.

    `too_many` makes the error that is raised; it is given the seconds until the address may go on.
    """

    door: str
    most: Mapping[str, tuple[int, int]]
    too_many: Callable[[int], Exception]

    def count(self, kind: str, address: str) -> None:
        """Count one more of `kind` from an address; raises once its window is full."""
        most, seconds = self.most[kind]
        if count(self._name(kind, address), seconds) > most:
            raise self.too_many(left(seconds))

    def check(self, kind: str, address: str) -> None:
        """Raise when the window of `kind` is full already, without counting."""
        most, seconds = self.most[kind]
        if counted(self._name(kind, address), seconds) >= most:
            raise self.too_many(left(seconds))

    def _name(self, kind: str, address: str) -> str:
        """One name a machine, as a digest."""
        return f"{self.door}:{kind}:{hashlib.sha256(machine(address).encode()).hexdigest()[:32]}"
