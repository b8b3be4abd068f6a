"""_include and _revinclude: what a page's resources point at and what points at them, within the token's reach.

At most four rounds for `:iterate` and a thousand resources a page (https://hl7.org/fhir/R4/search.html#revinclude).
"""

from collections.abc import Iterable, Sequence

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import references_of
from chartpost.formats.fhirjson.search import Include, definition, reference_parameters, targets
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.postings import posting_hash, type_hash
from chartpost.records.search.reach import Facts, reach
from chartpost.records.search.rows import COLUMNS, Found, all_found, found, newer_first
from chartpost.records.types import kind_of

ROUNDS = 4
INCLUDED_AT_MOST = 1_000
_AT_ONCE = 400
_PATIENT = frozenset({"patient", "subject"})


def included(
    page: Sequence[Found], include: Sequence[Include], revinclude: Sequence[Include], access: Access, db: raw.Db
) -> list[Found]:
    """The resources to send beside a page's matches, each once, without the matches."""
    if not include and not revinclude:
        return []
    have = {row.rid for row in page}
    every: list[Found] = []
    latest: Sequence[Found] = page
    for number in range(ROUNDS):
        forward = [one for one in include if number == 0 or one.iterate]
        reverse = [one for one in revinclude if number == 0 or one.iterate]
        new = [*_forward(latest, forward, access, db), *_reverse(latest, reverse, access, db)]
        latest = [row for row in {row.rid: row for row in new}.values() if row.rid not in have]
        have.update(row.rid for row in latest)
        every += latest
        if not latest or len(every) >= INCLUDED_AT_MOST:
            break
    return every[:INCLUDED_AT_MOST]


def by_reference(references: Iterable[str], access: Access, db: raw.Db) -> list[Found]:
    """Current resources by reference Type/id, those the token may read."""
    by_type: dict[str, list[str]] = {}
    for text in dict.fromkeys(references):
        kind, _, fhir_id = text.partition("/_history/")[0].rpartition("/")
        if kind in resource_types():
            by_type.setdefault(kind, []).append(fhir_id)
    rows: list[Found] = []
    for kind, ids in by_type.items():
        within = reach(access, kind, "r") or reach(access, kind, "s")
        if within is None:
            continue
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            sql = (
                f"SELECT {COLUMNS}, r.category, r.labels FROM records_resource r"  # noqa: S608 - constants
                f" WHERE r.kind = {kind_of(kind)} AND r.fhir_id IN ({raw.marks(some)}) AND r.deleted = ?"
            )
            for each in db.all(sql, [*some, False]):
                row = found(each)
                if within.sees(Facts(row.rid, row.person_id, each[8], each[9], row.date_ms), db):
                    rows.append(row)
    return rows


def _forward(page: Sequence[Found], wanted: Sequence[Include], access: Access, db: raw.Db) -> list[Found]:
    references: list[str] = []
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
            references += [t for t in texts if not one.target or t.partition("/")[0] == one.target]
    return by_reference(references[: INCLUDED_AT_MOST * 2], access, db)


def _reverse(page: Sequence[Found], wanted: Sequence[Include], access: Access, db: raw.Db) -> list[Found]:
    rows: list[Found] = []
    for one in wanted:
        within = reach(access, one.source, "s")
        if within is None:
            continue
        names = [one.parameter] if one.parameter != "*" else reference_parameters(one.source)
        hashes = [h for name in names for h in _hashes(one, name, page)]
        persons = sorted({row.person_id for row in page})
        where, values = within.condition(None if within.everyone else persons)
        people = ",".join(f"{p:d}" for p in persons)
        for start in range(0, len(hashes), _AT_ONCE):
            some = hashes[start : start + _AT_ONCE]
            sql = (
                f"SELECT {COLUMNS} FROM records_posting p CROSS JOIN records_resource r"  # noqa: S608 - constants
                f" WHERE p.person_id IN ({people}) AND p.h IN ({raw.marks(some)}) AND r.rid = p.rid AND {where}"
                f" LIMIT {INCLUDED_AT_MOST}"
            )
            rows += all_found(db.all(sql, [*some, *values]))
    rows.sort(key=newer_first)
    return rows


def _hashes(one: Include, name: str, page: Sequence[Found]) -> list[int]:
    """Postings of a type that point at a page's resources; at a Patient, that is all of the type of that person."""
    if name in _PATIENT and any(row.type == "Patient" for row in page):
        return [type_hash(one.source)]
    pointed = (row.key for row in page if not one.target or row.type == one.target)
    return [posting_hash(one.source, name, "reference", key) for key in pointed]
