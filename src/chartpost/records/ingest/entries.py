"""The resources of a FHIR file: read, checked as a whole before anything is written, and read again when large."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qsl

from chartpost.formats.fhirjson import canonical
from chartpost.formats.fhirjson.canonical import Entry
from chartpost.formats.fhirjson.references import subject_of, target_type
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.filekinds import FHIR, MB, NDJSON
from chartpost.records import models
from chartpost.records.errors import Refused
from chartpost.records.ingest import originals
from chartpost.records.ingest.meanings import Meanings, two_things

IN_MEMORY = 64 * MB
"""NDJSON up to this size is parsed once and kept; larger files are read twice, a line at a time."""
LONGEST_LINE = 128 * MB
NOT_RECORD = frozenset({"OperationOutcome", "Parameters"})
"""What a search answers beside the record; it is left out."""
_PROBLEMS_TOLD = 3


@dataclass
class Survey:
    """What a FHIR file holds, learned while it was checked.

    `keys` are the local keys (Type/id) of the entries in order; `alias` maps references to keys; `owner` maps keys
    to the patient key the entry names; `outside` are references to what the file does not hold;
    `holders` the objects that hold references, entry by entry, when the entries stay in memory.
    """

    keys: list[str] = field(default_factory=list)
    alias: dict[str, str] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    patients: dict[str, dict[str, Any]] = field(default_factory=dict)
    holders: list[list[dict[str, Any]]] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    numbers: dict[tuple[str, str, str], str] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)


class Asked(NamedTuple):
    """What a conditional reference asks for by number: `text` as searches have it; `system` may be empty."""

    kind: str
    text: str
    system: str
    value: str


class Entries:
    """The entries of one file, as often as they are asked for."""

    def __init__(self, file: models.ImportFile) -> None:
        self._file = file
        self._kept: list[Entry] | None = None
        if file.kind == FHIR.name or file.size <= IN_MEMORY:
            self._kept = list(self._read())

    @property
    def in_memory(self) -> bool:
        """Whether each pass gives the same objects."""
        return self._kept is not None

    def __iter__(self) -> Iterator[Entry]:
        yield from self._kept if self._kept is not None else self._read()

    def _read(self) -> Iterator[Entry]:
        found = self._bundle() if self._file.kind == FHIR.name else self._lines()
        return (entry for entry in found if entry.resource["resourceType"] not in NOT_RECORD)

    def _bundle(self) -> Iterator[Entry]:
        return canonical.split_bundle(originals.whole(self._file, FHIR.limit))

    def _lines(self) -> Iterator[Entry]:
        with originals.original(self._file, NDJSON.limit) as stream:
            for resource in canonical.read_ndjson(_lines(stream)):
                yield Entry("", "", resource)


def survey(entries: Iterable[Entry], where: str, *, keep: bool = True) -> Survey:
    """Check every entry against FHIR R4 and learn how they hang together; raises Refused for the file as a whole."""
    found, met = Survey(), Meanings()
    said: dict[str, list[str]] = {}
    also: list[tuple[str, str]] = []
    for number, entry in enumerate(entries):
        _check(entry, f"{where} {number + (where == 'line')}")
        key = local_key(entry)
        met.meet(key, entry)
        found.keys.append(key)
        for name in (key, entry.full_url):
            if name:
                found.alias[name] = key
        also += _learn(found, key, entry.resource)
        held = holders(entry.resource)
        if keep:
            found.holders.append(held)
        said[key] = [holder["reference"] for holder in held]
    if not found.keys:
        raise Refused("a file without any resource", "at least one FHIR resource", "Check that it is the right file.")
    _check_owners(found, met, also)
    _connect(found, said)
    return found


def local_key(entry: Entry) -> str:
    """Type/id of an entry inside its file; without an id its urn:uuid, else a digest of its content."""
    resource = entry.resource
    kind = resource["resourceType"]
    identity = resource.get("id") or entry.full_url.removeprefix("urn:uuid:")
    if not identity or "/" in identity or ":" in identity:
        identity = blake2b(canonical.dump(resource), digest_size=16).hexdigest()
    return f"{kind}/{identity}"


def holders(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object that holds a `reference` text to something outside the resource itself."""
    found: list[dict[str, Any]] = []
    _gather(resource, found)
    return found


def _gather(value: dict[str, Any], found: list[dict[str, Any]]) -> None:
    """Plain recursion over exact types, the quickest way there is; validation has capped the depth."""
    for key, child in value.items():
        kind = type(child)
        if kind is str:
            if key == "reference" and child[:1] != "#":
                found.append(value)
        elif kind is dict:
            _gather(child, found)
        elif kind is list:
            for item in child:
                if type(item) is dict:
                    _gather(item, found)


def relative(reference: str) -> str:
    """`Type/id` of a literal reference, relative or absolute; '' for urns, conditional and other texts."""
    kind = "" if "?" in reference or reference.startswith("urn:") else target_type(reference)
    return f"{kind}/{reference.partition('/_history/')[0].rpartition('/')[2]}" if kind else ""


def asked_for(reference: str) -> Asked | None:
    """What a conditional reference asks for by one identifier, percent-encoded or not; None for other references.

    https://hl7.org/fhir/R4/http.html#trules; no number, or one of several, names nothing that could be told apart.
    """
    kind, _, query = reference.partition("?")
    if not query.startswith("identifier=") or kind not in resource_types():
        return None
    (_, text), *more = parse_qsl(query, keep_blank_values=True)
    system, _, value = text.rpartition("|")
    return Asked(kind, text, system, value) if value and "," not in text and text.isprintable() and not more else None


def _check(entry: Entry, where: str) -> None:
    resource = entry.resource
    problems = validate(resource["resourceType"], resource)
    if problems:
        told = "; ".join(f"{p.path} {p.message}" for p in problems[:_PROBLEMS_TOLD])
        raise Refused(
            f"{where}: {told}",
            "FHIR R4",
            "Ask the sender to mend the file; nothing of it was kept in the record.",
            problems,
        )


def _learn(found: Survey, key: str, resource: dict[str, Any]) -> list[tuple[str, str]]:
    """Learn what an entry is and says; gives the subject back with its key where one before it named another."""
    kind = resource["resourceType"]
    if kind == "Patient":
        found.patients[key] = resource
    for identifier in resource.get("identifier", ()) if kind in _LOOKED_UP else ():
        found.numbers[kind, identifier.get("system", ""), identifier.get("value", "")] = key
    subject = subject_of(resource)
    if subject and found.owner.setdefault(key, subject) != subject:
        return [(key, subject)]
    return []


def _check_owners(found: Survey, met: Meanings, also: Iterable[tuple[str, str]]) -> None:
    """See that each entry is about one patient, and the patient of its own server; raises Refused."""
    for key, subject in found.owner.items():
        met.check_subject(key, subject, _patient(found, subject))
    for key, subject in also:
        if _patient(found, subject) != _patient(found, found.owner[key]):
            raise two_things(key.partition("/")[0])


def _connect(found: Survey, said: dict[str, list[str]]) -> None:
    """Name each owner by its patient key, give ownerless entries one, and list what lies outside."""
    for key, subject in list(found.owner.items()):
        owner = key if key in found.patients else _patient(found, subject)
        if owner in found.alias and owner not in found.patients:
            del found.owner[key]
        else:
            found.owner[key] = owner
    only = next(iter(found.patients)) if len(found.patients) == 1 else ""
    for key in found.keys:
        if key not in found.owner and key.partition("/")[0] not in SHARED:
            near = {found.owner.get(found.alias.get(text, ""), "") for text in said[key]} - {""}
            found.owner[key] = only or (near.pop() if len(near) == 1 else "")
    for key, texts in said.items():
        found.outside.update(text for text in texts if text not in found.alias)
        if key.startswith("Provenance/"):
            found.targets[key] = texts


def _patient(found: Survey, subject: str) -> str:
    if subject in found.alias:
        return found.alias[subject]
    if asked := asked_for(subject):
        return found.numbers.get((asked.kind, asked.system, asked.value), subject)
    plain = relative(subject)
    return found.alias.get(plain, plain or subject)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise Refused(f"a line over {LONGEST_LINE:,} bytes", "one resource in each line", "Check the file.")
        yield line


SHARED = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "OrganizationAffiliation", "Location", "HealthcareService"}
    | {"Endpoint", "Medication", "MedicationKnowledge", "Substance", "Questionnaire", "PlanDefinition", "Library"}
    | {"ActivityDefinition", "Measure", "ValueSet", "CodeSystem", "StructureDefinition", "InsurancePlan"}
)
"""Types that are nobody's when they name no patient: people and places of care, and definitions."""
_LOOKED_UP = frozenset({"Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "Medication"})

__all__ = ["SHARED", "Asked", "Entries", "Survey", "asked_for", "holders", "local_key", "relative", "survey"]
