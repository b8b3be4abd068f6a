"""Time writing a record of 2,000 entries as C-CDA, without and with the check that blocks what is unsound.

CPU seconds of this process, the median of the rounds; the record mixes kinds as synthetic people's records do.
    python benchmarks/ccda_out.py [--entries N] [--rounds N]

Prints a JSON line per figure: {"name", "ratio", "goal", "detail"}; the ratio is seconds.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.support.figures import figure, say  # noqa: E402 - after the path is ready

from chartpost.formats.ccda import Organization, Record, check_document, write  # noqa: E402 - same

GOAL = 0.5
OFFICE = Organization("Lakeside Family Health", "6a1c6f0e-52a4-4c0e-9f35-0d4b2f8d7c11")
MADE = datetime(2026, 11, 21, 10, 22, tzinfo=UTC)
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
KINDS = (
    "lab", "lab", "lab", "lab", "lab", "vital", "vital", "encounter", "procedure", "immunization", "condition",
    "medication", "document",
)  # fmt: skip


def main() -> int:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=7)
    given = arguments.parse_args()
    entries = list(record(given.entries))
    person = {"resourceType": "Patient", "id": "p", "name": [{"given": ["Ana"], "family": "Moss"}]}
    seconds, data = timed(lambda: made(person, entries), given.rounds)
    checking, faults = timed(lambda: check_document(data), given.rounds)
    assert not faults
    size = f"{given.entries:,} entries, {len(data) / 1e6:.1f} MB, CPU seconds, median of {given.rounds}"
    return say(
        [
            figure("C-CDA out, 2,000 entries, seconds", seconds, GOAL, f"{size}; without the check", at_most=True),
            figure("C-CDA out, the check of the same, seconds", checking, None, f"{size}; schema, rules and links"),
        ]
    )


def made(person: dict[str, Any], entries: list[dict[str, Any]]) -> bytes:
    """The record as a CCD, unchecked."""
    name = "0b4f8a52-6f0e-4f7e-9a3b-2f1d7c9e8a10"
    return write("ccd", Record(person, entries), custodian=OFFICE, created=MADE, document_id=name, check=False)


def timed(work: Any, rounds: int) -> tuple[float, Any]:
    """Median CPU seconds, and what came out last."""
    found, result = [], None
    for _ in range(rounds):
        began = time.process_time()
        result = work()
        found.append(time.process_time() - began)
    return statistics.median(found), result


def record(count: int) -> Iterator[dict[str, Any]]:
    """Entries of many kinds, each with its own id and day."""
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        day = f"{2005 + number % 20}-{number % 12 + 1:02}-{number % 28 + 1:02}T09:{number % 60:02}:00-06:00"
        yield {"id": f"{kind}-{number}", **ENTRIES[kind](number, day)}


def concept(system: str, code: str, words: str) -> dict[str, Any]:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def measured(number: int, day: str, category: str, code: str, words: str) -> dict[str, Any]:
    """An Observation with a quantity, a range and a flag."""
    value = {"value": number % 90 + 10, "unit": "mg/dL", "system": UCUM, "code": "mg/dL"}
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": concept(LOINC, code, words),
        "effectiveDateTime": day,
        "valueQuantity": value,
        "interpretation": [{"coding": [{"code": "N"}]}],
        "referenceRange": [{"low": {**value, "value": 10}, "high": {**value, "value": 95}}],
    }


ENTRIES: dict[str, Any] = {
    "lab": lambda n, day: measured(n, day, "laboratory", "2345-7", "Glucose"),
    "vital": lambda n, day: measured(n, day, "vital-signs", "29463-7", "Body weight"),
    "encounter": lambda _, day: {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [concept(SNOMED, "185349003", "Check-up")],
        "period": {"start": day, "end": day},
    },
    "procedure": lambda _, day: {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "430193006", "Medication reconciliation"),
        "performedDateTime": day,
    },
    "immunization": lambda _, day: {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza"),
        "occurrenceDateTime": day,
    },
    "condition": lambda n, day: {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": concept(SNOMED, f"{44054006 + n}", "Condition"),
        "onsetDateTime": day,
    },
    "medication": lambda _, day: {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "860975", "Metformin"),
        "authoredOn": day,
        "dosageInstruction": [{"text": "Take one tablet twice a day"}],
    },
    "document": lambda n, day: {
        "resourceType": "DocumentReference",
        "type": concept(LOINC, "11506-3", "Progress note"),
        "date": day,
        "content": [{"attachment": {"contentType": "text/plain", "data": "VmlzaXQgbm90ZQ==", "title": f"Note {n}"}}],
    },
}

if __name__ == "__main__":
    raise SystemExit(main())
