"""Provenances follow what they are about: they name the people and places that comes from.

A Provenance (https://hl7.org/fhir/R4/provenance.html) has the labels all its targets have, beside its own: it is hidden
with the only one, and seen where one of several may be seen, as US Core asks (`_revinclude=Provenance:target`). It is
filed with them, so that it is parted with them; one that is nobody's becomes that person's whose its targets become.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, NamedTuple

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import pointed_at
from chartpost.identity import aliases
from chartpost.kernel.db import raw
from chartpost.records import contexts, models, on_write
from chartpost.records.postings import posting_hash, split
from chartpost.records.preparing import Ready
from chartpost.records.types import kind_of, type_of

if TYPE_CHECKING:
    from chartpost.records.store import Key, Old

PROVENANCE = kind_of("Provenance")
_BATCH = 400


class About(NamedTuple):
    """What of a target decides about its Provenances."""

    person_id: int
    filed_person_id: int
    labels: int


def settle(ready: Sequence[Ready], old: Mapping["Key", "Old"]) -> None:
    """Give Provenances that are to be stored the labels and the filing of their targets, stored or beside them."""
    some = [one for one in ready if one.kind == PROVENANCE]
    if not some:
        return
    beside = {one.key: _beside(one, old.get(one.key)) for one in ready if one.kind != PROVENANCE}
    named = [_targets(one.incoming.resource) for one in some]
    stored = _stored({key for keys in named if not _shown(keys, beside) for key in keys - beside.keys()})
    for one, keys in zip(some, named, strict=True):
        there = [found for key in keys if (found := beside.get(key) or stored.get(key))]
        if (common := _common(there)) or one.labels:  # of an attempt before this one
            one.labels = int(index.labels({**one.incoming.resource})) | common
        filed = {each.filed_person_id for each in there if each.person_id == one.person_id}
        one.with_id = filed.pop() if len(filed) == 1 else 0


def follow(changed: Iterable[tuple["Key", int]], but: Set[int] = frozenset()) -> None:
    """Bring Provenances in step with targets whose labels or person changed, each with the person it is of now.

    In the transaction that changed them; `but` are rows that are so already.
    """
    from chartpost.records import store

    for some in store.chunks(sorted(naming(changed) - but), _BATCH):
        rows = models.Resource.objects.select_for_update().filter(pk__in=some, deleted=False)
        _fit(list(rows.order_by("fhir_id")))


def catch_up(rids: Sequence[int]) -> None:
    """Bring these rows of Provenances, locked, in step: a release before did not let them follow."""
    if rids:
        _fit(list(models.Resource.objects.filter(pk__in=rids, deleted=False)))


def _fit(rows: Sequence[models.Resource]) -> None:
    """Make locked rows of Provenances like their targets; tells of labels they gain."""
    contents = [parse(bytes(row.body)) for row in rows]
    named = [_targets(resource) for resource in contents]
    stored = _stored({key for keys in named for key in keys})
    gained: Counter[int] = Counter()
    for row, resource, keys in zip(rows, contents, named, strict=True):
        there = [stored[key] for key in keys if key in stored]
        labels = int(index.labels(resource)) | row.staff_labels | _common(there)
        person, filed = row.person_id or _one(each.person_id for each in there), row.filed_person_id
        if not row.person_id:
            filed = _one(each.filed_person_id for each in there) or person
        if (person, labels) != (row.person_id, row.labels):
            contexts.fit(row, resource, contexts.Target(person, filed, row.category, labels, row.date_ms))
            gained[person] |= labels & ~row.labels
    on_write.tell_labels(gained)


def naming(changed: Iterable[tuple["Key", int]]) -> set[int]:
    """Rows of Provenances about resources: those of their person, and those that are nobody's."""
    from chartpost.records import store

    by_person: dict[int, set[int]] = defaultdict(set)
    for key, person_id in changed:
        if key[0] != PROVENANCE:
            by_person[person_id].add(_hash(key))
    found: set[int] = set()
    sql = "SELECT rid, terms FROM records_terms WHERE person_id = ? AND kind = ?"
    for person_id, hashes in by_person.items():
        rows = raw.django().all(sql, [person_id, PROVENANCE]) if person_id else ()
        found |= {rid for rid, terms in rows if not hashes.isdisjoint(split(bytes(terms)))}
        for some in store.chunks(hashes, _BATCH):
            posted = f"SELECT rid FROM records_posting WHERE h IN ({raw.marks(some)})"  # noqa: S608 - marks
            found |= {row[0] for row in raw.django().all(posted, some)}
    return found


def about(keys: Iterable[str], person_id: int) -> set[str]:
    """The Provenances, as Type/id, that `follow` brings in step with one of these: they are locked with it."""
    rids = naming((key, person_id) for key in _known(pointed_at(one) for one in keys))
    found = models.Resource.objects.filter(pk__in=rids).values_list("fhir_id", flat=True) if rids else ()
    return {f"Provenance/{name}" for name in found}


def owners(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Whose the stored things are that Provenances are about, by type and id.

    On PostgreSQL these persons stay who they are until the transaction ends. So they are looked up before a row is
    met, as a merge goes from persons to rows too (docs/adr/0009).
    """
    found = {(type_of(kind), name): each.person_id for (kind, name), each in _stored(_known(keys)).items()}
    now = aliases.settled(found.values(), raw.django())
    return {key: now.get(person, person) for key, person in found.items()}


def _targets(resource: Mapping[str, Any]) -> set["Key"]:
    return _known(pointed_at(str(each.get("reference", ""))) for each in resource.get("target", ()))


def _known(keys: Iterable[tuple[str, str]]) -> set["Key"]:
    numbered = ((kind_of(kind), name) for kind, name in keys)
    return {key for key in numbered if key[0] > 0}


def _beside(one: Ready, was: "Old | None") -> About:
    filed, staff_labels = (was.filed_person_id, was.staff_labels) if was else (0, 0)
    return About(one.person_id, one.filed(filed), one.labels | staff_labels)


def _shown(keys: Collection["Key"], beside: Mapping["Key", About]) -> bool:
    """Whether a target written beside has no labels: no other needs a look."""
    return any(key in beside and not beside[key].labels for key in keys)


def _stored(keys: Collection["Key"]) -> dict["Key", About]:
    from chartpost.records import store

    found: dict[Key, About] = {}
    for some in store.chunks(sorted(keys), _BATCH):
        sql = store.by_keys("kind, fhir_id, person_id, filed_person_id, labels", len(some))
        rows = raw.django().all(sql, [value for key in some for value in key])
        found |= {(row[0], row[1]): About(*row[2:]) for row in rows}
    return found


def _common(about: Sequence[About]) -> int:
    """The labels all of these have."""
    return reduce(and_, (each.labels for each in about)) if about else 0


def _one(persons: Iterable[int]) -> int:
    """The one person among these; 0 where there is none or several."""
    found = {*persons} - {0}
    return found.pop() if len(found) == 1 else 0


def _hash(key: "Key") -> int:
    """What Provenances about a resource are found by."""
    return posting_hash("Provenance", "target", "reference", f"{type_of(key[0])}/{key[1]}")
