"""Compare the FHIR door with HAPI FHIR's JPA server on the same people: read, search, create, transaction bundle.

HAPI is put together from its parts on Maven Central with their defaults and an H2 database; it checks no token,
encrypts nothing and keeps no ledger, while Chartpost does all three. Both answer plain HTTP; HAPI is warmed until it
has compiled its code. What counts is requests per second of processor time, of all the processes of a server.

    python benchmarks/fhir_peer.py [--rounds N] [--seconds S] [--warm S] [--only NAME...]

Needs Java 17 and Maven. Prints a table, then JSON lines {"name", "ratio", "goal", "detail"}; the median of rounds
counts.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson
from fhir_read import CATEGORIES
from support.hapi import VERSION, hapi
from support.load import Ask, Run, fire
from support.server import Server, chartpost

from support import bundles, figures, home, people

GOAL = 5.0
BODIES = 40
ENTRIES = 20


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--seconds", type=int, default=5)
    given.add_argument("--warm", type=int, default=20)
    given.add_argument("--only", nargs="*", default=["read", "search", "create", "bundle"])
    wanted = given.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours, token = stack.enter_context(ours_running())
        theirs = stack.enter_context(hapi(home.HUNDRED))
        plans = {
            "read": reads(),
            "search": searches(),
            "create": creates(folder),
            "bundle": bundles.plan(folder, BODIES, ENTRIES),
        }
        found = [
            measure(name, ours, theirs, plan, token, wanted) for name, plan in plans.items() if name in wanted.only
        ]
    return figures.say(found)


@contextmanager
def ours_running() -> Iterator[tuple[Server, str]]:
    """Chartpost on a copy of the home, and the token of a client that may do everything."""
    with home.copy(home.people()) as where:
        token = json.loads(home.run(Path(where), "mint", "0"))["system"]
        with chartpost(Path(where)) as server:
            yield server, token


def reads() -> list[Ask]:
    """Reads by id of a resource of every kind of every person."""
    plan = []
    for number in range(home.HUNDRED):
        first = {r["resourceType"]: r for r in people.replica(number)}
        plan += [Ask(f"/fhir/{kind}/{r['id']}") for kind, r in first.items()]
    return plan


def searches() -> list[Ask]:
    """Searches by patient and category that fill a page of 50."""
    plan = []
    for number in range(home.HUNDRED):
        resources = people.replica(number)
        for category in CATEGORIES:
            if sum(_of(r, category) for r in resources) >= 50:
                path = f"/fhir/Observation?patient={resources[0]['id']}&category={category}&_count=50"
                plan.append(Ask(path))
    return plan


def _of(resource: dict[str, Any], category: str) -> bool:
    codings = [c for concept in resource.get("category") or () if isinstance(concept, dict) for c in _codings(concept)]
    return resource["resourceType"] == "Observation" and any(c.get("code") == category for c in codings)


def _codings(concept: dict[str, Any]) -> list[dict[str, Any]]:
    return concept.get("coding") or []


def creates(folder: Path) -> list[Ask]:
    """Observations to be created, of people who are there."""
    plan = []
    for number in range(home.HUNDRED):
        found = [r for r in people.replica(number) if r["resourceType"] == "Observation"][:2]
        for resource in found:
            file = folder / f"create-{len(plan)}"
            file.write_bytes(orjson.dumps({k: v for k, v in resource.items() if k not in ("id", "meta")}))
            plan.append(Ask("/fhir/Observation", method="POST", body=file))
    return plan[:BODIES]


def measure(
    name: str, ours: Server, theirs: Server, plan: Sequence[Ask], token: str, wanted: argparse.Namespace
) -> dict[str, Any]:
    """Both in turn, after warming both."""
    mine = [ask.with_token(token) for ask in plan]
    _fire(name, theirs, plan, wanted.warm, 0)
    _fire(name, ours, mine, 1, 0)
    rounds: list[tuple[Run, Run]] = []
    for number in range(wanted.rounds):
        first = _fire(name, ours, mine, wanted.seconds, number)
        rounds.append((first, _fire(name, theirs, plan, wanted.seconds, number)))
    rows = [
        [f"{run.per_cpu_second:,.1f} ({run.milliseconds[99]:,.1f})" for run in (first, second)]
        for first, second in rounds
    ]
    figures.table([f"{name}: Chartpost (p99 ms)", "HAPI (p99 ms)"], rows)
    ours_rate, theirs_rate = (statistics.median(r[side].per_cpu_second for r in rounds) for side in (0, 1))
    ratio = statistics.median(a.per_cpu_second / b.per_cpu_second for a, b in rounds)
    detail = f"{ours_rate:,.0f} requests per CPU-second, HAPI {VERSION} with H2 {theirs_rate:,.0f} ({people.source()})"
    return figures.figure(f"fhir against HAPI, {name}", ratio, GOAL, detail)


def _fire(name: str, server: Server, plan: Sequence[Ask], seconds: int, seed: int) -> Run:
    run = fire(server, plan, seconds, seed=seed)
    if run.failed:
        raise SystemExit(f"{name}: {run.failed} answers of port {server.port} were no success")
    return run


if __name__ == "__main__":
    sys.exit(main())
