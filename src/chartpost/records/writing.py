"""Writing resources for doors: a list of changes in one transaction, all or nothing.

What can be worked out beforehand is; inside the transaction stand the looks that must not be overtaken (versions,
conditional creates) and the rows.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from operator import itemgetter

from django.db import connection
from django.utils.functional import cached_property

from chartpost.formats.fhirjson.references import pointed_at, subject_of
from chartpost.identity import aliases
from chartpost.identity import services as identity
from chartpost.identity.types import Access
from chartpost.kernel import clock, writer
from chartpost.kernel.db import raw, turns
from chartpost.ledger import services as ledger
from chartpost.ledger.types import NAMED_AT_MOST, NAMES_BETWEEN, Event
from chartpost.records import contexts, matching, patients, pointing, preparing, provenances, reaching, services, store
from chartpost.records.changes import Change, Written
from chartpost.records.errors import Dangling, Overtaken, Refused, WriteRefused
from chartpost.records.ingest.patients import from_resource, person_fields
from chartpost.records.search import custom
from chartpost.records.search.reach import Facts, reach
from chartpost.records.types import Incoming, kind_of, type_of

_Key = tuple[str, str]
_BATCH = 400
_ACTIONS = {"POST": "c", "PUT": "u", "DELETE": "d"}


@dataclass
class _Work:
    """What is to be done in the transaction; `ready` is all that was worked out before, by the place in the list.

    `gone` is what was deleted with what it belongs to.
    """

    changes: Sequence[Change]
    ready: Mapping[int, preparing.Ready]
    access: Access
    event: Callable[..., Event]
    persons: dict[str, int] = field(default_factory=dict)
    owners: Mapping[_Key, int] = field(default_factory=dict)
    gone: list[contexts.Gone] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether it creates one resource, whatever else is written: no person, nothing that must not be there yet."""
        change = self.changes[0]
        return len(self.changes) == 1 and change.method == "POST" and change.unless is None and change.type != "Patient"

    @cached_property
    def numbers(self) -> dict[store.Key, int]:
        """Where in the list each stands that is to be stored."""
        return {ready.key: number for number, ready in self.ready.items()}

    @cached_property
    def others(self) -> dict[_Key, Change]:
        """What a Provenance may be about, by type and id."""
        return {(c.type, c.id): c for c in self.changes if c.type != "Provenance"}

    def fitting(self) -> list[preparing.Ready]:
        """What is to be stored."""
        return list(self.ready.values())

    def deletions(self) -> list[int]:
        """The rows to be deleted."""
        facts = [change.facts for change in self.changes if change.method == "DELETE"]
        return [each.rid for each in facts if each is not None and not each.deleted]


def write(changes: Sequence[Change], access: Access, event: Callable[..., Event]) -> list[Written]:
    """Make all changes or none; raises WriteRefused with the place of the one that cannot be made.

    `event(action, person_id, object, **detail)` makes a ledger entry of the caller.
    """
    work = _Work(changes, _prepared(changes), access, event)
    return writer.together(partial(_made, work), _undone, (_created, work) if work.plain else None)


def _made(work: _Work) -> list[Written]:
    changes = work.changes
    with raw.reading(raw.django()):
        _lock(changes)
        for change in changes:
            if change.unless is not None and change.unless():
                raise Overtaken(409, "conflict", change.place, "one that was made in the meantime", "Send it again")
        work.persons = aliases.held({_patient(c) for c in changes if c.type != "Patient"} - {""}, raw.django())
        _patients(work)
        work.owners = _owners(changes)
        there = _meet(work)
        store.keep_section(work.fitting(), there)
        pointing.hold(changes, pointing.existing(changes), work.access)
        _file(work)
        fitting = work.fitting()
        with patients.turned_last():
            stored = store.put(fitting, there, _source(work), store.stamp(), words=False) if fitting else []
            work.gone = [gone for rid in work.deletions() for gone in store.delete(rid)]
        ledger.append_all(_notes(work, {one.ready.key for one in stored}))
        return _outcomes(changes, stored)


def _created(works: Sequence[_Work]) -> list[list[Written] | Exception]:
    """Make plain creates of several requests at once: each look, and each table, is gone to once for all of them."""
    found: list[list[Written] | Exception] = []
    of_source: dict[int, list[preparing.Ready]] = {}
    notes: list[Event] = []
    with raw.reading(raw.django()):
        existing = pointing.existing(work.changes[0] for work in works)
        persons = aliases.persons_of({_patient(work.changes[0]) for work in works} - {""}, raw.django())
        owners = _owners([work.changes[0] for work in works])
        for work in works:
            work.persons, work.owners = persons, owners
            try:
                pointing.hold(work.changes, existing, work.access)
                _file(work)
            except (Dangling, WriteRefused) as error:
                found.append(error)
                continue
            of_source.setdefault(_source(work), []).extend(work.fitting())
            notes += _notes(work, work.numbers.keys())
            found.append([])
        stored = [
            one for source, some in of_source.items() for one in store.put(some, {}, source, store.stamp(), False)
        ]
        ledger.append_all(notes)
        made = {one.ready.incoming.id: one for one in stored}
        for number, work in enumerate(works):
            if not isinstance(found[number], Exception):
                found[number] = _outcomes(work.changes, [made[work.changes[0].id]])
    return found


def _source(work: _Work) -> int:
    return services.source_id(f"app:{work.access.client_id}", work.access.client_name)


def _undone() -> None:
    """Forget what was read of rows that never came to be."""
    aliases.forget()
    custom.forget()


def _prepared(changes: Sequence[Change]) -> dict[int, preparing.Ready]:
    """Everything that can be worked out before the transaction, by the place in the list."""
    found: dict[int, preparing.Ready] = {}
    for number, change in enumerate(changes):
        if change.resource is None:
            continue
        try:
            item = Incoming(preparing.unstamped(change.resource), change.id, 0, valid=True)
            (one,) = preparing.prepare([item])
        except Refused as error:
            raise _refused(422, "invalid", change, error.seen, error.todo) from None
        found[number] = one
    store.warm(list(found.values()), words=False)
    return found


def _lock(changes: Sequence[Change]) -> None:
    """On PostgreSQL: one at a time for the same condition or row; SQLite has one writer anyway.

    The server's memory has room for some thousands of locks, so that many names share few.
    """
    if connection.vendor != "postgresql":
        return
    db = raw.django()
    if any(c.type == "Patient" and c.method != "DELETE" and aliases.person_of(c.id, db) is None for c in changes):
        identity.alone()
    at_risk = [c for c in changes if c.method != "POST" or c.unless is not None]
    names = {f"{c.type}" if c.unless is not None else f"{c.type}/{c.id}" for c in at_risk}
    turns.alone(*(f"change {blake2b(name.encode(), digest_size=1).hexdigest()}" for name in names))


def _meet(work: _Work) -> dict[store.Key, store.Old]:
    """Look at the rows the changes meet: may they be changed, and are they the version asked for.

    The id of a POST is new, so it meets nothing. To delete what the token does not know of does nothing, as to delete
    what is not there (https://hl7.org/fhir/R4/http.html#delete).
    """
    there = store.existing([(kind_of(c.type), c.id) for c in work.changes if c.method != "POST"])
    for change in work.changes:
        now = change.facts = there.get((kind_of(change.type), change.id))
        if change.method == "POST":
            continue
        _found_still(change, now)
        if now is not None and not reaching.reaches(work.access, change.type, _ACTIONS[change.method], now):
            if reaching.reaches(work.access, change.type, "rs", now):
                raise _refused(403, "forbidden", change, "a resource this token may read only", "Ask for the scope")
            if change.method != "DELETE":
                raise _refused(404, "not-found", change, "a resource this token does not reach", "Check its id")
            now = change.facts = None
        live = now is not None and not now.deleted
        if broken := change.condition.broken(now.version if now else 0, live):
            raise _refused(412, "conflict", change, f"a version that {broken} does not allow", "Read it again first")
        if change.unless is not None and live:
            raise _refused(409, "conflict", change, "an id that another resource has", "Leave the id out of the body")
        if change.method == "PUT" and now is None and not change.may_create:
            raise _refused(404, "not-found", change, "no such resource", "Create it first")
    return there


def _found_still(change: Change, now: store.Old | None) -> None:
    """Raise Overtaken when what a condition found, or a patch was applied to, is that no more.

    https://hl7.org/fhir/R4/http.html#cond-update: the condition is one on what is changed, not on what was before.
    """
    found = change.finding
    if found is None or (now is not None and not now.deleted and (now.version == found.version or found.still())):
        return
    raise Overtaken(409, "conflict", change.place, "a resource that somebody else changed meanwhile", "Send it again")


def _patients(work: _Work) -> None:
    """Find whose the Patients are."""
    for change in work.changes:
        if change.type == "Patient" and change.resource is not None:
            work.persons[change.id] = aliases.settled_one(_person_of_patient(change, work), raw.django())


def _file(work: _Work) -> None:
    """Find whose each resource is, and whether the token may file it there."""
    for number, change in enumerate(work.changes):
        ready = work.ready.get(number)
        if ready is None:
            change.person_id = change.facts.person_id if change.facts else 0
            continue
        belongs = _context(change, work) if change.type == "Binary" else None
        if belongs is not None:
            contexts.adopt(ready, belongs)
        ready.person_id = change.person_id = belongs.person_id if belongs else _owner(change, work)
        if change.facts is not None and change.facts.person_id not in (0, change.person_id):  # deleted or not
            raise _refused(422, "business-rule", change, "an id that is of another patient", "Create it with a new id")
        within = reach(work.access, change.type, _ACTIONS[change.method])
        facts = Facts(0, ready.person_id, ready.category, ready.labels, ready.date_ms)
        if within is None or not within.takes(facts, ready.hashes.terms):
            raise _refused(403, "forbidden", change, "content outside the scopes of the token", "Ask for the scope")


def _owner(change: Change, work: _Work) -> int:
    assert change.resource is not None
    if change.type == "Patient":
        return work.persons[change.id]
    name = _patient(change)
    if change.type == "Provenance" and not name:
        return _owner_of_targets(change, work)
    if change.type == "Binary" and (belongs := _context(change, work)) is not None:
        return belongs.person_id
    if not name:
        return 0
    if name not in work.persons:
        raise _refused(422, "not-found", change, "a patient that is not known here", "Create the Patient first")
    return work.persons[name]


def _patient(change: Change) -> str:
    """The id of the Patient a resource is about; empty when it is about none."""
    kind, name = pointed_at(subject_of(change.resource or {}) or "")
    return name if kind == "Patient" else ""


def _context(change: Change, work: _Work) -> contexts.Target | None:
    """What a Binary belongs to by its securityContext; None when it has none, or one that names a Patient."""
    assert change.resource is not None
    if "securityContext" not in change.resource or _patient(change):
        return None
    key = contexts.named(change.resource)
    here = work.numbers.get(key) if key else None
    if here is not None:
        work.ready[here].person_id = _owner(work.changes[here], work)
    found = contexts.target(key, None if here is None else work.ready[here]) if key else None
    if found is None:
        seen, todo = "a securityContext whose access rules are not known here", "Name a resource that is stored here"
        raise _refused(422, "business-rule", change, seen, f"{todo}, or its Patient: no Binary, no Provenance")
    return found


def _owner_of_targets(change: Change, work: _Work) -> int:
    """Whose the things are that a Provenance is about: one person's, or nobody's."""
    aimed = _targets(change)
    written = [work.others[key] for key in aimed & work.others.keys()]
    persons = {_owner(each, work) for each in written if each.resource is not None}
    persons |= {work.owners[key] for key in aimed - work.others.keys() if key in work.owners}
    if len(persons - {0}) > 1:
        raise _refused(422, "business-rule", change, "a Provenance about several patients", "Send one for each")
    return max(persons, default=0)


def _targets(change: Change) -> set[_Key]:
    """What a Provenance is about, by type and id, where it does not say itself whose it is."""
    if change.type != "Provenance" or change.resource is None or _patient(change):
        return set()
    return {pointed_at(str(each.get("reference", ""))) for each in change.resource.get("target", ())}


def _owners(changes: Sequence[Change]) -> dict[_Key, int]:
    """Whose the stored things are that Provenances are about."""
    here = {(change.type, change.id) for change in changes if change.type != "Provenance"}
    return provenances.owners({key for change in changes for key in _targets(change)} - here)


def _person_of_patient(change: Change, work: _Work) -> int:
    known = aliases.person_of(change.id, raw.django())
    if known is not None:
        return known
    assert change.resource is not None
    incoming = from_resource(change.resource)
    match = matching.find(incoming)
    if match.person_id is not None:
        person = match.person_id
    elif match.new:
        person = identity.add_person(person_fields(incoming), list(incoming.identifiers), work.access.actor).id
    else:
        raise _refused(
            409, "conflict", change, f"a patient it is not sure who is. {match.reason}", "Import the file at the desk"
        )
    identity.add_source(person, f"app:{work.access.client_id}", change.id, list(incoming.identifiers))
    return person


def _notes(work: _Work, stored: Collection[store.Key]) -> Iterator[Event]:
    """One entry for each person and kind of change, those of several with the names of the first.

    What was left as it was is not among `stored`: who sent it was shown it.
    """
    by_kind: dict[tuple[str, int], list[Change]] = {}
    for change in work.changes:
        if (action := _action(change, stored)) is not None:
            by_kind.setdefault((action, change.person_id), []).append(change)
    single = work.changes[0] if len(work.changes) == 1 else None
    for (action, person), some in sorted(by_kind.items(), key=itemgetter(0)):
        if single:
            yield work.event(action, person or None, f"{single.type}/{single.id}", count=1)
            continue
        names = NAMES_BETWEEN.join(f"{change.type}/{change.id}" for change in some[:NAMED_AT_MOST])
        yield work.event(action, person or None, "bundle", count=len(some), entries=names)
    named = {f"{change.type}/{change.id}" for change in work.changes}
    for thing, whose in work.gone:
        if thing not in named:
            yield work.event("record.delete", whose or None, thing, count=1)


def _action(change: Change, stored: Collection[store.Key]) -> str | None:
    """What the ledger calls what became of a change; None where nothing was there to delete."""
    gone = change.facts is None or change.facts.deleted
    if change.method == "DELETE":
        return None if gone else "record.delete"
    if (kind_of(change.type), change.id) not in stored:
        return "record.read"
    return "record.create" if gone else "record.update"


def _outcomes(changes: Sequence[Change], stored: Sequence[store.Put]) -> list[Written]:
    rows = {(one.ready.type, one.ready.incoming.id): (one.version, one.updated_ms, one.body) for one in stored}
    rows |= _as_stored([(c.type, c.id) for c in changes if (c.type, c.id) not in rows])
    found = []
    for change in changes:
        version, updated, body = rows.get((change.type, change.id), (0, clock.now_ms(), b""))
        fresh = change.facts is None or (change.facts.deleted and change.resource is not None)
        status = 204 if change.method == "DELETE" else 201 if fresh else 200
        found.append(Written(change.type, change.id, status, version, updated, body))
    return found


def _as_stored(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int, bytes]]:
    """Version, moment and body of resources that were left as they were, or deleted."""
    found: dict[tuple[str, str], tuple[int, int, bytes]] = {}
    for some in store.chunks(keys, _BATCH):
        sql = store.by_keys("kind, fhir_id, version, updated_ms, body", len(some))
        rows = raw.django().all(sql, [value for kind, name in some for value in (kind_of(kind), name)])
        found |= {(type_of(row[0]), row[1]): (row[2], row[3], bytes(row[4])) for row in rows}
    return found


def _refused(status: int, code: str, change: Change, seen: str, todo: str) -> WriteRefused:
    return WriteRefused(status, code, change.place, seen, todo)
