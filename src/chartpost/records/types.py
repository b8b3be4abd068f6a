"""Plain values the records room hands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from chartpost.formats.fhirjson.tables import resource_types
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import ItemView


@dataclass(frozen=True)
class Stored:
    """One current resource with its bytes."""

    rid: int
    type: str
    id: str
    version: int
    category: Category
    labels: int
    date_ms: int
    source: str
    body: bytes


@dataclass(frozen=True)
class Item:
    """One entry of a record as people read it."""

    stored: Stored
    view: ItemView
    document: "DocumentView | None" = None

    @property
    def key(self) -> str:
        """Its address inside a person's record: Type/id."""
        return f"{self.stored.type}/{self.stored.id}"


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and the cursor of the next page (empty: no more)."""

    items: tuple[Item, ...]
    next: str = ""


@dataclass(frozen=True)
class Incoming:
    """A resource on its way in: parsed, its final id chosen, its references resolved.

    `category` replaces the one of its type, and stays with the row from then on (`store.keep_section`); `words` are
    searched with its own; `valid` says that it was checked against FHIR R4 already.
    """

    resource: Mapping[str, Any]
    id: str
    person_id: int
    category: Category | None = None
    words: str = ""
    valid: bool = False


@dataclass(frozen=True)
class SaveResult:
    """What a save did: rows made, changed, left as they were; `persons` has one for each row made or changed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rids: tuple[int, ...] = ()
    persons: tuple[int, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What part of a record is wanted: categories (empty: all), inclusive dates, entries left out by key."""

    categories: frozenset[Category] = frozenset()
    date_from: date | None = None
    date_to: date | None = None
    exclude: frozenset[str] = field(default_factory=frozenset)

    def to_json(self) -> dict[str, Any]:
        """Plain values for keeping."""
        return {
            "categories": sorted(c.name for c in self.categories),
            "date_from": self.date_from.isoformat() if self.date_from else None,
            "date_to": self.date_to.isoformat() if self.date_to else None,
            "exclude": sorted(self.exclude),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Selection":
        """The selection kept by `to_json`."""
        start, end = value.get("date_from"), value.get("date_to")
        return Selection(
            categories=frozenset(Category[name] for name in value.get("categories", ())),
            date_from=date.fromisoformat(start) if start else None,
            date_to=date.fromisoformat(end) if end else None,
            exclude=frozenset(value.get("exclude", ())),
        )


CLINICAL_TYPES = frozenset({"application/xml", "text/xml", "application/cda+xml", "application/hl7-v3+xml"})
"""Media types under which C-CDA documents travel."""


@dataclass(frozen=True)
class DocumentView:
    """An original document: what it is, its size in bytes, its SHA-256.

    `clean_blob` is the copy that is safe to show (empty: there is none), `removed` what it lacks; `problem` says in
    plain words why the document cannot be shown (empty: it can).
    """

    rid: int
    title: str
    media_type: str
    size: int
    sha256: str
    blob: str
    clean_blob: str
    removed: tuple[str, ...]
    pages: int | None
    problem: str = ""
    scan: str = ""

    @property
    def machine_read(self) -> bool:
        """Whether words of it were read off pictures by a machine, so that search finds them."""
        return self.scan == "read"

    @property
    def clinical(self) -> bool:
        """Whether it is a clinical document that a page can show."""
        return self.media_type in CLINICAL_TYPES and not self.problem


@cache
def _kinds() -> tuple[str, ...]:
    return ("", *sorted(resource_types()))


@cache
def kind_of(resource_type: str) -> int:
    """The number of a resource type: its place among the R4 types in alphabetical order, from 1.

    -1 for a word that is no R4 type: no row has it, so a search for one finds nothing.
    """
    return _kinds().index(resource_type) if resource_type in resource_types() else -1


def type_of(kind: int) -> str:
    """The resource type of a number."""
    return _kinds()[kind]
