"""Patients that are deleted or come back: of the several of one person, apps know one that lives."""

from collections.abc import Iterable, Sequence

from chartpost.identity import services as identity
from chartpost.identity.aliases import Aliases, aliases, came_before
from chartpost.kernel.db import raw
from chartpost.records.types import kind_of

PATIENT = kind_of("Patient")
_AT_ONCE = 500


def deleted(patient_ids: Sequence[str], db: raw.Db) -> frozenset[str]:
    """Which of these Patients were deleted (`identity.aliases.on_deleted`)."""
    found: set[str] = set()
    for start in range(0, len(patient_ids), _AT_ONCE):
        some = patient_ids[start : start + _AT_ONCE]
        sql = f"SELECT fhir_id FROM records_resource WHERE kind = ? AND fhir_id IN ({raw.marks(some)}) AND deleted = ?"  # noqa: S608
        found.update(str(row[0]) for row in db.all(sql, [PATIENT, *some, True]))
    return frozenset(found)


def turned(keys: Iterable[tuple[int, str]]) -> None:
    """Say, in the transaction that does it, that what has these keys was deleted or came back."""
    for kind, name in keys:
        if kind == PATIENT:
            identity.patient_turned(name)


def turned_since(since_ms: int, db: raw.Db) -> frozenset[int]:
    """Persons apps know by another Patient since a moment: the one they knew was deleted, or an earlier one came back.

    One that was changed since and had been deleted at any time counts too.
    """
    rows = db.all(
        "SELECT r.person_id, r.fhir_id, r.deleted FROM records_resource r WHERE r.kind = ? AND r.updated_ms > ?"
        " AND (r.deleted = ? OR EXISTS (SELECT 1 FROM records_version v WHERE v.rid = r.rid AND v.deleted = ?))",
        [PATIENT, since_ms, True, True],
    )
    known = aliases(db)
    several = ((person, name, bool(gone)) for person, name, gone in rows if person in known.pairs)
    return frozenset(person for person, name, gone in several if _stands_otherwise(name, gone, known, db))


def _stands_otherwise(name: str, gone: bool, known: Aliases, db: raw.Db) -> bool:
    """Whether a person of several Patients was known by another before one of them was deleted, or came back."""
    now = known.canonical.get(name, name)
    return name != now and came_before(name, now, db) if gone else name == now
