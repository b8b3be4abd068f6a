"""Where the rows of a bulk export lie: stretches of the table, one after the other, each read once.

Types lie mixed on the pages of the table and a page is deciphered when it is read, so all types are read together, in
the order of the table: a page is read once whatever is asked for, and needs to be kept no longer. Where an index says
that few rows can be meant, only those are looked at.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records.bulk_labels import RELABELLED
from chartpost.records.bulk_types import Asked
from chartpost.records.search.reach import Condition
from chartpost.records.types import kind_of, type_of

AT_ONCE = 500
"""Rows looked at in one statement."""
FEW = 5
"""Rows are looked up one by one when they are fewer than this part of the table; a page holds about four."""
CACHE_MB = 8
"""Pages kept while exporting: those of one stretch and the indexes' upper parts."""
_NUMBERS = 500


@dataclass(frozen=True)
class Span:
    """The rows behind `after` up to `last`; with `rids` of them only these, which are in order."""

    after: int
    last: int
    rids: Sequence[int] | None = None

    @property
    def where(self) -> Condition:
        """The same as SQL on `r`."""
        if self.rids is None:
            return "r.rid > ? AND r.rid <= ?", [self.after, self.last]
        return f"r.rid IN ({raw.marks(self.rids)})", list(self.rids)

    def cut(self, rid: int) -> "tuple[Span, Span]":
        """The span up to a row, and what is behind it."""
        if self.rids is None:
            return Span(self.after, rid), Span(rid, self.last)
        at = bisect_right(self.rids, rid)
        return Span(self.after, rid, self.rids[:at]), Span(rid, self.last, self.rids[at:])


def spans(asked: Asked, names: Sequence[str], after: int, db: raw.Db) -> Iterator[Span]:
    """Where rows of these types may lie behind row `after`, in order."""
    top = last_row(db)
    rids = _few(asked, names, top, db)
    if rids is None:
        yield from (Span(start, min(start + AT_ONCE, top)) for start in range(after, top, AT_ONCE))
        return
    for start in range(bisect_right(rids, after), len(rids), AT_ONCE):
        some = rids[start : start + AT_ONCE]
        yield Span(some[0] - 1, some[-1], some)


def last_row(db: raw.Db) -> int:
    """The number of the last row of the table."""
    row = db.one("SELECT max(rid) FROM records_resource")
    return int(row[0] or 0) if row else 0


def held(db: raw.Db) -> list[str]:
    """The types the office has rows of, deleted ones included."""
    found: list[str] = []
    kind = 0
    while (row := db.one("SELECT min(kind) FROM records_resource WHERE kind > ?", [kind])) and row[0] is not None:
        kind = int(row[0])
        found.append(type_of(kind))
    return found


@contextmanager
def small_cache(db: raw.Db) -> Iterator[None]:
    """Keep few pages inside the block, so that memory does not grow with the table."""
    if config().database_url:
        yield
        return
    before = db.one("PRAGMA cache_size")
    db.all(f"PRAGMA cache_size = -{CACHE_MB * 1024}")
    try:
        yield
    finally:
        db.all(f"PRAGMA cache_size = {int(before[0]) if before else -config().sqlite_cache_mb * 1024}")


def table() -> str:
    """The table as `r`, read in its own order: SQLite would go by the index of one of the conditions."""
    return "records_resource r" if config().database_url else "records_resource r NOT INDEXED"


def _few(asked: Asked, names: Sequence[str], top: int, db: raw.Db) -> "array[int] | None":
    """The rows that may be meant, by the index that says it is fewest; None when they are many."""
    counted = [(_count(way, db), way) for way in _ways(asked, names, db)]
    fewest, way = min(counted, key=lambda one: one[0], default=(top, []))
    if fewest * FEW > top:
        return None
    found = array("q")
    for where, values in way:
        found.extend(rid for (rid,) in db.stream(f"SELECT rid FROM records_resource WHERE {where}", values))  # noqa: S608
    return array("q", (rid for rid, _ in groupby(sorted(found))))


def _ways(asked: Asked, names: Sequence[str], db: raw.Db) -> list[list[Condition]]:
    """Conditions an index answers, each in portions: by person (and what is nobody's), by type, by time."""
    ways: list[list[Condition]] = []
    if asked.persons is not None:
        numbers = [0, *asked.persons]
        some = [numbers[start : start + _NUMBERS] for start in range(0, len(numbers), _NUMBERS)]
        ways.append([(f"person_id IN ({raw.marks(each)})", list[Any](each)) for each in some])
    if set(names) != set(held(db)):
        kinds = [kind_of(name) for name in names]
        ways.append([(f"kind IN ({raw.marks(kinds)})", list[Any](kinds))] if kinds else [])
    if asked.since_ms is not None:
        moved = [asked.moved[start : start + _NUMBERS] for start in range(0, len(asked.moved), _NUMBERS)]
        older = [(f"updated_ms <= ? AND person_id IN ({raw.marks(each)})", [asked.since_ms, *each]) for each in moved]
        relabelled = (f"updated_ms <= ? AND {RELABELLED}", [asked.since_ms, asked.since_ms])
        ways.append([("updated_ms > ?", [asked.since_ms]), *older, relabelled])
    return ways


def _count(way: Sequence[Condition], db: raw.Db) -> int:
    rows = [db.one(f"SELECT count(*) FROM records_resource WHERE {where}", values) for where, values in way]  # noqa: S608
    return sum(int(row[0]) for row in rows if row)
