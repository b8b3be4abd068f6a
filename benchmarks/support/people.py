"""The people measured with: real synthetic records replicated with new ids, names, identifiers and birth dates.

The records are the Synthea bundles of CHARTPOST_SHARED_DATA (see tests/support/shared.py) where they are, else those of
the demo's synthetic people. References by identifier get a small resource to point at. Directory resources
(organizations, practitioners, places) keep their ids and are shared by all replicas.
"""

import gzip
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[2]
SHARED = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location"})
UUID_LENGTH = 36
_BY_IDENTIFIER = re.compile(r"(\w+)\?identifier=([^|]*)\|(.*)")
_SYLLABLES = [c + v for c in "bdklmnprst" for v in "aeiou"]


@dataclass(frozen=True)
class Template:
    """A person's resources as JSON, cut wherever an id of theirs stands: text, id, text, id, ..., text."""

    pieces: tuple[bytes, ...]


def replica(number: int) -> list[dict[str, Any]]:
    """The resources of the person with a number, Patient first; the same number is always the same person."""
    found = templates()
    template = found[number % len(found)]
    mark = f"{number:08x}".encode()
    pieces = list(template.pieces)
    pieces[1::2] = (mark + (old[8:] if len(old) == UUID_LENGTH else b"-" + old) for old in pieces[1::2])
    resources: list[dict[str, Any]] = orjson.loads(b"".join(pieces))
    resources.sort(key=lambda r: r["resourceType"] != "Patient")
    _rename(resources[0], number)
    return resources


def shared() -> list[dict[str, Any]]:
    """The organizations, practitioners and places everyone's records point to."""
    return list(_read()[1].values())


@lru_cache(maxsize=1)
def templates() -> tuple[Template, ...]:
    """One template for each person there is."""
    return tuple(_template(own) for own in _read()[0])


def source() -> str:
    """Where the records come from, for the table of figures."""
    return "Synthea" if _files() else "demo people"


@lru_cache(maxsize=1)
def _read() -> tuple[list[list[dict[str, Any]]], dict[str, dict[str, Any]]]:
    people: list[list[dict[str, Any]]] = []
    directory: dict[str, dict[str, Any]] = {}
    for bundle in _bundles():
        own = []
        for resource in _resolved(bundle, directory):
            if resource["resourceType"] in SHARED:
                directory[f"{resource['resourceType']}/{resource['id']}"] = resource
            else:
                own.append(resource)
        people.append(own)
    return people, directory


def _bundles() -> Iterator[dict[str, Any]]:
    for path in _files():
        yield orjson.loads(gzip.decompress(path.read_bytes()))
    if not _files():
        from chartpost.demo.generator import generate

        for person in generate(7, date(2026, 11, 21)):
            yield person.bundle


def _files() -> list[Path]:
    folder = Path(os.environ.get("CHARTPOST_SHARED_DATA", ROOT.parent / "shared" / "data")) / "fhir"
    return sorted(folder.glob("synthea*.json.gz")) if folder.is_dir() else []


def _resolved(bundle: dict[str, Any], directory: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The resources of a bundle, references by fullUrl or identifier turned into Type/id."""
    places = {
        entry["fullUrl"]: f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for entry in bundle["entry"]
        if entry.get("fullUrl")
    }
    resources = [entry["resource"] for entry in bundle["entry"]]
    for resource in resources:
        for holder in _references(resource):
            target = holder["reference"]
            holder["reference"] = places.get(target) or _stub(target, directory)
    return resources


def _references(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _stub(target: str, directory: dict[str, dict[str, Any]]) -> str:
    """A reference by identifier as Type/id of a resource with that identifier; other references as they are."""
    match = _BY_IDENTIFIER.fullmatch(target)
    if match is None:
        return target
    kind, system, value = match.groups()
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, target))
    name: Any = [{"family": f"Stub {value[-4:]}"}] if kind == "Practitioner" else f"{kind} {value[-4:]}"
    stub = {"resourceType": kind, "id": key, "identifier": [{"system": system, "value": value}], "name": name}
    directory.setdefault(f"{kind}/{key}", stub)
    return f"{kind}/{key}"


def _template(own: list[dict[str, Any]]) -> Template:
    ids = {r["id"] for r in own}
    text = orjson.dumps(own)
    every = re.compile(b"(" + b"|".join(re.escape(i.encode()) for i in sorted(ids)) + b")")
    return Template(tuple(every.split(text)))


def _rename(patient: dict[str, Any], number: int) -> None:
    """Make a Patient somebody else: another name, other identifiers, another birth date."""
    digest = hashlib.sha256(str(number).encode()).digest()
    name = patient["name"][0]
    name["family"] = "".join(_SYLLABLES[b % len(_SYLLABLES)] for b in digest[:4]).title()
    name["given"] = ["".join(_SYLLABLES[b % len(_SYLLABLES)] for b in digest[4:7]).title()]
    patient["name"] = [name]
    for identifier in patient.get("identifier", ()):
        identifier["value"] = f"{identifier.get('value', '')}-{number}"
    born = date.fromisoformat(patient["birthDate"][:10]) + timedelta(days=digest[8] * 7)
    patient["birthDate"] = min(born, date(2024, 1, 1)).isoformat()
