"""Subscriptions of apps: kept here, told by `notices` (https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from chartpost.kernel import clock, jobs
from chartpost.records.errors import NotStored, Refused
from chartpost.records.models import Subscription

MOST = 20
"""Subscriptions a grant may have that are not over."""
HANDSHAKE = "subscription.handshake"


@dataclass(frozen=True)
class Draft:
    """What an app asks for; `asked` its search as pairs, `content` empty, id-only or full-resource."""

    grant_ref: str
    type: str
    criteria: str
    asked: tuple[tuple[str, str], ...]
    topic: bool
    endpoint: str
    headers: tuple[str, ...]
    content: str
    reason: str
    ends_at: datetime | None


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


def make(draft: Draft) -> View:
    """Keep a subscription and ask for its handshake; raises Refused when the grant has too many."""
    with transaction.atomic():
        if Subscription.objects.filter(grant_ref=draft.grant_ref).exclude(state="off").count() >= MOST:
            raise Refused(f"{MOST} subscriptions already", "fewer", "Delete one first.")
        row = Subscription.objects.create(**{**vars(draft), "asked": draft.asked, "headers": draft.headers})
        jobs.enqueue(HANDSHAKE, ref=row.ref)
    return view(row)


def of_grant(grant_ref: str) -> list[View]:
    """The subscriptions of a grant, oldest first."""
    return [view(row) for row in Subscription.objects.filter(grant_ref=grant_ref).order_by("pk")]


def one(ref: str, grant_ref: str) -> View:
    """A subscription of this grant; raises NotStored."""
    row = Subscription.objects.filter(ref=ref, grant_ref=grant_ref).first()
    if row is None:
        raise NotStored(seen="no such subscription", expected="one of this app", todo="List them.")
    return view(row)


def remove(ref: str, grant_ref: str) -> None:
    """Forget a subscription of this grant, with its headers."""
    Subscription.objects.filter(ref=ref, grant_ref=grant_ref).delete()


def view(row: Subscription) -> View:
    """A row as a plain value."""
    ended = row.state in ("requested", "active") and row.ends_at is not None and row.ends_at <= clock.now()
    state = "off" if ended else row.state
    return View(
        row.ref, row.type, row.criteria, row.topic, row.endpoint, row.content, row.reason, row.ends_at, state,
        row.error, row.events,
    )  # fmt: skip
