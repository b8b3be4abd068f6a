"""Compare the FHIR door with a WSGI function that answers with the same bytes from memory.

The door answers from the encrypted database, checks the token and writes the ledger; both run under granian with the
settings of `chartpost web`. A hundred people each have an app's token for their own record. Measured are reads by id
and searches by patient and category that fill a page of 50; what counts is requests per second of processor time.

    python benchmarks/fhir_read.py [--rounds N] [--seconds S]

Prints a table, then JSON lines {"name", "ratio", "goal", "detail"}; the median of interleaved rounds counts.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.load import Ask, Run, fire
from support.server import Server, bare, chartpost

from support import figures, home, people

GOALS = {"fhir read by id": 0.30, "fhir search, 50 entries": 0.10}
CATEGORIES = ("laboratory", "vital-signs", "survey")
MOST = 400


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=11)
    given.add_argument("--seconds", type=int, default=2)
    wanted = given.parse_args()
    where = home.people()
    tokens = json.loads(home.run(where, "mint", str(home.HUNDRED)))["people"]
    with chartpost(where) as ours:
        plans = {"fhir read by id": reads(tokens), "fhir search, 50 entries": searches(ours, tokens)}
        with tempfile.TemporaryDirectory() as folder:
            keep(ours, [ask for plan in plans.values() for ask in plan], Path(folder))
            with bare(where, Path(folder)) as theirs:
                found = [measure(name, ours, theirs, plan, wanted) for name, plan in plans.items()]
    return figures.say(found)


def reads(tokens: Sequence[Sequence[Any]]) -> list[Ask]:
    """Reads of resources of every kind, at most a few hundred."""
    chance = random.Random(7)
    plan = []
    for number, (_, _, token) in enumerate(tokens):
        resources = people.replica(number)
        plan += [Ask(f"/fhir/{r['resourceType']}/{r['id']}", token) for r in chance.sample(resources, 4)]
    return plan[:MOST]


def searches(server: Server, tokens: Sequence[Sequence[Any]]) -> list[Ask]:
    """Searches by patient and category whose page is full."""
    plan = []
    for _, patient, token in tokens:
        for category in CATEGORIES:
            path = f"/fhir/Observation?patient={patient}&category={category}&_count=50"
            status, body = server.get(path, token)
            if status == 200 and body.count(b'"mode":"match"') == 50:
                plan.append(Ask(path, token))
    if not plan:
        raise SystemExit("no search filled a page of 50")
    return plan


def keep(server: Server, plan: Sequence[Ask], folder: Path) -> None:
    """Write the answers to a plan for the bare function."""
    (folder / "paths").write_text("\n".join(ask.path for ask in plan), encoding="utf-8")
    for number, ask in enumerate(plan):
        status, body = server.get(ask.path, ask.token)
        if status != 200:
            raise SystemExit(f"{ask.path.partition('?')[0]} gave {status}")
        (folder / str(number)).write_bytes(body)


def measure(name: str, ours: Server, theirs: Server, plan: Sequence[Ask], wanted: argparse.Namespace) -> dict[str, Any]:
    """Both sides in turn, so many rounds."""
    rounds: list[tuple[Run, Run]] = []
    for number in range(wanted.rounds + 1):
        pair = tuple(fire(side, plan, wanted.seconds, seed=number) for side in (ours, theirs))
        if any(run.failed for run in pair):
            raise SystemExit(f"{name}: {pair[0].failed} and {pair[1].failed} answers were no success")
        rounds.append((pair[0], pair[1]))
    rounds = rounds[1:]  # the first warms both
    mine, bares = [statistics.median(r[side].per_cpu_second for r in rounds) for side in (0, 1)]
    ratio = statistics.median(a.per_cpu_second / b.per_cpu_second for a, b in rounds)
    rows = [[f"{a.per_cpu_second:,.0f}", f"{b.per_cpu_second:,.0f}", f"{a.milliseconds[99]:.1f}"] for a, b in rounds]
    figures.table([name, "bare", "p99 ms"], rows)
    detail = f"{mine:,.0f} requests per CPU-second against {bares:,.0f} from memory ({people.source()}, 100 people)"
    return figures.figure(name, ratio, GOALS[name], detail)


if __name__ == "__main__":
    sys.exit(main())
