"""The supervisor with real child processes: restarts with growing waits, stops cleanly, leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import supervisor
from chartpost.kernel.supervisor import Part, Supervisor

# A supervisor whose parts run `child` instead of `python -m chartpost`; the parts are its arguments.
PROGRAM = """
import subprocess, sys
from chartpost.kernel import supervisor
real, child = subprocess.Popen, {child!r}
supervisor.subprocess.Popen = lambda words, **how: real([sys.executable, "-c", child, *words[3:]], **how)
supervisor.STOP_SECONDS = {stop_seconds}
parts = [supervisor.Part(name, (name,)) for name in sys.argv[1:]]
sys.exit(supervisor.Supervisor(parts).run())
"""
CHILD = """
import signal, sys, time
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "broken":
    sys.exit(3)
print("ready", sys.argv[1], flush=True)
time.sleep(600)
"""

Start = Callable[..., "Running"]


class Running:
    """A supervisor process and what it wrote."""

    def __init__(self, folder: Path, *parts: str, stop_seconds: float = 15) -> None:
        self.log, self.out = folder / "log", folder / "out"
        program = PROGRAM.format(child=CHILD, stop_seconds=stop_seconds)
        with self.log.open("wb") as log, self.out.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, "-c", program, *parts], stderr=log, stdout=out)

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self.log.read_text().splitlines()]

    def pids(self) -> list[int]:
        return [int(m.rsplit(" ", 1)[1]) for m in self.messages() if "started as process" in m]

    def wait_for(self, condition: Callable[[], Any], seconds: float = 15) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def ready(self, count: int) -> None:
        self.wait_for(lambda: self.out.read_text().count("ready") == count)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts supervisors and ends them after the test."""
    made: list[Running] = []

    def run(*parts: str, **how: float) -> Running:
        made.append(Running(tmp_path, *parts, **how))
        return made[-1]

    yield run
    for running in made:
        running.process.kill()
        running.process.wait()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_sigterm_stops_every_part_by_itself(start: Start) -> None:
    running = start("web", "worker")
    running.ready(2)
    began = time.monotonic()
    running.process.terminate()
    assert running.process.wait(timeout=60) == 0
    assert time.monotonic() - began < supervisor.STOP_SECONDS, "none had to be killed"
    assert not any(alive(pid) for pid in running.pids())
    assert running.messages()[-1] == "stopped"


def test_a_part_that_ignores_sigterm_is_killed_and_told(start: Start) -> None:
    running = start("stubborn", stop_seconds=0.5)
    running.ready(1)
    running.process.terminate()
    assert running.process.wait(timeout=60) == 1
    assert not any(alive(pid) for pid in running.pids())
    assert "1 part(s) had to be killed" in running.messages()[-1]


def test_a_killed_part_is_started_again_and_the_other_left_alone(start: Start) -> None:
    running = start("web", "worker")
    running.ready(2)
    web, worker = running.pids()
    os.kill(web, signal.SIGKILL)
    running.ready(3)
    assert alive(worker)
    assert any("web ended with code -9" in m for m in running.messages())
    assert len(running.pids()) == 3


def test_a_part_that_cannot_start_is_tried_with_growing_waits(start: Start) -> None:
    running = start("broken")
    running.wait_for(lambda: len(running.pids()) >= 3)
    ends = [m for m in running.messages() if "broken ended with code 3" in m]
    assert [m.rsplit(" in ", 1)[1] for m in ends[:2]] == ["0.5 s", "1 s"]


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_killed_supervisor_leaves_nothing_behind(start: Start) -> None:
    running = start("web", "worker")
    running.ready(2)
    running.process.kill()
    running.wait_for(lambda: not any(alive(pid) for pid in running.pids()))


def test_the_wait_never_passes_its_limit_and_starts_over_after_a_steady_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    code: list[int | None] = [1]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    process: Any = type("P", (), {"poll": lambda _: code[0], "pid": 1})()
    monkeypatch.setattr(supervisor.subprocess, "Popen", lambda *_, **__: process)
    part = Part("web", ("web",))
    waits = []
    for _ in range(10):
        Supervisor([part])._look_after(part)
        now[0] += 0.1
        Supervisor([part])._look_after(part)
        waits.append(part.not_before - now[0])
        now[0] = part.not_before
    assert waits == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30])
    Supervisor([part])._look_after(part)
    code[0] = None
    now[0] += 61
    Supervisor([part])._look_after(part)
    assert part.wait == supervisor.FIRST_WAIT
    capsys.readouterr()
