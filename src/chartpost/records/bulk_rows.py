"""The rows of a bulk export, type by type in the order of the table, as lines of NDJSON.

Bytes leave as they are stored; a body is parsed only where a filter or a choice of elements needs it.
"""

import io
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.identity.aliases import aliases
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records import bulk_moment
from chartpost.records.bulk_moment import level_sql, reaches
from chartpost.records.bulk_types import Asked, access_of
from chartpost.records.search import custom
from chartpost.records.search.binding import Binding, bind
from chartpost.records.search.reach import NOBODYS, Condition
from chartpost.records.types import kind_of, type_of

AT_ONCE = 500
CACHE_MB = 256
"""Pages the worker keeps while it exports; its memory grows to that and no further."""
BUNDLE = 500
"""Deletions told in one Bundle, which is one line."""
Line = tuple[int, int, bytes]
"""Row number, person, and the line without its end."""


def steps(asked: Asked) -> list[tuple[str, bool]]:
    """What is written one after the other: type, and whether its deletions."""
    found = [(name, False) for name in asked.types]
    return found + ([(name, True) for name in asked.types] if asked.since_ms is not None else [])


def kinds_held(db: raw.Db) -> frozenset[str]:
    """The types the office has rows of, deleted ones included."""
    return frozenset(type_of(kind) for (kind,) in db.all("SELECT DISTINCT kind FROM records_resource") if kind > 0)


def widen_cache(db: raw.Db) -> None:
    """Let this connection keep more pages: types lie mixed on pages, and a page is deciphered when it is read anew."""
    if not config().database_url:
        db.all(f"PRAGMA cache_size = -{CACHE_MB * 1024}")


def lines(asked: Asked, name: str, deleted: bool, after: int, moment_ms: int, db: raw.Db) -> Iterator[list[Line]]:
    """The lines of one type from behind row `after`, in portions; may be empty."""
    where, values = _where(asked, name, deleted, moment_ms)
    rids = _rids(asked, name, db)
    known = aliases(db)
    pairs, canonical, cut = known.pairs, known.canonical, _cutter(asked, name, db)
    seen = reaches(asked, name)
    for start in range(bisect_right(rids, after), len(rids), AT_ONCE):
        some = rids[start : start + AT_ONCE]
        sql = (
            f"SELECT r.rid, r.person_id, r.fhir_id, r.body, r.category, r.labels, r.date_ms"  # noqa: S608 - constants
            f" FROM records_resource r WHERE r.rid IN ({raw.marks(some)}) AND {where} ORDER BY r.rid"
        )
        rows = db.all(sql, [*some, *values])
        if not deleted and bulk_moment.changed(moment_ms, db):
            rows = bulk_moment.with_earlier(rows, asked, name, some, moment_ms, db)
        found: list[Line] = []
        for row in rows:
            rid, person, fhir_id = row[:3]
            if name == "Patient" and fhir_id in canonical:
                continue  # apps know this person by another id
            if deleted:
                if bulk_moment.could_see(seen, row):
                    found.append((rid, person, f"{name}/{fhir_id}".encode()))
                continue
            body = bytes(row[3])
            for old, new in pairs.get(person, ()):
                body = body.replace(old, new)
            shaped = body if cut is None else cut(fhir_id, person, body)
            if shaped is not None:
                found.append((rid, person, shaped))
        yield _bundled(found) if deleted else found


class Lines(io.RawIOBase):
    """Lines as a stream that ends after so many lines or bytes; what was written stands in its fields."""

    def __init__(self, portions: Iterator[list[Line]], most_lines: int, most_bytes: int) -> None:
        super().__init__()
        self._portions, self._most_lines, self._most_bytes = portions, most_lines, most_bytes
        self.count, self.bytes, self.last = 0, 0, 0
        self.persons: set[int] = set()
        self.ended = False
        self._waiting = b""

    def readable(self) -> bool:
        """It is read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        pieces, have = [self._waiting], len(self._waiting)
        while have < size and not self.ended and self.count < self._most_lines and self.bytes < self._most_bytes:
            portion = next(self._portions, None)
            if portion is None:
                self.ended = True
                break
            if portion:
                piece = self._take(portion)
                pieces.append(piece)
                have += len(piece)
        data = b"".join(pieces)
        self._waiting = data[size:]
        return data[:size]

    def unread(self, data: bytes) -> None:
        """Put bytes back before what comes next."""
        self._waiting = data + self._waiting

    def _take(self, portion: list[Line]) -> bytes:
        self.count += len(portion)
        self.last = portion[-1][0]
        self.persons.update(person for _, person, _ in portion if person)
        piece = b"\n".join([line for _, _, line in portion]) + b"\n"
        self.bytes += len(piece)
        return piece


def _rids(asked: Asked, name: str, db: raw.Db) -> "array[int]":
    """Every row of the type in the order of the table, so that pages are read one after the other."""
    kind, found = kind_of(name), array("q")
    if asked.persons is None or name in NOBODYS:
        sql = "SELECT rid FROM records_resource WHERE kind = ?"
        found.extend(rid for (rid,) in db.stream(sql, [kind]))
    else:
        for start in range(0, len(asked.persons), AT_ONCE):
            some = asked.persons[start : start + AT_ONCE]
            sql = f"SELECT rid FROM records_resource WHERE person_id IN ({raw.marks(some)}) AND kind = ?"  # noqa: S608
            found.extend(rid for (rid,) in db.stream(sql, [*some, kind]))
    return array("q", sorted(found))


def _where(asked: Asked, name: str, deleted: bool, moment_ms: int) -> Condition:
    """What of a type leaves, as SQL on `r`: the reach of the token, the level, the time."""
    parts: list[str] = ["r.deleted = ?", "r.updated_ms <= ?"]
    values: list[Any] = [deleted, min(moment_ms, asked.until_ms or moment_ms)]
    if asked.since_ms is not None:
        parts.append("r.updated_ms > ?")
        values.append(asked.since_ms)
    for each in reaches(asked, name):
        # what a granular scope asks for is no longer posted of a row that was deleted: its body is looked at later
        sql, more = (each.whole() if deleted else each).condition() if each else ("1 = 0", [])
        parts.append(sql)
        values += more
    sql = level_sql(asked, name)
    return " AND ".join([*parts, *([sql] if sql else [])]), values


def _cutter(asked: Asked, name: str, db: raw.Db) -> Any:
    """What makes a line of a body: None for one no filter matches; None instead of it when bytes leave as stored."""
    elements = [*asked.elements.get("*", ()), *asked.elements.get(name, ())]
    wanted = asked.filters.get(name, ())
    filters = [one for one in (_bound(asked, name, text, db) for text in wanted) if one is not None]
    if not elements and not wanted:
        return None

    def cut(fhir_id: str, person: int, body: bytes) -> bytes | None:
        resource = parse(body)
        if wanted and not any(_fits(each, fhir_id, person, resource) for each in filters):
            return None
        return dump(language.select_elements(resource, elements)) if elements else body

    return cut


def _bound(asked: Asked, name: str, text: str, db: raw.Db) -> Binding | None:
    """A filter with its chains followed to their ends, within what the token reaches; None when it fits nothing."""
    pairs, own = parse_qsl(text, keep_blank_values=True), custom.definitions(name, db)
    query = language.parse(name, pairs, base_url=config().base_url + "/fhir", custom=own)
    return bind(query, access_of(asked.reach), db)


def _fits(bound: Binding, fhir_id: str, person: int, resource: dict[str, Any]) -> bool:
    if bound.ids is not None and fhir_id not in bound.ids:
        return False
    if bound.persons is not None and person not in bound.persons:
        return False
    return all(criterion.matches(resource) for criterion in bound.criteria)


def _bundled(rows: Sequence[Line]) -> list[Line]:
    """Deletions as one transaction Bundle."""
    if not rows:
        return []
    entries = [{"request": {"method": "DELETE", "url": key.decode()}} for _, _, key in rows]
    bundle = dump({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return [(rows[-1][0], 0, bundle)]
