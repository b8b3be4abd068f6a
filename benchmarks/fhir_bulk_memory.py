"""The most memory the worker ever has while it exports a home, at several sizes: it must not grow with the data.

Each size is a home of replicated people, exported whole (System) by a worker of its own once it has nothing else to
do. The worker reads the table once, keeps few pages, and writes a file for each type as it goes; nothing grows.

    python benchmarks/fhir_bulk_memory.py [--sizes 400000,1000000]

Prints a table, then JSON lines {"name", "ratio", "goal", "detail"}: the largest size's peak against the smallest's.
"""

import argparse
import sys
from pathlib import Path

from fhir_bulk import MEBIBYTE, SCOPES, export, running, waiting

from support import figures, home, people

GROWTH = 1.25
"""How much more memory the largest size may take than the smallest."""


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sizes", default="400000,1000000")
    sizes = sorted(int(text) for text in given.parse_args().sizes.split(","))
    peaks = {size: peak(size) for size in sizes}
    rows = [[f"{size:,}", f"{written:.0f}", f"{most:.0f}"] for size, (written, most) in peaks.items()]
    figures.table(["resources", "MiB of files", "peak MiB of the worker"], rows)
    told = ", ".join(f"{most:.0f} MiB at {size:,} resources" for size, (_, most) in peaks.items())
    ratio = peaks[sizes[-1]][1] / peaks[sizes[0]][1]
    detail = f"peak of the worker: {told} ({people.source()})"
    return figures.say([figures.figure("fhir bulk export, growth of memory", ratio, GROWTH, detail, at_most=True)])


def peak(size: int) -> tuple[float, float]:
    """MiB of files of one export of a home with so many resources, and the most MiB its worker ever had."""
    with home.copy(home.resources(size)) as where, running(Path(where)) as parts:
        waiting(parts)
        written = export(parts, SCOPES["System"])
        return written / MEBIBYTE, parts.worker.memory(peak=True) / MEBIBYTE


if __name__ == "__main__":
    sys.exit(main())
