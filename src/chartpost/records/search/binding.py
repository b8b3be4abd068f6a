"""What binds a search before it runs: the persons it is about, the ids it names, chains followed to their ends.

Chained parameters and `_has` are followed one hop at a time into ids, within what the token reaches of each type
(https://hl7.org/fhir/R4/search.html#chaining).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import OF_PATIENTS, filed_beside
from chartpost.formats.fhirjson.search import Criterion, Has, Query, ReferenceValue, targets
from chartpost.formats.fhirjson.search import parse as parse_query
from chartpost.identity.aliases import aliases, known_person
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.errors import OutOfScope, TooCostly
from chartpost.records.search.reach import reach
from chartpost.records.types import kind_of, type_of

_SUBJECT = frozenset({"patient", "subject"})
_Shown = Callable[[Iterable[str]], frozenset[str]]
HOPS_AT_MOST = 3
FOLLOWED_AT_MOST = 1_000
"""Resources a chain may pass through; beyond it the search is refused, never answered in part."""


@dataclass(frozen=True)
class Binding:
    """`persons` the search is about (None: any), `ids` it names (None: any), `criteria` that remain.

    `beside`: whether what the persons have for another reason than being its patient counts as well.
    """

    criteria: tuple[Criterion, ...]
    persons: frozenset[int] | None = None
    ids: tuple[str, ...] | None = None
    beside: bool = True

    def holds(self, resource: dict[str, Any]) -> bool:
        """Whether a resource of these persons is as asked, by its body alone."""
        return all(one.matches(resource) for one in self.criteria) and (self.beside or not filed_beside(resource))


def bind(query: Query, access: Access, db: raw.Db, hops: int = 0, own_ids: bool = False) -> Binding | None:
    """The binding of a search; None when it can match nothing. Raises OutOfScope, TooCostly.

    The id of any Patient of a person names the one apps know, or with `own_ids` the very Patient.
    """
    shown: _Shown = frozenset if own_ids else partial(_shown, query.resource_type, db)
    persons: frozenset[int] | None = None
    ids: frozenset[str] | None = None
    rest: list[Criterion] = []
    for each in query.criteria:
        criterion = each if each.chain is None else _followed(each, access, db, hops)
        if criterion is None:
            return None
        if criterion.definition.name == "_id" and not criterion.modifier:
            named = shown(value.code for value in criterion.values)
            ids = named if ids is None else ids & named
            continue
        if criterion.definition.name == "_list":
            listed = shown(_listed(query.resource_type, criterion, access, db))
            ids = listed if ids is None else ids & listed
            continue
        criterion = _typed(criterion, access, db)
        about = _persons(criterion, access, db)
        if about is None:
            rest.append(_by_every_id(criterion, db))
            continue
        persons = about if persons is None else persons & about
        if query.resource_type not in OF_PATIENTS:
            rest.append(criterion.to_references(_patients(criterion, about, db)))
    for has in query.has:
        found = shown(_pointed_at(query.resource_type, has, access, db, hops))
        ids = found if ids is None else ids & found
    if (persons is not None and not persons) or (ids is not None and not ids):
        return None
    beside = persons is None or query.resource_type not in OF_PATIENTS
    return Binding(tuple(rest), persons, None if ids is None else tuple(sorted(ids)), beside)


def persons_named(query: Query, access: Access, db: raw.Db) -> frozenset[int]:
    """The persons a search names, in itself or behind its chains: what is found, or how much, tells of them."""
    found: set[int | None] = set()
    for each in query.criteria:
        kinds = each.definition.targets or ("Patient",)
        for value in each.values:
            text = value.reference if isinstance(value, ReferenceValue) else ""
            kind, _, name = text.rpartition("/")
            if text and "Patient" in ((kind,) if kind else kinds):
                found.add(_person(name, access, db))
        if each.definition.name == "_id" and not each.modifier:
            found |= _of_ids(query.resource_type, [value.code for value in each.values], access, db)
        for inner in each.chain or ():
            found |= persons_named(inner, access, db)
    for has in query.has:
        found |= persons_named(has.query, access, db)
    return frozenset(person for person in found if person)


def _of_ids(resource_type: str, ids: list[str], access: Access, db: raw.Db) -> set[int | None]:
    if resource_type == "Patient":
        return {_person(name, access, db) for name in ids}
    sql = f"SELECT person_id FROM records_resource WHERE kind = ? AND fhir_id IN ({raw.marks(ids)})"  # noqa: S608 - marks
    return {int(person) for (person,) in db.all(sql, [kind_of(resource_type), *ids])}


def _shown(resource_type: str, db: raw.Db, ids: Iterable[str]) -> frozenset[str]:
    """The ids by which apps know the resources of a type that have these."""
    known = aliases(db)
    return frozenset(known.shown(resource_type, fhir_id) for fhir_id in ids)


def _persons(criterion: Criterion, access: Access, db: raw.Db) -> frozenset[int] | None:
    """The persons a patient or subject parameter names; None when it is no such parameter."""
    name = criterion.definition.name
    if name not in _SUBJECT or criterion.definition.type != "reference" or criterion.modifier not in ("", "Patient"):
        return None
    found = set()
    for value in criterion.values:
        kind, _, fhir_id = value.reference.rpartition("/")
        if kind and kind != "Patient":
            return None
        person = _person(fhir_id, access, db)
        if person is not None:
            found.add(person)
    return frozenset(found)


def _person(fhir_id: str, access: Access, db: raw.Db) -> int | None:
    return access.person_id if fhir_id == access.patient_id else known_person(fhir_id, db)


def _typed(criterion: Criterion, access: Access, db: raw.Db) -> Criterion:
    """The same criterion; bare ids of a subject that are no person's get the types of what has them.

    A bare id may be of any type the parameter refers to (https://hl7.org/fhir/R4/search.html#reference).
    """
    if criterion.definition.name != "subject" or criterion.modifier or not criterion.definition.targets:
        return criterion
    bare = [v.reference for v in criterion.values if "/" not in v.reference and ":" not in v.reference]
    strange = [fhir_id for fhir_id in bare if _person(fhir_id, access, db) is None]
    if not strange:
        return criterion
    kinds = ",".join(str(kind_of(kind)) for kind in criterion.definition.targets)
    sql = f"SELECT kind, fhir_id FROM records_resource WHERE kind IN ({kinds}) AND fhir_id IN ({raw.marks(strange)})"  # noqa: S608
    typed = [ReferenceValue(f"{type_of(kind)}/{fhir_id}") for kind, fhir_id in db.all(sql, strange)]
    known = {value.reference.partition("/")[2] for value in typed}
    others = [value for value in criterion.values if value.reference not in known]
    return replace(criterion, values=(*others, *typed))


def _patients(criterion: Criterion, persons: frozenset[int], db: raw.Db) -> list[str]:
    """The references by which these persons may be named: as asked, and by their other Patient ids."""
    asked = [f"Patient/{value.reference.rpartition('/')[2]}" for value in criterion.values]
    pairs = aliases(db).pairs
    other = [text.decode().strip('"') for person in persons for pair in pairs.get(person, ()) for text in pair]
    return list(dict.fromkeys([*asked, *other]))


def _by_every_id(criterion: Criterion, db: raw.Db) -> Criterion:
    """The same criterion with the other Patient ids of whom it names: any of them may stand in a stored reference."""
    others = aliases(db).others
    if not others or criterion.definition.type != "reference" or criterion.modifier not in ("", "Patient"):
        return criterion
    more = [other for value in criterion.values for other in _other_ids(value, db)]
    return replace(criterion, values=tuple(dict.fromkeys([*criterion.values, *more]))) if more else criterion


def _other_ids(value: ReferenceValue, db: raw.Db) -> list[ReferenceValue]:
    kind, _, fhir_id = value.reference.rpartition("/")
    if value.version or (kind != "Patient" if kind else value.kinds and "Patient" not in value.kinds):
        return []
    return [ReferenceValue(f"Patient/{name}") for name in aliases(db).names(fhir_id) if name != fhir_id]


def _followed(criterion: Criterion, access: Access, db: raw.Db, hops: int) -> Criterion | None:
    """The same criterion with the references its chain leads to; None when it leads nowhere."""
    if hops >= HOPS_AT_MOST:
        raise TooCostly(seen="a longer chain", expected=f"at most {HOPS_AT_MOST} hops", todo="Shorten the chain.")
    assert criterion.chain is not None
    found: list[str] = []
    none = all(reach(access, inner.resource_type, "s") is None for inner in criterion.chain)
    for inner in criterion.chain:
        found += _keys(inner, access, db, hops, refuse=none)
    if not found:
        return None
    return criterion.to_references(found)


def _pointed_at(resource_type: str, has: Has, access: Access, db: raw.Db, hops: int) -> frozenset[str]:
    """Ids of resources of a type that matches of `has` point at."""
    from chartpost.records.search.run import every

    if hops >= HOPS_AT_MOST:
        raise TooCostly(seen="a deeper _has", expected=f"at most {HOPS_AT_MOST} hops", todo="Shorten it.")
    within = reach(access, has.query.resource_type, "s")
    if within is None:
        raise OutOfScope(
            seen=f"a search through {has.query.resource_type}",
            expected="a scope to search it",
            todo="Ask for the scope, or search without it.",
        )
    found: set[str] = set()
    for row in every(has.query, access, within, db, FOLLOWED_AT_MOST * 20, hops + 1):
        for text in targets(parse(row.body), has.definition):
            kind, _, fhir_id = text.rpartition("/")
            if kind == resource_type:
                found.add(fhir_id)
        if len(found) > FOLLOWED_AT_MOST:
            raise _too_many()
    return frozenset(found)


def _listed(resource_type: str, criterion: Criterion, access: Access, db: raw.Db) -> frozenset[str]:
    """Ids of a type that Lists hold (https://hl7.org/fhir/R4/search.html#list); what was crossed out is not on them."""
    from chartpost.records.search.run import every

    within = reach(access, "List", "s")
    if within is None:
        raise OutOfScope(
            seen="a search through List",
            expected="a scope to search it",
            todo="Ask for the scope, or search without it.",
        )
    wanted = parse_query("List", [("_id", ",".join(value.code for value in criterion.values))])
    found: set[str] = set()
    for row in every(wanted, access, within, db, FOLLOWED_AT_MOST):
        for entry in parse(row.body).get("entry", ()):
            text = "" if entry.get("deleted") else str(entry.get("item", {}).get("reference", ""))
            kind, _, fhir_id = text.partition("/_history/")[0].rpartition("/")
            if kind == resource_type:
                found.add(fhir_id)
    if len(found) > FOLLOWED_AT_MOST:
        raise _too_many()
    return frozenset(found)


def _keys(query: Query, access: Access, db: raw.Db, hops: int, refuse: bool) -> list[str]:
    """References Type/id of all matches of a search."""
    from chartpost.records.search.run import every

    within = reach(access, query.resource_type, "s")
    if within is None:
        if not refuse:
            return []
        raise OutOfScope(
            seen=f"a search through {query.resource_type}",
            expected="a scope to search it",
            todo="Ask for the scope, or search without the chain.",
        )
    found: list[str] = []
    for row in every(query, access, within, db, FOLLOWED_AT_MOST * 20, hops + 1):
        found.append(row.key)
        if len(found) > FOLLOWED_AT_MOST:
            raise _too_many()
    return found


def _too_many() -> TooCostly:
    return TooCostly(
        seen=f"a chain through more than {FOLLOWED_AT_MOST:,} resources",
        expected="a narrower chain",
        todo="Add a parameter that narrows the other end.",
    )
