"""What a bulk export was asked for, as plain values that are kept as JSON until the worker reads them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from chartpost.identity.types import ANONYMOUS, Access, RowFilter, Scope


@dataclass(frozen=True)
class Asked:
    """A bulk export (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters).

    `level` is system, patient or group; `persons` those it is bound to (None: all in reach); `since_ms` and
    `until_ms` bounds of lastUpdated; `filters` the queries by type, of which one must match; `elements` names to keep
    by type ("*": any type); `event` the fields of the ledger's entries; `grant_ref` the grant that lets it run.

    `named` are the persons as they were first filed, `merged` all that are one of `persons` since they were merged,
    `merges` how often persons had been merged or parted when the first row was read. `moved` are those merged or parted
    since `since_ms`, or known by another Patient: what is theirs changed for whoever asks, though nobody wrote it.
    """

    url: str
    level: str
    types: tuple[str, ...]
    reach: Mapping[str, Any]
    event: Mapping[str, str]
    grant_ref: str = ""
    persons: tuple[int, ...] | None = None
    named: tuple[int, ...] | None = None
    merged: tuple[int, ...] = ()
    merges: int | None = None
    moved: tuple[int, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    elements: Mapping[str, list[str]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Asked":
        """Back from JSON."""
        lists = ("types", "persons", "named", "merged", "moved")
        fixed = {name: tuple(plain[name]) for name in lists if plain.get(name) is not None}
        return cls(**{**plain, **fixed})


@dataclass(frozen=True)
class FileView:
    """One file of an export."""

    number: int
    type: str
    deleted: bool
    blob: str
    count: int
    size: int


@dataclass(frozen=True)
class ExportView:
    """An export as the door shows it; `state` is running, done or failed."""

    ref: str
    state: str
    asked: Asked
    moment_ms: int
    percent: int
    ended_ms: int
    files: tuple[FileView, ...] = ()


def kept(access: Access) -> dict[str, Any]:
    """What a token reaches, as JSON."""
    return {
        "scopes": [
            [s.level, s.type, "".join(sorted(s.actions)), [list(pair) for pair in s.only]] for s in access.scopes
        ],
        "persons": [[person, _rows(rows)] for person, rows in access.persons.items()],
        "everyone": None if access.everyone is None else _rows(access.everyone),
        "person_id": access.person_id,
    }


def access_of(plain: Mapping[str, Any]) -> Access:
    """The reach again, without the token."""
    scopes = tuple(
        Scope(level, kind, frozenset(actions), tuple((name, value) for name, value in only))
        for level, kind, actions, only in plain["scopes"]
    )
    return Access(
        grant_ref="",
        client_id="",
        client_name="",
        actor=ANONYMOUS,
        scopes=scopes,
        persons={person: _filter(rows) for person, rows in plain["persons"]},
        everyone=None if plain["everyone"] is None else _filter(plain["everyone"]),
        person_id=plain["person_id"],
    )


def _rows(rows: RowFilter) -> list[Any]:
    days = [day.isoformat() if day else None for day in (rows.date_from, rows.date_to)]
    return [rows.hidden_labels, rows.categories, *days]


def _filter(plain: list[Any]) -> RowFilter:
    first, last = (date.fromisoformat(day) if day else None for day in plain[2:])
    return RowFilter(plain[0], plain[1], first, last)
