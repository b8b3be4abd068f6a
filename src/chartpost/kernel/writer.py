"""Writes of many requests in one transaction.

On SQLite a commit costs about as much as all else a small write does: each page it touched is enciphered, signed and
forced to the disk, and most of these pages (the ledger's end, the upper pages of each index) are the same for the write
that follows. So requests that come together are written together and answered once all are committed. When one fails,
all are undone and done again, each in a savepoint, so that it fails alone; when the whole cannot be committed, each in
a transaction of its own. Writes of one kind may be done at once (`Alike`), each table gone to once for all of them.

The thread keeps one connection, whose page cache a write of its own never empties, and takes its turn with the writers
of other processes by a lock on a file, which wakes who waits at once, where SQLite itself looks again and again.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, TypeVar

import greenlet
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from chartpost.kernel import transfers
from chartpost.kernel.config import config
from chartpost.kernel.db import meeting

log = logging.getLogger(__name__)
T = TypeVar("T")
Alike = tuple[Callable[[Sequence[Any]], Sequence[Any]], Any]
"""How writes of a kind are done at once, in the order they came, and what this one is among them.

The function gives what each came to: what its work would have returned, or the error it would have raised before it
had written anything. What it raises itself undoes the transaction, and all are done one by one.
"""
TOGETHER = 32
"""Writes of one transaction at most: who reads waits for nobody, but who writes elsewhere waits for all of them."""
STAY_SECONDS = 0.03
"""How long a process goes on writing while others wait: each change of process empties the cache of pages."""
LINGER_SECONDS = 0.002
"""How long it waits for the next write within that time."""
LOCK = "write.lock"


class Job:
    """One write, and what came of it."""

    def __init__(self, work: Callable[[], Any], undone: Callable[[], None], alike: Alike | None) -> None:
        self._work, self.undone, self._context = work, undone, copy_context()
        self.alike = alike
        self._result: Any = None
        self.error: Exception | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        """Do it in the transaction that is open; raises what it raises, which undoes that transaction."""
        self._result = self._context.run(self._work)

    def came_to(self, outcome: Any) -> None:
        """It was done with others."""
        if isinstance(outcome, Exception):
            self.error = outcome
        else:
            self._result = outcome

    def run_apart(self) -> None:
        """Do it so that it can be undone alone; an error is its result."""
        self.error = None
        try:
            with transaction.atomic():
                self.run()
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self.error = error
            self.undone()

    def end(self) -> None:
        """Let go who waits."""
        self._done.release()

    def wait(self) -> None:
        """Until it is done."""
        self._done.acquire()

    def outcome(self) -> Any:
        """What the work gave, once it is done; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self._result


class Handling(greenlet.greenlet):
    """A request that one thread handles beside others: where it writes it stands still, and its parent gets the job.

    The parent goes on with it once `make` has made that.
    """


class _Writer:
    """The thread that writes, begun when the first write comes."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._begin = threading.Lock()
        self._begun = False

    def take(self, job: Job) -> None:
        """Have a job done."""
        self._jobs.put(job)
        if not self._begun:
            with self._begin:
                if not self._begun:
                    threading.Thread(target=self._go_on, name="writer", daemon=True).start()
                    self._begun = True

    def waiting(self) -> int:
        """How many wait to be begun."""
        return self._jobs.qsize()

    def _go_on(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            with _turn_among_processes():
                until = time.monotonic() + STAY_SECONDS
                while jobs:
                    self._gather(jobs)
                    _done(jobs)
                    jobs = self._next(until)

    def _next(self, until: float) -> list[Job]:
        """The job that comes at once, if one comes before the time of this turn is over."""
        if time.monotonic() > until:
            return []
        try:
            return [self._jobs.get(timeout=LINGER_SECONDS)]
        except Empty:
            return []

    def _gather(self, jobs: list[Job]) -> None:
        """Add those that wait."""
        while len(jobs) < TOGETHER:
            try:
                jobs.append(self._jobs.get_nowait())
            except Empty:
                return


_writer = _Writer()


def waiting() -> int:
    """How many writes of this process wait to be begun."""
    return _writer.waiting()


def together(work: Callable[[], T], undone: Callable[[], None], alike: Alike | None = None) -> T:
    """Do `work` in a transaction, on SQLite in one with what other requests write at this moment.

    Returns what it returns, once that is committed, and raises what it raises, with all it wrote undone. `work` runs on
    another thread, and perhaps again after it was undone: it changes nothing but the database, and `undone` forgets
    what it read meanwhile. Outside of a request, inside a transaction and on PostgreSQL it is done here and now.
    """
    here = greenlet.getcurrent()
    handled = isinstance(here, Handling)
    if config().database_url or not (handled or transfers.at_work()) or connection.in_atomic_block:
        return meeting.again(work, undone)
    job = Job(work, undone, alike)
    if handled and here.parent is not None:
        here.parent.switch(job)
    else:
        with transfers.elsewhere():
            _writer.take(job)
            job.wait()
    result: T = job.outcome()
    return result


def make(jobs: Sequence[Job]) -> None:
    """Make the writes for which requests stand still (`Handling`), together."""
    if jobs:
        with _turn_among_processes():
            _done(jobs)


def _done(jobs: Sequence[Job]) -> None:
    """Write, and let go all who wait, whatever comes of it."""
    try:
        _write(jobs)
    except Exception as error:  # noqa: BLE001 - nobody may wait for ever
        log.error("writes could not begin: %s", type(error).__name__)  # noqa: TRY400 - values are PHI
        for job in jobs:
            job.error = error
    finally:
        for job in jobs:
            job.end()


def _write(jobs: Sequence[Job]) -> None:
    """All in one transaction; when one fails, each in a savepoint; when that comes to nothing, each in its own."""
    close_old_connections()
    if len(jobs) > 1 and (_settled(jobs, _at_once) or _settled(jobs, _apart)):
        return
    for job in jobs:
        job.error = None
        _settled([job], _at_once)


def _at_once(jobs: Sequence[Job]) -> None:
    """Do all, those of one kind that came one after the other by one call."""
    for do, group in groupby(jobs, key=lambda job: job.alike and job.alike[0]):
        some = list(group)
        if do is None or len(some) == 1:
            for job in some:
                job.run()
            continue
        outcomes = do([job.alike[1] for job in some if job.alike])
        for job, outcome in zip(some, outcomes, strict=True):
            job.came_to(outcome)


def _apart(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.run_apart()


def _settled(jobs: Sequence[Job], step: Callable[[Sequence[Job]], None]) -> bool:
    """Take a step for all in one transaction; whether all know what came of it, or must be done again.

    Where none can begin, because somebody keeps the database, all are told: to try again is to wait as long again.
    """
    begun, done = False, list[bool]()
    try:
        with transaction.atomic():
            begun = True
            transaction.on_commit(lambda: done.append(True))
            step(jobs)
    except Exception as error:  # noqa: BLE001 - told to who waits, or they are done again
        if done:
            log.error("what follows a commit failed: %s", type(error).__name__)  # noqa: TRY400 - values are PHI
        elif not begun or len(jobs) == 1:
            for job in jobs:
                job.error = error
        if isinstance(error, InterfaceError | OperationalError):
            connection.close()  # opened anew: whatever ails it would ail all that follow
    if not done:
        for job in jobs:
            job.undone()
    return bool(done) or not begun


@contextmanager
def _turn_among_processes() -> Iterator[None]:
    """Wait until no other process of this home writes by such a thread; without a lock file SQLite's lock decides."""
    with ExitStack() as held:
        try:
            fcntl.flock(held.enter_context(_lock_file()), fcntl.LOCK_EX)
        except OSError as error:
            log.warning("writers of other processes are not waited for: %s", type(error).__name__)
        yield


def _lock_file() -> BinaryIO:
    path = config().home / "run" / LOCK
    try:
        return path.open("ab")
    except FileNotFoundError:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        return path.open("ab")
