"""What a bulk export says of rows that are not as they were at its moment: changed since, or deleted.

A row changed after the kick-off leaves as it was then, so that none is lost; one deleted since is left out and told
as a deletion to whoever asks with `_since` next (https://hl7.org/fhir/uv/bulkdata/STU2/export.html). Whoever asks with
`_since` also hears anew of all that is of persons merged or parted since then: it names another Patient now.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chartpost.kernel.db import raw
from chartpost.records.bulk_types import Asked, access_of
from chartpost.records.search.reach import NOBODYS, Condition, Facts, Reach, reach
from chartpost.records.types import kind_of, type_of

Row = tuple[Any, ...]
"""rid, person, id, body, kind (minus that of a deletion); with _since category, labels and clinical date as well."""
Reaches = Sequence[Reach | None]
MOST_NAMED = 500
"""Persons an export is bound to are named in a statement up to so many; of more `bulk_rows` looks at each row."""


def reaches(asked: Asked, name: str) -> list[Reach | None]:
    """What the token reaches of a type by read and by search; a row must be in both."""
    access = access_of(asked.reach)
    seen = [reach(access, name, "r"), reach(access, name, "s")]
    return seen if seen[0] != seen[1] else seen[:1]


def conditions(asked: Asked, names: Iterable[str], moment_ms: int) -> Condition:
    """What of these types leaves, as SQL on `r`: the reach of the token, the level, the time; deletions with _since."""
    parts, values = ["r.updated_ms <= ?"], [last_ms(asked, moment_ms)]
    names = list(names)
    which, some = _of_types(asked, names, deleted=False)
    which, some = f"(r.deleted = ? AND {which})", [False, *some]
    if asked.since_ms is not None:
        parts.append(f"(r.updated_ms > ?{_or_moved(asked)})")
        values.append(asked.since_ms)
        gone, more = _of_types(asked, names, deleted=True)
        which, some = (
            f"({which} OR (r.deleted = ? AND r.updated_ms > ? AND {gone}))",
            [*some, True, asked.since_ms, *more],
        )
    return " AND ".join([*parts, which]), [*values, *some]


def changed(moment_ms: int, db: raw.Db) -> bool:
    """Whether anything was stored since a moment."""
    return db.one("SELECT 1 FROM records_resource WHERE updated_ms > ? LIMIT 1", [moment_ms]) is not None


def with_earlier(
    rows: Sequence[Row], span: Condition, asked: Asked, seen: Mapping[str, Reaches], moment_ms: int, db: raw.Db
) -> list[Row]:
    """These rows and, as they were at the moment, those of a span that changed since; in the order of the table.

    `seen` has what the token reaches of each type asked for.
    """
    kinds = ",".join(str(kind_of(name)) for name in seen) or "0"
    sql = (
        "SELECT r.rid, r.person_id, r.fhir_id, v.body, r.kind, r.category, r.labels, r.date_ms, v.deleted, v.updated_ms"  # noqa: S608 - constants and marks
        " FROM records_resource r JOIN records_version v ON v.rid = r.rid"
        f" WHERE {span[0]} AND r.kind IN ({kinds}) AND r.updated_ms > ? AND r.deleted = ? AND v.updated_ms <= ?"
        " ORDER BY r.rid, v.version DESC"
    )
    found, latest = {row[0]: row for row in rows}, set()
    for row in db.all(sql, [*span[1], moment_ms, False, moment_ms]):
        name = type_of(row[4])
        if row[0] in latest:
            continue
        latest.add(row[0])
        fits = not row[8] and _in_time(asked, row[9], row[1]) and of_level(asked, name, row[1])
        if row[0] not in found and fits and could_see(seen[name], row, db):
            found[row[0]] = row[:8]
    return [found[rid] for rid in sorted(found)]


def could_see(seen: Reaches, row: Row, db: raw.Db) -> bool:
    """Whether the token could see a row with this content: by what it says, and by the labels of today as well."""
    facts = Facts(row[0], row[1], row[5], row[6], row[7])
    return all(each is not None and each.sees_version(facts, bytes(row[3]), db) for each in seen)


def _of_types(asked: Asked, names: Sequence[str], deleted: bool) -> Condition:
    """Rows of these types within reach and level; types with the same condition are asked for together."""
    alike: dict[tuple[str, tuple[Any, ...]], list[int]] = {}
    for name in names:
        sql, values = _of_type(asked, name, deleted)
        alike.setdefault((sql, tuple(values)), []).append(kind_of(name))
    some = [f"(r.kind IN ({','.join(map(str, kinds))}) AND {sql})" for (sql, _), kinds in alike.items()]
    return f"({' OR '.join(some) or '1 = 0'})", [value for _, values in alike for value in values]


def _of_type(asked: Asked, name: str, deleted: bool) -> Condition:
    parts, values = [], []
    for each in reaches(asked, name):
        # what a granular scope asks for is no longer posted of a row that was deleted: its body is looked at later
        sql, more = (each.whole() if deleted else each).condition() if each else ("1 = 0", [])
        parts.append(sql)
        values += more
    sql = _level_sql(asked, name)
    return " AND ".join([*parts, *([sql] if sql else [])]), values


def last_ms(asked: Asked, moment_ms: int) -> int:
    """When the newest rows of an export may have been written."""
    return moment_ms if asked.until_ms is None else min(moment_ms, asked.until_ms)


def _level_sql(asked: Asked, name: str) -> str:
    """Whose rows belong to the level of an export, as SQL on `r`; empty: everybody's."""
    if asked.level == "system":
        return ""
    shared = "r.person_id = 0" if name in NOBODYS else "1 = 0"
    mine = "r.person_id <> 0"
    if asked.persons is not None and len(asked.persons) <= MOST_NAMED:
        mine = f"r.person_id IN ({','.join(str(int(person)) for person in asked.persons) or '-1'})"
    return f"({mine} OR {shared})"


def of_level(asked: Asked, name: str, person_id: int) -> bool:
    """The same of one row, but for the persons an export is bound to."""
    return asked.level == "system" or person_id != 0 or name in NOBODYS


def _or_moved(asked: Asked) -> str:
    """The rows whose person was merged or parted since, as SQL on `r`."""
    return f" OR r.person_id IN ({','.join(str(int(person)) for person in asked.moved)})" if asked.moved else ""


def _in_time(asked: Asked, updated_ms: int, person_id: int) -> bool:
    since, until = asked.since_ms, asked.until_ms
    newer = since is None or updated_ms > since or person_id in asked.moved
    return newer and (until is None or updated_ms <= until)
