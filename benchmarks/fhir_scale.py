"""Compare what each US Core search costs at 1,000,000 resources and at 10,000.

The same people are asked for on both sides (warm), then on the large side people drawn at random whose records are
replicas of the same ones. What counts is the processor time of the whole request. A search over its goal is measured
again at length before it counts. The 99th percentile of the time to answer is set against the median at 16 connections.

    python benchmarks/fhir_scale.py [--large N] [--rounds N] [--seconds S] [--only TEXT]

Prints a table, then JSON lines {"name", "ratio", "goal", "detail"}; a ratio is that of the worst search.
"""

import argparse
import json
import random
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.load import Ask, Run, fire
from support.server import Server, chartpost

from support import figures, home, people, uscore

SMALL, LARGE = 10_000, 1_000_000
WARM_GOAL, RANDOM_GOAL, TAIL_GOAL = 1.3, 2.0, 10.0
DRAWN = 50
"""How many people are drawn for each of the small side."""


@dataclass(frozen=True)
class Side:
    """A server and the token of a client that reaches everyone there."""

    server: Server
    token: str
    count: int
    """How many people it holds."""

    def run(self, plan: list[Ask], seconds: int, seed: int) -> Run:
        run = fire(self.server, [ask.with_token(self.token) for ask in plan], seconds, seed=seed)
        if run.failed:
            raise SystemExit(f"{plan[0].path.partition('?')[0]}: {run.failed} answers were no success")
        return run


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--large", type=int, default=LARGE)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--only", default="", help="only searches whose name holds this")
    given.add_argument("--seconds", type=int, default=1)
    wanted = given.parse_args()
    small, large = home.resources(SMALL), home.resources(wanted.large)
    with chartpost(small) as first, chartpost(large) as second:
        sides = side(small, first), side(large, second)
        return figures.say(measure(*sides, wanted))


def side(where: Path, server: Server) -> Side:
    """A side of the comparison."""
    token = json.loads(home.run(where, "mint", "0", "system/*.rs"))["system"]
    return Side(server, token, home.facts(where)["people"])


def measure(small: Side, large: Side, wanted: argparse.Namespace) -> list[dict[str, Any]]:
    """Every search, warm and with people drawn at random."""
    near, far = asked(list(range(small.count))), asked(_drawn(small.count, large.count))
    ratios: dict[str, tuple[float, float, float]] = {}
    for search in (name for name in uscore.searches() if wanted.only in name):
        plans = near[search], far[search]
        found = compare(small, large, *plans, wanted.seconds, wanted.rounds)
        if found[0] > WARM_GOAL or found[1] > RANDOM_GOAL or found[2] > TAIL_GOAL:
            found = compare(small, large, *plans, wanted.seconds * 4, wanted.rounds)
        ratios[search] = found
        print(f"{search:48} warm {found[0]:.2f}  random {found[1]:.2f}  p99/median {found[2]:.1f}", flush=True)
    about = (
        f"{home_size(wanted.large)} against {home_size(SMALL)} resources, {len(ratios)} searches ({people.source()})"
    )
    heads = (("warm people", WARM_GOAL), ("random people", RANDOM_GOAL), ("p99 to median", TAIL_GOAL))
    made = []
    for at, (name, goal) in enumerate(heads):
        worst = max(ratios, key=lambda search, at=at: ratios[search][at])  # type: ignore[misc]
        middle = statistics.median(found[at] for found in ratios.values())
        detail = f"worst {worst}, median of all {middle:.2f}; {about}"
        made.append(figures.figure(f"fhir search at scale, {name}", ratios[worst][at], goal, detail, at_most=True))
    return made


def compare(
    small: Side, large: Side, near: list[Ask], far: list[Ask], seconds: int, rounds: int
) -> tuple[float, float, float]:
    """Cost of warm and of random people at the large side to that at the small one, and p99 to median there."""
    warm, cold, tail = [], [], []
    for seed in range(rounds + 1):
        base = small.run(near, seconds, seed)
        same, other = large.run(near, seconds, seed), large.run(far, seconds, seed)
        warm.append(base.per_cpu_second / same.per_cpu_second)
        cold.append(base.per_cpu_second / other.per_cpu_second)
        tail.append(other.milliseconds[99] / other.milliseconds[50])
    return statistics.median(warm[1:]), statistics.median(cold[1:]), statistics.median(tail[1:])


def asked(numbers: list[int]) -> dict[str, list[Ask]]:
    """Each search about each of some people."""
    plans: dict[str, list[Ask]] = {search: [] for search in uscore.searches()}
    for number in numbers:
        resources = people.replica(number)
        for search, plan in plans.items():
            plan.append(Ask(uscore.address(search, resources)))
    return plans


def _drawn(small: int, large: int) -> list[int]:
    """People of the large side drawn at random, replicas of the same records in the same shares."""
    chance, step = random.Random(11), len(people.templates())
    return [
        chance.randrange(at % step, large - step, step) if large > 2 * step else at % large
        for at in range(small)
        for _ in range(DRAWN)
    ]


def home_size(number: int) -> str:
    """A number as people read it."""
    return f"{number:,}"


if __name__ == "__main__":
    sys.exit(main())
