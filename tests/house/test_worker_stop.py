"""A worker asked to stop, once or often, ends the jobs at hand: nothing asked for is lost. Queues do not wait."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chartpost.kernel import worker
from tests.support.homes import ROOT, environment, migrated

WORKER = """
import time
from pathlib import Path
import django
django.setup()
from chartpost.kernel import jobs, worker
from chartpost.kernel.config import config
def slow():
    (config().home / "begun").touch()
    time.sleep(3)
    (config().home / "done").touch()
"""
SLOW = (
    WORKER
    + """
jobs.register("house.slow", slow)
jobs.enqueue("house.slow")
raise SystemExit(worker.run())
"""
)
ASIDE = (
    WORKER
    + """
def wait():
    (config().home / "waits").touch()
    while not (config().home / "done").exists():
        time.sleep(0.05)
    time.sleep(1)
    (config().home / "waited").touch()
jobs.register("house.slow", slow)
jobs.register("house.wait", wait, queue="aside")
for name in ("house.wait", "house.wait", "house.slow"):
    jobs.enqueue(name)
raise SystemExit(worker.run())
"""
)


@contextmanager
def running(home: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker at work in a home of its own."""
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, env=environment(migrated(home)), cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(file: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 180
    while not file.exists():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < end, file.name
        time.sleep(0.05)


def test_two_signals_do_not_cut_a_job_off(tmp_path: Path) -> None:
    """As a service manager sends them: one to each process, one by way of the supervisor."""
    with running(tmp_path, SLOW) as process:
        until(tmp_path / "begun", process)
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert process.wait(timeout=60) == 0
        assert (tmp_path / "done").exists()


def test_a_queue_that_waits_holds_up_no_other(tmp_path: Path) -> None:
    with running(tmp_path, ASIDE) as process:
        until(tmp_path / "waits", process)
        until(tmp_path / "done", process)
        assert not (tmp_path / "waited").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert (tmp_path / "waited").exists()


def test_a_worker_ends_when_one_of_its_queues_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps it running starts another; a queue that stands still would be noticed by nobody."""
    told = list[tuple[int, int]]()
    monkeypatch.setattr(worker._Worker, "run", None)
    monkeypatch.setattr("chartpost.kernel.worker.os.kill", lambda *given: told.append(given))
    queue = worker._Aside("aside", "worker-1")
    queue.run()
    assert (told, queue.failed) == ([(os.getpid(), signal.SIGTERM)], True)
