"""The rows of a bulk export as lines of NDJSON, by type, in the order of the table.

Bytes leave as they are stored; a body is parsed only where a filter or a choice of elements needs it.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, cast
from urllib.parse import parse_qsl

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.identity.aliases import aliases_at
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records import bulk_labels, bulk_moment
from chartpost.records.bulk_moment import Row, reaches
from chartpost.records.bulk_spans import Span, held, spans, table
from chartpost.records.bulk_types import Asked, access_of
from chartpost.records.search import custom
from chartpost.records.search.binding import Binding, bind
from chartpost.records.types import kind_of, type_of

DELETED = "deleted"
"""Beside the types: what was deleted, a line Type/id each."""
Line = tuple[int, int, Any, bytes]
"""Row number, person, id, and the line without its end: the first columns of a row."""
Cut = Callable[[str, int, bytes], bytes | None]
Pairs = tuple[tuple[bytes, bytes], ...]
BYTES_AT_ONCE = 8 * 1024 * 1024
ROWS_FETCHED = 50
"""Bytes of bodies in memory at once, and the rows fetched between looks at how many they are."""
_COLUMNS = "r.rid, r.person_id, r.fhir_id, r.body, r.kind"
_WITH_DELETIONS = (
    "r.rid, r.person_id, r.fhir_id, r.body, CASE WHEN r.deleted THEN -r.kind ELSE r.kind END,"
    " r.category, r.labels, r.date_ms"
)
_body = itemgetter(3)


@dataclass(frozen=True)
class Portion:
    """Lines by type, and the row up to which everything was read."""

    last: int
    lines: dict[str, list[Line]]


def portions(asked: Asked, after: int, moment_ms: int, db: raw.Db) -> Iterator[Portion]:
    """All that leaves from behind row `after`, a stretch of the table at a time."""
    there = set(held(db))
    names = [name for name in asked.types if name in there]
    reader = _Reader(asked, names, moment_ms, db)
    for span in spans(asked, names, after, db):
        yield from reader.portions(span)


@dataclass
class _Reader:
    """What is worked out once for all stretches."""

    asked: Asked
    names: Sequence[str]
    moment_ms: int
    db: raw.Db
    cutters: dict[int, Cut] = field(init=False)

    def __post_init__(self) -> None:
        where, self._values = bulk_moment.conditions(self.asked, self.names, self.moment_ms)
        columns = _COLUMNS if self.asked.since_ms is None else _WITH_DELETIONS
        self._sql = f"SELECT {columns} FROM {table()} WHERE {where} AND "  # noqa: S608 - constants and marks
        self._seen = {name: reaches(self.asked, name) for name in self.names}
        made = ((kind_of(name), _cutter(self.asked, name, self.db)) for name in self.names)
        self.cutters = {kind: cut for kind, cut in made if cut is not None}
        self._relabelled = bulk_labels.any_since(self.asked.since_ms, self.db)
        self._moved = frozenset(self.asked.moved)
        self._known = aliases_at(self.moment_ms, self.db)
        self._persons = None if self.asked.persons is None else frozenset([0, *self.asked.persons])

    def portions(self, span: Span) -> Iterator[Portion]:
        """The lines of a stretch: one portion, or several when it has very many bytes."""
        rest: Span | None = span
        while rest is not None:
            rows, whole = self._read(rest)
            part, rest = (rest, None) if whole or rows[-1][0] >= rest.last else rest.cut(rows[-1][0])
            if bulk_moment.changed(self.moment_ms, self.db):
                rows = bulk_moment.with_earlier(rows, part.where, self.asked, self._seen, self.moment_ms, self.db)
            if self._relabelled:
                last = bulk_moment.last_ms(self.asked, self.moment_ms)
                rows = bulk_labels.with_relabelled(rows, part.where, self.asked, self._seen, last, self.db)
            if self._persons is not None:
                rows = [row for row in rows if row[1] in self._persons]
            by_kind: dict[int, list[Row]] = defaultdict(list)
            for row in rows:
                by_kind[row[4]].append(row)
            yield Portion(part.last, self._named(by_kind))

    def _read(self, span: Span) -> tuple[list[Row], bool]:
        """The rows of a stretch, or the first of them when they have too many bytes, and whether these are all."""
        where, values = span.where
        rows: list[Row] = []
        left = BYTES_AT_ONCE
        stream = self.db.stream(f"{self._sql}{where} ORDER BY r.rid", [*self._values, *values], ROWS_FETCHED)
        with closing(cast("Generator[Row]", stream)) as found:
            while some := list(islice(found, ROWS_FETCHED)):
                rows += some
                left -= sum(map(len, map(_body, some)))
                if left < 0:
                    return rows, False
        return rows, True

    def _named(self, by_kind: dict[int, list[Row]]) -> dict[str, list[Line]]:
        """The rows of each type as its lines, without those apps do not know; those of minus a kind are deletions."""
        known, patient = self._known, kind_of("Patient")
        found: dict[str, list[Line]] = {}
        gone: list[Line] = []
        for kind, every in by_kind.items():
            name, rows = type_of(abs(kind)), every
            if abs(kind) == patient and known.canonical:  # apps know a person by one id
                rows = [row for row in every if row[2] not in known.canonical]
                gone += self._gone(name, [row for row in every if row[2] in known.canonical and row[1] in self._moved])
            if kind < 0:
                gone += self._gone(name, rows)
            elif known.pairs or kind in self.cutters:
                found[name] = self._shaped(kind, rows, known.pairs)
            else:
                found[name] = rows
        found[DELETED] = sorted(gone)
        return {name: lines for name, lines in found.items() if lines}

    def _gone(self, name: str, rows: Sequence[Row]) -> list[Line]:
        """What is no longer there, for whoever may know of it."""
        seen = self._seen[name]
        return [(*row[:3], f"{name}/{row[2]}".encode()) for row in rows if bulk_moment.could_see(seen, row, self.db)]

    def _shaped(self, kind: int, rows: Sequence[Row], pairs: Mapping[int, Pairs]) -> list[Line]:
        """Lines that are not as they are stored."""
        found: list[Line] = []
        cut = self.cutters.get(kind)
        for rid, person, fhir_id, stored in (row[:4] for row in rows):
            body: bytes | None = bytes(stored)
            for old, new in pairs.get(person, ()):
                body = body.replace(old, new) if body else body
            if cut is not None and body is not None:
                body = cut(fhir_id, person, body)
            if body is not None:
                found.append((rid, person, fhir_id, body))
        return found


def _cutter(asked: Asked, name: str, db: raw.Db) -> Cut | None:
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
    return bound.holds(resource)
