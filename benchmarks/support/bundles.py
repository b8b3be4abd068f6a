"""Transaction Bundles made from the records of replicated people."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from support import people
from support.load import Ask

ORDINARY = frozenset({"Encounter", "Observation", "Condition", "Immunization", "Procedure", "MedicationRequest"})


def plan(folder: Path, number: int, entries: int) -> list[Ask]:
    """Transactions of so many entries for each of the first people, kept in files."""
    found = []
    for at in range(number):
        file = folder / f"bundle-{at:04d}"
        file.write_bytes(creating(people.replica(at), entries))
        found.append(Ask("/fhir", method="POST", body=file))
    return found


def creating(resources: Sequence[dict[str, Any]], most: int) -> bytes:
    """A transaction that creates the first entries of a record, pointing to each other by urn:uuid."""
    some = [r for r in resources if r["resourceType"] in ORDINARY][:most]
    names = {f"{r['resourceType']}/{r['id']}": f"urn:uuid:{uuid.uuid4()}" for r in some}
    entries = []
    for resource in some:
        text = orjson.dumps({k: v for k, v in resource.items() if k != "id"})
        for old, new in names.items():
            text = text.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
        kind = resource["resourceType"]
        name = names[f"{kind}/{resource['id']}"]
        entries.append({"fullUrl": name, "resource": orjson.loads(text), "request": {"method": "POST", "url": kind}})
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def putting(resources: Sequence[dict[str, Any]]) -> bytes:
    """A transaction that puts resources under their own ids."""
    entries = [
        {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
    ]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
