"""Compare a bulk export, from the request to the last downloaded byte, with reading the same bytes by a bare cursor.

Exported are a Group, all Patients, and the System, from the encrypted database by the worker to files, which are
encrypted too, and downloaded through the door. What counts is processor time of worker and web together, less what they
spend waiting for work. Memory is the largest either ever had.

    python benchmarks/fhir_bulk.py [--rounds N] [--resources N]

Prints a table, then JSON lines {"name", "ratio", "goal", "detail"}; the median of rounds counts.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.server import Server, chartpost, worker

from support import figures, home, people

GOAL = 0.50
SCOPES = {"Group": f"/fhir/Group/{home.GROUP}/$export", "Patient": "/fhir/Patient/$export", "System": "/fhir/$export"}
IDLE_SECONDS = 3.0
QUIET, SETTLED_SECONDS = 0.03, 240.0
"""Processor seconds a second of both when they have nothing to do; a worker that files a long ledger takes more."""
CHUNK = 1 << 20
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Parts:
    """Chartpost's web and worker, and the token of a backend client."""

    web: Server
    worker: Server
    token: str

    def cpu(self) -> float:
        """Processor time of both."""
        return self.web.cpu() + self.worker.cpu()


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=9)
    given.add_argument("--resources", type=int, default=0, help="export a home with so many instead of 100 people")
    wanted = given.parse_args()
    kept = home.resources(wanted.resources) if wanted.resources else home.people()
    with home.copy(kept) as where, running(Path(where)) as parts:
        idle = waiting(parts)
        found = [measure(name, path, Path(where), parts, idle, wanted.rounds) for name, path in SCOPES.items()]
        found.append(memory(parts))
    return figures.say(found)


@contextmanager
def running(where: Path) -> Iterator[Parts]:
    """Web and worker on a home."""
    token = json.loads(home.run(where, "mint", "0", "system/*.rs"))["system"]
    with ExitStack() as stack:
        web = stack.enter_context(chartpost(where))
        yield Parts(web, stack.enter_context(worker(where, web.port)), token)


def waiting(parts: Parts) -> float:
    """Processor seconds spent in a second without work: once both have started and done what a home left undone."""
    until = time.monotonic() + SETTLED_SECONDS
    while True:
        before, began = parts.cpu(), time.monotonic()
        time.sleep(IDLE_SECONDS)
        rate = (parts.cpu() - before) / (time.monotonic() - began)
        if rate < QUIET or time.monotonic() > until:
            parts.worker.forget_peak()
            return min(rate, QUIET)


def measure(name: str, path: str, where: Path, parts: Parts, idle: float, rounds: int) -> dict[str, Any]:
    """One kind of export against the bare cursor."""
    rows, ratios, size = [], [], 0
    for _ in range(rounds + 1):
        before, web_before, began = parts.cpu(), parts.web.cpu(), time.monotonic()
        size = export(parts, path)
        spent = parts.cpu() - before - idle * (time.monotonic() - began)
        web = parts.web.cpu() - web_before
        bare, bare_size = (float(x) for x in home.run(where, "bare_cursor", "1").split())
        ratios.append((bare * size / bare_size) / spent)
        rows.append([f"{spent:.2f}", f"{web:.2f}", f"{bare * size / bare_size:.2f}", f"{size / MEBIBYTE:.1f}"])
    figures.table([f"{name}: CPU s", "of it web", "bare cursor", "MiB"], rows)
    middle = statistics.median(ratios[1:])
    detail = f"{size / MEBIBYTE:.0f} MiB of files, per byte against a bare cursor ({people.source()}, 100 people)"
    return figures.figure(f"fhir bulk export, {name}", middle, GOAL, detail)


def export(parts: Parts, path: str) -> int:
    """Run an export and download every file; returns the bytes of all of them."""
    wanted = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
    status, headers, body = ask(parts, path, wanted)
    if status != 202:
        raise SystemExit(f"{path} gave {status}: {body[:300]!r}")
    place = headers["content-location"]
    while True:
        status, headers, body = ask(parts, place, {"Accept": "application/json"})
        if status == 200:
            break
        if status != 202:
            raise SystemExit(f"the export's status gave {status}: {body[:300]!r}")
        time.sleep(0.1)
    return sum(download(parts, item["url"]) for item in json.loads(body)["output"])


def ask(parts: Parts, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET."""
    connection = HTTPConnection("127.0.0.1", parts.web.port, timeout=600)
    connection.request("GET", urlsplit(url).path, headers={**headers, "Authorization": f"Bearer {parts.token}"})
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def download(parts: Parts, url: str) -> int:
    """The size of a file, read in pieces."""
    connection = HTTPConnection("127.0.0.1", parts.web.port, timeout=600)
    connection.request("GET", urlsplit(url).path, headers={"Authorization": f"Bearer {parts.token}"})
    answer, size = connection.getresponse(), 0
    if answer.status != 200:
        raise SystemExit(f"a file gave {answer.status}")
    while piece := answer.read(CHUNK):
        size += len(piece)
    connection.close()
    return size


def memory(parts: Parts) -> dict[str, Any]:
    """The most memory either part had since the worker was idle: a figure without a goal."""
    worker_most, web_most = (part.memory(peak=True) / MEBIBYTE for part in (parts.worker, parts.web))
    detail = f"peak of the worker {worker_most:.0f} MiB, of the web part {web_most:.0f} MiB, after all exports"
    return figures.figure("fhir bulk export, MiB of memory", max(worker_most, web_most), None, detail)


if __name__ == "__main__":
    sys.exit(main())
