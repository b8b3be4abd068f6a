"""How a search is run: which range of the index is scanned, what its rows must have, what is checked on their bodies.

Every search is one scan in page order (https://hl7.org/fhir/R4/search.html gives the meaning): of the terms of a
person's rows of the type, or of the postings of one hash across persons. Values the index keeps become conditions on
the terms of a row; all else is checked on the resource itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chartpost.formats.fhirjson.search import Criterion, dated_by
from chartpost.kernel.db import raw
from chartpost.records.postings import across, beside, having, posting_hash, type_hash
from chartpost.records.search.binding import Binding
from chartpost.records.search.reach import Reach, having_sql
from chartpost.records.search.rows import COLUMNS, Found
from chartpost.records.types import kind_of

_RANK = {"identifier": 0, "code": 1, "category": 8, "status": 9, "clinical-status": 9, "intent": 9, "gender": 9}
_RANK |= dict.fromkeys(("name", "family", "given", "phone", "email", "telecom", "address", "address-postalcode"), 1)
_RANK |= dict.fromkeys(("race", "ethnicity", "active", "class", "type", "use", "lifecycle-status"), 8)
"""How telling a parameter is, the most telling first; 5 for those not named."""
Key = tuple[int, int]
SAME_ROW = "r.rid = p.rid AND r.person_id = p.person_id"
"""What joins a row's terms to the row, which is of the same person still."""


@dataclass(frozen=True)
class Order:
    """The order of a scan: by clinical date (`p.d`) or by when a row was stored (`r.updated_ms`)."""

    column: str = "p.d"
    ascending: bool = False

    def place(self, row: Found) -> Key:
        """Where a row stands in this order."""
        return (row.date_ms if self.column == "p.d" else row.updated_ms), row.rid


NEWEST = Order()


@dataclass(frozen=True)
class Plan:
    """One scan.

    `kind` is the type's number, `persons` whose rows are scanned, `driver` the hashes whose postings are (both: these
    persons' rows and what is nobody's), `terms` groups of hashes of which a row must have one each, `checks` what is
    asked of the body, `before` the end of the scanned dates (ms, exclusive), `where` the reach. `first_not` is the term
    no row may begin with.
    """

    kind: int
    persons: tuple[int, ...]
    driver: tuple[int, ...]
    terms: tuple[tuple[int, ...], ...] = ()
    checks: tuple[Criterion, ...] = ()
    before: int | None = None
    where: tuple[str, tuple[Any, ...]] = ("1 = 1", ())
    updated: tuple[tuple[str, int], ...] = field(default=())
    first_not: bytes = b""

    def condition(self, after: Key | None, order: "Order") -> tuple[str, list[Any]]:
        """FROM and WHERE of the scan, from a place in its order on."""
        source, clauses, values = self._source()
        if self.before is not None:
            clauses.append("p.d < ?")
            values.append(self.before)
        if after is not None:
            sign = ">" if order.ascending else "<"
            clauses.append(f"({order.column} {sign} ? OR ({order.column} = ? AND p.rid {sign} ?))")
            values += [after[0], after[0], after[1]]
        if self.first_not:
            clauses.append("COALESCE(substr(p.terms, 1, 8), '') <> ?")  # of no bytes SQLite's substr makes NULL
            values.append(self.first_not)
        for hashes in self.terms:
            sql, more = having_sql(hashes) if self.driver else having("p", hashes)
            clauses.append(sql)
            values += more
        for comparison, moment in self.updated:
            clauses.append(f"r.updated_ms {comparison} ?")
            values.append(moment)
        clauses.append(self.where[0])
        return f"FROM {source} CROSS JOIN records_resource r WHERE {' AND '.join(clauses)}", [*values, *self.where[1]]

    def page(self, after: Key | None, order: "Order", limit: int) -> tuple[str, list[Any]]:
        """The statement for rows in order; its columns are those of `rows.COLUMNS`.

        The limit stands in the statement itself: SQLite reads one anew each time another value is bound to its limit.
        """
        body, values = self.condition(after, order)
        way = "ASC" if order.ascending else "DESC"
        sql = f"SELECT {COLUMNS} {body} ORDER BY {order.column} {way}, p.rid {way} LIMIT {limit:d}"
        return sql, values

    def count(self) -> tuple[str, list[Any]]:
        """The statement that counts rows, checks aside."""
        body, values = self.condition(None, NEWEST)
        return f"SELECT count(*) {body}", values

    def ids(self) -> tuple[str, list[Any]]:
        """The statement for the ids of rows, checks aside."""
        body, values = self.condition(None, NEWEST)
        return f"SELECT r.fhir_id {body}", values

    def _source(self) -> tuple[str, list[str], list[Any]]:
        """The scanned index, what binds it, and the values of both."""
        some = ",".join(f"{person:d}" for person in self.persons)  # they may be more than a statement may have marks
        if not self.driver and len(self.persons) == 1:
            return "records_terms p", ["p.person_id = ?", "p.kind = ?", SAME_ROW], [*self.persons, self.kind]
        if not self.driver:
            return "records_terms p", [f"p.person_id IN ({some})", "p.kind = ?", SAME_ROW], [self.kind]
        if not self.persons and len(self.driver) == 1:
            return "records_posting p", ["p.h = ?", "r.rid = p.rid"], list(self.driver)
        posted = f"SELECT DISTINCT d, rid FROM records_posting WHERE h IN ({raw.marks(self.driver)})"  # noqa: S608 - marks
        if not self.persons:
            return f"({posted}) p", ["r.rid = p.rid"], list(self.driver)
        own = f"SELECT d, rid FROM records_terms WHERE person_id IN ({some}) AND kind = ?"  # noqa: S608 - numbers
        return f"({own} UNION {posted}) p", ["r.rid = p.rid"], [self.kind, *self.driver]


def plan(resource_type: str, binding: Binding, reach: Reach) -> Plan | None:
    """The scan for a search; None when nothing can be found."""
    criteria, persons = binding.criteria, binding.persons
    bound = _bound(reach, persons)
    if bound is None:
        return None
    groups: list[tuple[str, tuple[int, ...]]] = []
    checks: list[Criterion] = []
    for criterion in criteria:
        hashes = _hashes(resource_type, criterion)
        if hashes is not None:
            groups.append((criterion.definition.name, hashes))
        if hashes is None or not criterion.exact:
            checks.append(criterion)
    driver: tuple[int, ...] = ()
    if persons is None and reach.everyone:
        driver = _driver(resource_type, [group for group in groups if across(resource_type, group[0])])
        driver = next((_by_code(resource_type, c) for c in criteria if _hashes(resource_type, c) == driver), driver)
    elif persons is None and reach.nobodys:
        driver = _driver(resource_type, groups)  # what is nobody's is posted by all it is found by
    where, values = reach.condition(persons)
    return Plan(
        kind=kind_of(resource_type),
        persons=bound,
        driver=driver,
        terms=tuple(hashes for _, hashes in groups if hashes != driver or bound),
        checks=tuple(c for c in checks if not _on_update(c)),
        before=_before(resource_type, criteria),
        where=(where, tuple(values)),
        updated=tuple(bound for c in checks if _on_update(c) for bound in _update_bounds(c)),
        first_not=b"" if binding.beside else beside(resource_type),
    )


def _bound(reach: Reach, persons: frozenset[int] | None) -> tuple[int, ...] | None:
    """The persons whose rows are looked through (none: whatever is posted); None when there is nothing to look at."""
    if persons is None:
        some = () if reach.everyone else tuple(sorted(reach.persons))
        return some if some or reach.everyone or reach.nobodys else None
    return tuple(sorted(p for p in persons if reach.may_reach(p))) or None


def _hashes(resource_type: str, criterion: Criterion) -> tuple[int, ...] | None:
    probes = criterion.probes(resource_type)
    if probes is None:
        return None
    return tuple(sorted(posting_hash(resource_type, *probe) for probe in probes))


def _by_code(resource_type: str, criterion: Criterion) -> tuple[int, ...]:
    """The hashes of a criterion as they are posted across persons: tokens by their code alone."""
    found = set()
    for parameter, variant, value in criterion.probes(resource_type) or ():
        text = value.partition("|")[2] if variant == "token" and "|" in value else value
        found.add(posting_hash(resource_type, parameter, variant, text))
    return tuple(sorted(found))


def _driver(resource_type: str, groups: list[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
    """The most telling group of hashes to scan postings by, of one value if there is one; else all of the type."""
    best = [(name, h) for name, h in groups if len(h) == 1] or groups
    if not best:
        return (type_hash(resource_type),)
    return min(best, key=lambda group: (_RANK.get(group[0], 5), len(group[1])))[1]


def _before(resource_type: str, criteria: Sequence[Criterion]) -> int | None:
    """Where a scan may stop: what begins at or after the asked-for end cannot be within it."""
    name = dated_by(resource_type)
    ends = [
        max(value.hi for value in c.values)
        for c in criteria
        if name and c.definition.name == name and not c.modifier and c.chain is None
        if all(value.prefix in ("eq", "eb") for value in c.values)
    ]
    return min(ends, default=None)


def _on_update(criterion: Criterion) -> bool:
    return (
        criterion.definition.name == "_lastUpdated"
        and not criterion.modifier
        and len(criterion.values) == 1
        and criterion.values[0].prefix in ("gt", "ge", "lt", "le", "sa", "eb", "eq")
    )


def _update_bounds(criterion: Criterion) -> list[tuple[str, int]]:
    value = criterion.values[0]
    return {
        "eq": [(">=", value.lo), ("<", value.hi)],
        "gt": [(">=", value.hi)],
        "sa": [(">=", value.hi)],
        "ge": [(">=", value.lo)],
        "lt": [("<", value.lo)],
        "eb": [("<", value.lo)],
        "le": [("<", value.hi)],
    }[value.prefix]
