"""Patients that are made, deleted or come back: of the several of one person, apps know one that lives."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chartpost.identity import services as identity
from chartpost.identity.aliases import Stands, in_order, several
from chartpost.kernel.db import raw
from chartpost.records.types import kind_of

PATIENT = kind_of("Patient")
_AT_ONCE = 500
_NOW = "SELECT r.fhir_id, r.deleted FROM records_resource r WHERE r.kind = ? AND r.fhir_id IN ({})"
_THEN = (
    "SELECT r.fhir_id, CASE WHEN r.updated_ms <= ? THEN r.deleted ELSE (SELECT v.deleted FROM records_version v"
    " WHERE v.rid = r.rid AND v.updated_ms <= ? ORDER BY v.version DESC LIMIT 1) END"
    " FROM records_resource r WHERE r.kind = ? AND r.fhir_id IN ({})"
)
_SINCE = (
    "SELECT r.updated_ms, r.version, r.fhir_id, r.deleted FROM records_resource r"
    " WHERE r.kind = ? AND r.fhir_id IN ({0}) AND r.updated_ms > ?"
    " UNION ALL SELECT v.updated_ms, v.version, r.fhir_id, v.deleted FROM records_resource r"
    " JOIN records_version v ON v.rid = r.rid WHERE r.kind = ? AND r.fhir_id IN ({0}) AND v.updated_ms > ?"
)


def standing(patient_ids: Sequence[str], db: raw.Db, at_ms: int | None = None) -> dict[str, Stands]:
    """How these Patients stand for their persons, or stood at a moment (`identity.aliases.on_standing`)."""
    sql, values = (_NOW, []) if at_ms is None else (_THEN, [at_ms, at_ms])
    rows = (row for some in _some(patient_ids) for row in db.all(_named(sql, some), [*values, PATIENT, *some]))
    return {str(name): Stands.NOT_YET if gone is None else Stands(bool(gone)) for name, gone in rows}


_waiting: ContextVar[list[str] | None] = ContextVar("patients that turned", default=None)


@contextmanager
def turned_last() -> Iterator[None]:
    """Keep what `turned` says within until its end: it moves the number of tokens, the last lock of a transaction."""
    names: list[str] = []
    before = _waiting.set(names)
    try:
        yield
    finally:
        _waiting.reset(before)
    if names:
        identity.patients_turned(names)


def turned(keys: Iterable[tuple[int, str]]) -> None:
    """Say, in the transaction that does it, that what has these keys was made, was deleted or came back."""
    names = [name for kind, name in keys if kind == PATIENT]
    waiting = _waiting.get()
    if waiting is not None:
        waiting += names
    elif names:
        identity.patients_turned(names)


def turned_since(since_ms: int, until_ms: int, db: raw.Db) -> frozenset[int]:
    """Persons apps knew by another Patient at any moment between two than at the first of them.

    Whoever was told of them in between may know them by either. Merges count by themselves
    (`identity.queries.moved_since`); here everybody is who they are today.
    """
    brought = several(db)
    whose = {name: person for person, some in brought.items() for name in some}
    changed = _changed_since(since_ms, db) if whose else ()
    touched = {whose[name] for name in changed if name in whose}
    names = [name for person in touched for name in brought[person]]
    now = standing(names, db, since_ms)
    first = {person: in_order(brought[person], now)[0] for person in touched}
    found: set[int] = set()
    for name, how in _since(names, since_ms, until_ms, db):
        now[name], person = how, whose[name]
        if in_order(brought[person], now)[0] != first[person]:
            found.add(person)
    return frozenset(found)


def _changed_since(since_ms: int, db: raw.Db) -> Iterator[str]:
    sql = "SELECT r.fhir_id FROM records_resource r WHERE r.kind = ? AND r.updated_ms > ?"
    return (str(name) for (name,) in db.stream(sql, [PATIENT, since_ms]))


def _since(names: Sequence[str], since_ms: int, until_ms: int, db: raw.Db) -> Iterator[tuple[str, Stands]]:
    """What became of Patients between two moments, in the order in which it happened."""
    rows: list[tuple[Any, ...]] = []
    for some in _some(names):
        rows += db.all(_named(_SINCE, some), [PATIENT, *some, since_ms] * 2)
    return ((str(name), Stands(bool(gone))) for at_ms, _, name, gone in sorted(rows) if at_ms <= until_ms)


def _named(sql: str, names: Sequence[str]) -> str:
    return sql.format(raw.marks(names))


def _some(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
