"""What goes into a package: gathered once, used by every format."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import references_of
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import queries as identity
from chartpost.identity.types import OfficeView, PersonView, RowFilter
from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.records import queries as records
from chartpost.records.types import Selection, Stored


@dataclass(frozen=True)
class Content:
    """A person's chosen entries with the people and places they name."""

    person: PersonView
    office: OfficeView
    selection: Selection
    entries: tuple[Stored, ...]
    shared: tuple[Stored, ...]
    language: str
    something_withheld: bool
    made_at: datetime
    zone: str
    demo: bool

    @property
    def count(self) -> int:
        """Entries of the record, people and places not counted."""
        return sum(1 for s in self.entries if s.category != Category.PEOPLE)

    @cached_property
    def parsed(self) -> list[tuple[Stored, dict[str, Any]]]:
        """Each entry with its resource as values."""
        return [(s, parse(s.body)) for s in self.entries]

    @cached_property
    def patient(self) -> dict[str, Any]:
        """The Patient resource that stands for the person: the newest source, or one made of what is known."""
        for stored, resource in self.parsed:
            if stored.type == "Patient":
                return resource
        return _made_patient(self.person)

    @property
    def file_stem(self) -> str:
        """Start of file names: no name of a person, just what and when."""
        return f"health-record-{self.made_at.date().isoformat()}"


def gather(person_id: int, selection: Selection, rows: RowFilter, language: str, withheld: bool) -> Content:
    """Collect a selection as the reader may have it."""
    office = identity.office()
    assert office is not None
    entries = tuple(records.select(person_id, selection, rows))
    wanted = {r for s in entries for r in references_of(parse(s.body))}
    held = {f"{s.type}/{s.id}" for s in entries}
    return Content(
        person=identity.person_by_id(person_id),
        office=office,
        selection=selection,
        entries=entries,
        shared=tuple(records.shared(wanted - held)),
        language=language,
        something_withheld=withheld,
        made_at=clock.now().replace(microsecond=0),
        zone=identity.office_zone(),
        demo=config().demo,
    )


def _made_patient(person: PersonView) -> dict[str, Any]:
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": person.ref,
        "identifier": [{"system": s, "value": v} for s, v in person.identifiers],
        "name": [{"family": person.family, "given": person.given.split()}],
        "gender": person.sex if person.sex in {"male", "female", "other"} else "unknown",
    }
    if person.birth_date:
        patient["birthDate"] = person.birth_date.isoformat()
    if not patient["identifier"]:
        patient["identifier"] = [{"system": "urn:chartpost:person", "value": person.ref}]
    return patient
