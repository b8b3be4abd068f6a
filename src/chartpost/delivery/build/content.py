"""What goes into a package: gathered once, used by every format."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from chartpost.delivery.build.redact import keys_of, point_anew, without
from chartpost.delivery.types import Referral
from chartpost.formats.ccda.privacy import PART2_NOTICE
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.formats.fhirjson.views import view
from chartpost.formats.readable.words import plain_title
from chartpost.identity import queries as identity
from chartpost.identity.types import OfficeView, PersonView, RowFilter
from chartpost.kernel import blobs, clock
from chartpost.kernel.config import config
from chartpost.records import queries as records
from chartpost.records.reconcile import queries as reconcile
from chartpost.records.reconcile.types import Also
from chartpost.records.reconcile.words import CONFLICTS
from chartpost.records.types import Selection, Stored

TEXT_LIMIT = 1_000_000
"""Bytes of a filed text document that are shown inside the PDF and the C-CDA."""


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
    referral: Referral = field(default_factory=Referral)

    @property
    def count(self) -> int:
        """Entries of the record; people, places and notes on where entries came from are not counted."""
        return sum(1 for s in self.entries if is_shown(s))

    @property
    def legal_notice(self) -> str:
        """What must go with records of a substance use disorder program, where some are in it (42 CFR 2.32(a)(2))."""
        return PART2_NOTICE if any(s.labels & Label.PART2 for s in self.entries) else ""

    def parsed(self) -> Iterator[tuple[Stored, dict[str, Any]]]:
        """Each entry with its resource as values, one at a time; filed text documents carry their text.

        Of entries that are one, the first stands for all: a note names the other places it came from, and what points
        to the others points to it.
        """
        behind, also = reconcile.once(self.person.id, self.entries)
        key_of = {s.rid: f"{s.type}/{s.id}" for s in self.entries}
        instead = {key_of[rid]: key_of[first] for rid, first in behind.items()}
        for stored in self.entries:
            if stored.rid in behind:
                continue
            resource = parse(stored.body)
            if instead:
                point_anew(resource, instead)
            if stored.rid in also:
                resource = _with_places(resource, also[stored.rid])
            if stored.type == "DocumentReference":
                resource = self._with_text(stored, resource)
            yield stored, resource

    def told_by_several(self) -> list[str]:
        """A line for each entry that several places told: its name, its places, what they do not agree in."""
        also = reconcile.once(self.person.id, self.entries)[1]
        return [
            f"{plain_title(view(parse(s.body)).title)}: {s.source}. {_places(also[s.rid])}"
            for s in self.entries
            if s.rid in also
        ]

    @property
    def patient(self) -> dict[str, Any]:
        """The Patient resource that stands for the person: of the newest source, or one made of what is known."""
        found = [s for s in self.entries if s.type == "Patient"]
        return parse(max(found, key=lambda s: s.rid).body) if found else _made_patient(self.person)

    @property
    def file_stem(self) -> str:
        """Start of file names: no name of a person, just what and when."""
        return f"health-record-{clock.local_date(self.made_at, self.zone).isoformat()}"

    def _with_text(self, stored: Stored, resource: dict[str, Any]) -> dict[str, Any]:
        filed = records.document(self.person.id, stored.rid)
        if filed is None or filed.media_type.partition(";")[0] != "text/plain" or filed.size > TEXT_LIMIT:
            return resource
        text = {"contentType": filed.media_type, "title": filed.title}
        data = base64.b64encode(blobs.read(filed.blob)).decode()
        return {**resource, "content": [{"attachment": {**text, "data": data}}]}


def _with_places(resource: dict[str, Any], also: Also) -> dict[str, Any]:
    """A resource with a note on the other places that recorded it, and on what they do not agree in."""
    return {**resource, "note": [{"text": _places(also)}, *resource.get("note", ())]}


def _places(also: Also) -> str:
    texts = [_("Also from %(sources)s.") % {"sources": ", ".join(also.sources)}] if also.sources else []
    return " ".join([*texts, *(str(CONFLICTS[name]) for name in also.conflicts)])


def is_shown(stored: Stored) -> bool:
    """Whether people count it as an entry of the record."""
    return stored.category != Category.PEOPLE and stored.type != "Provenance"


def gather(person_id: int, selection: Selection, rows: RowFilter, language: str, withheld: bool) -> Content:
    """Collect a selection as the reader may have it."""
    office = identity.office()
    assert office is not None
    entries, outside = _closed(person_id, tuple(records.select(person_id, selection, rows)))
    return Content(
        person=identity.person_by_id(person_id),
        office=office,
        selection=selection,
        entries=entries,
        shared=tuple(records.shared(outside)),
        language=language,
        something_withheld=withheld,
        made_at=clock.now().replace(microsecond=0),
        zone=identity.office_zone(),
        demo=config().demo,
    )


def _closed(person_id: int, entries: tuple[Stored, ...]) -> tuple[tuple[Stored, ...], set[str]]:
    """The entries without pointers to the rest of the person's record, and the keys they name outside of it."""
    held = {f"{s.type}/{s.id}" for s in entries}
    named = {s.rid: set(keys_of(parse(s.body))) - held for s in entries}
    outside = set().union(*named.values())
    every = records.select(person_id, Selection(), RowFilter()) if outside else ()
    gone = {key for s in every if s.type != "Patient" and (key := f"{s.type}/{s.id}") in outside}
    kept = (_without(s, gone) if named[s.rid] & gone else s for s in entries)
    return tuple(s for s in kept if s is not None), outside - gone


def _without(stored: Stored, gone: set[str]) -> Stored | None:
    resource = without(parse(stored.body), gone)
    return replace(stored, body=dump(resource)) if resource is not None else None


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
