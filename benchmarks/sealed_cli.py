"""`chartpost seal` and `open` against age: one large file into a file, keys at hand, no network on either side.

    python benchmarks/sealed_cli.py [--megabytes 1024] [--rounds 5] [--folder DIR]

Ours is the command's own work: cut, sealed and hashed part by part by its three helpers, journal and checks included;
what would go to the server is written into a file and read from one, without the digest that only HTTP asks for.
age (apt install age) encrypts to a public key.
Neither derives a key from a password. Files are in memory (/dev/shm) where there is room, so that no disk decides.
Rounds alternate; each side's best counts. Memory is at most ours: that of the command, and three times that of its
largest helper, though they share much of it. The processor's time stands
in the detail: on a busy machine it says more than the clock.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import Keys, Link, b64u, unb64u
from chartpost.gateways.sealed.command.disk import fill
from chartpost.gateways.sealed.command.items import look, new_item
from chartpost.gateways.sealed.command.journal import Journal
from chartpost.gateways.sealed.command.opening import Opened
from chartpost.gateways.sealed.command.saving import save_all
from chartpost.gateways.sealed.command.sending import Sender
from chartpost.gateways.sealed.command.transfer import Transfer
from chartpost.gateways.sealed.command.wire import Body, Wire
from chartpost.gateways.sealed.command.workers import AT_ONCE

SEAL_GOAL, OPEN_GOAL, MEMORY_GOAL = 0.8, 1.5, 1.2
SMALL = 256
KEYS = Keys("A" * 22, bytes(32), bytes(32), bytes(32))


class Folder(Wire):
    """A server that is a folder: parts of objects go into files, and come out of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, int] = {}

    def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"state": "uploading", "objects": [], "recipients": []}

    def put(self, path: str, data: Body, token: str, *, begun: bool = False) -> None:
        del token, begun
        _, _, _, name, _, number = path.split("/")
        os.pwrite(self._file(name), data, int(number) * sealedbox.PART)

    def stream(self, path: str, _token: str, start: int, length: int, into: memoryview) -> Iterator[memoryview]:
        for at in range(start, start + length, len(into)):
            piece = into[: start + length - at]
            if not fill(self._file(path.rpartition("/")[2]), piece, at):
                raise OSError("the file is too short")
            yield piece

    def _file(self, name: str) -> int:
        return self._open.setdefault(name, os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600))


def seal(source: Path, folder: Path) -> None:
    """Seal a file into `folder`, with what opening needs in its `keys.json`."""
    share, key = sealedbox.new_id(), sealedbox.new_share_key()
    params = sealedbox.PBKDF2_DEFAULT.render()
    plan = Transfer("", share, b64u(key), "2026-01-01T00:00:00Z", "", "", params, None, None, False, [])
    plan.items[1] = new_item(1, str(source), source.name, "application/octet-stream", *look(str(source)))
    journal = Journal(folder / "journal", fresh=True)
    Sender(plan, Folder(folder), journal, quiet=True).run()
    journal.delete()
    (folder / "keys.json").write_text(json.dumps([share, b64u(key), plan.items[0].object]))


def unseal(folder: Path, target: Path) -> None:
    """Open what `seal` made."""
    share, text, listed = json.loads((folder / "keys.json").read_text())
    key, sealed = unb64u(text), (folder / listed).read_bytes()
    padded = b"".join(sealedbox.open_stream([sealed], key, share, 0, listed))
    manifest = sealedbox.parse_manifest(padded)
    grant = {"share": share, "grant": ""}
    opened = Opened(Link("", "A" * 22, bytes(32)), Folder(folder), KEYS, key, grant, manifest, padded)
    target.mkdir()
    journal = Journal(target / "journal", fresh=True)
    save_all(opened, manifest.files, target, journal, quiet=True)
    journal.delete()


def child(words: list[str]) -> int:
    """Do one of the two in this process, and print seconds, processor seconds and kilobytes."""
    begun, worked = time.perf_counter(), time.process_time()
    {"seal": seal, "open": unseal}[words[0]](Path(words[1]), Path(words[2]))
    seconds, own = time.perf_counter() - begun, time.process_time() - worked
    helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + AT_ONCE * helpers.ru_maxrss
    print(json.dumps([seconds, own + helpers.ru_utime + helpers.ru_stime, kilobytes]))
    return 0


def ours(*words: str | Path) -> tuple[float, float, int]:
    """Seconds, processor seconds and kilobytes of one run of ours."""
    done = subprocess.run([sys.executable, __file__, "--child", *map(str, words)], capture_output=True, check=True)
    seconds, worked, kilobytes = json.loads(done.stdout)
    return seconds, worked, kilobytes


def age(*words: str | Path) -> tuple[float, float]:
    """Seconds and processor seconds of one run of age."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["age", *map(str, words)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, worked


def make(path: Path, megabytes: int) -> Path:
    """A file that no disk can pack smaller."""
    with path.open("wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(1024 * 1024))
    return path


def compare(folder: Path, source: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds and processor seconds of every round, ours and age's, and our kilobytes."""
    found: dict[str, list[float]] = defaultdict(list)
    identity, box, out = folder / "age.key", folder / "box", folder / "out"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    for _ in range(rounds):
        box.mkdir()
        runs = {
            "seal": ours("seal", source, box),
            "age seal": age("-r", public, "-o", folder / "file.age", source),
            "open": ours("open", box, out),
            "age open": age("-d", "-i", identity, "-o", folder / "file.out", folder / "file.age"),
        }
        assert subprocess.run(["cmp", out / source.name, source], check=False).returncode == 0
        for name, (seconds, worked, *kilobytes) in runs.items():
            found[name].append(seconds)
            found[f"{name} worked"].append(worked)
            found["memory"] += kilobytes
        for made in (box, out):
            shutil.rmtree(made)
        for made in (folder / "file.age", folder / "file.out"):
            made.unlink()
    identity.unlink()
    return found


def figure(found: dict[str, list[float]], what: str, goal: float, megabytes: int) -> dict[str, Any]:
    """One figure: our best rate against age's."""
    mine, theirs = min(found[what]), min(found[f"age {what}"])
    rates = [f"{megabytes * 1.048576 / seconds:,.0f} MB/s" for seconds in (mine, theirs)]
    worked = [f"{min(found[name]):.2f} s" for name in (f"{what} worked", f"age {what} worked")]
    detail = f"{megabytes:,} MiB: {rates[0]}, age {rates[1]}; of the processor {worked[0]}, age {worked[1]}"
    return {"name": f"sealed_cli_{what}", "ratio": round(theirs / mine, 2), "goal": goal, "detail": detail}


def room(megabytes: int) -> Path | None:
    """Where files live in memory, if four of them fit there twice over; else None."""
    memory = Path("/dev/shm")
    fits = memory.is_dir() and shutil.disk_usage(memory).free > 8 * megabytes * 1024 * 1024
    return memory if fits and os.access(memory, os.W_OK) else None


def main() -> int:
    """Print the figures; returns 1 below a goal."""
    parser = argparse.ArgumentParser(description="Sealing and opening a file against age.")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the files are made")
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        return child(options.child)
    if not shutil.which("age"):
        print("age was not found: sudo apt-get install age", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-", dir=options.folder or room(options.megabytes)) as name:
        folder = Path(name)
        small = compare(folder, make(folder / "small", min(SMALL, options.megabytes)), 1)
        found = compare(folder, make(folder / "file", options.megabytes), options.rounds)
    figures = [
        figure(found, "seal", SEAL_GOAL, options.megabytes),
        figure(found, "open", OPEN_GOAL, options.megabytes),
    ]
    grown = max(found["memory"]) / max(small["memory"])
    most = [f"{max(one['memory']) / 1024:.0f} MiB" for one in (found, small)]
    detail = f"{most[0]} for {options.megabytes:,} MiB, {most[1]} for {SMALL} MiB"
    memory = {"name": "sealed_cli_memory", "ratio": round(grown, 2), "goal": MEMORY_GOAL, "at_most": True}
    for one in (*figures, {**memory, "detail": detail}):
        print(json.dumps(one))
    return 0 if grown <= MEMORY_GOAL and all(one["ratio"] >= one["goal"] for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
