"""`chartpost up`: one process that starts the parts, restarts what dies, and stops them all cleanly."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from chartpost.kernel.logs import log_line
from chartpost.kernel.parent import end_with_parent

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.2


@dataclass
class Part:
    """One child process: its command words after `chartpost`, and when it may start again."""

    name: str
    words: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    not_before: float = 0.0


@dataclass
class Supervisor:
    """Keeps the parts running until SIGTERM or SIGINT."""

    parts: list[Part]
    stopping: bool = False
    restarts: int = field(default=0)

    def run(self) -> int:
        """Start and watch the parts; returns 0 after a clean stop, 1 when a part had to be killed."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        while not self.stopping:
            for part in self.parts:
                self._look_after(part)
            time.sleep(LOOK_SECONDS)
        return self._stop_all()

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is None:
            if now >= part.not_before and not self.stopping:
                self._start(part)
            return
        code = part.process.poll()
        if code is None:
            if now - part.started > STEADY_SECONDS:
                part.wait = FIRST_WAIT
            return
        log_line("supervisor", "error", f"{part.name} ended with code {code}; starting it again in {part.wait:g} s")
        part.process = None
        part.not_before = now + part.wait
        part.wait = min(part.wait * 2, LONGEST_WAIT)
        self.restarts += 1

    def _start(self, part: Part) -> None:
        command = [sys.executable, "-m", "chartpost", *part.words]
        # The supervisor has one thread, so a function between fork and exec is safe.
        part.process = subprocess.Popen(command, preexec_fn=end_with_parent)  # noqa: PLW1509
        part.started = time.monotonic()
        log_line("supervisor", "info", f"{part.name} started as process {part.process.pid}")

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        log_line("supervisor", "info", f"stopping on {signal.Signals(number).name}")
        self.stopping = True

    def _stop_all(self) -> int:
        running = [p.process for p in self.parts if p.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        killed = 0
        for process in running:
            try:
                process.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
        log_line("supervisor", "info", "stopped" if not killed else f"stopped; {killed} part(s) had to be killed")
        return 1 if killed else 0
