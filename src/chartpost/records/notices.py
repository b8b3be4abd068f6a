"""Telling apps of new entries: a job for each subscription and entry, which looks again what the app may see today."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson
from django.db.models import F

from chartpost.formats.fhirjson import search as language
from chartpost.identity import tokens
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel import clock, jobs, outbound
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event
from chartpost.records.errors import OutOfScope, TooCostly
from chartpost.records.models import Subscription
from chartpost.records.on_write import Changed
from chartpost.records.search import Found, every, reach

NOTIFY = "subscription.notify"
PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"
TOPIC = "/SubscriptionTopic/record-changed"
Json = dict[str, Any]


def heard(changes: Sequence[Changed]) -> None:
    """Ask for a notice for each active subscription of a type that changed; the job looks whether it matches."""
    there = [change for change in changes if not change.deleted]
    types = {change.type for change in there}
    if not types:
        return
    for ref, kind in Subscription.objects.filter(state="active").values_list("ref", "type"):
        for change in there if kind in types else ():
            if change.type == kind:
                jobs.enqueue(NOTIFY, ref=ref, id=change.id)


def handshake(ref: str) -> None:
    """Greet the server of a subscription; once it answers the subscription is active. Raises FetchError."""
    row = _open(ref, "requested")
    if row is None or _access(row) is None:
        return
    _post(row, _bundle(row, "handshake", "requested", []))
    Subscription.objects.filter(pk=row.pk, state="requested").update(state="active")


def notify(ref: str, id: str) -> None:
    """Tell of one entry, if the app may see it today and it is as asked. Raises FetchError when it cannot be told."""
    row = _open(ref, "active")
    access = None if row is None else _access(row)
    found = None if row is None or access is None else _found(row, access, id)
    if row is None or access is None or found is None:
        return
    if found.person_id:
        ledger.note_read(_event(row, access, found))
    row.events += 1
    entries = [] if row.content == "empty" else [_entry(row, found)]
    _post(row, _bundle(row, "event-notification", "active", entries))
    Subscription.objects.filter(pk=row.pk).update(events=F("events") + 1)


def failed(ref: str, **_: str) -> None:
    """After the last try: the subscription rests until the app makes it anew."""
    words = "The endpoint did not answer with a status of 200 to 299."
    Subscription.objects.filter(ref=ref, state__in=("requested", "active")).update(state="error", error=words)


def status_of(ref: str, topic: str, kind: str, state: str, events: int) -> Json:
    """The Parameters that tell how a subscription stands."""
    given = [
        {"name": "subscription", "valueReference": {"reference": f"{_base()}/Subscription/{ref}"}},
        {"name": "topic", "valueCanonical": topic},
        {"name": "status", "valueCode": state},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(events)},
    ]
    return {"resourceType": "Parameters", "id": str(uuid4()), "meta": {"profile": [PROFILE]}, "parameter": given}


def _base() -> str:
    return config().base_url + "/fhir"


def _open(ref: str, state: str) -> Subscription | None:
    row = Subscription.objects.filter(ref=ref, state=state).first()
    if row is not None and row.ends_at is not None and row.ends_at <= clock.now():
        Subscription.objects.filter(pk=row.pk).update(state="off")
        return None
    return row


def _access(row: Subscription) -> Access | None:
    """What the app may see today; when its grant is over so is the subscription."""
    found = tokens.access_of_grant(row.grant_ref, raw.django())
    if found is None:
        Subscription.objects.filter(pk=row.pk).update(state="off")
    return found


def _found(row: Subscription, access: Access, fhir_id: str) -> Found | None:
    within = reach(access, row.type, "s")
    if within is None:
        return None
    pairs = [(name, value) for name, value in row.asked]
    try:
        query = language.parse(row.type, [*pairs, ("_id", fhir_id)], base_url=_base())
        return next(iter(every(query, access, within, raw.django(), 1000)), None)
    except (language.SearchError, OutOfScope, TooCostly):
        return None


def _entry(row: Subscription, found: Found) -> Json:
    entry: Json = {"fullUrl": f"{_base()}/{found.key}", "request": {"method": "PUT", "url": found.key}}
    if row.content == "full-resource":
        entry["resource"] = orjson.loads(aliases(raw.django()).outgoing(found.person_id, found.body))
    return {**entry, "response": {"status": "200"}}


def _bundle(row: Subscription, kind: str, state: str, entries: list[Json]) -> Json:
    status = status_of(row.ref, _base() + TOPIC, kind, state, row.events)
    if kind == "event-notification":
        parts: list[Json] = [
            {"name": "event-number", "valueString": str(row.events)},
            {"name": "timestamp", "valueInstant": clock.now().isoformat(timespec="milliseconds")},
        ]
        parts += [{"name": "focus", "valueReference": {"reference": entry["fullUrl"]}} for entry in entries]
        status["parameter"].append({"name": "notification-event", "part": parts})
    first = {
        "fullUrl": f"urn:uuid:{status['id']}",
        "resource": status,
        "request": {"method": "GET", "url": f"Subscription/{row.ref}/$status"},
        "response": {"status": "200"},
    }
    moment = clock.now().isoformat(timespec="milliseconds")
    return {"resourceType": "Bundle", "type": "history", "timestamp": moment, "entry": [first, *entries]}


def _post(row: Subscription, bundle: Json) -> None:
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in row.headers)}
    headers["Content-Type"] = "application/fhir+json"
    answer = outbound.request("POST", row.endpoint, headers, orjson.dumps(bundle))
    if not 200 <= answer.status < 300:
        raise outbound.FetchError(
            seen=f"status {answer.status}", expected="a status of 200 to 299", todo="Look at the app's server."
        )


def _event(row: Subscription, access: Access, found: Found) -> Event:
    actor = access.actor
    own = "own access" if found.person_id in actor.own_persons else "representative access"
    return Event(
        actor=f"app:{access.client_id}",
        actor_name=access.client_name,
        actor_kind="app",
        action=NOTIFY,
        person_id=found.person_id,
        object=found.key,
        why=own if actor.kind == "person" else "operations",
        where="fhir",
        detail={"type": row.type},
    )
