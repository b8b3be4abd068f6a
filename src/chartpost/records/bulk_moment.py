"""What a bulk export says of rows that are not as they were at its moment: changed since, or deleted.

A row changed after the kick-off leaves as it was then, so that none is lost; one deleted since is left out and told
as a deletion to whoever asks with `_since` next (https://hl7.org/fhir/uv/bulkdata/STU2/export.html).
"""

from collections.abc import Sequence
from typing import Any

from chartpost.kernel.db import raw
from chartpost.records.bulk_types import Asked, access_of
from chartpost.records.search.reach import NOBODYS, Facts, Reach, reach

Row = tuple[Any, ...]
"""rid, person, id, body, category, labels, clinical date."""


def reaches(asked: Asked, name: str) -> list[Reach | None]:
    """What the token reaches of a type by read and by search; a row must be in both."""
    access = access_of(asked.reach)
    seen = [reach(access, name, "r"), reach(access, name, "s")]
    return seen if seen[0] != seen[1] else seen[:1]


def level_sql(asked: Asked, name: str) -> str:
    """Whose rows belong to the level of an export, as SQL on `r`; empty: everybody's."""
    if asked.level == "system":
        return ""
    shared = "r.person_id = 0" if name in NOBODYS else "1 = 0"
    mine = "r.person_id <> 0"
    if asked.persons is not None:
        mine = f"r.person_id IN ({','.join(str(int(person)) for person in asked.persons) or '-1'})"
    return f"({mine} OR {shared})"


def changed(moment_ms: int, db: raw.Db) -> bool:
    """Whether anything was stored since a moment."""
    return db.one("SELECT 1 FROM records_resource WHERE updated_ms > ? LIMIT 1", [moment_ms]) is not None


def with_earlier(
    rows: Sequence[Row], asked: Asked, name: str, rids: Sequence[int], moment_ms: int, db: raw.Db
) -> list[Row]:
    """These rows and, as they were at the moment, those of `rids` that changed since; in the order of the table."""
    clauses = [f"r.rid IN ({raw.marks(rids)})", "r.updated_ms > ?", "r.deleted = ?", "v.updated_ms <= ?"]
    sql = (
        "SELECT r.rid, r.person_id, r.fhir_id, v.body, r.category, r.labels, r.date_ms, v.updated_ms, v.deleted"  # noqa: S608 - constants and marks
        " FROM records_resource r JOIN records_version v ON v.rid = r.rid"
        f" WHERE {' AND '.join([*clauses, level_sql(asked, name) or '1 = 1'])} ORDER BY r.rid, v.version DESC"
    )
    found, latest, seen = {row[0]: row for row in rows}, set(), reaches(asked, name)
    for row in db.all(sql, [*rids, moment_ms, False, moment_ms]):
        if row[0] in latest:
            continue
        latest.add(row[0])
        if row[0] not in found and not row[8] and _in_time(asked, row[7]) and could_see(seen, row):
            found[row[0]] = row[:7]
    return [found[rid] for rid in sorted(found)]


def could_see(seen: Sequence[Reach | None], row: Row) -> bool:
    """Whether the token could see a row with this content: by what it says, and by the labels of today as well."""
    facts = Facts(row[0], row[1], row[4], row[5], row[6])
    return all(each is not None and each.sees_version(facts, bytes(row[3])) for each in seen)


def _in_time(asked: Asked, updated_ms: int) -> bool:
    since, until = asked.since_ms, asked.until_ms
    return (since is None or updated_ms > since) and (until is None or updated_ms <= until)
