"""The entries made of a C-CDA document on their way into the store: ids, references, whose they are.

Entries keep the ids the document gives them. The Patient is one per person and source, and people and places with a
number are one per source, so that each document of a sender tells of the same ones; the latest document counts.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from chartpost.formats.ccda import Converted
from chartpost.formats.fhirjson.canonical import Entry, dump, parse
from chartpost.formats.fhirjson.tables import Json
from chartpost.identity.types import Actor
from chartpost.records import models, services
from chartpost.records.ingest import ids
from chartpost.records.ingest.entries import SHARED, Survey, survey
from chartpost.records.ingest.provenance import TARGETS_EACH
from chartpost.records.types import Incoming, SaveResult, kind_of

WRITTEN = "urn:chartpost:document-time"
"""System of the tag that says when the document was written which a shared entry was last taken from."""
_NUMBERED = ("http://hl7.org/fhir/sid/", "urn:oid:")
_TIME = re.compile(r"[0-9]{4,14}")


class Stored(NamedTuple):
    """The keys (Type/id) of what a document gave, what storing them did, the id of its Patient."""

    keys: tuple[str, ...]
    result: SaveResult
    patient: str


def store(made: Converted, person_id: int, source: int, actor: Actor, gone: frozenset[str] = frozenset()) -> Stored:
    """Store what a document says as entries of a person; twice gives the same. Keys in `gone` stay removed."""
    made = replace(made, resources=_traced_together(made.resources))
    found = survey((Entry("", "", r) for r in made.resources), "entry")
    wanted = _wanted(made, person_id, source)
    owner = {wanted[key]: 0 if key.partition("/")[0] in SHARED else person_id for key in found.keys}
    final = ids.assign(owner, source)
    mapping = {key: final[name] for key, name in wanted.items()}
    waiting = list(_incoming(made, found, mapping, person_id, gone))
    result = services.save(waiting, source, actor)
    patient = mapping[f"Patient/{made.resources[0]['id']}"].partition("/")[2] if waiting else ""
    keys = tuple(dict.fromkeys(mapping[key] for key in found.keys))
    return Stored(keys, result, patient)


def _traced_together(resources: list[Json]) -> list[Json]:
    """One Provenance for all an author is named for, in place of one for each section: people see fewer of them."""
    kept: list[Json] = []
    traces: dict[bytes, Json] = {}
    for resource in resources:
        if resource["resourceType"] != "Provenance":
            kept.append(resource)
            continue
        same = dump({key: value for key, value in resource.items() if key not in ("id", "target")})
        first = traces.get(same)
        if first is None or len(first["target"]) + len(resource["target"]) > TARGETS_EACH:
            first = traces[same] = {**resource, "target": []}
            kept.append(first)
        first["target"] += resource["target"]
    return kept


def _wanted(made: Converted, person_id: int, source: int) -> dict[str, str]:
    """The key each local key would like: one of its own, or one it shares with other documents of the source."""
    wanted: dict[str, str] = {}
    taken: set[str] = set()
    for resource in made.resources:
        key = local = f"{resource['resourceType']}/{resource['id']}"
        shared = _shared_name(resource, person_id)
        if shared:
            key = f"{resource['resourceType']}/{ids.derived(source, shared)}"
        wanted[local] = local if key in taken else key
        taken.add(key)
    return wanted


def _shared_name(resource: Json, person_id: int) -> str:
    kind = resource["resourceType"]
    if kind == "Patient":
        return f"ccda-patient\x1f{person_id}"
    if kind not in ("Practitioner", "Organization", "Location"):
        return ""
    for number in resource.get("identifier", ()):
        if str(number.get("system", "")).startswith(_NUMBERED):
            name = resource["name"] if isinstance(resource.get("name"), str) else ""
            return f"ccda-{kind}\x1f{number['system']}\x1f{number['value']}\x1f{name.casefold()}"
    return ""


def _incoming(
    made: Converted, found: Survey, mapping: dict[str, str], person_id: int, gone: frozenset[str]
) -> Iterator[Incoming]:
    time = _digits(made.header.effective_time)
    for resource, key, held in zip(made.resources, found.keys, found.holders, strict=True):
        for holder in held:
            holder["reference"] = mapping.get(holder["reference"], holder["reference"])
        final = mapping[key]
        kind, _, identity = final.partition("/")
        if final in gone:
            continue
        if final != key and (kind == "Patient" or kind in SHARED) and not _newest(resource, kind, identity, time):
            continue
        yield Incoming({**resource, "id": identity}, identity, 0 if kind in SHARED else person_id, valid=True)


def _newest(resource: Json, kind: str, identity: str, time: str) -> bool:
    """Whether this telling of a shared entry is as late as the stored one; it is marked with its time."""
    row = models.Resource.objects.filter(kind=kind_of(kind), fhir_id=identity, deleted=False).first()
    if row is not None:
        tags = parse(bytes(row.body)).get("meta", {}).get("tag", ())
        stored = next((tag.get("code", "") for tag in tags if tag.get("system") == WRITTEN), "")
        if stored > time:
            return False
    if time:
        resource["meta"] = {**resource.get("meta", {}), "tag": [{"system": WRITTEN, "code": time}]}
    return True


def _digits(effective_time: str) -> str:
    found = _TIME.match(effective_time)
    return found[0] if found else ""
