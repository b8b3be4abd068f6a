"""Time C-CDA to FHIR: Chartpost against python-fhir-converter and @medplum/ccda on the files both read, CPU seconds.

Each program converts the same third-party files (`shared/data/ccda`) in one process, warmed up, so many rounds; the
median of each file counts, and sums are compared over the files that both sides read. Chartpost's time holds the
validation of every resource against FHIR R4 and US Core, its Provenance, and writing it as JSON; no peer does the first
two. python-fhir-converter is used as its README shows, with a renderer for each document; that it is quicker with one
renderer kept for all is shown by a figure of its own.

    python benchmarks/ccda_in.py [--rounds N] [--megabytes 100]

Also measured: CPU time per 100 KB over all files, and the peak memory of converting a structured document of so many
megabytes, and of importing one into a new home, which reads it twice.
Prints one JSON line per figure: {"name", "ratio", "goal", "detail"}.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from support.figures import figure, say, table  # noqa: E402

from support import ccda_peers, home  # noqa: E402 - found through the line above

MS_PER_100_KB = 20.0
TIMES_LIQUID = 4.0
TIMES_MEDPLUM = 2.0
MEGABYTES_LIMIT = 200.0
IMPORT_LIMIT = 400.0
"""Of which Django and the tables of FHIR are 120."""


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--convert", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.convert:
        return peak(given.convert)
    found = files()
    if not found:
        raise SystemExit("no C-CDA files here. Expected some in shared/data/ccda. Set CHARTPOST_SHARED_DATA.")
    ours = measure(found, given.rounds)
    figures = [per_size(found, ours)]
    for name in ccda_peers.PROGRAMS:
        figures += against(name, ours, ccda_peers.run(name, found, given.rounds))
    return say([*figures, memory(given.megabytes), imported(given.megabytes)])


def files() -> list[Path]:
    """The third-party documents."""
    data = Path(os.environ.get("CHARTPOST_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return sorted([*(data / "ccda").glob("*.xml"), *(data / "ccda").glob("*.ccd")])


def measure(found: Sequence[Path], rounds: int) -> dict[str, float]:
    """File name -> median CPU seconds, of the files that are well-formed."""
    from chartpost.formats.ccda import CcdaError
    from chartpost.formats.ccda.intake import convert
    from chartpost.formats.fhirjson.canonical import dump

    def work(data: bytes) -> list[bytes]:
        return [dump(resource) for resource in convert(data).resources]

    took: dict[str, float] = {}
    for turn in (1, rounds):
        for path in found:
            data = path.read_bytes()
            try:
                took[path.name] = statistics.median(timed(work, data) for _ in range(turn))
            except CcdaError:
                continue
    return took


def timed(work: object, data: bytes) -> float:
    """CPU seconds of one call."""
    assert callable(work)
    began = time.process_time()
    work(data)
    return time.process_time() - began


def per_size(found: Sequence[Path], ours: Mapping[str, float]) -> dict[str, object]:
    """Milliseconds per 100 KB over all files."""
    size = sum(path.stat().st_size for path in found if path.name in ours) / 100_000
    value = 1000 * sum(ours.values()) / size
    slowest = max(ours, key=lambda name: ours[name])
    detail = f"{len(ours)} of {len(found)} files, {size / 10:.1f} MB, slowest {1000 * ours[slowest]:.0f} ms ({slowest})"
    return figure("ccda_in ms per 100 KB", value, MS_PER_100_KB, detail, at_most=True)


def against(name: str, ours: Mapping[str, float], read: Mapping[str, ccda_peers.Read]) -> Iterator[dict[str, object]]:
    """The figure of one peer, over the files both read."""
    both = {file: one.seconds for file, one in read.items() if one.ok and one.seconds and file in ours}
    mine, theirs = sum(ours[file] for file in both), sum(both.values())
    table(("file", "ours ms", f"{name} ms"), [(f, f"{1000 * ours[f]:.1f}", f"{1000 * s:.1f}") for f, s in both.items()])
    detail = f"{len(both)} of {len(read)} files both read: ours {1000 * mine:.0f} ms, theirs {1000 * theirs:.0f} ms"
    if name == ccda_peers.MEDPLUM:
        yield figure(f"ccda_in time of ours / {name}", mine / theirs, TIMES_MEDPLUM, detail, at_most=True)
    else:
        goal = TIMES_LIQUID if name == "python-fhir-converter" else None
        yield figure(f"ccda_in time of {name} / ours", theirs / mine, goal, detail)


def memory(megabytes: int) -> dict[str, object]:
    """Peak memory of a process that converts one large structured document."""
    with TemporaryDirectory(prefix="chartpost-bench-") as folder:
        path = Path(folder) / "large.xml"
        size = write_large(path, megabytes)
        words = [sys.executable, __file__, "--convert", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    used, resources, seconds = done.stdout.split()
    detail = f"{size / 1e6:.0f} MB in sections of 1 MB: {resources} resources in {float(seconds):.0f} s of CPU"
    return figure("ccda_in peak MB for a large document", float(used), MEGABYTES_LIMIT, detail, at_most=True)


def imported(megabytes: int) -> dict[str, object]:
    """Peak memory of a process that imports one large document, a fifth of it entries and the rest words."""
    with TemporaryDirectory(prefix="chartpost-bench-") as folder:
        path = Path(folder) / "large.xml"
        size = write_large(path, megabytes, results=280, words=800_000)
        words = [sys.executable, "-m", "support.ccda_import", str(path)]
        environment = home.environment(Path(folder))
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    used, entries, seconds = done.stdout.split()
    detail = f"{size / 1e6:.0f} MB in sections of 1 MB: {entries} entries in {float(seconds):.0f} s of CPU"
    return figure("ccda_in peak MB for the import of a large document", float(used), IMPORT_LIMIT, detail, at_most=True)


def write_large(path: Path, megabytes: int, results: int = 1400, words: int = 0) -> int:
    """A document of sections of about 1 MB: so many results and characters of text each; its size."""
    from tests.formats.ccda_intake.papers import RESULTS, paper, result, section

    empty = paper("@").partition("@")
    text = f"<paragraph>{'Said at length. ' * (words // 16 or 1)}</paragraph>"
    one = section(RESULTS, *(result(test=f"{n}-{n % 10}") for n in range(results)), text=text)
    with path.open("w", encoding="utf-8") as out:
        out.write(empty[0])
        for _ in range(-(-megabytes * 1_000_000 // len(one))):
            out.write(one)
        out.write(empty[2])
    return path.stat().st_size


def peak(path: Path) -> int:
    """Convert a file section by section; print peak memory in MB, resources made, CPU seconds."""
    from chartpost.formats.ccda.intake import Run

    began = time.process_time()
    with path.open("rb") as stream:
        made = sum(1 for _ in Run(stream).resources())
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{used:.0f} {made} {time.process_time() - began:.1f}")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
