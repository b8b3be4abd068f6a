"""Compare what one more entry costs in a record of 10,000 entries from two places with the cost of them all.

Both places tell 5,000 readings of 250 tests over twenty years; half of one place's readings are the other's too. First
all are compared, then single entries come in one after the other and are compared at once, as at the end of an import.

    python benchmarks/reconcile.py [--entries N] [--rounds N]

Prints one JSON line {"name", "ratio", "goal", "detail"}; the ratio is CPU time of one more entry to that of all, median
of rounds.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOAL = 0.02
TESTS, YEARS = 250, 20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ |= {"CHARTPOST_HOME": home, "DJANGO_SETTINGS_MODULE": "chartpost.settings"}
        os.environ.pop("CHARTPOST_DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = measure(given.entries, given.rounds)
    print(json.dumps(result))
    return 0 if result["ratio"] <= GOAL else 1


def measure(entries: int, rounds: int) -> dict[str, Any]:
    """All at once, then one by one."""
    from chartpost.identity.types import RowFilter
    from chartpost.records.reconcile import comparing, queries

    for place in (0, 1):
        store(place, readings(place, range(entries // 2)))
    began = time.process_time()
    looked = comparing.compare(1)
    whole = time.process_time() - began
    ones = []
    for number in range(rounds):
        store(0, readings(0, range(entries + number, entries + number + 1)))
        began = time.process_time()
        comparing.compare(1)
        ones.append(time.process_time() - began)
    one = statistics.median(ones)
    joined = queries.joins(1, RowFilter(), 0)[1]
    detail = f"{looked} entries in {whole:.2f} s of processor time, {joined} joins; one more {1000 * one:.1f} ms"
    return {"name": "reconcile", "ratio": round(one / whole, 4), "goal": GOAL, "at_most": True, "detail": detail}


def store(place: int, entries: Iterator[dict[str, Any]]) -> None:
    """File entries of a place with person 1."""
    from chartpost.identity.types import SYSTEM
    from chartpost.records import services
    from chartpost.records.types import Incoming

    source = services.source_id(f"bench-{place}", f"Place {place}")
    services.save((Incoming(e, e["id"], 1, valid=True) for e in entries), source, SYSTEM)


def readings(place: int, numbers: range) -> Iterator[dict[str, Any]]:
    """Readings of a place: even ones are those of the other place too."""
    for number in numbers:
        day = f"{2000 + number // TESTS % YEARS}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        told = number if number % 2 == 0 else number + 7 * place
        yield {
            "resourceType": "Observation",
            "id": f"place{place}-{number}",
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": "http://loinc.org", "code": str(told % TESTS)}]},
            "effectiveDateTime": day,
            "valueQuantity": {"value": told % 97, "unit": "mg/dL"},
        }


if __name__ == "__main__":
    sys.exit(main())
