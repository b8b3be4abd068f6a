"""Which entries of a join a reader is shown, in SQL: the first of those they may see, so that nothing hidden shows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from chartpost.formats.fhirjson.terms import Category
from chartpost.identity.types import ALL_CATEGORIES, RowFilter

Clause = tuple[str, list[Any]]
_BEFORE = (
    "records_joined j JOIN records_joined k ON k.join_id = j.join_id AND k.place < j.place"
    " JOIN records_resource m ON m.rid = k.rid"
)


def visible(alias: str, rows: RowFilter) -> Clause:
    """That a row named `alias` is there for a reader."""
    clauses = [f"{alias}.deleted = %s"]
    bound: list[Any] = [False]
    if rows.hidden_labels:
        clauses.append(f"{alias}.labels & %s = 0")
        bound.append(rows.hidden_labels)
    if rows.categories != ALL_CATEGORIES:
        seen = [str(c) for c in range(1, 63) if rows.categories >> c & 1]
        clauses.append(f"{alias}.category IN ({','.join(seen) or '-1'})")
    for sign, day in ((">=", rows.date_from), ("<", rows.date_to + timedelta(days=1) if rows.date_to else None)):
        if day:
            clauses.append(f"{alias}.date_ms {sign} %s")
            bound.append(_ms(day))
    return " AND ".join(clauses), bound


def once(rows: RowFilter) -> Clause:
    """That no entry of its join stands before a row `r` for this reader."""
    sql, values = visible("m", rows)
    before = f"SELECT 1 FROM {_BEFORE} WHERE j.rid = r.rid AND m.person_id = r.person_id AND {sql}"  # noqa: S608
    return f"NOT EXISTS ({before})", values


def repeated(person_id: int, rows: RowFilter) -> dict[Category, int]:
    """How many entries of each section stand behind another of their join for this reader."""
    sql, values = _behind(person_id, rows)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.category, count(*) {sql} GROUP BY r.category", values)
        return {Category(category): count for category, count in cursor.fetchall()}


def any_repeated(person_id: int, rows: RowFilter) -> bool:
    """Whether this reader sees two entries that are joined."""
    sql, values = _behind(person_id, rows)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 {sql} LIMIT 1", values)
        return cursor.fetchone() is not None


def _behind(person_id: int, rows: RowFilter) -> Clause:
    """Rows `r` of a person that stand behind another of their join for this reader, from FROM on."""
    mine, values = visible("r", rows)
    clause, more = once(rows)
    sql = (
        "FROM records_joined d JOIN records_join b ON b.id = d.join_id JOIN records_resource r ON r.rid = d.rid"
        f" WHERE b.person_id = %s AND d.place > 0 AND +r.person_id = %s AND {mine} AND NOT ({clause})"
    )
    return sql, [person_id, person_id, *values, *more]


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
