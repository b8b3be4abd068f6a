"""_include and _revinclude: what a page's resources point at and what points at them, within the token's reach.

At most four rounds for `:iterate` and a thousand resources a page (https://hl7.org/fhir/R4/search.html#revinclude);
where there is more, that is said.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import OF_PATIENTS, references_of
from chartpost.formats.fhirjson.search import Criterion, Include, definition, reference_parameters, targets
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity.aliases import Aliases, aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.errors import TooCostly
from chartpost.records.postings import DIRECTORY, posting_hash, split, type_hash
from chartpost.records.search.binding import Binding
from chartpost.records.search.plan import plan
from chartpost.records.search.reach import SAME_TERMS, Facts, Reach, reach
from chartpost.records.search.rows import COLUMNS, Found, fetch, found, newer_first
from chartpost.records.search.run import walk
from chartpost.records.types import kind_of

ROUNDS = 4
INCLUDED_AT_MOST = 1_000
REFERENCES_AT_MOST = 2_000
"""References of a round that are looked up."""
LOOKED_AT_MOST = 200_000
"""Rows that are looked through for those that point at a page's resources; beyond it the search is refused."""
_AT_ONCE = 400
_PATIENT = frozenset({"patient", "subject"})


class Included(NamedTuple):
    """The resources to send beside a page's matches; `whole` is False where there were more than are sent."""

    rows: list[Found]
    whole: bool = True


def included(
    page: Sequence[Found], include: Sequence[Include], revinclude: Sequence[Include], access: Access, db: raw.Db
) -> Included:
    """The resources to send beside a page's matches, each once, without the matches. Raises TooCostly."""
    if not include and not revinclude:
        return Included([])
    have, seen = {row.rid for row in page}, aliases(db)
    every: list[Found] = []
    latest: Sequence[Found] = page
    for number in range(ROUNDS + 1):
        forward = [one for one in include if number == 0 or one.iterate]
        reverse = [one for one in revinclude if number == 0 or one.iterate]
        if not latest or not (forward or reverse):
            break
        ahead, whole = _forward(latest, forward, access, db)
        new = {row.rid: row for row in (*ahead, *_reverse(latest, reverse, access, db))}
        latest = [row for row in new.values() if row.rid not in have and not seen.hides(row.type, row.id)]
        if number == ROUNDS:
            return Included(every, not latest)
        have.update(row.rid for row in latest)
        every += latest
        if not whole or max(len(new), len(every)) > INCLUDED_AT_MOST:
            return Included(every[:INCLUDED_AT_MOST], whole=False)
    return Included(every)


def by_reference(references: Iterable[str], access: Access, db: raw.Db) -> list[Found]:
    """Current resources by reference Type/id, those the token may read; of a person the Patient that apps know."""
    seen = aliases(db)
    by_type: dict[str, dict[str, None]] = {}
    for text in dict.fromkeys(references):
        kind, _, fhir_id = text.partition("/_history/")[0].rpartition("/")
        if kind in resource_types():
            by_type.setdefault(kind, {})[seen.shown(kind, fhir_id)] = None
    rows: list[Found] = []
    for kind, named in by_type.items():
        ids = list(named)
        within = reach(access, kind, "r") or reach(access, kind, "s")
        if within is None:
            continue
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            sql = (
                f"SELECT {COLUMNS}, r.category, r.labels FROM records_resource r"  # noqa: S608 - constants
                f" WHERE r.kind = {kind_of(kind)} AND r.fhir_id IN ({raw.marks(some)}) AND r.deleted = ?"
                " ORDER BY r.fhir_id"
            )
            for each in db.all(sql, [*some, False]):
                row = found(each)
                if within.sees(Facts(row.rid, row.person_id, each[8], each[9], row.date_ms), db):
                    rows.append(row)
    return rows


def _forward(page: Sequence[Found], wanted: Sequence[Include], access: Access, db: raw.Db) -> tuple[list[Found], bool]:
    """What resources point at, and whether all of it was looked for."""
    references: dict[str, None] = {}
    for row in page:
        asked = [one for one in wanted if one.source in (row.type, "*")]
        if not asked:
            continue
        resource = parse(row.body)
        for one in asked:
            if one.parameter == "*":
                texts = references_of(resource)
            else:
                known = definition(row.type, one.parameter)
                texts = targets(resource, known) if known else []
            references.update((t, None) for t in texts if not one.target or t.partition("/")[0] == one.target)
    some = list(references)[:REFERENCES_AT_MOST]
    return by_reference(some, access, db), len(some) == len(references)


def _reverse(page: Sequence[Found], wanted: Sequence[Include], access: Access, db: raw.Db) -> list[Found]:
    """What points at resources, newest first; of each include one more than is sent, where there are more."""
    rows: list[Found] = []
    for one in wanted:
        within = reach(access, one.source, "s")
        if within is None:
            continue
        names = [one.parameter] if one.parameter != "*" else reference_parameters(one.source)
        rest = page
        if not _PATIENT.isdisjoint(names) and one.target in ("", "Patient"):
            rows += _of_patients(one.source, names, [row for row in page if row.type == "Patient"], within, db)
            rest = [row for row in page if row.type != "Patient"] if _PATIENT.issuperset(names) else page
        rows += _of_rows(_pointing(one, names, rest, within, db), within, db)
    rows.sort(key=newer_first)
    return rows


def _of_patients(
    resource_type: str, names: Sequence[str], patients: Sequence[Found], within: Reach, db: raw.Db
) -> list[Found]:
    """What has these Patients for its patient or subject: of most types all that their persons have."""
    persons = frozenset(row.person_id for row in patients) - {0}
    criteria: tuple[Criterion, ...] = ()
    if resource_type not in OF_PATIENTS:
        known = definition(resource_type, "subject" if "subject" in names else "patient")
        asked = [f"Patient/{name}" for row in patients for name in aliases(db).names(row.id)]
        criteria = (Criterion(known).to_references(asked),) if known else ()
    scan = plan(resource_type, Binding(criteria, persons, beside=False), within) if persons else None
    return list(islice(walk(scan, db, LOOKED_AT_MOST), INCLUDED_AT_MOST + 1)) if scan else []


def _of_rows(rids: Iterable[int], within: Reach, db: raw.Db) -> list[Found]:
    """The newest of these rows that may be seen, as many as are sent at most and one more."""
    newest, found = sorted(rids, reverse=True), list[Found]()
    where, values = within.condition()
    for start in range(0, len(newest), _AT_ONCE):
        some = newest[start : start + _AT_ONCE]
        found += fetch(f"r.rid IN ({raw.marks(some)}) AND {where}", [*some, *values], db)
        if len(found) > INCLUDED_AT_MOST:
            break
    return found


def _pointing(one: Include, names: Sequence[str], page: Sequence[Found], within: Reach, db: raw.Db) -> set[int]:
    """Rows of a type that point at resources.

    At a person's resources that person's rows may, and what is nobody's; at what is nobody's, a practitioner or a
    medicine, those of anybody within reach.
    """
    seen = aliases(db)
    rows = [row for row in page if not one.target or row.type == one.target]
    pointed = [f"{row.type}/{name}" for row in rows for name in _names(row, seen)]
    hashes = {posting_hash(one.source, name, "reference", key) for name in names for key in pointed}
    persons = {row.person_id for row in rows}
    if 0 in persons and within.everyone and one.source not in DIRECTORY:
        found = _of_anybody(one.source, hashes, within, db)
    else:
        persons |= within.persons if 0 in persons else frozenset()
        found = _posted(sorted(hashes), db)
    some = ",".join(f"{person:d}" for person in sorted(persons - {0}))
    if some:
        sql = f"SELECT rid, terms FROM records_terms WHERE person_id IN ({some}) AND kind = ?"  # noqa: S608 - numbers
        kept = db.stream(sql, [kind_of(one.source)])
        found.update(rid for rid, terms in kept if not hashes.isdisjoint(split(terms)))
    return found


def _posted(hashes: Sequence[int], db: raw.Db) -> set[int]:
    """Rows posted by these hashes: those of directory types, and what is nobody's."""
    found: set[int] = set()
    for start in range(0, len(hashes), _AT_ONCE):
        some = hashes[start : start + _AT_ONCE]
        sql = f"SELECT DISTINCT rid FROM records_posting WHERE h IN ({raw.marks(some)})"  # noqa: S608 - marks
        found.update(rid for (rid,) in db.all(sql, some))
    return found


def _of_anybody(resource_type: str, hashes: set[int], within: Reach, db: raw.Db) -> set[int]:
    """Rows of a type with one of these terms, whosesoever they are, newest first until they are more than are sent.

    Terms of a person's rows are posted under the person alone, so all rows of the type are looked through, as a search
    by the same parameter does.
    """
    where, values = within.condition()
    sql = (
        "SELECT r.rid, q.terms FROM records_posting p CROSS JOIN records_resource r"  # noqa: S608 - constants
        f" JOIN records_terms q ON {SAME_TERMS} WHERE p.h = ? AND r.rid = p.rid AND {where}"
        f" ORDER BY p.d DESC, p.rid DESC LIMIT {LOOKED_AT_MOST + 1:d}"
    )
    found: set[int] = set()
    for number, (rid, terms) in enumerate(db.stream(sql, [type_hash(resource_type), *values])):
        if number >= LOOKED_AT_MOST:
            raise TooCostly(
                seen=f"a _revinclude that would look through more than {LOOKED_AT_MOST:,} {resource_type} resources",
                expected="one from resources of patients, or of a type with fewer",
                todo=f"Search {resource_type} by the parameter itself, with a patient or a date.",
            )
        if not hashes.isdisjoint(split(terms)):
            found.add(rid)
            if len(found) > INCLUDED_AT_MOST:
                break
    return found


def _names(row: Found, seen: Aliases) -> tuple[str, ...]:
    """The ids by which stored references may name a resource."""
    return seen.names(row.id) if row.type == "Patient" else (row.id,)
