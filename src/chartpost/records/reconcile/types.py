"""Plain values of reconciliation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from chartpost.formats.fhirjson.dates import FhirDate
from chartpost.records.types import Item


class Kind(StrEnum):
    """What can be compared; entries of different kinds are never the same."""

    PROBLEM = "problem"
    ALLERGY = "allergy"
    MEDICINE = "medicine"
    FILL = "fill"
    VACCINE = "vaccine"
    PROCEDURE = "procedure"
    MEASURE = "measure"
    REPORT = "report"
    VISIT = "visit"
    DOCUMENT = "document"
    PATIENT = "patient"


STANDING = frozenset({Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICINE})
"""Kinds that go on for a time; the others happen on a day."""


class Status(StrEnum):
    """What a source says of an entry; nothing is read into a status that is not there."""

    NOT_SAID = ""
    ACTIVE = "active"
    ENDED = "ended"
    REFUTED = "refuted"


class Facts(NamedTuple):
    """What of an entry is compared. `key` is Type/id; `source` and `files` say where it came from.

    `ids` are "system|value", `codes` (system, code) of every translation, `words` its folded name, `stem` the
    ingredient a medicine's name begins with, `since` when it began or happened, `until` when it ended, `none` that
    there is no known allergy.
    """

    key: str
    kind: Kind
    source: int = 0
    files: frozenset[int] = frozenset()
    ids: frozenset[str] = frozenset()
    codes: frozenset[tuple[str, str]] = frozenset()
    words: str = ""
    stem: str = ""
    since: FhirDate | None = None
    until: FhirDate | None = None
    status: Status = Status.NOT_SAID
    dose: str = ""
    value: str = ""
    risk: str = ""
    born: str = ""
    edition: tuple[str, int] = ("", 0)
    none: bool = False


class Finding(NamedTuple):
    """What comparing two entries gives: why they are, or may be, the same, and what contradicts.

    `how` is id, day, period, edition, hash (these join), or code, undated, mixed, words, status, number, value, none
    (these ask).
    """

    same: bool
    how: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One entry as it stands beside another."""

    item: Item
    facts: Facts
    received: datetime


@dataclass(frozen=True)
class Question:
    """Two entries somebody should look at. `token` names this state of things; an answer must bring it back."""

    left: Side
    right: Side
    how: str
    conflicts: tuple[str, ...]
    joined: bool
    with_office: bool
    token: str


@dataclass(frozen=True)
class Joined:
    """Entries that are one: the one shown first."""

    sides: tuple[Side, ...]
    hows: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """What somebody said, as far as the reader may see the entries."""

    ref: str
    word: str
    sides: tuple[Side, ...]
    by_name: str
    by_staff: bool
    at: datetime


@dataclass(frozen=True)
class Also:
    """What a list says of an entry that stands for others: their sources, and whether somebody should look."""

    sources: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    open: bool = False
