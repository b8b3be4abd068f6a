"""Quick work done one after another by one of the threads that bring it.

Threads of one Python process share one interpreter. A thread gives it away at every statement of the database, and
whoever waits for it wakes up, mostly in vain: sixteen threads that read cost up to five times what one costs that reads
for all of them. The server's threads each fetch a request and answer it; so the first that brings something quick does
it, then what others brought meanwhile, and goes to fetch more, while those others rest.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], None]
PATIENCE = 0.02
"""Seconds one work holds up the line; then another thread goes on with the rest."""


class _Head:
    """The thread at the head of the line, and since when it is at its present work."""

    __slots__ = ("since",)

    def __init__(self) -> None:
        self.since = time.monotonic()


class Line:
    """A line of work. Nobody waits for what takes long: when one work does, its thread is left to it, and one that
    rests becomes the head. No work may raise.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._head: _Head | None = None
        self._waiting: deque[Work] = deque()
        self._resting: list[SimpleQueue[_Head | None]] = []
        self._guard = threading.Lock()
        self._busy = threading.Event()
        threading.Thread(target=self._watch, name="line", daemon=True).start()

    def do(self, work: Work) -> None:
        """Have it done in its turn; comes back when this thread shall fetch more."""
        with self._guard:
            if self._head is None or self._late(self._head):
                head = self._head = _Head()
                place = None
            else:
                self._waiting.append(work)
                place = SimpleQueue[_Head | None]()
                self._resting.append(place)
        if place is None:
            if not self._busy.is_set():
                self._busy.set()
            work()
            self._work(head)
        elif (mine := place.get()) is not None:
            self._work(mine)

    def leave(self) -> None:
        """Have a thread that rests fetch instead of this one, which turns to what may take long."""
        if self._resting:
            with self._guard:
                place = self._resting.pop() if self._resting else None
            if place is not None:
                place.put(None)

    def _late(self, head: _Head) -> bool:
        return time.monotonic() - head.since > self._patience

    def _work(self, head: _Head) -> None:
        """Do what waits as long as this is the head."""
        while True:
            with self._guard:
                if self._head is not head:
                    return
                if not self._waiting:
                    self._head = None
                    return
                work = self._waiting.popleft()
                head.since = time.monotonic()
            work()

    def _watch(self) -> None:
        while True:
            self._busy.wait()
            time.sleep(self._patience)
            self._look()

    def _look(self) -> None:
        """Have one that rests go on when the head takes long, or fetch when there is little to do.

        Those that rested may all have been sent to fetch while their work waits: then a new thread does it.
        """
        with self._guard:
            if self._head is not None and not self._late(self._head):
                return
            if self._head is None and not self._resting:
                self._busy.clear()
            if not self._resting and not self._waiting:
                return
            place = self._resting.pop() if self._resting else None
            head = None
            if self._head is not None:
                head = self._head = _Head()
        if place is not None:
            place.put(head)
        elif head is not None:
            threading.Thread(target=self._work, args=(head,), name="line at work", daemon=True).start()
