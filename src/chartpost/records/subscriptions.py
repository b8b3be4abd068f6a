"""Subscriptions of apps: kept here, told by `notices` (https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from chartpost.kernel import clock, jobs, keys
from chartpost.kernel.db import turns
from chartpost.records.errors import NotStored, Refused
from chartpost.records.models import Subscription, SubscriptionEvent

MOST = 20
"""Subscriptions a grant may have that are not over."""
HANDSHAKE = "subscription.handshake"
_CONTEXT = b"records/subscription-headers"


@dataclass(frozen=True)
class Draft:
    """What an app asks for; `asked` its search as pairs, `content` empty, id-only or full-resource.

    `headers` are lines "Name: value" (None: as they were), `heartbeat` seconds between signs of life (0: none).
    """

    grant_ref: str
    type: str
    criteria: str
    asked: tuple[tuple[str, str], ...]
    topic: bool
    endpoint: str
    headers: tuple[str, ...] | None
    content: str
    reason: str
    ends_at: datetime | None
    heartbeat: int = 0


@dataclass(frozen=True)
class View:
    """A subscription without the headers it sends."""

    ref: str
    type: str
    criteria: str
    topic: bool
    endpoint: str
    content: str
    reason: str
    ends_at: datetime | None
    state: str
    error: str
    events: int
    heartbeat: int


def make(draft: Draft) -> View:
    """Keep a subscription and ask for its handshake; raises Refused when the grant has too many."""
    with transaction.atomic():
        _look_at_others(draft.grant_ref)
        row = Subscription.objects.create(grant_ref=draft.grant_ref, **_fields(draft))
        jobs.enqueue(HANDSHAKE, ref=row.ref, revision=row.revision)
    return view(row)


def change(ref: str, draft: Draft) -> View:
    """Put other wishes in the place of these; the server is greeted anew. Raises NotStored.

    Without headers in the draft those kept stay, as long as the endpoint is the same: they are its secrets. Raises
    Refused when it was off and the grant has too many without it.
    """
    with transaction.atomic():
        _look_at_others(draft.grant_ref, ref)
        row = _row(ref, draft.grant_ref)
        fields = _fields(draft)
        if draft.headers is None and row.endpoint == draft.endpoint:
            del fields["headers"]
        _set(row, state="requested", error="", lease_until=None, **fields)
        SubscriptionEvent.objects.filter(subscription=row, told=False).update(told=True)
        row.refresh_from_db(fields=["revision"])
        jobs.enqueue(HANDSHAKE, ref=ref, revision=row.revision)
    return one(ref, draft.grant_ref)


def switch_off(ref: str, grant_ref: str) -> View:
    """Tell the app no more, and keep the subscription for later. Raises NotStored."""
    with transaction.atomic():
        row = _row(ref, grant_ref)
        _set(row, state="off", error="")
        SubscriptionEvent.objects.filter(subscription=row, told=False).update(told=True)
    return one(ref, grant_ref)


def of_grant(grant_ref: str) -> list[View]:
    """The subscriptions of a grant, oldest first."""
    return [view(row) for row in Subscription.objects.filter(grant_ref=grant_ref).order_by("pk")]


def one(ref: str, grant_ref: str) -> View:
    """A subscription of this grant; raises NotStored."""
    return view(_row(ref, grant_ref))


def remove(ref: str, grant_ref: str) -> None:
    """Forget a subscription of this grant, with its headers and events."""
    Subscription.objects.filter(ref=ref, grant_ref=grant_ref).delete()


def headers_of(row: Subscription) -> dict[str, str]:
    """The headers its server wants, opened."""
    if not row.headers:
        return {}
    lines: list[str] = json.loads(keys.unwrap(bytes(row.headers), _CONTEXT))
    found: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        before = found.get(name.strip())
        found[name.strip()] = value.strip() if before is None else f"{before}, {value.strip()}"  # RFC 9110 5.3
    return found


def set_state(row: Subscription, state: str, *, of: tuple[str, ...], error: str = "") -> bool:
    """Move a subscription on, when it stands where one thinks it does and is as it was read; whether it did."""
    rows = Subscription.objects.filter(pk=row.pk, state__in=of, revision=row.revision)
    return bool(rows.update(state=state, error=error, revision=F("revision") + 1))


def view(row: Subscription) -> View:
    """A row as a plain value."""
    ended = row.state in ("requested", "active") and row.ends_at is not None and row.ends_at <= clock.now()
    state = "off" if ended else row.state
    return View(
        row.ref, row.type, row.criteria, row.topic, row.endpoint, row.content, row.reason, row.ends_at, state,
        row.error, row.events, row.heartbeat,
    )  # fmt: skip


def _look_at_others(grant_ref: str, but: str = "") -> None:
    turns.alone(f"subscriptions {grant_ref}")
    lasting = Q(ends_at=None) | Q(ends_at__gt=clock.now())
    others = Subscription.objects.filter(lasting, grant_ref=grant_ref).exclude(state="off").exclude(ref=but)
    if others.count() >= MOST:
        raise Refused(f"{MOST} subscriptions already", "fewer", "Delete one first.")


def _row(ref: str, grant_ref: str) -> Subscription:
    row = Subscription.objects.filter(ref=ref, grant_ref=grant_ref).first()
    if row is None:
        raise NotStored(seen="no such subscription", expected="one of this app", todo="List them.")
    return row


def _set(row: Subscription, **fields: Any) -> None:
    Subscription.objects.filter(pk=row.pk).update(**fields, revision=F("revision") + 1)


def _fields(draft: Draft) -> dict[str, Any]:
    lines = json.dumps(draft.headers or ()).encode()
    given = {name: value for name, value in vars(draft).items() if name not in ("grant_ref", "headers")}
    return {**given, "headers": keys.wrap(lines, _CONTEXT) if draft.headers else b""}
