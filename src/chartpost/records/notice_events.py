"""From changes to events: which subscriptions a change concerns, and what of it their apps may see today.

A change asks for a job in its own transaction, so that none is forgotten; the job looks whether it is as asked.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, Max, Sum

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import parse
from chartpost.identity import aliases, tokens
from chartpost.identity.types import Access
from chartpost.kernel import jobs
from chartpost.kernel.db import raw
from chartpost.records import reindex
from chartpost.records.errors import OutOfScope, TooCostly
from chartpost.records.models import Subscription, SubscriptionEvent
from chartpost.records.notice_bundles import Told, base
from chartpost.records.on_write import Changed
from chartpost.records.search import COLUMNS, Facts, Found, custom, every, found, reach
from chartpost.records.store import chunks
from chartpost.records.subscriptions import set_state
from chartpost.records.types import kind_of

MATCH = "subscription.match"
DELIVER = "subscription.notify"
QUEUE = "notices"
"""Whatever waits for the server of an app waits in a line of its own."""
LOOK_SECONDS = 0.5
"""How old the kept list of active subscriptions may be; what falls into the gap is caught up after the handshake."""
ROWS_AT_ONCE = 200
PAGE = 1_000
BROKEN = (OutOfScope, TooCostly, language.SearchError)
"""What criteria raise that could be followed once: too much lies on their way now, or what the app may not search."""


class _Active(NamedTuple):
    """A subscription that is told: its ref, its type, whose changes it can concern (None: anybody's)."""

    ref: str
    type: str
    persons: frozenset[int] | None


_kept: tuple[float, tuple[int, ...], tuple[_Active, ...]] | None = None


def heard(changes: Sequence[Changed]) -> None:
    """Ask for a look at the changes, for each active subscription they may concern."""
    for one in active():
        mine = (c.rid for c in changes if c.type == one.type and _concerns(one, c.person_id))
        ask(one.ref, mine)


def ask(ref: str, rids: Iterable[int]) -> None:
    """Ask for a look at these rows for a subscription."""
    for some in chunks(rids, ROWS_AT_ONCE):
        jobs.enqueue(MATCH, ref=ref, rows=" ".join(map(str, some)))


def ask_of(job: str, ref: str, revision: int) -> None:
    """Ask for a job about a subscription as it is now; a waiting one is not doubled."""
    jobs.enqueue(job, key=f"{job} {ref} {revision}", ref=ref, revision=revision)


def active() -> tuple[_Active, ...]:
    """The active subscriptions, as of at most half a second ago; read anew only when one of them changed."""
    global _kept  # noqa: PLW0603 - one cache per process
    kept, at = _kept, time.monotonic()
    if kept is not None and at - kept[0] < LOOK_SECONDS:
        return kept[2]
    told = Subscription.objects.aggregate(n=Count("pk"), last=Max("pk"), sum=Sum("revision"))
    epoch = raw.django().one("SELECT value FROM identity_tokenepoch")
    state = (told["n"], told["last"] or 0, told["sum"] or 0, int(epoch[0]) if epoch else 0)
    there = kept[2] if kept is not None and kept[1] == state else tuple(_load())
    _kept = (at, state, there)
    return there


def forget() -> None:
    """Look again before the next change."""
    global _kept  # noqa: PLW0603 - one cache per process
    _kept = None


def match(ref: str, rows: str) -> None:
    """Number the changes that are as asked and that the app may see today, and have it told."""
    row = Subscription.objects.filter(ref=ref, state="active").first()
    access = None if row is None else tokens.access_of_grant(row.grant_ref, raw.django())
    if row is None or access is None:
        return
    reindex.wait()
    rids = [int(text) for text in rows.split()]
    if row.type == "Patient":
        aliases.forget()  # by which one a person is known may be kept from before the change
    try:
        instead = _known_instead(row.type, rids)
        told = [*rids, *instead.values()]
        there = [*((one.rid, one.version, False) for one in matching(row, access, told))]
        there += [(rid, version, True) for rid, version in _deleted(row, access, rids)]
    except BROKEN as error:
        broke(row, error)
        return
    if there:
        _numbered(row, sorted(there), instead)


def unmatched(ref: str, **_: str | int) -> None:
    """After the last try at looking at changes: what was missed is told by nobody, so that nothing more is told."""
    row = Subscription.objects.filter(ref=ref).first()
    if row is not None:
        words = "Changes could not be looked at, some were not told. Read what is new, then ask again."
        set_state(row, "error", of=("active",), error=words)


def broke(row: Subscription, error: Exception) -> None:
    """Say that nothing can be told any more, in words for whoever wrote the app: silence would pass for no changes."""
    words = "The criteria no longer work: they name a search parameter that is gone."
    if isinstance(error, OutOfScope | TooCostly):
        todo = "Narrow them." if isinstance(error, TooCostly) else "Ask for its scope."
        words = f"The criteria no longer work: {error.seen}. {todo}"
    set_state(row, "error", of=("active",), error=words)


def matching(row: Subscription, access: Access, rids: Sequence[int]) -> list[Found]:
    """Which of these rows are there, as asked, and seen by the app. Raises what is in BROKEN."""
    db, within = raw.django(), reach(access, row.type, "s")
    if within is None:
        raise OutOfScope(seen=f"a search through {row.type}", expected="a scope to search it", todo="Ask for it.")
    query = query_of(row, db)
    if not rids:
        return []
    sql = f"SELECT {COLUMNS} FROM records_resource r WHERE r.rid IN ({raw.marks(rids)}) AND r.deleted = ?"  # noqa: S608
    ids = [found(each).id for each in db.all(sql, [*rids, False])]
    if not ids:
        return []
    named = language.parse(row.type, [("_id", ",".join(ids))])
    narrowed = language.Query(resource_type=row.type, criteria=(*query.criteria, *named.criteria), has=query.has)
    return list(every(narrowed, access, within, db, 1000))


def told_of(row: Subscription, access: Access, event: SubscriptionEvent) -> Told | None:
    """An event as the app may be told of it today; None when it may not, or when the entry is no longer as asked.

    Raises what is in BROKEN.
    """
    if event.deleted:
        sql = f"SELECT {COLUMNS}, r.category, r.labels FROM records_resource r WHERE r.rid = ? AND r.kind = ?"  # noqa: S608
        gone = raw.django().one(sql, [event.rid, kind_of(row.type)])
        if gone is None or not _could_see(row, access, gone):
            return None
        one = found(gone)
        return Told(event.number, event.at, one.key, event.version, one.person_id, b"")
    for one in matching(row, access, [event.rid]):
        return Told(event.number, event.at, one.key, event.version, one.person_id, one.body)
    return None


def query_of(row: Subscription, db: raw.Db) -> language.Query:
    """The search of a subscription; raises SearchError when it can no longer be understood."""
    pairs = [(name, value) for name, value in row.asked]
    return language.parse(row.type, pairs, base_url=base(), custom=custom.definitions(row.type, db))


def _deleted(row: Subscription, access: Access, rids: Sequence[int]) -> list[tuple[int, int]]:
    """Rows that were deleted and were as asked before; of a search with chains none, their ends may be gone too.

    Nor of the Patients by which apps did not know their person: no search found them.
    """
    query = query_of(row, raw.django())
    if query.has or any(c.chain is not None for c in query.criteria):
        return []
    sql = (
        f"SELECT {COLUMNS}, r.category, r.labels FROM records_resource r"  # noqa: S608 - constants and marks
        f" WHERE r.rid IN ({raw.marks(rids)}) AND r.deleted = ?"
    )
    outgoing = aliases.aliases(raw.django()).outgoing
    there = []
    for each in raw.django().all(sql, [*rids, True]):
        one = found(each)
        if row.type == "Patient" and not _was_known(one.id, one.person_id, one.updated_ms):
            continue
        resource = parse(outgoing(one.person_id, bytes(one.body)))
        if all(c.matches(resource) for c in query.criteria) and _could_see(row, access, each):
            there.append((one.rid, one.version))
    return there


def _known_instead(resource_type: str, rids: Sequence[int]) -> dict[int, int]:
    """The rows of Patients apps know persons by, by the rows of deleted ones they knew them by before.

    Who is told of the deletion alone would take the person for gone.
    """
    if resource_type != "Patient":
        return {}
    db, patient = raw.django(), kind_of(resource_type)
    sql = "SELECT rid, fhir_id, person_id, updated_ms FROM records_resource"
    sql += " WHERE kind = ? AND deleted = ? AND rid IN ({})"
    gone = db.all(sql.format(raw.marks(rids)), [patient, True, *rids])
    names = {
        rid: aliases.canonical_patient(person, db) for rid, name, person, at in gone if _was_known(name, person, at)
    }
    sql = "SELECT fhir_id, rid FROM records_resource WHERE kind = ? AND fhir_id IN ({})"
    there: dict[str, int] = dict(db.all(sql.format(raw.marks(names)), [patient, *names.values()])) if names else {}
    return {rid: int(there[name]) for rid, name in names.items() if name in there}


def _was_known(name: str, person_id: int, deleted_ms: int) -> bool:
    """Whether apps knew a person by this Patient until it was deleted."""
    return aliases.canonical_patient(person_id, raw.django(), deleted_ms - 1) == name


def _could_see(row: Subscription, access: Access, columns: Sequence[object]) -> bool:
    """Whether the app could see a row before it was deleted: judged by its last content."""
    within, one = reach(access, row.type, "s"), found(tuple(columns))
    facts = Facts(one.rid, one.person_id, int(str(columns[8])), int(str(columns[9])), one.date_ms)
    return within is not None and within.sees_version(facts, bytes(one.body), raw.django())


def _numbered(row: Subscription, there: Sequence[tuple[int, int, bool]], instead: Mapping[int, int]) -> None:
    """Give each change that has none a number, and ask for its delivery; the row's lock keeps numbers apart.

    What is told `instead` of a deletion gets one with it, also where it was told before.
    """
    rows = Subscription.objects.filter(pk=row.pk, state="active", revision=row.revision)
    with transaction.atomic():
        if not rows.update(events=F("events")):
            return
        old = SubscriptionEvent.objects.filter(subscription=row, rid__in=[rid for rid, _, _ in there])
        had = set(old.values_list("rid", "version"))
        gone = {rid for rid, version, deleted in there if deleted and (rid, version) not in had}
        again = {instead[rid] for rid in gone & instead.keys()}
        fresh = [each for each in there if each[:2] not in had or each[0] in again]
        first = rows.values_list("events", flat=True)[0] + 1
        SubscriptionEvent.objects.bulk_create(
            SubscriptionEvent(subscription=row, number=number, rid=rid, version=version, deleted=deleted)
            for number, (rid, version, deleted) in enumerate(fresh, first)
        )
        if fresh:
            rows.update(events=F("events") + len(fresh))
            ask_of(DELIVER, row.ref, row.revision)


def _concerns(one: _Active, person_id: int) -> bool:
    return one.persons is None or person_id == 0 or person_id in one.persons


def _load() -> Iterable[_Active]:
    for ref, kind, grant_ref in Subscription.objects.filter(state="active").values_list("ref", "type", "grant_ref"):
        access = tokens.access_of_grant(grant_ref, raw.django())
        if access is None:
            continue
        within = reach(access, kind, "s")  # of what it may search no longer the first look at a change says so
        yield _Active(ref, kind, None if within is None or within.everyone else within.persons)


def rows_between(resource_type: str, first_ms: int, last_ms: int) -> Iterator[int]:
    """Rows of a type stored between two moments, a page at a time, by the index of moments (hence `+kind`)."""
    sql = (
        "SELECT updated_ms, rid FROM records_resource"
        " WHERE (updated_ms, rid) > (?, ?) AND updated_ms <= ? AND +kind = ? ORDER BY updated_ms, rid LIMIT ?"
    )
    after: Sequence[int] = (first_ms, 0)
    while some := raw.django().all(sql, [*after, last_ms, kind_of(resource_type), PAGE]):
        yield from (int(rid) for _, rid in some)
        after = some[-1]
