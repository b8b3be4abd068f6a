"""Telling the servers of apps: handshake, events in their order, heartbeats.

One worker at a time tells a subscription, under a lease, in turns (`notice_turns`). A worker that dies after telling
and before noting it tells again with the same event number, by which the app knows it.
"""

from datetime import datetime, timedelta
from itertools import islice

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet

from chartpost.identity import tokens
from chartpost.identity.types import Access
from chartpost.kernel import clock, jobs, outbound
from chartpost.kernel.db import raw, turns
from chartpost.ledger import services as ledger
from chartpost.records import reindex
from chartpost.records.app_events import event as ledger_event
from chartpost.records.models import Subscription, SubscriptionEvent
from chartpost.records.notice_bundles import Json, Told, bundle
from chartpost.records.notice_events import BROKEN, DELIVER, LOOK_SECONDS, ask, ask_of, broke, rows_between, told_of
from chartpost.records.notice_turns import Turn, turn
from chartpost.records.subscriptions import headers_of, set_state

CATCH_UP = "subscription.catch up"
BEAT = "subscription.heartbeat"
LEASE = timedelta(minutes=2)
KEPT = timedelta(days=30)
"""How long events stay to be asked for again."""
EVENTS_A_TURN = 100
CAUGHT_UP_MS = 5_000
"""How much is looked at around the moment a subscription became active; long before its end all have noticed."""


def handshake(ref: str, revision: int = 0) -> None:
    """Greet the server of a subscription; once it answers the subscription is active. Raises FetchError.

    `revision`, here and below, is that of the subscription a job is about: one changed since has jobs of its own.
    """
    row = _open(ref, "requested", revision)
    access = None if row is None else _access(row)
    if row is None or access is None:
        return
    with turn(access.client_id) as mine:
        _post(row, bundle(ref, "handshake", "requested", row.events), mine)
    with transaction.atomic():
        turns.at_rest("records_resource")
        since = clock.now_ms() - int(LOOK_SECONDS * 1000)
        if set_state(row, "active", of=("requested",)):
            jobs.enqueue(CATCH_UP, delay_seconds=2, ref=ref, since=since)


def catch_up(ref: str, since: int) -> None:
    """Look at what was stored while other processes had not yet noticed that the subscription is active.

    Whoever was about to store something then, however long it takes, is waited for.
    """
    with transaction.atomic():
        turns.at_rest("records_resource")
    row = _open(ref, "active")
    if row is not None:
        ask(ref, rows_between(row.type, since, since + CAUGHT_UP_MS))


def deliver(ref: str, revision: int = 0) -> None:
    """Tell of the events not yet told, in their order, for a turn. Raises FetchError when one cannot be told.

    Raises jobs.Later while the index is being made, as `match` does: an event would be taken for one not as asked.
    """
    row = _open(ref, "active", revision)
    access = None if row is None else _access(row)
    if row is None or access is None:
        return
    reindex.wait()
    with turn(access.client_id) as mine:
        if not _told(row, mine):
            return
    if _untold(row).exists() and Subscription.objects.filter(pk=row.pk, state="active").exists():
        ask_of(DELIVER, row.ref, row.revision)


def beat(ref: str, revision: int = 0) -> None:
    """A sign of life, when nothing was told for as long as the app asked. Raises FetchError."""
    row = _open(ref, "active", revision)
    access = None if row is None else _access(row)
    if row is not None and access is not None and _silent(row):
        with turn(access.client_id) as mine:
            _post(row, bundle(ref, "heartbeat", "active", row.events), mine)


def failed(ref: str, revision: int = 0, **_: str | int) -> None:
    """After the last try: the subscription rests until the app asks for it anew."""
    row = Subscription.objects.filter(ref=ref).first()
    if row is not None and revision in (0, row.revision):
        words = "The endpoint did not answer with a status of 200 to 299."
        set_state(row, "error", of=("requested", "active"), error=words)


def go_on() -> None:
    """Ask for heartbeats that are due and for deliveries a dead worker left behind; called every few seconds."""
    for row in Subscription.objects.filter(state="active", heartbeat__gt=0):
        if _silent(row):
            ask_of(BEAT, row.ref, row.revision)
    left = SubscriptionEvent.objects.filter(told=False, at__lt=clock.now() - LEASE, subscription__state="active")
    for ref, revision in left.values_list("subscription__ref", "subscription__revision").distinct():
        ask_of(DELIVER, ref, revision)


def prune() -> int:
    """Forget events that were told long ago; returns how many."""
    over = Q(told=True) | ~Q(subscription__state="active")
    return SubscriptionEvent.objects.filter(over, at__lt=clock.now() - KEPT).delete()[0]


def events_of(ref: str, access: Access, since: int, until: int | None, most: int) -> list[Told]:
    """The kept events of a subscription from number to number (inclusive), as the app may see them today.

    Raises what is in `notice_events.BROKEN`.
    """
    row = Subscription.objects.get(ref=ref, grant_ref=access.grant_ref)
    kept = SubscriptionEvent.objects.filter(subscription=row, number__gte=since).order_by("number")
    if until is not None:
        kept = kept.filter(number__lte=until)
    told = (told_of(row, access, event) for event in kept.iterator())
    return list(islice((one for one in told if one is not None), most))


def _told(row: Subscription, mine: Turn) -> bool:
    """Tell of events until the turn is over; false when somebody else tells, or nobody may any more."""
    lease = _lease(row)
    if lease is None:
        return False
    try:
        for event in _untold(row)[:EVENTS_A_TURN]:
            access = _access(row)  # anew each time: it may be taken away while the last one was told
            if access is None:
                return False
            _tell(row, access, event, mine)
            lease = _lease(row, lease)
            if lease is None:
                return False
            if mine.over:
                break
    except BROKEN as error:
        broke(row, error)
    finally:
        Subscription.objects.filter(pk=row.pk, lease_until=lease).update(lease_until=None)
    return True


def _tell(row: Subscription, access: Access, event: SubscriptionEvent, mine: Turn) -> None:
    one = told_of(row, access, event)
    if one is not None:
        if one.person_id:
            entry = ledger_event(access, DELIVER, one.person_id, one.key, type=row.type)
            ledger.note_read(entry)
        _post(row, bundle(row.ref, "event-notification", "active", event.number, [one], row.content), mine)
        tokens.touch(row.grant_ref)
    SubscriptionEvent.objects.filter(pk=event.pk).update(told=True)


def _untold(row: Subscription) -> "QuerySet[SubscriptionEvent]":
    return SubscriptionEvent.objects.filter(subscription=row, told=False).order_by("number")


def _lease(row: Subscription, held: datetime | None = None) -> datetime | None:
    """The right to tell alone for a while, or that right renewed; None when another worker has it."""
    until = clock.now() + LEASE
    rows = Subscription.objects.filter(pk=row.pk, state="active")
    free = Q(lease_until=held) if held else Q(lease_until=None) | Q(lease_until__lt=clock.now())
    return until if rows.filter(free).update(lease_until=until) else None


def _open(ref: str, state: str, revision: int = 0) -> Subscription | None:
    row = Subscription.objects.filter(ref=ref, state=state).first()
    if row is not None and revision not in (0, row.revision):
        return None
    if row is not None and row.ends_at is not None and row.ends_at <= clock.now():
        set_state(row, "off", of=(state,))
        return None
    return row


def _access(row: Subscription) -> Access | None:
    """What the app may see today; when its grant is over so is the subscription."""
    found = tokens.access_of_grant(row.grant_ref, raw.django())
    if found is None:
        set_state(row, "off", of=("requested", "active"))
    return found


def _silent(row: Subscription) -> bool:
    since = row.told_at or row.at
    return row.heartbeat > 0 and since + timedelta(seconds=row.heartbeat) <= clock.now()


def _post(row: Subscription, notice: Json, mine: Turn) -> None:
    headers = {**headers_of(row), "Content-Type": "application/fhir+json"}
    with mine.notice():
        answer = outbound.request("POST", row.endpoint, headers, orjson.dumps(notice))
    if not 200 <= answer.status < 300:
        raise outbound.FetchError(
            seen=f"status {answer.status}", expected="a status of 200 to 299", todo="Look at the app's server."
        )
    Subscription.objects.filter(pk=row.pk).update(told_at=clock.now())
