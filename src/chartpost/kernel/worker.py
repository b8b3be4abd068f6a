"""`chartpost worker`: runs jobs and ticks until told to stop."""

import logging
import os
import secrets
import signal
import sys
import threading
from types import FrameType
from typing import Any

from django.db import connections
from django_tasks_db.management.commands.db_worker import Worker

from chartpost.kernel import collector, heartbeat, jobs, logs

log = logging.getLogger("chartpost.jobs")

POLL_SECONDS = 0.5


class _Worker(Worker):
    """The library's, which takes jobs from the database; what their errors lead to is for `jobs`.

    Asked to stop, it ends what it does, however often it is asked.

    A second signal would cut the job off and call it failed for good, and service managers do send two: one to each
    process, one by way of our supervisor. Who cannot wait kills it; a job cut off so is done again.
    """

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the job at hand."""
        if self.running:
            super().shutdown(signum, frame)

    def run_task(self, db_task_result: Any) -> None:
        """Run a job this worker has claimed."""
        self.running_task = True
        try:
            jobs.run(db_task_result)
        finally:
            self.running_task = False


class _Aside(threading.Thread):
    """A queue whose jobs may wait long, done in a thread of its own; when that ends by itself, so does the worker."""

    def __init__(self, queue: str, name: str) -> None:
        super().__init__(name=f"jobs of {queue}", daemon=True)
        self._worker = _worker(name, queue)
        self.failed = False

    def run(self) -> None:
        """Do the jobs until told to stop."""
        try:
            self._worker.run()
        except BaseException:
            log.exception("the queue of %s stopped", self.name)
            self.failed = True
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            connections.close_all()

    def end(self) -> None:
        """Stop after the job at hand."""
        self._worker.running = False
        self.join()


def run() -> int:
    """Run jobs in this thread, ticks and the other queues in threads of their own; returns on SIGTERM or SIGINT."""
    logs.configure(part="worker")
    if heartbeat.ended("worker") or not heartbeat.alive("worker"):
        jobs.reap(lease=jobs.LEASE * 0)  # what a killed worker was doing is done again at once
    stop = threading.Event()
    jobs.every(5, "heartbeat", lambda: heartbeat.beat("worker"))
    name = f"worker-{os.getpid()}-{secrets.token_hex(4)}"  # in a container the next worker may have the same number
    jobs.every(60, "reap", lambda: jobs.reap(but=name))
    jobs.every(3600, "prune", jobs.prune)
    heartbeat.beat("worker")
    threads = [threading.Thread(target=jobs.tick_forever, args=(tick, stop), daemon=True) for tick in jobs.ticks()]
    others = sorted(jobs.queues() - {jobs.QUEUE})
    aside = [_Aside(queue, name) for queue in others]
    worker = _worker(name, "*", without=others)
    collector.settle()
    worker.configure_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for thread in [*threads, *aside]:
        thread.start()
    try:
        worker.run()
    except SystemExit:
        pass
    finally:
        stop.set()
        for each in aside:
            each.end()
        for thread in threads:
            thread.join(timeout=5)
    sys.stderr.flush()
    return int(any(each.failed for each in aside))


def _worker(name: str, queue: str, without: list[str] | None = None) -> _Worker:
    return _Worker(
        queue_names=[queue],
        interval=POLL_SECONDS,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=without or [],
    )
