"""A row as searches give it, and how it leaves the house: the Patient ids of one person made one."""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from chartpost.kernel.db import raw
from chartpost.records.types import type_of

COLUMNS = "r.rid, r.date_ms, r.kind, r.fhir_id, r.version, r.updated_ms, r.person_id, r.body"


class Found(NamedTuple):
    """One current resource; `date_ms` its clinical date, `updated_ms` when it was stored, `body` canonical JSON."""

    rid: int
    date_ms: int
    kind: int
    id: str
    version: int
    updated_ms: int
    person_id: int
    body: bytes

    @property
    def type(self) -> str:
        """Its resource type."""
        return type_of(self.kind)

    @property
    def key(self) -> str:
        """Its relative reference, Type/id."""
        return f"{type_of(self.kind)}/{self.id}"


_as_found = partial(tuple.__new__, Found)


def found(row: tuple[Any, ...]) -> Found:
    """A row of `COLUMNS`."""
    return Found._make(row[:8])


def all_found(rows: Iterable[tuple[Any, ...]]) -> list[Found]:
    """Rows of exactly `COLUMNS`."""
    return list(map(_as_found, rows))


def newer_first(row: Found) -> tuple[int, int]:
    """The order of pages: clinical date, then row, both descending."""
    return -row.date_ms, -row.rid


def fetch(where: str, values: list[Any], db: raw.Db) -> list[Found]:
    """Current resources by a condition on `r`."""
    sql = f"SELECT {COLUMNS} FROM records_resource r WHERE r.deleted = ? AND {where}"  # noqa: S608 - constants
    return all_found(db.all(sql, [False, *values]))
