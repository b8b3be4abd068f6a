"""Writing resources: version, index, count, make searchable - in the caller's transaction.

Works on Django's own connection, the same on SQLite and PostgreSQL.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db import connection

from chartpost.formats.fhirjson import canonical
from chartpost.formats.fhirjson.classify import SECTION_BY_CONTENT
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import aliases
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records import contexts, on_write, patients, postings, provenances, text
from chartpost.records.errors import OfAnother
from chartpost.records.preparing import Ready, prepare
from chartpost.records.search import custom
from chartpost.records.types import Incoming, SaveResult, kind_of, type_of

T = TypeVar("T")
Tally = Counter[tuple[int, int, int]]
Key = tuple[int, str]
"""A resource by the number of its type and its id."""
IN_ORDER = ' ORDER BY kind, fhir_id COLLATE "C" FOR UPDATE'
"""On PostgreSQL: how everybody locks several rows, so that no two wait for each other."""
_VALUES_AT_ONCE = 500
_OLD = (
    "kind, fhir_id, rid, version, digest, person_id, category, labels, date_ms, deleted, staff_labels, source_id,"
    " filed_person_id"
)
_NEW = (
    "rid, kind, fhir_id, version, updated_ms, deleted, person_id, filed_person_id, category, labels, staff_labels,"
    " date_ms, source_id, digest, body"
)
_INSERT = f"INSERT INTO records_resource ({_NEW}) VALUES ({','.join('?' * 15)})"  # noqa: S608 - constants
_KEEP_VERSION = (
    "INSERT INTO records_version (rid, version, updated_ms, deleted, body)"
    " SELECT rid, version, updated_ms, deleted, body FROM records_resource WHERE rid = ?"
)
_UPDATE = (
    "UPDATE records_resource SET version = ?, updated_ms = ?, deleted = ?, person_id = ?, filed_person_id = ?,"
    " category = ?, labels = ?, date_ms = ?, source_id = ?, digest = ?, body = ? WHERE rid = ?"
)
_UNPOST = "DELETE FROM records_posting WHERE rid = ?"
_UNTERM = "DELETE FROM records_terms WHERE person_id = ? AND kind = ? AND d = ? AND rid = ?"
_POST = "INSERT INTO records_posting (h, d, rid) VALUES (?, ?, ?)"
_TERM = "INSERT INTO records_terms (person_id, kind, d, rid, terms) VALUES (?, ?, ?, ?, ?)"
_COUNT = (
    "INSERT INTO records_tally (person_id, category, labels, count) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (person_id, category, labels) DO UPDATE SET count = records_tally.count + excluded.count"
)


@dataclass(frozen=True)
class Old:
    """What is stored of a resource, body aside."""

    rid: int
    version: int
    digest: bytes
    person_id: int
    category: int
    labels: int
    date_ms: int
    deleted: bool
    staff_labels: int
    source_id: int
    filed_person_id: int


Meets = Callable[[Sequence[Ready], Mapping[Key, Old]], Sequence[Ready]]
"""A look, in the transaction that writes, at the rows that resources meet: gives those that are to be stored."""


@dataclass(frozen=True)
class Put:
    """A row as it was just written."""

    rid: int
    ready: Ready
    version: int
    updated_ms: int
    body: bytes


class Indexed(NamedTuple):
    """A row of the index and what it is found by."""

    person_id: int
    kind: int
    date_ms: int
    rid: int
    hashes: postings.Hashes


def save(incoming: Sequence[Incoming], source_id: int, moment: datetime | None = None) -> SaveResult:
    """Store resources; the same content again is left alone, other content makes a new version.

    Raises Refused (nothing is stored) when one of them is not FHIR R4. Call it inside a transaction.
    """
    return write(prepare(incoming), source_id, moment)


def warm(ready: Sequence[Ready], words: bool = True) -> None:
    """Work out, before the transaction begins, what writing them will need."""
    for item in ready:
        _ = item.hashes, words and item.words


def write(
    ready: Sequence[Ready],
    source_id: int,
    moment: datetime | None = None,
    words: bool = True,
    meets: Meets | None = None,
) -> SaveResult:
    """Store prepared resources, in the caller's transaction; without `words` these are left to `wording`.

    Raises OfAnother for an id of another person, and whatever `meets` raises.
    """
    now = aliases.settled({item.person_id for item in ready}, raw.django())
    for item in ready:
        item.person_id = now.get(item.person_id, 0)
    there = existing([item.key for item in ready])
    keep_section(ready, there)
    contexts.settle(ready)
    if meets is not None:
        ready = meets(ready, there)
    done = put(ready, there, source_id, moment or stamp(), words)
    made = sum(one.version == 1 for one in done)
    rids, persons = (tuple(one.rid for one in done), tuple(one.ready.person_id for one in done))
    return SaveResult(made, len(done) - made, len(ready) - len(done), rids, persons)


def keep_section(ready: Sequence[Ready], old: Mapping[Key, Old]) -> None:
    """Let what is stored anew keep the section its row was given, such as that a document was filed under.

    A Binary has the section of what it belongs to (`contexts`). What the content says replaces the section of people
    and places, which every row filter lets through.
    """
    for item in ready:
        was = old.get(item.key)
        fixed = item.type not in SECTION_BY_CONTENT and item.type != "Binary"
        if was is not None and fixed and item.incoming.category is None and was.category != Category.PEOPLE:
            item.category = was.category


def put(
    ready: Sequence[Ready], old: Mapping[Key, Old], source_id: int, moment: datetime, words: bool = True
) -> list[Put]:
    """Store prepared resources, of which `old` is what is stored; gives the rows that were made and changed."""
    tally: Tally = Counter()
    provenances.settle(ready, old)
    made = _insert([r for r in ready if r.key not in old], source_id, moment, tally)
    changed = [r for r in ready if r.key in old and _writes(r, old[r.key])]
    touched = _update(changed, old, source_id, moment, tally) if changed else []
    on_write.tell_labels(_gained(changed, old))
    done = [*made, *touched]
    if done:
        _index(done)
    count(tally)
    if touched and words:
        text.remove([one.rid for one in touched])
    if words:
        text.add([(one.rid, one.ready.person_id, one.ready.words) for one in done])
    else:
        text.later([one.rid for one in done])
    _followed(made, touched, old)
    if on_write.heard():
        on_write.tell([_changed(one) for one in made])
        on_write.tell([_changed(one) for one in touched])
    return done


def _followed(made: Sequence[Put], touched: Sequence[Put], old: Mapping[Key, Old]) -> None:
    """Let Binaries and Provenances follow what they name, which was just stored."""
    back = [one.ready for one in touched if old[one.ready.key].deleted]
    new = [*(one.ready for one in made), *back]
    contexts.follow_new(new)
    for one in touched:
        if contexts.concern(one.ready, old[one.ready.key]):
            contexts.follow(one.ready.key, old[one.ready.key].person_id)
    changed = [one.ready for one in made if one.ready.labels]
    changed += [one.ready for one in touched if _tells_else(one.ready, old[one.ready.key])]
    if changed:
        settled = frozenset(one.rid for one in (*made, *touched) if one.ready.kind == provenances.PROVENANCE)
        provenances.follow([(one.key, one.person_id) for one in changed], settled)
    patients.turned(ready.key for ready in new)


def _tells_else(new: Ready, old: Old) -> bool:
    """Whether the labels or the person of a resource are others than before."""
    return (new.person_id, new.labels | old.staff_labels) != (old.person_id, old.labels)


def stamp() -> datetime:
    """The moment of what is written now. Whoever locks the table against writing sees all of an earlier moment."""
    if connection.vendor == "postgresql":  # SQLite's one writer is who asks
        raw.django().run("LOCK TABLE records_resource IN ROW EXCLUSIVE MODE")
    return clock.now()


def delete(rid: int, moment: datetime | None = None) -> list[contexts.Gone]:
    """Put a tombstone in place of a resource: a version of its own, no longer found, counted or shown.

    The body stays as that of the version before (https://hl7.org/fhir/R4/http.html#delete). In the caller's
    transaction; deleting twice does it once. Binaries whose securityContext it is go with it, and are given.
    """
    moment = moment or stamp()
    db = raw.django()
    row = db.one(
        "SELECT person_id, category, labels, kind, fhir_id, version, date_ms FROM records_resource"
        " WHERE rid = ? AND deleted = ?",
        [rid, False],
    )
    if row is None:
        return []
    db.run(_KEEP_VERSION, [rid])
    db.run(
        "UPDATE records_resource SET version = version + 1, updated_ms = ?, deleted = ? WHERE rid = ?",
        [_ms(moment), True, rid],
    )
    unindex([(row[0], row[3], row[6], rid)])
    text.remove([rid])
    count(Counter({(row[0], row[1], row[2]): -1}))
    gone = contexts.follow((row[3], row[4]), row[0])
    patients.turned([(row[3], row[4])])
    if on_write.heard():
        on_write.tell([on_write.Changed(rid, type_of(row[3]), row[4], row[0], row[5] + 1, deleted=True)])
    return gone


def relabelled(rid: int, before: int, person_before: int | None = None) -> None:
    """Note, in the transaction that does it, that a row gets other labels without being written (`bulk_labels`).

    With whose it was before, where it gets another person as well.
    """
    values = [rid, _ms(clock.now()), before, person_before]
    raw.django().run("INSERT INTO records_relabelled (rid, at_ms, labels, person_id) VALUES (?, ?, ?, ?)", values)


def count(tally: Tally) -> None:
    """Bring the tallies in step: (person, category, labels) -> change in rows."""
    raw.django().many(_COUNT, [(*key, change) for key, change in sorted(tally.items()) if change])


def chunks(items: Iterable[T], size: int) -> Iterable[list[T]]:
    """Lists of at most `size` items."""
    waiting = iter(items)
    while some := list(islice(waiting, size)):
        yield some


def existing(keys: Sequence[Key]) -> dict[Key, Old]:
    """What is stored under these pairs of type number and id; on PostgreSQL it stays so until the transaction ends."""
    lock = f"{IN_ORDER} OF r" if connection.vendor == "postgresql" else ""
    found: dict[Key, Old] = {}
    for some in chunks(sorted(keys) if lock else keys, _VALUES_AT_ONCE):
        for row in raw.django().all(by_keys(_OLD, len(some)) + lock, [value for key in some for value in key]):
            rid, version, digest, person, category, labels, date_ms, deleted, *others = row[2:]
            found[row[0], row[1]] = Old(
                rid, version, bytes(digest), person, category, labels, date_ms, bool(deleted), *others
            )
    return found


def hold(keys: Iterable[str]) -> None:
    """On PostgreSQL, lock the rows of these keys (Type/id) before the first of them is changed."""
    if connection.vendor == "postgresql":
        parts = (key.partition("/") for key in set(keys))
        existing([(kind_of(kind), identity) for kind, _, identity in parts])


def _changed(one: Put) -> on_write.Changed:
    ready = one.ready
    return on_write.Changed(one.rid, ready.type, ready.incoming.id, ready.person_id, one.version, deleted=False)


def _writes(ready: Ready, old: Old | None) -> bool:
    """Whether storing it changes anything."""
    if old is None:
        return True
    return old.deleted or old.digest != ready.digest or old.labels != ready.labels | old.staff_labels


def by_keys(columns: str, number: int) -> str:
    """SQL that reads columns of resources by `number` pairs of type number and id."""
    pairs = ",".join(["(?,?)"] * number)
    join = "JOIN records_resource r ON r.kind = v.column1 AND r.fhir_id = v.column2"
    return f"SELECT {columns} FROM (VALUES {pairs}) AS v {join}"  # noqa: S608 - constants and marks


def _body(ready: Ready, version: int, moment: datetime) -> bytes:
    return canonical.stamped(
        ready.incoming.resource, ready.content, id=ready.incoming.id, version=version, last_updated=moment
    )


def _insert(fresh: Sequence[Ready], source_id: int, moment: datetime, tally: Tally) -> list[Put]:
    updated, rids = _ms(moment), _new_rids(len(fresh))
    rows, made = [], []
    for rid, item in zip(rids, fresh, strict=True):
        person = item.person_id
        tally[person, item.category, item.labels] += 1
        head = (rid, item.kind, item.incoming.id, 1, updated, False, person, item.filed(), item.category, item.labels)
        made.append(Put(rid, item, 1, updated, _body(item, 1, moment)))
        rows.append((*head, 0, item.date_ms, source_id, item.digest, made[-1].body))
    raw.django().many(_INSERT, rows)
    return made


def _new_rids(number: int) -> list[int]:
    """Row numbers nobody has had; on SQLite the transaction already holds the only write lock."""
    if not number:
        return []
    db = raw.django()
    if connection.vendor == "postgresql":
        series = "SELECT nextval(pg_get_serial_sequence('records_resource', 'rid')) FROM generate_series(1, ?)"
        return [row[0] for row in db.all(series, [number])]
    row = db.one("SELECT seq FROM sqlite_sequence WHERE name = 'records_resource'")
    last = row[0] if row else 0
    return list(range(last + 1, last + 1 + number))


def _update(
    changed: Sequence[Ready],
    old: Mapping[Key, Old],
    source_id: int,
    moment: datetime,
    tally: Tally,
) -> list[Put]:
    updated, rows, touched = _ms(moment), [], []
    for item in changed:
        was, person = old[item.key], item.person_id
        if was.person_id not in (0, person):
            raise OfAnother(seen="an id of another person", expected="one of this person's", todo="Use a new id.")
        labels = item.labels | was.staff_labels
        if not was.deleted:
            tally[was.person_id, was.category, was.labels] -= 1
        tally[person, item.category, labels] += 1
        version = was.version + 1
        head = (version, updated, False, person, item.filed(was.filed_person_id), item.category, labels, item.date_ms)
        touched.append(Put(was.rid, item, version, updated, _body(item, version, moment)))
        rows.append((*head, source_id, item.digest, touched[-1].body, was.rid))
    db = raw.django()
    db.many(_KEEP_VERSION, [(row[-1],) for row in rows])
    db.many(_UPDATE, rows)
    unindex([(o.person_id, item.kind, o.date_ms, o.rid) for item in changed for o in [old[item.key]]])
    return touched


def _gained(changed: Iterable[Ready], old: Mapping[Key, Old]) -> dict[int, int]:
    """Labels entries have now and did not have before, a mask by person."""
    found: dict[int, int] = {}
    for item in changed:
        found[item.person_id] = found.get(item.person_id, 0) | (item.labels & ~old[item.key].labels)
    return found


def _index(done: Sequence[Put]) -> None:
    """Make rows findable, by the office's own search parameters too as they stand in this transaction.

    One stored since the rows were prepared may have been posted meanwhile, when these were not there yet.
    """
    own, some = custom.current(raw.django()), [(one.rid, one.ready) for one in done]
    index([Indexed(r.person_id, r.kind, r.date_ms, rid, r.found_by(own)) for rid, r in some])


def index(rows: Sequence[Indexed]) -> None:
    """Make rows findable that are not in the index."""
    posts = [(h, row.date_ms, row.rid) for row in rows for h in _posted(row)]
    posts.sort()
    terms = [(row.person_id, row.kind, row.date_ms, row.rid, row.hashes.terms) for row in rows]
    terms.sort()
    db = raw.django()
    db.many(_POST, posts)
    db.many(_TERM, terms)


def unindex(rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Take rows (person, kind, clinical date, rid) out of the index, those of them that are in it."""
    db = raw.django()
    db.many(_UNPOST, [row[3:] for row in rows])
    db.many(_UNTERM, rows)


def _posted(row: Indexed) -> Iterable[int]:
    """What a row is posted by across persons: what is nobody's by all."""
    return row.hashes.everyone if row.person_id else row.hashes.everyone.union(postings.split(row.hashes.terms))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
