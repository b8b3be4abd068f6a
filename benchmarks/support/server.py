"""Servers under measure: Chartpost as `chartpost web` runs it, and the bare WSGI function beside it, both plain HTTP.

TLS costs both sides the same and says nothing about the door, so it is left to a proxy (CHARTPOST_TLS=proxy). Processor
time and memory of a server are those of all its processes, read from /proc.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from support import home as homes

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server: its first process and its port."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of processor time all its processes have used."""
        return sum(_cpu(pid) for pid in family(self.pid))

    def memory(self, peak: bool = False) -> int:
        """Bytes of memory of its largest process, now or at most ever."""
        return max(_memory(pid, "VmHWM" if peak else "VmRSS") for pid in family(self.pid))

    def forget_peak(self) -> None:
        """Have the most memory ever counted from now on (proc(5), clear_refs)."""
        for pid in family(self.pid):
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")

    def get(self, path: str, token: str = "") -> tuple[int, bytes]:
        """Status and body of a GET."""
        return self.ask("GET", path, token)

    def ask(
        self, method: str, path: str, token: str = "", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Status and body of a request; header names with `_` for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        send = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            send["Authorization"] = f"Bearer {token}"
        if body is not None:
            send.setdefault("Content-Type", "application/fhir+json")
        connection.request(method, path, body, send)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


@contextmanager
def chartpost(home: Path, **settings: str) -> Iterator[Server]:
    """Chartpost's web part on a home."""
    port = free_port()
    given = {"TLS": "proxy", "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}", **settings}
    with process([sys.executable, "-m", "chartpost", "web"], port, homes.environment(home, **given)) as server:
        yield server


@contextmanager
def worker(home: Path, port: int, **settings: str) -> Iterator[Server]:
    """Chartpost's worker on a home whose web part has this port."""
    given = {"TLS": "proxy", "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}", **settings}
    words = [sys.executable, "-m", "chartpost", "worker"]
    with process(words, port, homes.environment(home, **given)) as running:
        yield running


@contextmanager
def bare(home: Path, answers: Path) -> Iterator[Server]:
    """The bare function that answers from memory, under the same server with the same settings."""
    port = free_port()
    words = [sys.executable, "-m", "support.bare", str(port), str(answers)]
    with process(words, port, homes.environment(home)) as server:
        yield server


@contextmanager
def process(
    words: list[str], port: int, env: dict[str, str], seconds: float = 60, log: Path | None = None
) -> Iterator[Server]:
    """A process that listens on a port and writes to `log`; ended with its children afterwards, also on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    with (
        log.open("wb") if log else nullcontext() as output,
        subprocess.Popen(
            words, env=env, cwd=homes.ROOT, start_new_session=True, stdout=output, stderr=output
        ) as running,
    ):
        try:
            _wait(running, port, seconds)
            yield Server(running.pid, port)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def _wait(running: "subprocess.Popen[bytes]", port: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if running.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"no server came up on port {port}: {running.args!r}") from None
            time.sleep(0.05)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0
