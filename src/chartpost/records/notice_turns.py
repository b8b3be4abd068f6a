"""Turns of the servers of apps: one that takes long rests between them, so that it holds up nobody else's notices.

Kept in memory by the worker, for each app: a worker that starts anew begins with all of them rested.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chartpost.kernel import jobs

TURN_SECONDS = 5.0
"""After that others get their turn, and a worker told to stop stops."""
SLOW_SECONDS = 2.0
"""A server that needs longer for an answer is slow; its rest doubles with each such turn in a row."""
MOST_REST = 300.0

_rests: dict[str, tuple[int, float]] = {}
"""By app: how many turns in a row were slow, and when it may have the next."""


@dataclass
class Turn:
    """What was told in one turn, and how long that took."""

    begun: float
    notices: int = 0
    waited: float = 0.0

    @property
    def over(self) -> bool:
        """Whether others should go on now."""
        return time.monotonic() - self.begun >= TURN_SECONDS

    @property
    def slow(self) -> bool:
        """Whether the server took long for its answers, failures included."""
        return self.waited > SLOW_SECONDS * self.notices

    @contextmanager
    def notice(self) -> Iterator[None]:
        """A block that sends one notice and waits for its answer."""
        self.notices, begun = self.notices + 1, time.monotonic()
        try:
            yield
        finally:
            self.waited += time.monotonic() - begun


@contextmanager
def turn(app: str) -> Iterator[Turn]:
    """A turn of an app; raises `jobs.Later` while it has to rest."""
    times, until = _rests.get(app, (0, 0.0))
    if (left := until - time.monotonic()) > 0:
        raise jobs.Later(left)
    mine = Turn(time.monotonic())
    try:
        yield mine
    finally:
        times = times + 1 if mine.slow else 0
        if mine.slow or mine.over:
            _rests[app] = times, time.monotonic() + min(TURN_SECONDS * 2 ** max(0, times - 1), MOST_REST)
        else:
            _rests.pop(app, None)


def forget() -> None:
    """Let all have their turn at once."""
    _rests.clear()
