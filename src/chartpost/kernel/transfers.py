"""Turns for threads at work, and word of who waits for the network.

A WSGI request holds its thread until its body has come and its answer is gone: a phone that uploads holds one for
minutes. So each process has many threads (`WAITING`), made when they are needed and ended when idle, of which only a
few are ever at work: a page or a program takes a turn, and gives it away while it waits for more of a body. Few threads
at work are quickest, and however many bodies stall, pages find their turn.

Every request is a `Visit` while it lasts; `patience` ends the connections of those that come or go too slowly.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from chartpost.kernel.db.lending import Lent, close_own

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[int, list[tuple[str, str]], bytes | Iterable[bytes]]
"""A status, headers and a body."""
WAITING = 256
"""Threads of a process that may wait for slow networks, beside those at work."""
_VISIT = "chartpost.visit"


class Turns:
    """So many threads at work at once, each with database connections of its turn; the others wait in order.

    The turn given back last is taken first: what it read is in the caches of its connections, and a write empties those
    of all others.
    """

    def __init__(self, most: int) -> None:
        self._free = [Lent() for _ in range(most)]
        self._waiting: deque[SimpleQueue[Lent]] = deque()
        """Those who wait, in the order they came; while somebody waits nothing is free."""
        self._guard = threading.Lock()

    def take(self) -> Lent:
        """Wait for a turn."""
        with self._guard:
            turn = self._free.pop() if self._free else None
            if turn is None:
                mine: SimpleQueue[Lent] = SimpleQueue()
                self._waiting.append(mine)
        if turn is None:
            turn = mine.get()
        turn.borrow()
        return turn

    def give(self, turn: Lent) -> None:
        """Give the turn to the next: whoever comes again at once does not overtake who waits."""
        turn.give_back()
        with self._guard:
            if self._waiting:
                self._waiting.popleft().put(turn)
            else:
                self._free.append(turn)


class Visit:
    """One request from its head to the end of its answer."""

    __slots__ = ("address", "begun", "turn", "turns", "waiting", "working")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.address: str = environ.get("REMOTE_ADDR", "")
        self.begun = time.monotonic()
        self.waiting = False
        """Whether it waits for more of its body at this moment."""
        self.working = True
        """Whether our own code is at it; false while its answer waits for the network."""
        self.turns: Turns | None = None
        self.turn: Lent | None = None

    def pause(self) -> Turns | None:
        """Give the turn away, unless a transaction is open; answers where to take the next one."""
        turns, turn = self.turns, self.turn
        if turns is None or turn is None or turn.in_transaction:
            return None
        self.turn = None
        turns.give(turn)
        return turns


class _Here(threading.local):
    """The visit this thread is at work for."""

    visit: Visit | None = None


_here = _Here()
_visits: set[Visit] = set()


def visits() -> list[Visit]:
    """All requests of this process at this moment."""
    return list(_visits)


def at_work() -> bool:
    """Whether this thread is at work for a request, with a turn it can give away."""
    return _here.visit is not None and _here.visit.turn is not None


@contextmanager
def elsewhere() -> Iterator[None]:
    """Give this thread's turn away while the block waits for another server; the block reads nothing of the database.

    Inside a transaction the turn is kept.
    """
    visit = _here.visit
    turns = None if visit is None else visit.pause()
    try:
        yield
    finally:
        if visit is not None and turns is not None:
            visit.turn = turns.take()


class CutError(OSError):
    """A body ended before its stated length."""


class Body:
    """`wsgi.input` whose reader gives its turn away while it waits.

    With `whole`, a body that ends early raises CutError: half a form must not pass for one.
    """

    def __init__(self, stream: Any, visit: Visit, stated: str) -> None:
        self._stream, self._visit = stream, visit
        self._left = int(stated) if stated.isascii() and stated.isdigit() else 0
        self.whole = False

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; all for none or a negative size."""
        if size is None or size < 0:
            return self._wait(self._stream.read, None)
        return self._wait(self._stream.read, size)

    def readline(self, size: int | None = None) -> bytes:
        """One line."""
        return self._wait(self._stream.readline, size)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """All lines."""
        del hint
        return self.read().splitlines(keepends=True)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readlines())

    def _wait(self, read: Callable[..., bytes], size: int | None) -> bytes:
        visit = self._visit
        visit.waiting = True
        turns = visit.pause()
        try:
            data = read() if size is None else read(size)
        finally:
            visit.waiting = False
            if turns is not None:
                visit.turn = turns.take()
        self._left -= len(data)
        if self.whole and self._left > 0 and (size is None or len(data) < size):
            raise CutError("a body that ended before its stated length")
        return data


class _Leaving:
    """A long answer on its way: its visit lasts until it is closed."""

    def __init__(self, answer: Iterable[bytes], visit: Visit) -> None:
        self._answer, self._pieces, self._visit = answer, iter(answer), visit
        visit.working = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._visit.working = True
        try:
            return next(self._pieces)
        finally:
            self._visit.working = False

    def close(self) -> None:
        """End the visit and the answer."""
        _visits.discard(self._visit)
        close = getattr(self._answer, "close", None)
        try:
            if close is not None:
                close()
        finally:
            close_own()


def attended(routed: Application) -> Application:
    """`routed`, each of its requests a visit from here to the end of its answer."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        visit = environ[_VISIT] = Visit(environ)
        stated = environ.get("CONTENT_LENGTH")
        if stated or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Body(environ["wsgi.input"], visit, stated or "")
        _visits.add(visit)
        try:
            answer = routed(environ, start_response)
        except BaseException:
            _visits.discard(visit)
            raise
        if isinstance(answer, (list, tuple)):
            _visits.discard(visit)
            return answer
        return _Leaving(answer, visit)

    return application


def at_once(work: Callable[[dict[str, Any]], Answer], turns: Turns) -> Callable[[dict[str, Any]], Answer]:
    """`work` in a turn, for requests without a body that are answered with bytes, so that it is kept to the end."""

    def answered(environ: dict[str, Any]) -> Answer:
        visit = Visit(environ)
        _visits.add(visit)
        turn = turns.take()
        try:
            return work(environ)
        finally:
            turns.give(turn)
            _visits.discard(visit)

    return answered


def beside(work: Application, turns: Turns, whole: bool = False) -> Application:
    """`work` in a turn, which is not kept for what streams out later.

    With `whole`, reading a body that ends early raises CutError.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        visit: Visit = environ[_VISIT]
        body = environ.get("wsgi.input")
        if whole and isinstance(body, Body):
            body.whole = True
        visit.turns, visit.turn = turns, turns.take()
        _here.visit = visit
        try:
            return work(environ, start_response)
        finally:
            _here.visit = None
            turn, visit.turns, visit.turn = visit.turn, None, None
            if turn is not None:
                turns.give(turn)

    return application
