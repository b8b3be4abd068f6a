"""The most memory any process has while a record of 20,000 entries becomes a PDF, from FHIR resources to the file.

The record is set in parts that are joined with their tags; the process that asks holds the values of all entries.

    python benchmarks/pdf_long.py [--entries 20000] [--keep FILE]

Prints a table, then a JSON line {"name", "ratio", "goal", "detail"}: MiB of the largest process.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from chartpost.formats.fhirjson.classify import category
from chartpost.formats.fhirjson.views import view
from chartpost.formats.pdf.types import Office, Person
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.printing import print_record
from chartpost.formats.readable.record import About, record_document
from support import figures

MEBIBYTES = 400
"""What no process may go over."""

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TESTS = (("2345-7", "Glucose", "mg/dL"), ("2951-2", "Sodium", "mmol/L"), ("4548-4", "Hemoglobin A1c", "%"))
LABORATORY = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--entries", type=int, default=20_000)
    given.add_argument("--keep", type=Path)
    asked = given.parse_args()
    wall = time.perf_counter()
    about = About(Person("María Núñez-O’Brien", "March 3, 1970"), Office("Lakeside Family Health"), "November 21, 2026")
    data = print_record(record_document(entries(asked.entries), about), created=NOON)
    wall = time.perf_counter() - wall
    own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    if asked.keep:
        asked.keep.write_bytes(data)
    peaks = [usage.ru_maxrss / 1024 for usage in (own, workers)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in (own, workers))
    rows = [[f"{asked.entries:,}", f"{peaks[0]:.0f}", f"{peaks[1]:.0f}", f"{cpu:.1f}", f"{wall:.1f}"]]
    figures.table(["entries", "MiB of the asking process", "MiB of its workers", "CPU seconds", "seconds"], rows)
    detail = (
        f"{asked.entries:,} entries: asking process {peaks[0]:.0f} MiB, workers {peaks[1]:.0f} MiB, {cpu:.0f} CPU s"
    )
    return figures.say([figures.figure("pdf of a long record, MiB", max(peaks), MEBIBYTES, detail, at_most=True)])


def entries(count: int) -> Iterator[Entry]:
    """Results, problems and notes, newest first, made one at a time."""
    for number in range(count):
        resource_ = made(number)
        yield Entry(category(resource_), "Lakeside Family Health", resource_, view(resource_))


def made(number: int) -> dict[str, Any]:
    """One resource."""
    day = f"{2026 - number // 1000}-{number // 80 % 12 + 1:02d}-{number // 10 % 28 + 1:02d}"
    about = {"id": f"e{number}", "subject": {"reference": "Patient/p1"}}
    if number % 10 == 0:
        return {"resourceType": "Condition", **about, "code": {"text": f"Problem {number}"}, "recordedDate": day}
    code, name, unit = TESTS[number % 3]
    return {
        "resourceType": "Observation", **about, "status": "final", "category": [{"coding": [LABORATORY]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}]},
        "effectiveDateTime": day, "valueQuantity": {"value": 60 + number % 70, "unit": unit},
        "referenceRange": [{"low": {"value": 70, "unit": unit}, "high": {"value": 99, "unit": unit}}],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
