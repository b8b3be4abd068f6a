"""Small valid bundles and people for the tests of this room."""

import io
from typing import Any

import orjson

from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.records.ingest import ImportReport, import_stream

MRN = "http://hospital.example/mrn"


def patient(identity: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": identity,
        "identifier": [{"system": MRN, "value": identity}],
        "name": [{"use": "official", "family": "Lopez", "given": ["Ana", "Maria"]}],
        "gender": "female",
        "birthDate": "1980-05-17",
        "address": [{"line": ["12 Oak Street"], "city": "Duluth", "state": "MN", "postalCode": "55802"}],
        **more,
    }


def condition(identity: str, subject: str = "Patient/p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": subject},
        "code": {"text": f"Condition {identity}"},
        "recordedDate": "2026-01-01",
        **more,
    }


def bundle(*resources: dict[str, Any]) -> bytes:
    return orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]})


def ndjson(*resources: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(r) + b"\n" for r in resources)


def take(data: bytes, name: str = "file.json", person: str | None = None, source: str = "") -> ImportReport:
    return import_stream(io.BytesIO(data), name, SYSTEM, person, source)


def person(identifiers: list[tuple[str, str]] | None = None, **fields: Any) -> PersonView:
    from datetime import date

    known = {
        "given": "Ana Maria", "family": "Lopez", "birth_date": date(1980, 5, 17), "sex": "female",
        "address_line": "12 Oak Street", "city": "Duluth", "state": "MN", "postal_code": "55802",
    }  # fmt: skip
    return persons.add_person(known | fields, identifiers or [], SYSTEM)
