"""Reads of the records room. Every query takes the reader's RowFilter and applies it in the query itself."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Max

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.index import clinical_day
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import view
from chartpost.identity.types import RowFilter
from chartpost.kernel.db import raw
from chartpost.records import models, postings, text, wording
from chartpost.records.errors import NotStored
from chartpost.records.reconcile import shown
from chartpost.records.types import DocumentView, Item, Page, Selection, Stored, kind_of, type_of

COLUMNS = (
    "r.rid, r.kind, r.fhir_id, r.version, r.category, r.labels, r.date_ms, s.name, r.body"
    " FROM records_resource r JOIN records_source s ON s.id = r.source_id"
)
SHARED_TYPES = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication", "Device"}
)
BATCH = 500
ANY_CATEGORY = "+r.category"
"""The plus keeps planners from sorting whole categories where the index of the timeline gives the rows in order."""
ZONES_MS = 14 * 3_600_000
"""No place is further from UTC (https://hl7.org/fhir/R4/datatypes.html#dateTime)."""
_DAY = timedelta(days=1)
UNLISTED = "Provenance"
"""Says only where other entries came from, which they say themselves: no list or count for readers has it."""


def counts(person_id: int, rows: RowFilter, once: bool = False) -> dict[Category, int]:
    """How many entries each section has for this reader, from the kept tallies; `once`: joined ones as one.

    Provenance is not counted, as lists do not show it.
    """
    found: dict[Category, int] = {}
    tallies = models.Tally.objects.filter(person_id=person_id, count__gt=0)
    for category, labels, count in tallies.values_list("category", "labels", "count"):
        if not labels & rows.hidden_labels and rows.categories >> category & 1:
            found[Category(category)] = found.get(Category(category), 0) + count
    for section_, behind in (shown.repeated(person_id, rows) if once else {}).items():
        found[section_] = found.get(section_, 0) - behind
    if Category.OTHER in found:
        found[Category.OTHER] -= _unlisted(person_id, rows)
    return {section_: count for section_, count in found.items() if count > 0}


def _unlisted(person_id: int, rows: RowFilter) -> int:
    sql = (
        "SELECT count(*) FROM records_resource"
        " WHERE person_id = %s AND category = %s AND kind = %s AND deleted = %s AND labels & %s = 0"
    )
    values = [person_id, int(Category.OTHER), kind_of(UNLISTED), False, rows.hidden_labels]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def section(
    person_id: int, category: Category, rows: RowFilter, limit: int = 50, before: str = "", once: bool = False
) -> Page:
    """One section of a record, newest first; `before` is the cursor of the page before.

    `once`: of entries that are one, only the one that stands for all.
    """
    where, values = shown.once(rows) if once else ("1 = 1", [])
    listed = ["r.category = %s", "r.kind <> %s", where]
    return _page(listed, [int(category), kind_of(UNLISTED), *values], person_id, rows, limit, before)


def timeline(
    person_id: int,
    rows: RowFilter,
    limit: int = 50,
    before: str = "",
    categories: frozenset[Category] = frozenset(),
    once: bool = False,
) -> Page:
    """Everything of a record, newest first, people and places left out; `once` as in `section`."""
    wanted = categories or frozenset(Category) - {Category.PEOPLE, Category.OTHER}
    where, values = _in(ANY_CATEGORY, sorted(int(c) for c in wanted))
    first, more = shown.once(rows) if once else ("1 = 1", [])
    listed = [where, "r.kind <> %s", first]
    return _page(listed, [*values, kind_of(UNLISTED), *more], person_id, rows, limit, before)


def search_text(person_id: int, asked: str, rows: RowFilter, limit: int = 50) -> Page:
    """Entries of a record that hold every word asked for."""
    wording.catch_up(person_id)
    found = text.matching(person_id, asked)
    if found is None:
        return Page(())
    sql, values = found
    return _page([f"r.rid IN ({sql})", "r.kind <> %s"], [*values, kind_of(UNLISTED)], person_id, rows, limit, "")


def item(person_id: int, resource_type: str, fhir_id: str, rows: RowFilter) -> Item:
    """One entry of a person's record; raises NotStored when it is not there for this reader."""
    found = _fetch(["r.kind = %s", "r.fhir_id = %s"], [kind_of(resource_type), fhir_id], person_id, rows, 1)
    if not found:
        raise _not_there()
    return _items(found)[0]


def stored(person_id: int, rid: int, rows: RowFilter) -> Stored:
    """One entry of a person's record by its row; raises NotStored when it is not there for this reader."""
    found = _fetch(["r.rid = %s"], [rid], person_id, rows, 1)
    if not found:
        raise _not_there()
    return found[0]


def by_rows(person_id: int, rids: Collection[int], rows: RowFilter) -> dict[int, Item]:
    """Entries of a person's record by their rows: those that are there for this reader."""
    found: list[Stored] = []
    wanted = sorted(rids)
    for start in range(0, len(wanted), BATCH):
        clause, values = _in("r.rid", wanted[start : start + BATCH])
        found += _fetch([clause], values, person_id, rows, BATCH)
    return {item.stored.rid: item for item in _items(found)}


def similar(person_id: int, of: Item, rows: RowFilter, limit: int = 200) -> list[Item]:
    """Entries with the same code as `of`, oldest first: the points of a trend."""
    if not of.view.code:
        return []
    coded, values = _coded(person_id, of.stored.type, [of.view.code])
    found = _fetch([f"r.rid IN (SELECT rid {raw.percent(coded)})"], values, person_id, rows, limit)
    return list(reversed(_items(found)))


def newest(
    person_id: int, resource_type: str, codes: Collection[tuple[str, str]], rows: RowFilter, limit: int
) -> list[Item]:
    """Entries with one of these codes (system and code), newest first, of the newest `limit` those this reader has."""
    if not codes:
        return []
    coded, values = _coded(person_id, resource_type, codes)
    rids = raw.django().all(f"SELECT rid {coded} ORDER BY d DESC LIMIT {limit:d}", values)
    found = by_rows(person_id, [rid for (rid,) in rids], rows)
    return sorted(found.values(), key=lambda item: -item.stored.date_ms)


def _coded(person_id: int, resource_type: str, codes: Collection[tuple[str, str]]) -> tuple[str, list[Any]]:
    """SQL with `?` for values: the index of a person's rows with one of these codes."""
    hashes = [postings.posting_hash(resource_type, "code", "token", f"{system}|{code}") for system, code in codes]
    within, values = postings.having("p", hashes)
    where = f"FROM records_terms p WHERE person_id = ? AND kind = ? AND {within}"
    return where, [person_id, kind_of(resource_type), *values]


def patients(person_id: int) -> list[Stored]:
    """The source Patient resources of a person."""
    where = ["r.category = %s", "r.kind = %s"]
    return _fetch(where, [int(Category.PEOPLE), kind_of("Patient")], person_id, RowFilter(), 50)


def select(person_id: int, selection: Selection, rows: RowFilter) -> Iterator[Stored]:
    """Every entry of a selection that the reader may have, newest first, in batches of constant memory."""
    where: list[str] = ["1 = 1"]
    values: list[Any] = []
    if selection.categories:
        clause, values = _in(ANY_CATEGORY, sorted(int(c) for c in selection.categories | {Category.PEOPLE}))
        where = [clause]
    for clause, moment in _near(selection.date_from, selection.date_to):
        where.append(f"({clause} OR r.category = {int(Category.PEOPLE)})")
        values.append(moment)
    for found in _each(where, values, person_id, rows, BATCH):
        of_days = found.category == Category.PEOPLE or _on(found, selection.date_from, selection.date_to)
        if of_days and f"{found.type}/{found.id}" not in selection.exclude:
            yield found


def shared(references: set[str]) -> list[Stored]:
    """Resources that are nobody's (practitioners, places) by reference Type/id."""
    by_kind: dict[int, list[str]] = {}
    for reference in references:
        kind, _, fhir_id = reference.partition("/")
        if kind in SHARED_TYPES and fhir_id:
            by_kind.setdefault(kind_of(kind), []).append(fhir_id)
    found: list[Stored] = []
    for number, ids in by_kind.items():
        for start in range(0, len(ids), BATCH):
            clause, values = _in("r.fhir_id", ids[start : start + BATCH])
            found += _fetch(["r.kind = %s", clause], [number, *values], 0, RowFilter(), BATCH)
    return found


def received(rids: list[int]) -> dict[str, datetime]:
    """When the newest of these entries came in, by the name of its source; aware, in UTC."""
    newest: dict[str, int] = {}
    for start in range(0, len(rids), BATCH):
        found = models.Resource.objects.filter(rid__in=rids[start : start + BATCH])
        for name, at in found.values_list("source__name").annotate(at=Max("updated_ms")):
            newest[name] = max(at, newest.get(name, at))
    return {name: datetime.fromtimestamp(at / 1000, UTC) for name, at in newest.items()}


def withheld(person_id: int, selection: Selection, rows: RowFilter) -> list[tuple[str, int]]:
    """Keys and labels of entries in a selection that the filter hides: what a release leaves out."""
    if not rows.hidden_labels:
        return []
    open_rows = RowFilter(0, rows.categories, rows.date_from, rows.date_to)
    every = select(person_id, selection, open_rows)
    return [(f"{s.type}/{s.id}", s.labels) for s in every if s.labels & rows.hidden_labels]


def document(person_id: int, rid: int) -> DocumentView | None:
    """The original document beside an entry, if it has one."""
    row = models.Document.objects.filter(rid=rid, person_id=person_id).first()
    return document_view(row) if row else None


def inbox() -> list[models.InboxItem]:
    """What waits to be filed, oldest first."""
    return list(models.InboxItem.objects.filter(state="waiting").select_related("file").order_by("at"))


def inbox_item(ref: str) -> models.InboxItem:
    """One inbox item; raises NotStored."""
    row = models.InboxItem.objects.filter(ref=ref).select_related("file").first()
    if row is None:
        raise NotStored(seen="an unknown inbox item", expected="one that waits", todo="Reload the inbox.")
    return row


def _not_there() -> NotStored:
    return NotStored(
        seen="no such entry in this record", expected="an entry you may see", todo="Go back to the record."
    )


def _page(where: list[str], values: list[Any], person_id: int, rows: RowFilter, limit: int, before: str) -> Page:
    found = list(islice(_each(where, values, person_id, rows, limit + 1, before), limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(_items(found[:limit])), f"{last.date_ms}.{last.rid}" if last else "")


def _fetch(where: list[str], values: list[Any], person_id: int, rows: RowFilter, limit: int) -> list[Stored]:
    return list(islice(_each(where, values, person_id, rows, limit), limit))


def _each(
    where: list[str], values: list[Any], person_id: int, rows: RowFilter, batch: int, before: str = ""
) -> Iterator[Stored]:
    """Rows in order, newest first, fetched some at a time; those of the days of `rows` alone."""
    while True:
        clauses, more = _keyset(before)
        found = _batch([*where, *clauses], [*values, *more], person_id, rows, batch)
        yield from (one for one in found if _on(one, rows.date_from, rows.date_to))
        if len(found) < batch:
            return
        before = f"{found[-1].date_ms}.{found[-1].rid}"


def _batch(where: list[str], values: list[Any], person_id: int, rows: RowFilter, limit: int) -> list[Stored]:
    clauses = ["r.person_id = %s", "r.deleted = %s", *where]
    bound: list[Any] = [person_id, False, *values]
    if rows.hidden_labels:
        clauses.append("r.labels & %s = 0")
        bound.append(rows.hidden_labels)
    if rows.categories != -1:
        clause, more = _in(ANY_CATEGORY, [c for c in range(1, 63) if rows.categories >> c & 1])
        clauses.append(clause)
        bound += more
    for clause, moment in _near(rows.date_from, rows.date_to):
        clauses.append(clause)
        bound.append(moment)
    sql = f"SELECT {COLUMNS} WHERE {' AND '.join(clauses)} ORDER BY r.date_ms DESC, r.rid DESC LIMIT {limit:d}"
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        return [_stored(row) for row in cursor.fetchall()]


def _near(first: date | None, last: date | None) -> Iterator[tuple[str, int]]:
    """The part of a statement that takes what can be of these days somewhere on Earth; `_on` decides at the edges."""
    if first:
        yield "r.date_ms >= %s", _ms(first) - ZONES_MS
    if last and last < date.max:
        yield "r.date_ms < %s", _ms(last + _DAY) + ZONES_MS


def _on(found: Stored, first: date | None, last: date | None) -> bool:
    """Whether an entry that `_near` took is of these days, as it was written at its own place."""
    edges = [_ms(first)] if first else []
    if last and last < date.max:
        edges.append(_ms(last + _DAY))
    if all(abs(found.date_ms - edge) > ZONES_MS for edge in edges):
        return True
    day = clinical_day(parse(found.body), found.date_ms)
    return (first is None or first <= day) and (last is None or day <= last)


def _stored(row: tuple[Any, ...]) -> Stored:
    return Stored(row[0], type_of(row[1]), row[2], row[3], Category(row[4]), row[5], row[6], row[7], bytes(row[8]))


def _items(found: list[Stored]) -> list[Item]:
    rids = [s.rid for s in found if s.type == "DocumentReference"]
    documents = {row.rid: document_view(row) for row in models.Document.objects.filter(rid__in=rids)} if rids else {}
    parsed = [parse(s.body) for s in found]
    names = _names(parsed)
    return [Item(s, view(r, names), documents.get(s.rid)) for s, r in zip(found, parsed, strict=True)]


def _names(resources: list[dict[str, Any]]) -> dict[str, str]:
    """Names of the practitioners, places and medicines that resources point to without saying their name."""
    unnamed = {text for r in resources for text in _unnamed(r)}
    return {f"{s.type}/{s.id}": view(parse(s.body)).title for s in shared(unnamed)} if unnamed else {}


def _unnamed(resource: dict[str, Any]) -> Iterator[str]:
    """References without a display, two levels deep, as far as views look for names."""
    waiting = [(resource, 2)]
    while waiting:
        value, depth = waiting.pop()
        text = value.get("reference")
        if isinstance(text, str) and not value.get("display"):
            yield text
        for child in value.values() if depth else ():
            children = child if isinstance(child, list) else (child,)
            waiting += [(c, depth - 1) for c in children if isinstance(c, dict)]


def document_view(row: models.Document) -> DocumentView:
    """The plain view of a document's row."""
    names = DocumentView.__dataclass_fields__
    values = {name: getattr(row, name) for name in names if name != "removed"}
    return DocumentView(**values, removed=tuple(row.removed))


_CURSOR = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")
"""A date and a row as databases can hold them."""


def _keyset(before: str) -> tuple[list[str], list[int]]:
    if not _CURSOR.fullmatch(before):
        return [], []
    date_ms, _, rid = before.partition(".")
    return ["(r.date_ms < %s OR (r.date_ms = %s AND r.rid < %s))"], [int(date_ms), int(date_ms), int(rid)]


def _in(column: str, values: list[Any]) -> tuple[str, list[Any]]:
    if not values:
        return "1 = 0", []
    return f"{column} IN ({','.join(['%s'] * len(values))})", values


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
