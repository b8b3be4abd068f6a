"""Binaries that belong to another resource: whoever may not have that may not have them.

https://hl7.org/fhir/R4/binary.html#security A Binary whose securityContext names a Patient is that person's. One that
names another resource is of its person, and has its section, labels and clinical date, so that every row filter lets
both through or neither. It follows when these change, and goes when what it names is deleted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import context_of
from chartpost.kernel.db import raw
from chartpost.records import models, on_write, text
from chartpost.records.postings import having, posting_hash
from chartpost.records.preparing import Ready, hashes_of
from chartpost.records.search import custom
from chartpost.records.types import kind_of, type_of

if TYPE_CHECKING:
    from chartpost.records.store import Key, Old

NOT_NAMED = frozenset({"Binary", "Provenance"})
"""Types no securityContext names here: they are themselves of whatever they belong to."""
_BINARY = kind_of("Binary")
_BATCH = 400
_TARGET = (
    "SELECT person_id, filed_person_id, category, labels, date_ms FROM records_resource"
    " WHERE kind = ? AND fhir_id = ? AND deleted = ?"
)


Gone = tuple[str, int]
"""What was deleted with something else, as Type/id, and whose it was."""
_HAS_BINARIES = "EXISTS (SELECT 1 FROM records_terms q WHERE q.person_id = v.column1 AND q.kind = ?)"


class Target(NamedTuple):
    """What a Binary takes over of the resource it belongs to."""

    person_id: int
    filed_person_id: int
    category: int
    labels: int
    date_ms: int


def named(resource: Mapping[str, Any]) -> "Key | None":
    """The resource a Binary's securityContext names, if it may be named; a Patient counts for none."""
    kind, _, name = context_of(resource).rpartition("/")
    return None if kind == "Patient" or kind in NOT_NAMED or kind_of(kind) < 0 else (kind_of(kind), name)


def target(key: "Key", beside: Ready | None = None) -> Target | None:
    """What a Binary takes over of a resource that is stored, or that is written `beside` it; None: it is not there.

    On PostgreSQL a stored one stays so until the transaction ends.
    """
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    row = raw.django().one(_TARGET + lock, [*key, False])
    there = Target(*row) if row else None
    if beside is None:
        return there
    filed = beside.filed(there.filed_person_id if there else 0)
    labels = beside.labels | (there.labels if there else 0)
    return Target(beside.person_id, filed, beside.category, labels, beside.date_ms)


def adopt(binary: Ready, owner: Target) -> None:
    """Make what is to be stored of a Binary that of its target, beside its own labels; done again when a write is."""
    binary.person_id, binary.with_id = owner.person_id, owner.filed_person_id
    binary.category, binary.date_ms = owner.category, owner.date_ms
    binary.labels = int(index.labels({**binary.incoming.resource})) | owner.labels


def settle(ready: Sequence[Ready]) -> None:
    """Let Binaries of an import take over what they belong to, stored or beside them, where it is of their person."""
    binaries = [one for one in ready if one.kind == _BINARY]
    beside = {one.key: one for one in ready} if binaries else {}
    for binary in binaries:
        key = named(binary.incoming.resource)
        owner = target(key, beside.get(key)) if key else None
        if owner is not None and owner.person_id == binary.person_id:
            adopt(binary, owner)


def concern(new: Ready, old: "Old") -> bool:
    """Whether a change of a resource is one for Binaries that belong to it."""
    labels = new.labels | old.staff_labels
    was = (old.person_id, old.category, old.labels, old.date_ms)
    return (new.person_id, new.category, labels, new.date_ms) != was and not old.deleted


def follow_new(made: Sequence[Ready]) -> None:
    """Let Binaries that were there before what they belong to take it over; in the transaction that makes it."""
    from chartpost.records import reindex

    others = [one for one in made if one.kind != _BINARY]
    if not others:
        return
    persons = sorted({0, *(one.person_id for one in others)})
    if reindex.ready(raw.django()):
        waiting = _with_binaries(persons)
        before = _posted(one.key for one in others) if 0 in waiting else set()
    else:
        waiting, before = set(), {key for _, key in _read(persons) if key is not None}
    for one in others if waiting or before else ():
        if one.key in before or (one.person_id and one.person_id in waiting):
            follow(one.key, one.person_id)


def _with_binaries(persons: Sequence[int]) -> set[int]:
    """Which of these persons have Binaries; 0 for nobody."""
    from chartpost.records import store

    found: set[int] = set()
    for some in store.chunks(persons, _BATCH):
        sql = f"SELECT v.column1 FROM (VALUES {','.join(['(?)'] * len(some))}) AS v WHERE {_HAS_BINARIES}"  # noqa: S608
        found |= {row[0] for row in raw.django().all(sql, [*some, _BINARY])}
    return found


def _read(persons: Sequence[int]) -> Iterator[tuple[int, "Key | None"]]:
    """The rows of these persons' Binaries and what each names, read one by one: while the index is being made."""
    from chartpost.records import store

    for some in store.chunks(persons, _BATCH):
        of = f"person_id IN ({raw.marks(some)}) AND kind = ? AND deleted = ?"
        sql = f"SELECT rid, body FROM records_resource WHERE {of}"  # noqa: S608 - marks
        for rid, body in raw.django().all(sql, [*some, _BINARY, False]):
            yield rid, named(parse(bytes(body)))


def follow(key: "Key", person_id: int) -> list[Gone]:
    """Bring Binaries of a person, and those that are nobody's, in step with what they name; gives those deleted.

    In the transaction that changed it.
    """
    from chartpost.records import store

    rids = _naming(key, person_id) if key[0] != _BINARY else []
    if not rids:
        return []
    owner = target(key)
    rows = models.Resource.objects.select_for_update().filter(pk__in=rids, deleted=False).order_by("fhir_id")
    if owner is not None:
        _fit(list(rows), owner)
        return []
    gone = []
    for row in rows:
        store.delete(row.rid)
        gone.append((f"Binary/{row.fhir_id}", row.person_id))
    return gone


def catch_up(rids: Sequence[int]) -> None:
    """Bring these rows of Binaries, locked, in step with what they name, if that is there.

    Those stored by a release that did not know of contexts, or nobody's, never took it over.
    """
    rows = models.Resource.objects.filter(pk__in=rids, deleted=False) if rids else ()
    for row in rows:
        key = named(parse(bytes(row.body)))
        owner = target(key) if key else None
        if owner is not None:
            _fit([row], owner)


def _fit(rows: Iterable[models.Resource], owner: Target) -> None:
    """Make Binaries that are nobody's, or of the same person, like what they name; tells of labels they gain."""
    from chartpost.records import provenances

    gained, changed = 0, []
    for row in rows:
        if row.person_id not in (0, owner.person_id):
            continue
        resource = parse(bytes(row.body))
        labels = int(index.labels(resource)) | row.staff_labels | owner.labels
        fit(row, resource, owner._replace(labels=labels))
        gained |= labels & ~row.labels
        if (row.person_id, row.labels) != (owner.person_id, labels):
            changed.append(((row.kind, row.fhir_id), owner.person_id))
    on_write.tell_labels({owner.person_id: gained})
    provenances.follow(changed)


def fit(row: models.Resource, resource: dict[str, Any], wanted: Target) -> None:
    """Make a locked row what follows from another: counted, found, searched, and told as such where it moves."""
    from chartpost.records import store

    tally: store.Tally = Counter({(wanted.person_id, wanted.category, wanted.labels): 1})
    tally[row.person_id, row.category, row.labels] -= 1
    store.count(tally)
    if (row.person_id, row.date_ms) != (wanted.person_id, wanted.date_ms):
        hashes = hashes_of(resource, custom.current(raw.django()).get(type_of(row.kind), {}))
        store.unindex([(row.person_id, row.kind, row.date_ms, row.rid)])
        store.index([store.Indexed(wanted.person_id, row.kind, wanted.date_ms, row.rid, hashes)])
    if row.person_id != wanted.person_id:
        text.remove([row.rid])
        text.later([row.rid])
    moves = row.person_id != wanted.person_id
    if moves or wanted.labels != row.labels:
        store.relabelled(row.pk, row.labels, row.person_id if moves else None)
    models.Resource.objects.filter(pk=row.pk).update(**wanted._asdict())
    if moves and on_write.heard():
        changed = on_write.Changed(row.pk, type_of(row.kind), row.fhir_id, wanted.person_id, row.version, deleted=False)
        on_write.tell([changed])


def belonging(keys: Iterable[str], person_id: int) -> set[str]:
    """The Binaries, as Type/id, that `follow` brings in step with one of these resources: they are locked with it."""
    pairs = (key.partition("/") for key in keys)
    rids = [rid for kind, _, name in pairs for rid in _naming((kind_of(kind), name), person_id)]
    found = models.Resource.objects.filter(pk__in=rids).values_list("fhir_id", flat=True) if rids else ()
    return {f"Binary/{name}" for name in found}


def _naming(key: "Key", person_id: int) -> list[int]:
    """Rows of Binaries that name a resource: a person's, and those that are nobody's, which are posted by that."""
    from chartpost.records import reindex

    if not reindex.ready(raw.django()):
        return [rid for rid, context in _read(sorted({0, person_id})) if context == key]
    posting = _hash(key)
    within, values = having("q", [posting])
    sql = f"SELECT q.rid FROM records_terms q WHERE q.person_id = ? AND q.kind = ? AND {within}"  # noqa: S608 - constants
    both = f"{sql} UNION SELECT rid FROM records_posting WHERE h = ?"  # noqa: S608 - constants
    return [row[0] for row in raw.django().all(both, [person_id, _BINARY, *values, posting])]


def _posted(keys: Iterable["Key"]) -> set["Key"]:
    """Which of these resources are named by Binaries that are nobody's."""
    from chartpost.records import store

    by_hash, found = {_hash(key): key for key in keys}, set()
    for some in store.chunks(by_hash, _BATCH):
        sql = f"SELECT DISTINCT h FROM records_posting WHERE h IN ({raw.marks(some)})"  # noqa: S608 - marks
        found |= {by_hash[row[0]] for row in raw.django().all(sql, some)}
    return found


def _hash(key: "Key") -> int:
    """What Binaries that name a resource are found by."""
    return posting_hash("Binary", index.CONTEXT, "context", f"{type_of(key[0])}/{key[1]}")
