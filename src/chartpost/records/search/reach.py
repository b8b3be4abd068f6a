"""What of a resource type a token reaches, as a condition on rows: the same for read, search, include and export.

A scope gives a part: whose rows, with which row filter, and - where it is granular - which terms a row must
have. A row is visible when one part allows it (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).

A Binary is visible where its securityContext names a Patient or nothing, or a type of which the token gets the whole
(https://hl7.org/fhir/R4/binary.html#security). Where a granular scope gives some of that type, the Binaries of these
are read by their ids alone (`gateways.fhir.binary`): no list has them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from django.utils.functional import cached_property

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.dates import date_of
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity.types import ALL_CATEGORIES, Access, RowFilter, Scope
from chartpost.kernel.db import raw
from chartpost.records.postings import day_hash, hashes, having, posting_hash, split
from chartpost.records.search.versions import facts_of

NOBODYS = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication", "Device"}
    | {"Endpoint", "Questionnaire", "Substance"}
)
"""Types whose rows that are nobody's may be seen with any scope for the type: they tell nothing about a person."""
BINARY = "Binary"
FREE = ("", "Patient")
"""What a securityContext may name without a scope for it: nothing, and whose record it is, which its row says."""
_ALWAYS = int(Category.PEOPLE)
_DAY, _DAY_MS = timedelta(days=1), 86_400_000
Condition = tuple[str, list[Any]]
Terms = Callable[[], bytes]
"""The terms of a row, read when they are wanted."""


class Facts(NamedTuple):
    """What decides whether a row may be seen."""

    rid: int
    person_id: int
    category: int
    labels: int
    date_ms: int


@dataclass(frozen=True)
class Part:
    """Whose rows one or more scopes give, and of them those with all hashes of one of `only` (none: all).

    `everyone` is for all but the persons named, of whom their own row filter says what may be seen.
    """

    persons: Mapping[int, RowFilter]
    everyone: RowFilter | None
    only: tuple[frozenset[int], ...] = ()

    def filter_for(self, person_id: int) -> RowFilter | None:
        """The row filter that lets a person's row through; None when they are out of reach."""
        return self.persons.get(person_id, self.everyone)

    def covers(self, other: "Part") -> bool:
        """Whether this gives everything the other gives."""
        if self.only and not (other.only and all(any(mine <= some for mine in self.only) for some in other.only)):
            return False
        pairs = [(self.everyone, other.everyone)]
        pairs += [(self.filter_for(p), other.filter_for(p)) for p in {*self.persons, *other.persons}]
        return all(rows is None or (mine is not None and mine.covers(rows)) for mine, rows in pairs)


@dataclass(frozen=True)
class Reach:
    """What of one resource type may be seen."""

    parts: tuple[Part, ...]
    nobodys: bool

    @property
    def everyone(self) -> bool:
        """Whether rows of any person may be seen."""
        return any(part.everyone is not None for part in self.parts)

    @property
    def persons(self) -> frozenset[int]:
        """The persons named; beside them anybody when `everyone`."""
        return frozenset(person for part in self.parts for person in part.persons)

    def covers(self, other: "Reach") -> bool:
        """Whether nothing can be seen by the other that cannot be seen by this; in doubt it says no."""
        if other.nobodys and not self.nobodys:
            return False
        return all(any(mine.covers(part) for mine in self.parts) for part in other.parts)

    @cached_property
    def by_terms(self) -> bool:
        """Whether the index decides of some rows: of a granular scope, of the first and last day of a row filter."""
        filters = [rows for part in self.parts for rows in (*part.persons.values(), part.everyone) if rows is not None]
        return any(part.only for part in self.parts) or any(rows.date_from or rows.date_to for rows in filters)

    def may_reach(self, person_id: int) -> bool:
        """Whether some row of this person could be seen."""
        return self.everyone or person_id in self.persons or (person_id == 0 and self.nobodys)

    def sees(self, row: Facts, db: raw.Db) -> bool:
        """Whether one current row may be seen."""
        hidden = self._but_for_labels.get(row.person_id)
        if hidden is not None and not row.labels & hidden:
            return True
        return self._sees(row, lambda: _terms_of(row, db))

    @cached_property
    def _but_for_labels(self) -> dict[int, int]:
        """The persons of whom everything may be seen but what has certain labels, and these: what most tokens reach."""
        found: dict[int, int] = {}
        for part in self.parts:
            if not part.only:
                found |= {person: rows.hidden_labels for person, rows in part.persons.items() if rows.all_but_labels}
        return found

    def sees_version(self, row: Facts, body: bytes, db: raw.Db) -> bool:
        """Whether an earlier version may be seen: by what it was then, and by the labels of today as well."""
        resource = parse(body)
        facts = facts_of(resource, row, db)
        return facts is not None and self._sees(facts, lambda: _terms_in(resource))

    def takes(self, new: Facts, terms: bytes) -> bool:
        """Whether new content with these terms may be filed with its person: what could not be read is not written."""
        return self._through(new, lambda: terms)

    def _sees(self, row: Facts, terms: Terms) -> bool:
        return (row.person_id == 0 and self.nobodys) or self._through(row, terms)

    def _through(self, row: Facts, terms: Terms) -> bool:
        for part in self.parts:
            rows = part.filter_for(row.person_id)
            fits = rows is not None and passes(row, rows, terms)
            if fits and (not part.only or _have_one(terms(), part.only)):
                return True
        return False

    def whole(self) -> "Reach":
        """The same without what the terms of a row decide: a condition for rows whose content is looked at later."""
        return replace(self, parts=tuple(replace(_moved(part, 1), only=()) for part in self.parts))

    def condition(self, persons: Iterable[int] | None = None) -> Condition:
        """The same as SQL on `r`; `persons` are those the search is bound to, if it is."""
        wanted = None if persons is None else frozenset(persons)
        some = [condition for part in self.parts for condition in _part(part, wanted)]
        if self.nobodys and (wanted is None or 0 in wanted):
            some.append(("r.person_id = 0", []))
        if not some:
            return "1 = 0", []
        return "(" + " OR ".join(sql for sql, _ in some) + ")", [value for _, values in some for value in values]


def reach(access: Access, resource_type: str, action: str) -> Reach | None:
    """What an access token reaches of a type for an action ("c", "r", "u", "d", "s"); None: no scope gives it."""
    key = f"{action}{resource_type}"
    found = access.worked_out.get(key, access)
    if found is access:  # nothing is kept under this key
        found = _of_scopes(access, resource_type, action)
        if found is not None and resource_type == BINARY and action != "c":
            found = _within_contexts(access, found, "s" if action == "s" else "r")
        access.worked_out[key] = found
    return cast("Reach | None", found)


def regardless_of_context(access: Access) -> Reach | None:
    """The Binaries a token could read, whatever their securityContext names: for who looks at that then."""
    found = _of_scopes(access, BINARY, "r")
    return found and replace(found, parts=tuple(_moved(part, 1) for part in found.parts))


def _of_scopes(access: Access, resource_type: str, action: str) -> Reach | None:
    scopes = [s for s in access.scopes if s.type in ("*", resource_type) and action in s.actions]
    if not scopes:
        return None
    parts = []
    for level in ("patient", "user", "system"):
        of_level = [s for s in scopes if s.level == level]
        if of_level:
            parts.append(_of_level(access, resource_type, level, of_level))
    return Reach(tuple(part for part in parts if part), resource_type in NOBODYS and action in "rs")


def passes(row: Facts, rows: RowFilter, terms: Terms) -> bool:
    """Whether a row filter lets a row through; people and places carry no dates or sections of their own."""
    if row.labels & rows.hidden_labels:
        return False
    if row.category == _ALWAYS:
        return True
    if rows.categories != ALL_CATEGORIES and not rows.categories >> row.category & 1:
        return False
    if rows.date_from is None and rows.date_to is None:
        return True
    day = date_of(row.date_ms)
    if _near(day, rows.date_from) or _near(day, rows.date_to):
        day = _shifted(day, _apart(terms()))
    return (rows.date_from is None or rows.date_from <= day) and (rows.date_to is None or day <= rows.date_to)


def _near(day: date, edge: date | None) -> bool:
    return edge is not None and abs(day - edge) <= _DAY


def _apart(terms: bytes) -> int:
    """How many days from the day of its moment in UTC to the day a row was written with, by its terms."""
    found = split(terms)
    return (day_hash(index.DAY_AFTER) in found) - (day_hash(index.DAY_BEFORE) in found)


def filter_sql(rows: RowFilter) -> Condition:
    """A row filter as SQL on `r`; empty when it lets everything through."""
    clauses: list[str] = []
    values: list[Any] = []
    if rows.hidden_labels:
        clauses.append("r.labels & ? = 0")
        values.append(rows.hidden_labels)
    narrow: list[str] = []
    if rows.categories != ALL_CATEGORIES:
        seen = [c for c in range(1, 63) if rows.categories >> c & 1]
        narrow.append(f"r.category IN ({','.join(map(str, seen))})" if seen else "1 = 0")
    for sql, more in _days_sql(rows):
        narrow.append(sql)
        values += more
    if narrow:
        clauses.append(f"(r.category = {_ALWAYS} OR ({' AND '.join(narrow)}))")
    return " AND ".join(clauses), values


def _days_sql(rows: RowFilter) -> Iterable[Condition]:
    """The days of a row filter as SQL: of a row whose moment is of another day in UTC its terms say so."""
    if rows.date_from is None and rows.date_to is None:
        return
    (before, one), (after, two) = (having_sql([day_hash(day)]) for day in (index.DAY_BEFORE, index.DAY_AFTER))
    if rows.date_from:
        early, there, sure = (f"r.date_ms >= {_moment(rows.date_from, days)}" for days in (-1, 0, 1))
        yield f"({sure} OR ({there} AND NOT {before}) OR ({early} AND {after}))", [*one, *two]
    if rows.date_to:
        sure, there, late = (f"r.date_ms < {_moment(rows.date_to, days)}" for days in (0, 1, 2))
        yield f"({sure} OR ({there} AND NOT {after}) OR ({late} AND {before}))", [*two, *one]


def _moment(day: date, later: int) -> int:
    """The first millisecond in UTC of the day so many days later; the calendar's ends have nothing beyond."""
    return (day - date(1970, 1, 1)).days * _DAY_MS + later * _DAY_MS


def _within_contexts(access: Access, found: Reach, action: str) -> Reach:
    """What is reached of Binaries, and of these those whose context is of a type of which the token gets the whole.

    Their rows have the moment of what they belong to and not the day it was written with: of the first and last day a
    token reaches none is in a list.
    """
    whole = [s for s in access.scopes if not s.only and action in s.actions]
    wide = frozenset(s.type for s in whole if s.level != "patient")
    every = frozenset(s.type for s in whole)
    parts: list[Part] = []
    for part in (_moved(part, -1) for part in found.parts):
        own = Part({p: rows for p, rows in part.persons.items() if p == access.person_id}, None, part.only)
        if part != own:
            parts.append(_of_contexts(part, wide))
        if part == own or every != wide:
            parts.append(_of_contexts(own, every))
    return replace(found, parts=tuple(parts))


def _moved(part: Part, days: int) -> Part:
    """The same with so many days more on both sides: rows whose days are known to a day alone."""
    persons = {person: _wider(rows, days) for person, rows in part.persons.items()}
    return replace(part, persons=persons, everyone=part.everyone and _wider(part.everyone, days))


def _wider(rows: RowFilter, days: int) -> RowFilter:
    first = rows.date_from and _shifted(rows.date_from, -days)
    return replace(rows, date_from=first, date_to=rows.date_to and _shifted(rows.date_to, days))


def _shifted(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def _of_contexts(part: Part, types: frozenset[str]) -> Part:
    if "*" in types:
        return part
    marks = [posting_hash(BINARY, index.CONTEXT, "type", name) for name in sorted(types.union(FREE))]
    return replace(part, only=tuple(some | {mark} for some in part.only or (frozenset(),) for mark in marks))


def _of_level(access: Access, resource_type: str, level: str, scopes: list[Scope]) -> Part | None:
    only: tuple[frozenset[int], ...] = ()
    if all(s.only for s in scopes):
        only = tuple(h for s in scopes if (h := _hashes(resource_type, s.only)))
        if not only:
            return None
    if level == "patient":
        person = access.person_id
        rows = access.persons.get(person) if person is not None else None
        return Part({person: rows}, None, only) if person is not None and rows is not None else None
    return Part(access.persons, access.everyone, only)


def _hashes(resource_type: str, only: tuple[tuple[str, str], ...]) -> frozenset[int]:
    """The terms a granular scope asks for; none when the index does not keep the parameter."""
    if any(not index.posted(resource_type, param) for param, _ in only):
        return frozenset()
    return frozenset(posting_hash(resource_type, param, "token", value) for param, value in only)


def _terms_of(row: Facts, db: raw.Db) -> bytes:
    sql = f"SELECT q.terms FROM records_resource r JOIN records_terms q ON {SAME_TERMS} WHERE r.rid = ?"  # noqa: S608
    kept = db.one(sql, [row.rid])
    return bytes(kept[0]) if kept else b""


def _terms_in(resource: dict[str, Any]) -> bytes:
    return hashes(str(resource.get("resourceType")), index.postings(resource)).terms


def _have_one(terms: bytes, only: tuple[frozenset[int], ...]) -> bool:
    found = set(split(terms))
    return any(some <= found for some in only)


def _part(part: Part, persons: frozenset[int] | None) -> Iterable[Condition]:
    extra, extra_values = _only_sql(part.only)
    by_filter: dict[RowFilter, list[int]] = {}
    for person, rows in part.persons.items():
        if persons is None or person in persons:
            by_filter.setdefault(rows, []).append(person)
    for rows, some in by_filter.items():
        where, values = filter_sql(rows)
        of = f"r.person_id IN ({raw.marks(some)})"
        yield "(" + " AND ".join(filter(None, (of, where, extra))) + ")", [*some, *values, *extra_values]
    if part.everyone is not None:
        where, values = filter_sql(part.everyone)
        apart = sorted(person for person, rows in part.persons.items() if not rows.covers(part.everyone))
        of = f"r.person_id NOT IN ({raw.marks(apart)})" if apart else ""
        yield "(" + (" AND ".join(filter(None, (of, where, extra))) or "1 = 1") + ")", [*apart, *values, *extra_values]


def _only_sql(only: tuple[frozenset[int], ...]) -> Condition:
    if not only:
        return "", []
    if all(len(some) == 1 for some in only):
        return having_sql([h for some in only for h in some])
    alternatives = [[having_sql([h]) for h in sorted(some)] for some in only]
    sql = " OR ".join("(" + " AND ".join(clause for clause, _ in some) + ")" for some in alternatives)
    return f"({sql})", [value for some in alternatives for _, values in some for value in values]


def having_sql(hashes: Iterable[int]) -> Condition:
    """SQL on `r`: the row has one of these among its terms."""
    within, values = having("q", sorted(hashes))
    return f"EXISTS (SELECT 1 FROM records_terms q WHERE {SAME_TERMS} AND {within})", list(values)  # noqa: S608 - constants


SAME_TERMS = "q.person_id = r.person_id AND q.kind = r.kind AND q.d = r.date_ms AND q.rid = r.rid"
"""What joins a row to its terms, `q`."""
