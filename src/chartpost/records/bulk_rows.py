"""The rows of a bulk export as lines of NDJSON, by type, in the order of the table.

Bytes leave as they are stored; a body is parsed only where a filter or a choice of elements needs it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.identity.aliases import aliases
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records import bulk_moment
from chartpost.records.bulk_moment import Row, reaches
from chartpost.records.bulk_spans import Span, held, spans, table
from chartpost.records.bulk_types import Asked, access_of
from chartpost.records.search import custom
from chartpost.records.search.binding import Binding, bind
from chartpost.records.types import kind_of, type_of

DELETED = "deleted"
"""Beside the types: what was deleted, a line Type/id each."""
Line = tuple[int, int, bytes]
"""Row number, person, and the line without its end."""
Cut = Callable[[str, int, bytes], bytes | None]
_COLUMNS = "r.rid, r.person_id, r.fhir_id, r.body, r.category, r.labels, r.date_ms, r.kind, r.deleted"


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
        yield Portion(span.last, reader.lines(span))


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
        self._sql = f"SELECT {_COLUMNS} FROM {table()} WHERE {where} AND "  # noqa: S608 - constants and marks
        self._seen = {name: reaches(self.asked, name) for name in self.names}
        made = ((kind_of(name), _cutter(self.asked, name, self.db)) for name in self.names)
        self.cutters = {kind: cut for kind, cut in made if cut is not None}
        self._persons = None if self.asked.persons is None else frozenset([0, *self.asked.persons])

    def lines(self, span: Span) -> dict[str, list[Line]]:
        """The lines of a stretch."""
        where, values = span.where
        rows: Sequence[Row] = self.db.all(f"{self._sql}{where} ORDER BY r.rid", [*self._values, *values])
        if bulk_moment.changed(self.moment_ms, self.db):
            rows = bulk_moment.with_earlier(rows, (where, values), self.asked, self._seen, self.moment_ms, self.db)
        if self._persons is not None:
            rows = [row for row in rows if row[1] in self._persons]
        known, patient = aliases(self.db), kind_of("Patient")
        found: dict[int, list[Line]] = {}
        gone: list[Line] = []
        for row in rows:
            rid, person, fhir_id, body, _, _, _, kind, deleted = row
            if kind == patient and fhir_id in known.canonical:
                continue  # apps know this person by another id
            if deleted:
                name = type_of(kind)
                if bulk_moment.could_see(self._seen[name], row):
                    gone.append((rid, person, f"{name}/{fhir_id}".encode()))
                continue
            shaped = self._shaped(kind, fhir_id, person, bytes(body), known.pairs.get(person, ()))
            if shaped is not None:
                found.setdefault(kind, []).append((rid, person, shaped))
        lines = {type_of(kind): some for kind, some in found.items()}
        return {**lines, DELETED: gone} if gone else lines

    def _shaped(
        self, kind: int, fhir_id: str, person: int, body: bytes, pairs: Sequence[tuple[bytes, bytes]]
    ) -> bytes | None:
        for old, new in pairs:
            body = body.replace(old, new)
        cut = self.cutters.get(kind)
        return body if cut is None else cut(fhir_id, person, body)


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
    return all(criterion.matches(resource) for criterion in bound.criteria)
