"""_include and _revinclude: what a page's resources point at and what points at them, within the token's reach.

At most four rounds for `:iterate` and a thousand resources a page (https://hl7.org/fhir/R4/search.html#revinclude).
"""

from collections.abc import Iterable, Sequence

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import references_of
from chartpost.formats.fhirjson.search import Include, definition, reference_parameters, targets
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity.aliases import Aliases, aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.postings import posting_hash, split
from chartpost.records.search.plan import SAME_ROW
from chartpost.records.search.reach import Condition, Facts, reach
from chartpost.records.search.rows import COLUMNS, Found, all_found, fetch, found, newer_first
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
    have, seen = {row.rid for row in page}, aliases(db)
    every: list[Found] = []
    latest: Sequence[Found] = page
    for number in range(ROUNDS):
        forward = [one for one in include if number == 0 or one.iterate]
        reverse = [one for one in revinclude if number == 0 or one.iterate]
        new = [*_forward(latest, forward, access, db), *_reverse(latest, reverse, access, db)]
        fresh = [row for row in {row.rid: row for row in new}.values() if row.rid not in have]
        latest = [row for row in fresh if not seen.hides(row.type, row.id)]
        have.update(row.rid for row in latest)
        every += latest
        if not latest or len(every) >= INCLUDED_AT_MOST:
            break
    return every[:INCLUDED_AT_MOST]


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
        persons = sorted({row.person_id for row in page})
        visible = within.condition(None if within.everyone else persons)
        rest = page
        if not _PATIENT.isdisjoint(names) and one.target in ("", "Patient"):
            rows += _all_of(one.source, [row.person_id for row in page if row.type == "Patient"], visible, db)
            rest = [row for row in page if row.type != "Patient"]
        rows += _of_rows(_pointing(one, names, rest, db), visible, db)
    rows.sort(key=newer_first)
    return rows


def _all_of(resource_type: str, persons: Iterable[int], visible: Condition, db: raw.Db) -> list[Found]:
    """What these persons have of a type: all of it points at their Patients."""
    some = ",".join(f"{person:d}" for person in sorted({*persons} - {0}))
    if not some:
        return []
    sql = (
        f"SELECT {COLUMNS} FROM records_terms p CROSS JOIN records_resource r WHERE p.person_id IN ({some})"  # noqa: S608
        f" AND p.kind = ? AND {SAME_ROW} AND {visible[0]} LIMIT {INCLUDED_AT_MOST}"
    )
    return all_found(db.all(sql, [kind_of(resource_type), *visible[1]]))


def _of_rows(rids: Iterable[int], visible: Condition, db: raw.Db) -> list[Found]:
    """The newest of these rows that may be seen, as many as are sent at most."""
    newest, found = sorted(rids, reverse=True), list[Found]()
    for start in range(0, len(newest), _AT_ONCE):
        some = newest[start : start + _AT_ONCE]
        found += fetch(f"r.rid IN ({raw.marks(some)}) AND {visible[0]}", [*some, *visible[1]], db)
        if len(found) >= INCLUDED_AT_MOST:
            break
    return found


def _pointing(one: Include, names: Sequence[str], page: Sequence[Found], db: raw.Db) -> set[int]:
    """Rows of a type that point at resources: of their persons by their terms, of nobody by the postings."""
    seen = aliases(db)
    pointed = [f"{r.type}/{name}" for r in page if not one.target or r.type == one.target for name in _names(r, seen)]
    if not pointed:
        return set()
    persons = sorted({row.person_id for row in page})
    hashes = {posting_hash(one.source, name, "reference", key) for name in names for key in pointed}
    some_of = ",".join(f"{person:d}" for person in persons if person) or "NULL"
    sql = f"SELECT rid, terms FROM records_terms WHERE person_id IN ({some_of}) AND kind = ?"  # noqa: S608 - numbers
    kept = db.stream(sql, [kind_of(one.source)])
    found = {rid for rid, terms in kept if not hashes.isdisjoint(split(terms))}
    if 0 in persons:
        wanted = sorted(hashes)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            sql = f"SELECT DISTINCT rid FROM records_posting WHERE h IN ({raw.marks(some)})"  # noqa: S608 - marks
            found.update(rid for (rid,) in db.all(sql, some))
    return found


def _names(row: Found, seen: Aliases) -> tuple[str, ...]:
    """The ids by which stored references may name a resource."""
    return seen.names(row.id) if row.type == "Patient" else (row.id,)
