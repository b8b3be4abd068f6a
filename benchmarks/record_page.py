"""Compare the cost of a record page for a person with 5,000 entries and for one with 50.

A page is what the portal asks for: the counts of all sections, the first page of each section that has entries, and
the first page of the timeline, each through the plain view of every entry shown. Both persons have the same kinds of
entries; pages show at most 50, so that the larger record shows as many as the smaller one.

    python benchmarks/record_page.py [--rounds N]

Prints one JSON line {"name", "ratio", "goal", "detail"}; the ratio is CPU time of large to small, median of rounds.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOAL = 1.3
SMALL, LARGE, OTHERS = 50, 5000, 20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    sys.path.insert(0, str(ROOT / "src"))
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ |= {"CHARTPOST_HOME": home, "DJANGO_SETTINGS_MODULE": "chartpost.settings"}
        os.environ.pop("CHARTPOST_DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill()
        result = measure(rounds)
    print(json.dumps(result))
    return 0 if result["ratio"] <= GOAL else 1


def fill() -> None:
    """One large and one small record among those of some other people."""
    from chartpost.identity.types import SYSTEM
    from chartpost.records import services
    from chartpost.records.types import Incoming

    source = services.source_id("bench", "Benchmark")
    sizes = {1: SMALL, 2: LARGE} | dict.fromkeys(range(3, 3 + OTHERS), 500)
    for person_id, size in sizes.items():
        entries = (entry(person_id, number) for number in range(size))
        services.save((Incoming(e, e["id"], person_id) for e in entries), source, SYSTEM)


def entry(person_id: int, number: int) -> dict[str, Any]:
    """An entry of one of five kinds in turn, spread over fifteen years."""
    day = f"{2010 + number % 15}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    common = {"id": f"p{person_id}-{number}", "subject": {"reference": f"Patient/p{person_id}"}}
    code = {"coding": [{"system": "http://loinc.org", "code": f"{number % 40}-1"}], "text": f"Item {number % 40}"}
    kinds: list[dict[str, Any]] = [
        {"resourceType": "Condition", "code": code, "recordedDate": day},
        {"resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": day,
         "valueQuantity": {"value": number % 90 + 0.5, "unit": "mg/dL"}},
        {"resourceType": "Procedure", "status": "completed", "code": code, "performedDateTime": day},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": day,
         "medicationCodeableConcept": code},
        {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "type": [code],
         "period": {"start": day}},
    ]  # fmt: skip
    return {**kinds[number % len(kinds)], **common}


def page(person_id: int) -> int:
    """What a record page asks for; returns how many entries it shows."""
    from chartpost.identity.types import RowFilter
    from chartpost.records import queries

    rows = RowFilter(hidden_labels=4)
    shown = len(queries.timeline(person_id, rows).items)
    for category in queries.counts(person_id, rows):
        shown += len(queries.section(person_id, category, rows, limit=10).items)
    return shown


def measure(rounds: int) -> dict[str, Any]:
    """Both pages in turn."""
    if page(1) != page(2):
        raise SystemExit("the pages do not show equally many entries")
    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for person_id, spent in times.items():
            start = time.process_time()
            page(person_id)
            spent.append(time.process_time() - start)
    small, large = (statistics.median(times[p]) for p in (1, 2))
    detail = f"{SMALL} entries {small * 1000:.1f} ms, {LARGE} entries {large * 1000:.1f} ms, {page(1)} shown"
    return {"name": "record_page", "ratio": round(large / small, 3), "goal": GOAL, "at_most": True, "detail": detail}


if __name__ == "__main__":
    sys.exit(main())
