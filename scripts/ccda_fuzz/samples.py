"""Documents to spoil: other people's, where they are present, and our own of synthetic people."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

from chartpost.demo.generator import generate
from chartpost.formats.ccda import CcdaError, Organization, Record, parse, write

ROOT = Path(__file__).resolve().parents[2]
OFFICE = Organization("Harbor Clinic", "2.16.840.1.113883.19.5")
PEOPLE = 4


def samples(ours: bool = True) -> list[bytes]:
    """Whole documents that can be read; those of synthetic people only where asked for or where there are no others."""
    folder = Path(os.environ.get("CHARTPOST_SHARED_DATA", ROOT.parent / "shared" / "data")) / "ccda"
    found = [path.read_bytes() for path in sorted([*folder.glob("*.xml"), *folder.glob("*.ccd")])]
    found = [data for data in found if _whole(data)]
    return found + _ours() if ours or not found else found


def _whole(data: bytes) -> bool:
    try:
        parse(data)
    except CcdaError:
        return False
    return True


def _ours() -> list[bytes]:
    made = []
    for person in generate(7, date(2026, 11, 21))[:PEOPLE]:
        resources = [entry["resource"] for entry in person.bundle["entry"]]
        patient = next(one for one in resources if one["resourceType"] == "Patient")
        rest = [one for one in resources if one is not patient]
        number = f"2.16.840.1.113883.19.5.{len(made) + 1}"
        created = datetime(2026, 11, 21, 9, tzinfo=UTC)
        made.append(write("ccd", Record(patient, rest), custodian=OFFICE, created=created, document_id=number))
    return made
