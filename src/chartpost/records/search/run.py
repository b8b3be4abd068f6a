"""Running a search: bound to persons and ids first, then one scan, its rows checked, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from chartpost.formats.fhirjson.search import Criterion, Query, dated_by
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.errors import TooCostly
from chartpost.records.search import ordering
from chartpost.records.search.binding import Binding, bind
from chartpost.records.search.ordering import Place
from chartpost.records.search.plan import NEWEST, Key, Order, Plan, plan
from chartpost.records.search.reach import Facts, Reach
from chartpost.records.search.rows import COLUMNS, Found, all_found, found
from chartpost.records.types import kind_of

SCANNED_AT_MOST = 20_000
"""Rows whose body is checked for one page; then the page ends early and the next one goes on from there."""
SORTED_AT_MOST = 5_000
"""Rows that can be put in an order the index does not have."""
COUNTED_AT_MOST = 200_000
_AT_ONCE = 400
_IDS_AT_ONCE = 500
_LAST = 2**63 - 1
"""No row has this number or a greater one."""


@dataclass(frozen=True)
class Page:
    """Some rows; `after` is where the next page begins, in the order of the search (None: no more)."""

    rows: tuple[Found, ...]
    after: Place | None = None


def search(query: Query, access: Access, reach: Reach, limit: int, after: Place | None, db: raw.Db) -> Page:
    """One page of a search; `after` is the place the page before gave. Raises SearchRefused, TooCostly."""
    bound = bind(query, access, db)
    if bound is None:
        return Page(())
    order = _order(query)
    if order is None or bound.ids is not None:
        return _sorted_page(query, order, list(_few(query, bound, reach, db)), limit, after)
    scan = _planned(query, bound, reach)
    if scan is None:
        return Page(())
    if len(query.sort) > 1:
        return _tied_page(query, scan, order, limit, ordering.known(after, query), db)
    if not scan.checks:
        rows = all_found(db.all(*scan.page(after, order, limit + 1)))
        return Page(tuple(rows[:limit]), order.place(rows[limit - 1]) if len(rows) > limit else None)
    return _checked_page(scan, order, limit, after, db)


_plans: dict[tuple[int, int, frozenset[int] | None], tuple[Query, Reach, tuple[Criterion, ...], Plan | None]] = {}
_PLANS_AT_MOST = 4096


def _planned(query: Query, bound: Binding, reach: Reach) -> Plan | None:
    """The plan of a search, kept while the same query comes again for the same token.

    Queries with chains lead elsewhere each time and are planned anew.
    """
    if query.has or any(c.chain is not None for c in query.criteria):
        return plan(query.resource_type, bound, reach)
    key = (id(query), id(reach), bound.persons)
    kept = _plans.get(key)
    if kept is not None and kept[0] is query and kept[1] is reach and kept[2] == bound.criteria:
        return kept[3]
    made = plan(query.resource_type, bound, reach)
    if len(_plans) >= _PLANS_AT_MOST:
        _plans.clear()
    _plans[key] = (query, reach, bound.criteria, made)
    return made


def count(query: Query, access: Access, reach: Reach, db: raw.Db) -> int:
    """How many rows match, exactly (https://hl7.org/fhir/R4/search.html#total). Raises TooCostly.

    Of the Patients of one person the one that apps know counts.
    """
    bound = bind(query, access, db)
    if bound is None:
        return 0
    hidden = aliases(db).canonical if query.resource_type == "Patient" else {}
    if bound.ids is None:
        scan = plan(query.resource_type, bound, reach)
        if scan is None:
            return 0
        if not scan.checks and hidden:
            return sum(fhir_id not in hidden for (fhir_id,) in db.stream(*scan.ids()))
        if not scan.checks:
            row = db.one(*scan.count())
            return int(row[0]) if row else 0
    return sum(row.id not in hidden for row in every(query, access, reach, db, COUNTED_AT_MOST))


def every(
    query: Query, access: Access, reach: Reach, db: raw.Db, most: int, hops: int = 0, own_ids: bool = False
) -> Iterator[Found]:
    """Every match in page order, without a page's limits; raises TooCostly when more than `most` must be read.

    With `own_ids` a Patient is meant by its own id only, not by those of others of its person.
    """
    bound = bind(query, access, db, hops, own_ids)
    if bound is None:
        return
    if bound.ids is not None:
        yield from _few(query, bound, reach, db)
        return
    scan = plan(query.resource_type, bound, reach)
    if scan is not None:
        yield from walk(scan, db, most)


def walk(scan: Plan, db: raw.Db, most: int) -> Iterator[Found]:
    """Every match of a scan in page order; raises TooCostly when more than `most` rows must be read."""
    after: Key | None = None
    read = 0
    while True:
        rows = all_found(db.all(*scan.page(after, NEWEST, _AT_ONCE)))
        read += len(rows)
        yield from (row for row in rows if matches(row, scan.checks))
        if len(rows) < _AT_ONCE:
            return
        if read >= most:
            raise TooCostly(
                seen="a search that would read very many resources",
                expected="a search bound to a patient, an identifier or a code",
                todo="Add patient= or another parameter of the index.",
            )
        after = NEWEST.place(rows[-1])


def matches(row: Found, checks: Sequence[Criterion]) -> bool:
    """Whether a row's body is as asked."""
    if not checks:
        return True
    resource = orjson.loads(row.body)
    return all(check.matches(resource) for check in checks)


def _checked_page(scan: Plan, order: Order, limit: int, after: Place | None, db: raw.Db) -> Page:
    kept: list[Found] = []
    scanned = 0
    while True:
        rows = all_found(db.all(*scan.page(after, order, _AT_ONCE)))
        for row in rows:
            if matches(row, scan.checks):
                if len(kept) == limit:
                    return Page(tuple(kept), order.place(kept[-1]))
                kept.append(row)
        if len(rows) < _AT_ONCE:
            return Page(tuple(kept))
        scanned += len(rows)
        after = order.place(rows[-1])
        if scanned >= SCANNED_AT_MOST:
            return Page(tuple(kept), after)


def _few(query: Query, bound: Binding, reach: Reach, db: raw.Db) -> Iterator[Found]:
    """The matches when ids are given, or when all matches are wanted at once for an order of their own."""
    if bound.ids is None:
        scan = plan(query.resource_type, bound, reach)
        if scan is None:
            return
        rows = db.all(*scan.page(None, NEWEST, SORTED_AT_MOST + 1))
        if len(rows) > SORTED_AT_MOST:
            raise _too_many_to_sort()
        yield from (row for each in rows if matches(row := found(each), scan.checks))
        return
    kind, asks_nothing = kind_of(query.resource_type), bound.beside and not bound.criteria
    for start in range(0, len(bound.ids), _IDS_AT_ONCE):
        some = bound.ids[start : start + _IDS_AT_ONCE]
        sql = (
            f"SELECT {COLUMNS}, r.category, r.labels FROM records_resource r"  # noqa: S608 - constants
            f" WHERE r.kind = {kind} AND r.fhir_id IN ({raw.marks(some)}) AND r.deleted = ?"
        )
        for each in db.all(sql, [*some, False]):
            row = found(each)
            mine = bound.persons is None or row.person_id in bound.persons
            facts = Facts(row.rid, row.person_id, each[8], each[9], row.date_ms)
            if mine and (asks_nothing or bound.holds(orjson.loads(row.body))) and reach.sees(facts, db):
                yield row


def _order(query: Query) -> Order | None:
    """The order of the scan, when the index has it."""
    if not query.sort:
        return NEWEST
    definition, descending = query.sort[0]
    if definition.name == "_lastUpdated":
        return Order("r.updated_ms", not descending)
    if definition.name == dated_by(query.resource_type):
        return Order("p.d", not descending)
    return None


def _sorted_page(query: Query, order: Order | None, rows: Sequence[Found], limit: int, after: Place | None) -> Page:
    """A page out of all matches, sorted here, as a scan in `order` would give them."""
    return _page(ordering.following([ordering.standing(row, query, order) for row in rows], after, query), limit)


def _page(found: Sequence[ordering.Standing], limit: int) -> Page:
    page = found[:limit]
    return Page(tuple(one.row for one in page if one.row), page[-1].place if len(found) > limit else None)


def _tied_page(query: Query, scan: Plan, order: Order, limit: int, after: Place | None, db: raw.Db) -> Page:
    """A page in an order the index has, rows that are equal in it put in order by the further keys."""
    kept: list[ordering.Standing] = []
    start = (after[0], 0 if order.ascending else _LAST) if after else None
    for value, rows, scanned in _stretches(scan, order, start, db):
        begun = after if after and value == after[0] else None
        kept += ordering.following([ordering.standing(row, query, order) for row in rows], begun, query)
        if len(kept) > limit:
            return _page(kept, limit)
        if scanned >= SCANNED_AT_MOST:
            return Page(tuple(one.row for one in kept if one.row), ordering.end_of(value, query))
    return _page(kept, limit)


def _stretches(scan: Plan, order: Order, place: Key | None, db: raw.Db) -> Iterator[tuple[int, list[Found], int]]:
    """The matches with one value of the first key after another, and how many rows were looked at so far."""
    value, same, scanned, begun = 0, list[Found](), 0, 0
    while True:
        rows = all_found(db.all(*scan.page(place, order, _AT_ONCE)))
        for row in rows:
            place = order.place(row)
            if scanned and place[0] != value:
                yield value, same, scanned
                same, begun = [], scanned
            value, scanned = place[0], scanned + 1
            if matches(row, scan.checks):
                same.append(row)
            if len(same) > SORTED_AT_MOST or scanned - begun >= SCANNED_AT_MOST:
                raise _too_many_to_sort()
        if len(rows) < _AT_ONCE:
            if scanned:
                yield value, same, scanned
            return


def _too_many_to_sort() -> TooCostly:
    return TooCostly(
        seen=f"more than {SORTED_AT_MOST:,} resources to put in this order",
        expected="fewer, or the order _lastUpdated or by date",
        todo="Narrow the search or sort by another parameter.",
    )
