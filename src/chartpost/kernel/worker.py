"""`chartpost worker`: runs jobs and ticks until told to stop."""

import os
import signal
import sys
import threading

from django_tasks_db.management.commands.db_worker import Worker

from chartpost.kernel import heartbeat, jobs, logs

POLL_SECONDS = 0.5


def run() -> int:
    """Run jobs in this thread and ticks in threads of their own; returns on SIGTERM or SIGINT."""
    logs.configure(part="worker")
    if heartbeat.ended("worker") or not heartbeat.alive("worker"):
        jobs.reap(lease=jobs.LEASE * 0)  # what a killed worker was doing is done again at once
    stop = threading.Event()
    jobs.every(5, "heartbeat", lambda: heartbeat.beat("worker"))
    jobs.every(60, "reap", jobs.reap)
    jobs.every(3600, "prune", jobs.prune)
    heartbeat.beat("worker")
    threads = [threading.Thread(target=jobs.tick_forever, args=(tick, stop), daemon=True) for tick in jobs.ticks()]
    for thread in threads:
        thread.start()
    worker = Worker(
        queue_names=["*"],
        interval=POLL_SECONDS,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"worker-{os.getpid()}",
        excluded_queue_names=[],
    )
    worker.configure_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        worker.run()
    except SystemExit:
        pass
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)
    sys.stderr.flush()
    return 0
