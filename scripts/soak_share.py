"""A large sealed share through the real programs: sealed, uploaded, opened, and cut at random points on both ways.

    scripts/soak_share.py [--gigabytes 20] [--cuts 10] [--seed N]

`chartpost seal` sends a sparse file over TLS to an office, `chartpost open` takes it back. At `--cuts` random points of
each way the command is killed with signal 9, or, every other time, all processes of the server are. Then disks fill,
on either side. What is proved: the file comes back equal; no cut costs as much as one part, though several are under
way at once; memory stays flat. Prints one line for benchmarks/RESULTS.md; exit code 1 when something was wrong.
"""

import argparse
import filecmp
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
os.environ["DJANGO_SETTINGS_MODULE"] = "chartpost.settings"
_HOME = tempfile.TemporaryDirectory(prefix="chartpost-soak-home-")
os.environ["CHARTPOST_HOME"] = _HOME.name

import django  # noqa: E402 - what the suite has to speak to an office imports models

django.setup()
from tests.gateways.sealed.relay import Relay, relay  # noqa: E402 - once they can be found
from tests.shares.live import Office, office  # noqa: E402 - same

MB, GB = 1024**2, 1024**3
PART = 8_396_800
STEP = 64 * MB
MOST_MEMORY = 200
"""Megabytes the command and its helpers may use, whatever the size of the share."""


@dataclass
class Way:
    """What one way cost."""

    passed: int = 0
    cuts: int = 0
    seconds: float = 0.0
    memory: int = 0
    said: str = ""

    def again(self, size: int) -> float:
        """Parts that went twice, for each cut."""
        return (self.passed - size) / PART / max(1, self.cuts)


@dataclass
class Yard:
    """An office behind a relay, and a folder for the commands."""

    folder: Path
    office: Office
    relay: Relay
    chance: random.Random
    trouble: list[str] = field(default_factory=list)

    def words(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "chartpost", *map(str, words), "--cacert", str(self.relay.ca), "-q"]

    def start(self, *words: str | Path) -> "subprocess.Popen[str]":
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT / "src")}
        return subprocess.Popen(
            self.words(*words), env=env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def travel(self, first: list[str | Path], again: list[str | Path], way: str, size: int, cuts: int) -> Way:
        """Run a command to its end, cut at random points of what it moves; `again` is what resumes it."""
        found, begun, start = Way(), time.monotonic(), self.relay.passed[way]
        points = sorted(self.chance.uniform(0.02, 0.98) * size for _ in range(cuts))
        process = self.start(*first)
        while process.poll() is None:
            found.memory = max(found.memory, _memory(process.pid))
            if points and self.relay.passed[way] - start > points[0]:
                points = [point for point in points[1:] if point > self.relay.passed[way] - start]
                process = self._cut(process, again, found)
            time.sleep(0.01)
        said, wrong = process.communicate()
        found.said, found.seconds = said, time.monotonic() - begun
        found.passed = self.relay.passed[way] - start
        if process.returncode:
            self.trouble.append(f"{first[0]} ended with {process.returncode}: {wrong[-300:]}")
        return found

    def _cut(self, process: "subprocess.Popen[str]", again: list[str | Path], found: Way) -> "subprocess.Popen[str]":
        found.cuts += 1
        if found.cuts % 2 == 0:
            self.office.kill()
            self.office.start()
            return process
        process.kill()
        process.communicate()
        return self.start(*again)


def run(gigabytes: float, cuts: int, seed: int) -> tuple[bool, str]:
    """Everything; whether it went well, and the figures."""
    with tempfile.TemporaryDirectory(prefix="chartpost-soak-share-") as name:
        folder = Path(name)
        with office(folder, SHARE_GB="100") as live, relay(live.port, folder) as front:
            yard = Yard(folder, live, front, random.Random(seed))
            text = _there_and_back(yard, int(gigabytes * GB), cuts)
            text += "; " + _full(yard)
    return not yard.trouble, "; ".join([text, *yard.trouble])


def _there_and_back(yard: Yard, size: int, cuts: int) -> str:
    source = _sparse(yard.folder / "study.bin", size, yard.chance)
    up = yard.travel(_seal_words(yard, source), ["seal", source, "--resume"], "up", size, cuts)
    if not up.said:
        return "nothing was sent"
    words = _open_words(yard, up.said, yard.folder / "got")
    down = yard.travel(words, [*words, "--resume"], "down", size, cuts)
    if not filecmp.cmp(source, yard.folder / "got" / source.name, shallow=False):
        yard.trouble.append("the file came back different")
    for one in (up, down):
        if one.again(size) >= 1:
            yard.trouble.append(f"a cut cost {one.again(size):.2f} parts")
        if one.memory > MOST_MEMORY:
            yard.trouble.append(f"{one.memory} MB of memory")
    source.unlink()
    (yard.folder / "got" / source.name).unlink(missing_ok=True)
    rates = [f"{size / 1e6 / one.seconds:,.0f} MB/s" for one in (up, down)]
    again = [f"{one.again(size):.2f}" for one in (up, down)]
    there = f"{size / GB:g} GiB up at {rates[0]} and down at {rates[1]} through a relay that counts"
    kills = f"{up.cuts} and {down.cuts} kills cost {again[0]} and {again[1]} parts each"
    return f"{there}; {kills}; commands under {max(up.memory, down.memory)} MB"


def _full(yard: Yard) -> str:
    """Disks that run full on either side, and what goes on once there is room."""
    source = _sparse(yard.folder / "small.bin", 200 * MB, yard.chance)
    with _disk(yard.office.home / "parts", 256 + 100) as there:
        if not there:
            return "no disks to fill without the right to mount"
        _fails(yard, _seal_words(yard, source), "disk")
        there(800)
        sent = yard.travel(["seal", source, "--resume"], [], "up", source.stat().st_size, 0)
        got = yard.folder / "full"
        got.mkdir()
        with _disk(got, 100) as here:
            words = _open_words(yard, sent.said, got)
            _fails(yard, words, "full")
            here(400)
            yard.travel([*words, "--resume"], [], "down", source.stat().st_size, 0)
            if not filecmp.cmp(source, got / source.name, shallow=False):
                yard.trouble.append("after a full disk the file came back different")
    return "full disks on either side said so, and went on once there was room"


def _fails(yard: Yard, words: list[str | Path], word: str) -> None:
    process = yard.start(*words)
    _, wrong = process.communicate()
    if process.returncode != 1 or word not in wrong:
        yard.trouble.append(f"a full disk gave {process.returncode}: {wrong[-300:]}")


@contextmanager
def _disk(folder: Path, megabytes: int) -> "Iterator[Disk | None]":
    """A small disk at a folder, which can grow; None without the right to mount one."""
    folder.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}M", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@dataclass(frozen=True)
class Disk:
    """A small disk; called with megabytes it has that size."""

    folder: Path

    def __call__(self, megabytes: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={megabytes}M", str(self.folder)], check=True)


def _seal_words(yard: Yard, source: Path) -> list[str | Path]:
    token = yard.folder / "token"
    token.write_text(yard.office.token + "\n")
    return ["seal", source, "--to", yard.relay.url, "--token-file", token]


def _open_words(yard: Yard, said: str, got: Path) -> list[str | Path]:
    told = dict(re.findall(r"^(Link|Password): (.*)$", said, re.M))
    secret = yard.folder / "password"
    secret.write_text(told["Password"] + "\n", encoding="utf-8")
    return ["open", told["Link"], "--password-file", secret, "-o", got]


def _sparse(path: Path, size: int, chance: random.Random) -> Path:
    """A file that is mostly holes, with a marked megabyte here and there."""
    with path.open("wb") as out:
        out.truncate(size)
        for start in range(0, size, STEP):
            out.seek(start + chance.randrange(STEP - MB))
            out.write(chance.randbytes(min(MB, max(0, size - out.tell()))))
    return path


def _memory(pid: int) -> int:
    """Megabytes a process and its helpers have in memory now, what they share counted once."""
    try:
        helpers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own = int(re.findall(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[0]) // 1024
    except (OSError, IndexError):
        return 0
    return own + sum(_memory(int(helper)) for helper in helpers)


def line(gigabytes: float, cuts: int, seed: int) -> str:
    """The line for RESULTS.md."""
    good, text = run(gigabytes, cuts, seed)
    today = datetime.now(UTC).date().isoformat()
    return f"- sealed share cut: {'passed' if good else 'FAILED'} ({text}; {today})"


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description="A large sealed share, cut at random points.")
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    found = line(given.gigabytes, given.cuts, given.seed)
    print(found, f"seed {given.seed}, {threading.active_count()} threads left" if "FAILED" in found else "")
    return 1 if "FAILED" in found else 0


if __name__ == "__main__":
    sys.exit(main())
