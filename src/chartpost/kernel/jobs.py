"""Background work in the same database: retried with back-off, run at least once, ticked, reaped.

A job is a plain function registered under a name. It must be safe to run twice: look first, then do. It keeps its one
row until it is done or given up; a try that fails changes when that row is due, so that no job is lost in between.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import close_old_connections, connection, transaction
from django_tasks import task
from django_tasks.base import TaskResultStatus

from chartpost.kernel.clock import now
from chartpost.kernel.db import raw

log = logging.getLogger("chartpost.jobs")

FIRST_RETRY_SECONDS = 5
QUEUE = "default"
LEASE = timedelta(minutes=15)


@dataclass(frozen=True)
class _Job:
    run: Callable[..., None]
    retries: int
    on_failed: Callable[..., None] | None
    queue: str = QUEUE


class Later(Exception):
    """Raised by a job that cannot be done yet: it is asked for again after so many seconds, which is no failed try."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:g} seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class Tick:
    """Work done every so many seconds by the worker."""

    name: str
    seconds: float
    run: Callable[[], object]


_UNKNOWN = _Job(lambda: None, 1, None)
_jobs: dict[str, _Job] = {}
_ticks: list[Tick] = []


def register(
    name: str,
    run: Callable[..., None],
    retries: int = 6,
    on_failed: Callable[..., None] | None = None,
    queue: str = QUEUE,
) -> None:
    """Make `run` known under `name`; after `retries` failed tries `on_failed` is called with the same arguments.

    The jobs of a `queue` are done one after another; what waits for others, such as servers of apps, has its own.
    """
    _jobs[name] = _Job(run, retries, on_failed, queue)


def queues() -> frozenset[str]:
    """The queues jobs may wait in."""
    return frozenset({QUEUE, *(job.queue for job in _jobs.values())})


def every(seconds: float, name: str, run: Callable[[], object]) -> None:
    """Have the worker call `run` every `seconds`."""
    _ticks.append(Tick(name, seconds, run))


def ticks() -> tuple[Tick, ...]:
    """All registered ticks."""
    return tuple(_ticks)


def enqueue(name: str, /, *, key: str = "", delay_seconds: float = 0, **arguments: str | int) -> None:
    """Ask for a job in the caller's transaction. With a `key`, a job already waiting under it is not doubled.

    The one that waits is not begun before that transaction ends, so that it sees what the caller changed.
    """
    if key and _waits_for_me(key):
        return
    when = now() + timedelta(seconds=delay_seconds) if delay_seconds else None
    waiting = run_job.using(queue_name=_jobs.get(name, _UNKNOWN).queue, run_after=when)
    waiting.enqueue(name=name, arguments=arguments, attempt=1, key=key)


def _waits_for_me(key: str) -> bool:
    """Whether a job waits under this key and goes on waiting until the caller's transaction ends.

    SQLite's one writer is who asks. On PostgreSQL a worker passes over rows that are locked, by however many ask for
    the same (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS); one that a worker takes at
    this moment is as good as begun.
    """
    found = _waiting(key).first()
    if found is None or connection.vendor != "postgresql":
        return found is not None
    table = type(found)._meta.db_table
    sql = f"SELECT 1 FROM {table} WHERE id = ? AND status = ? FOR SHARE SKIP LOCKED"  # noqa: S608 - a table of Django's
    return raw.django().one(sql, [found.pk, TaskResultStatus.READY]) is not None


def _waiting(key: str) -> Any:
    """The jobs that wait under a key."""
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.filter(status=TaskResultStatus.READY, args_kwargs__kwargs__key=key)


@task()
def run_job(name: str, arguments: dict[str, Any], attempt: int, key: str = "") -> None:  # noqa: ARG001 - kept beside it
    """One try of a job."""
    _jobs[name].run(**arguments)


def run(row: Any) -> Exception | None:
    """Run a job whose row was claimed, and end it or have it wait for its next try; gives what went wrong."""
    given: dict[str, Any] = row.args_kwargs["kwargs"]
    name, attempt = given["name"], given["attempt"]
    try:
        run_job.func(**given)
    except Later as later:
        _again(row, attempt, now() + timedelta(seconds=later.seconds))
    except Exception as error:
        retries = _jobs.get(name, _UNKNOWN).retries
        log.exception("job %s failed on try %d of %d", name, attempt, retries)
        if attempt < retries or _asked_anew(row):
            _again(row, attempt + 1, now() + _wait(min(attempt, max(retries - 1, 1))))
        else:
            _give_up(row)
        return error
    else:
        _claimed(row).update(status=TaskResultStatus.SUCCESSFUL, finished_at=now())
    return None


def _again(row: Any, attempt: int, when: datetime) -> int:
    """Have a claimed job wait; another one that came to wait under its key meanwhile is not needed.

    It was asked for anew then, and has its tries anew.
    """
    given: dict[str, Any] = row.args_kwargs["kwargs"]
    with transaction.atomic():
        waits = _claimed(row).update(status=TaskResultStatus.READY, run_after=when)
        if waits:
            anew = given.get("key") and _waiting(given["key"]).exclude(pk=row.pk).delete()[0]
            tried = {**row.args_kwargs, "kwargs": {**given, "attempt": 1 if anew else attempt}}
            type(row).objects.filter(pk=row.pk).update(args_kwargs=tried)
    return int(waits)


def _asked_anew(row: Any) -> bool:
    """Whether another job waits under the key of one that runs: nothing is given up then."""
    key = row.args_kwargs["kwargs"].get("key")
    return bool(key) and _waiting(key).exclude(pk=row.pk).exists()


def _give_up(row: Any) -> int:
    """End a claimed job that failed on every try."""
    given: dict[str, Any] = row.args_kwargs["kwargs"]
    job = _jobs.get(given["name"], _UNKNOWN)
    try:
        with transaction.atomic():
            ended = _claimed(row).update(status=TaskResultStatus.FAILED, finished_at=now())
            if ended and job.on_failed:
                job.on_failed(**given["arguments"])
    except Exception:
        log.exception("job %s could not be given up as it should", given["name"])
        ended = _claimed(row).update(status=TaskResultStatus.FAILED, finished_at=now())
    return int(ended)


def _claimed(row: Any) -> Any:
    """The row of a job, as long as it is in the hands of who claimed it."""
    return type(row).objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)


def reap(lease: timedelta = LEASE, but: str = "") -> int:
    """Give back jobs whose worker died, those of worker `but` aside; returns how many.

    A death is a failed try: the second time a job waits, so that others get their turn, and one that ended its worker
    on every try is given up.
    """
    from django_tasks_db.models import DBTaskResult

    stale = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=now() - lease)
    return sum(_give_back(row) for row in stale if row.worker_ids[-1:] != [but])


def _give_back(row: Any) -> int:
    given: dict[str, Any] = row.args_kwargs["kwargs"]
    retries, attempt = _jobs.get(given["name"], _UNKNOWN).retries, given["attempt"]
    if attempt < retries or _asked_anew(row):
        return _again(row, attempt + 1, row.run_after if attempt == 1 else now() + _wait(attempt - 1))
    log.error("job %s ended its worker on try %d of %d", given["name"], attempt, retries)
    return _give_up(row)


def _wait(attempt: int) -> timedelta:
    return timedelta(seconds=FIRST_RETRY_SECONDS * 4 ** (attempt - 1))


def prune(days: int = 7) -> int:
    """Forget finished jobs after some days; returns how many rows went."""
    from django_tasks_db.models import DBTaskResult

    old = DBTaskResult.objects.filter(finished_at__lt=now() - timedelta(days=days))
    return old.delete()[0]


def run_waiting(limit: int = 1000) -> int:
    """Run every waiting job now, in this process; for tests and the demo. Returns how many ran."""
    from django_tasks_db.models import DBTaskResult

    for count in range(limit):
        with transaction.atomic():
            waiting = DBTaskResult.objects.ready().get_locked()
            if waiting is None:
                return count
            waiting.claim("here")
        if error := run(waiting):
            raise error
    return limit


def tick_forever(tick: Tick, stop: threading.Event) -> None:
    """Call a tick until `stop` is set; an error is logged and the next tick still comes."""
    while not stop.wait(tick.seconds):
        try:
            tick.run()
        except Exception:
            log.exception("tick %s failed", tick.name)
        finally:
            close_old_connections()
