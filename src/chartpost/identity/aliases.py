"""The one Patient id by which apps know a person: that of the first source not deleted; others are its aliases.

A person owns one Patient resource for each place that described them. Doors rewrite references to the others, so that
an app sees one patient. The table of aliases is small and kept in memory until somebody's sources change, or one of
several Patients is deleted or comes back.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from chartpost.kernel.config import config
from chartpost.kernel.db import raw

POLL_SECONDS = 0.5
MOST_KEPT = 100_000
"""Persons kept by their Patient ids."""
_AT_ONCE = 500
_MERGED = (
    "SELECT s.patient_id, s.person_id, p.merged_into_id FROM identity_personsource s"
    " JOIN identity_person p ON p.id = s.person_id"
)
_AS_BROUGHT = " ORDER BY p.merged_into_id IS NOT NULL, s.id"
"""The Patients of whoever was kept come first, each in the order in which they were brought."""
_OF_ONE = (
    "WITH RECURSIVE one(id) AS (SELECT CAST(? AS bigint)"
    " UNION SELECT q.id FROM identity_person q JOIN one ON q.merged_into_id = one.id)"
    " SELECT s.patient_id FROM one JOIN identity_person p ON p.id = one.id"
    " JOIN identity_personsource s ON s.person_id = one.id"
)
_SHARED = (
    "WITH RECURSIVE up(asked, id, merged) AS (SELECT p.id, p.id, p.merged_into_id FROM identity_personsource s"
    " JOIN identity_person p ON p.id = s.person_id WHERE s.patient_id IN ({}) UNION SELECT up.asked, q.id,"
    " q.merged_into_id FROM up JOIN identity_person q ON q.id = up.merged), one(asked, id) AS (SELECT asked, id FROM up"
    " WHERE merged IS NULL UNION SELECT one.asked, q.id FROM one JOIN identity_person q ON q.merged_into_id = one.id)"
    " SELECT one.asked FROM one JOIN identity_personsource s ON s.person_id = one.id"
    " GROUP BY one.asked HAVING count(*) > 1 LIMIT 1"
)


class Stands(IntEnum):
    """How a Patient can stand for its person: those of a lower number do rather than those of a higher."""

    LIVES = 0
    DELETED = 1
    NOT_YET = 2


@dataclass(frozen=True)
class Aliases:
    """Every person with more than one Patient: `canonical` id by alias, `pairs` of bytes to replace by person.

    `others` are the aliases by canonical id, `persons` those asked for meanwhile, by Patient id.
    """

    canonical: dict[str, str] = field(default_factory=dict)
    pairs: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    others: dict[str, tuple[str, ...]] = field(default_factory=dict)
    persons: dict[str, int] = field(default_factory=dict)

    def names(self, fhir_id: str) -> tuple[str, ...]:
        """Every Patient id of whoever this one names, the canonical one first."""
        first = self.canonical.get(fhir_id, fhir_id)
        return first, *self.others.get(first, ())

    def shown(self, resource_type: str, fhir_id: str) -> str:
        """The id by which apps know what a reference names."""
        return self.canonical.get(fhir_id, fhir_id) if resource_type == "Patient" else fhir_id

    def hides(self, resource_type: str, fhir_id: str) -> bool:
        """Whether this is another Patient of somebody apps know by one id."""
        return resource_type == "Patient" and fhir_id in self.canonical

    def outgoing(self, person_id: int, body: bytes) -> bytes:
        """A stored body as apps see it: references to any Patient of the person name the canonical one."""
        for old, new in self.pairs.get(person_id, ()):
            if old in body:
                body = body.replace(old, new)
        return body


Standing = Mapping[str, Stands]
Look = Callable[[Sequence[str], raw.Db, int | None], Standing]
_looks: list[Look] = []
_kept: tuple[float, int, Aliases] | None = None
_lock = threading.Lock()


def on_standing(look: Look) -> None:
    """Have `look(patient_ids, db, at_ms)`, of the room that keeps Patients, tell how these stand, or stood then.

    One it says nothing of counts as living.
    """
    _looks.append(look)


def aliases(db: raw.Db) -> Aliases:
    """The aliases of this home as of at most half a second ago."""
    global _kept  # noqa: PLW0603 - one cache per process
    kept, at = _kept, time.monotonic()
    if kept is not None and at - kept[0] < POLL_SECONDS:
        return kept[2]
    with _lock:
        row = db.one("SELECT value FROM identity_tokenepoch")
        epoch = int(row[0]) if row else 0
        found = kept[2] if kept is not None and kept[1] == epoch else _load(db)
        _kept = (at, epoch, found)
        return found


def aliases_at(moment_ms: int, db: raw.Db) -> Aliases:
    """The aliases of this home by the Patients that were there at a moment, for the persons of today."""
    return _load(db, moment_ms)


def forget() -> None:
    """Read the aliases anew next time: a transaction that had read its own was undone."""
    global _kept  # noqa: PLW0603 - one cache per process
    _kept = None


def person_of(patient_id: str, db: raw.Db) -> int | None:
    """The person a Patient id belongs to, merges followed; None when it is nobody's."""
    row = db.one(f"{_MERGED} WHERE s.patient_id = ?", [patient_id])
    if row is None:
        return None
    person, into = int(row[1]), row[2]
    while into is not None:
        person = int(into)
        following = db.one("SELECT merged_into_id FROM identity_person WHERE id = ?", [person])
        into = following[0] if following else None
    return person


def filed_person(patient_id: str, db: raw.Db) -> int | None:
    """The person a Patient id was filed with, whoever that is by now; None when it is nobody's."""
    row = db.one("SELECT person_id FROM identity_personsource WHERE patient_id = ?", [patient_id])
    return int(row[0]) if row else None


def merges(db: raw.Db) -> int:
    """A number that grows whenever persons are merged or parted."""
    row = db.one("SELECT count(*) + count(undone_at) FROM identity_merge")
    return int(row[0]) if row else 0


def followed(persons: Iterable[int], db: raw.Db) -> tuple[frozenset[int], frozenset[int]]:
    """Who these persons are by now, and all that are one of them because they were merged."""
    into = _merged_into(db)
    found = frozenset(_last(person, into) for person in persons)
    return found, frozenset(person for person in into if _last(person, into) in found)


def who_now(persons: Iterable[int], db: raw.Db) -> dict[int, int]:
    """Who each of these persons is by now; a merge may come in between, where `settled` lets none."""
    into = _merged_into(db)
    return {person: _last(person, into) for person in persons}


def one_person(person_id: int, db: raw.Db) -> frozenset[int]:
    """Whoever this person is by now and everybody merged into them: what is kept of any of them is of one person."""
    kept, merged = followed([person_id], db)
    return kept | merged


def _merged_into(db: raw.Db) -> dict[int, int]:
    return dict(db.all("SELECT id, merged_into_id FROM identity_person WHERE merged_into_id IS NOT NULL"))


def _last(person: int, into: dict[int, int]) -> int:
    while person in into:
        person = into[person]
    return person


def known_person(patient_id: str, db: raw.Db) -> int | None:
    """As `person_of`, as of at most half a second ago."""
    kept = aliases(db).persons
    person = kept.get(patient_id)
    if person is None:
        person = person_of(patient_id, db)
        if person is not None and len(kept) < MOST_KEPT:
            kept[patient_id] = person
    return person


def persons_of(patient_ids: Iterable[str], db: raw.Db) -> dict[str, int]:
    """The persons these Patient ids belong to, as `person_of` says; those that are nobody's are left out."""
    asked = list(patient_ids)
    rows = db.all(f"{_MERGED} WHERE s.patient_id IN ({raw.marks(asked)})", asked) if asked else []
    found = {row[0]: row[1] if row[2] is None else person_of(row[0], db) for row in rows}
    return {patient_id: int(person) for patient_id, person in found.items() if person is not None}


def held(patient_ids: Iterable[str], db: raw.Db) -> dict[str, int]:
    """As `persons_of`; on PostgreSQL nobody merges or un-merges these persons until the transaction ends."""
    if not config().database_url:
        return persons_of(patient_ids, db)
    asked = list(patient_ids)
    sql = f"SELECT patient_id, person_id FROM identity_personsource WHERE patient_id IN ({raw.marks(asked)})"  # noqa: S608
    whose = {row[0]: int(row[1]) for row in db.all(sql, asked)} if asked else {}
    kept = settled(whose.values(), db)
    return {patient_id: kept[person] for patient_id, person in whose.items()}


def settled(person_ids: Iterable[int], db: raw.Db) -> dict[int, int]:
    """Who each of these persons is now, merges followed, and until the transaction ends.

    SQLite's one writer is who asks; on PostgreSQL the rows a merge would change are locked for that.
    """
    lock = " ORDER BY id FOR SHARE" if config().database_url else ""
    into: dict[int, int | None] = {}
    waiting = {person for person in person_ids if person}
    asked = frozenset(waiting)
    while waiting:
        some = sorted(waiting)
        sql = f"SELECT id, merged_into_id FROM identity_person WHERE id IN ({raw.marks(some)}){lock}"  # noqa: S608
        into |= {row[0]: row[1] for row in db.all(sql, some)}
        waiting = {kept for kept in into.values() if kept is not None} - set(into)
    found = {}
    for person in asked:
        kept: int | None = person
        while kept is not None:
            found[person], kept = kept, into.get(kept)
    return found


def settled_one(person_id: int, db: raw.Db) -> int:
    """Who one person is now, as `settled` says; nobody stays nobody."""
    return settled([person_id], db).get(person_id, person_id)


def share_a_person(patient_ids: Sequence[str], db: raw.Db) -> bool:
    """Whether one of these Patients is not the only one of its person, merges followed."""
    parts = (patient_ids[start : start + _AT_ONCE] for start in range(0, len(patient_ids), _AT_ONCE))
    return any(db.one(_SHARED.format(raw.marks(some)), list(some)) is not None for some in parts)


def canonical_patient(person_id: int, db: raw.Db, at_ms: int | None = None) -> str:
    """The Patient id apps know a person by, merges into them followed; empty when no source described them.

    With a moment the one by the Patients that were there then.
    """
    some = [str(name) for (name,) in db.all(f"{_OF_ONE}{_AS_BROUGHT}", [person_id])]
    return in_order(some, _standing(some, db, at_ms))[0] if some else ""


def several(db: raw.Db) -> dict[int, list[str]]:
    """The Patients of every person that has more than one, merges followed, as they were brought."""
    where = (
        " WHERE p.merged_into_id IS NOT NULL OR s.person_id IN"
        " (SELECT person_id FROM identity_personsource GROUP BY person_id HAVING count(*) > 1)"
        " OR s.person_id IN (SELECT merged_into_id FROM identity_person WHERE merged_into_id IS NOT NULL)"
    )
    into = _merged_into(db)
    found: dict[int, list[str]] = {}
    for patient_id, person, _ in db.all(f"{_MERGED}{where}{_AS_BROUGHT}"):
        found.setdefault(_last(person, into), []).append(str(patient_id))
    return {person: some for person, some in found.items() if len(some) > 1}


def in_order(patient_ids: Sequence[str], standing: Standing) -> list[str]:
    """The Patients of a person, given as they were brought, as they stand for it: while one lives, no deleted one does.

    Apps know the person by the first.
    """
    return sorted(patient_ids, key=lambda name: standing.get(name, Stands.LIVES))


def _standing(patient_ids: Sequence[str], db: raw.Db, at_ms: int | None = None) -> Standing:
    """How the Patients of persons stand; a single one is known by its id whatever became of it."""
    asked = patient_ids if len(patient_ids) > 1 else ()
    return {name: how for look in _looks if asked for name, how in look(asked, db, at_ms).items()}


def _load(db: raw.Db, at_ms: int | None = None) -> Aliases:
    brought = several(db)
    standing = _standing([name for some in brought.values() for name in some], db, at_ms)
    ids = {person: in_order(some, standing) for person, some in brought.items()}
    canonical = {other: some[0] for some in ids.values() for other in some[1:]}
    pairs = {
        person: tuple((f'"Patient/{o}"'.encode(), f'"Patient/{some[0]}"'.encode()) for o in some[1:])
        for person, some in ids.items()
    }
    others = {some[0]: tuple(some[1:]) for some in ids.values()}
    return Aliases(canonical, pairs, others)
