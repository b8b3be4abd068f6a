"""Compare transaction bundles at the FHIR door with the least a loop must do with the same bytes.

The loop parses each bundle with orjson, validates every resource with jsonschema-rs and inserts its bytes without an
index into the same encrypted database. The door also checks the token, resolves references, versions, indexes, counts,
makes text searchable, tells subscribers and writes the ledger. What counts is processor time.

    python benchmarks/fhir_bundle.py [--rounds N] [--seconds S]

Prints a table, then a JSON line {"name", "ratio", "goal", "detail"}; the median of interleaved rounds counts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.load import fire
from support.server import chartpost

from support import bundles, figures, home, people

GOAL = 0.20
BUNDLES, ENTRIES = 60, 100


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--seconds", type=int, default=4)
    wanted = given.parse_args()
    with home.copy(home.people()) as where, tempfile.TemporaryDirectory() as folder:
        return figures.say([measure(Path(where), Path(folder), wanted)])


def measure(where: Path, folder: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    """Both in turn."""
    token = json.loads(home.run(where, "mint", "0"))["system"]
    plan = [ask.with_token(token) for ask in bundles.plan(folder, BUNDLES, ENTRIES)]
    entries = sum(path.read_bytes().count(b'"fullUrl"') for path in folder.iterdir()) / BUNDLES
    words = [sys.executable, "-m", "support.bare_writes", str(folder)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    rows = []
    with (
        chartpost(where) as server,
        subprocess.Popen(words, env=home.environment(where), cwd=home.ROOT, **pipes) as loop,
    ):
        for number in range(wanted.rounds + 1):
            run = fire(server, plan, wanted.seconds, connections=1, seed=number)
            if run.failed:
                raise SystemExit(f"{run.failed} bundles were not taken")
            assert loop.stdin is not None
            assert loop.stdout is not None
            loop.stdin.write("\n")
            loop.stdin.flush()
            rows.append((run.per_cpu_second, BUNDLES / float(loop.stdout.readline())))
        loop.stdin.close()
    rows = rows[1:]  # the first round loads schemas
    figures.table(["bundles per CPU-second", "bare loop"], [[f"{a:.1f}", f"{b:.1f}"] for a, b in rows])
    ours, bare = (statistics.median(row[side] for row in rows) for side in (0, 1))
    detail = (
        f"{ours * entries:,.0f} resources per CPU-second in bundles of {entries:.0f}, bare loop {bare * entries:,.0f}"
        f" ({people.source()})"
    )
    return figures.figure("fhir transaction bundle", statistics.median(a / b for a, b in rows), GOAL, detail)


if __name__ == "__main__":
    sys.exit(main())
