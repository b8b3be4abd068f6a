"""What the desk's queue costs with 20,000 requests against 200: its first page, a later page, its figures.

    python benchmarks/desk_queue.py [--rounds 60]

Two homes in one process would share a cache, so the small office is measured first and the large one is the same home
with more requests. Rounds are timed in this process's CPU time and the best quarter counts, so that other programs on
the machine do not. Prints one JSON line; exit code 1 above the goal.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

GOAL = 1.3
SMALL, LARGE = 200, 20_000
DAYS = 45


def main() -> int:
    """Print the ratio of the large office to the small one; returns 1 above the goal."""
    parser = argparse.ArgumentParser(description="What the desk's queue costs.")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ["CHARTPOST_HOME"] = home
        _start()
        small = _measure(SMALL, rounds)
        large = _measure(LARGE, rounds)
    ratios = {name: large[name] / small[name] for name in small}
    whole = sum(large.values()) / sum(small.values())
    detail = {name: [round(small[name], 3), round(large[name], 3), round(ratios[name], 2)] for name in small}
    line = {"name": "desk queue, 20,000 requests to 200", "ratio": round(whole, 3), "goal": GOAL, "at_most": True}
    print(json.dumps({**line, "detail": {"ms small, ms large, ratio": detail}}))
    return 0 if whole <= GOAL else 1


def _start() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from chartpost.identity import services
    from chartpost.identity.types import SYSTEM

    services.save_office({"name": "Bench", "address": "1 Main Street", "phone": "510-555-0100"}, SYSTEM)
    services.save_facility({"name": "Main", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)


def _fill(count: int) -> None:
    """Requests up to a count, due over some weeks, some overdue, some acted on, a tenth unassigned."""
    from chartpost.identity import queries as identity
    from chartpost.kernel import clock
    from chartpost.rights import clocks, tally
    from chartpost.rights.models import AccessRequest

    facility = identity.facilities()[0]
    today = clock.today(facility.zone)
    have = AccessRequest.objects.count()
    rows = []
    for number in range(have, count):
        received = today - timedelta(days=number % DAYS)
        row = AccessRequest(
            number=f"R-{received.year}-{number:06d}",
            facility_id=facility.id,
            person_id=number % 5000 + 1,
            channel="portal",
            requester_name="Somebody",
            subject_name="Somebody",
            assigned_to=number % 10 or None,
            **clocks.start(received, "NV", "copy"),
        )
        if number % 4 == 0:
            row.state, row.acted_on = "delivered", today
        rows.append(row)
    AccessRequest.objects.bulk_create(rows, batch_size=500)
    tally.recount()


def _measure(count: int, rounds: int) -> dict[str, float]:
    """Milliseconds of each read with so many requests."""
    from chartpost.rights import queries
    from chartpost.rights.queries import QueueFilter

    _fill(count)
    page, cursor = queries.queue(QueueFilter())
    if len(page) != queries.PAGE or queries.counts()["open"] != count:
        sys.exit("the office was not filled as it should be")
    reads: dict[str, Callable[[], object]] = {
        "first page": lambda: queries.queue(QueueFilter()),
        "second page": lambda: queries.queue(QueueFilter(), cursor),
        "overdue": lambda: queries.queue(QueueFilter(overdue=True)),
        "due soon": lambda: queries.queue(QueueFilter(due_soon=True)),
        "figures": queries.counts,
    }
    return {name: _milliseconds(read, rounds) for name, read in reads.items()}


def _milliseconds(read: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.process_time()
        read()
        times.append(time.process_time() - began)
    return 1000 * statistics.fmean(sorted(times)[: max(1, rounds // 4)])


if __name__ == "__main__":
    sys.exit(main())
