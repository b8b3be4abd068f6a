"""What an export with `_since` says of rows whose labels or person changed since then, though nobody wrote them.

Staff give labels; Binaries and Provenances become a person's when what they name does.

What its client may see now and could not before leaves as if it were new; what it could see before and may not now is
told as a deletion. What it may see as before, or as little, is left out (`bulk_moment` has rows that were written).
"""

from collections.abc import Mapping, Sequence

from chartpost.kernel.db import raw
from chartpost.records.bulk_moment import Reaches, Row, could_see, of_level
from chartpost.records.bulk_types import Asked
from chartpost.records.search.reach import Condition
from chartpost.records.types import kind_of, type_of

RELABELLED = "rid IN (SELECT l.rid FROM records_relabelled l WHERE l.at_ms > ?)"
"""SQL on `records_resource`: its labels or its person changed since a moment."""
_LABELS = 6


def any_since(since_ms: int | None, db: raw.Db) -> bool:
    """Whether labels or persons of any row changed so since a moment."""
    if since_ms is None:
        return False
    return db.one("SELECT 1 FROM records_relabelled WHERE at_ms > ? LIMIT 1", [since_ms]) is not None


def with_relabelled(
    rows: Sequence[Row], span: Condition, asked: Asked, seen: Mapping[str, Reaches], last_ms: int, db: raw.Db
) -> list[Row]:
    """These rows and those of a span that labels, or another person, hide or show since; in the order of the table.

    `seen` has what the token reaches of each type asked for, `last_ms` when the newest of the export was written.
    """
    kinds = ",".join(str(kind_of(name)) for name in seen) or "0"
    sql = (
        "SELECT r.rid, r.person_id, r.fhir_id, r.body, r.kind, r.category, r.labels, r.date_ms, r.deleted,"  # noqa: S608 - constants and marks
        " r.updated_ms, l.labels, l.person_id FROM records_resource r JOIN records_relabelled l ON l.rid = r.rid"
        f" WHERE {span[0]} AND r.kind IN ({kinds}) AND l.at_ms > ? ORDER BY r.rid, l.at_ms, l.id"
    )
    found, first = {row[0]: row for row in rows}, dict[int, Row]()
    for row in db.all(sql, [*span[1], asked.since_ms]):
        first.setdefault(row[0], row)
    for rid, row in first.items():
        name, person = type_of(row[4]), row[1] if row[11] is None else row[11]
        before = (rid, person, *row[2:_LABELS], row[10], row[7])
        could, can = (_leaves(asked, name, each, seen[name], db) for each in (before, row[:8]))
        if could and not can:
            found[rid] = (*before[:4], -row[4], *before[5:])
        elif can and not could and not row[8] and row[9] <= last_ms:
            found[rid] = row[:8]
    return [found[rid] for rid in sorted(found)]


def _leaves(asked: Asked, name: str, row: Row, seen: Reaches, db: raw.Db) -> bool:
    """Whether a row is of the export's level and in reach; whom it is bound to is looked at later."""
    return of_level(asked, name, row[1]) and could_see(seen, row, db)
