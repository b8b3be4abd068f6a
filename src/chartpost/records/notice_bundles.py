"""What the server of a subscription is sent: the status of the subscription, then what happened.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from chartpost.identity.aliases import aliases
from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.kernel.db import raw

PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"
TOPIC = "/SubscriptionTopic/record-changed"
Json = dict[str, Any]


class Told(NamedTuple):
    """One event as it is told: `key` is Type/id, `body` the resource as stored (empty: it was deleted)."""

    number: int
    at: datetime
    key: str
    version: int
    person_id: int
    body: bytes


def base() -> str:
    """The FHIR base, without a slash at its end."""
    return config().base_url + "/fhir"


def status(ref: str, kind: str, state: str, events: int, error: str = "") -> Json:
    """The Parameters that tell how a subscription stands; `kind` is handshake, heartbeat, query-status..."""
    given: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"{base()}/Subscription/{ref}"}},
        {"name": "topic", "valueCanonical": base() + TOPIC},
        {"name": "status", "valueCode": state},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(events)},
    ]
    if error:
        given.append({"name": "error", "valueCodeableConcept": {"text": error}})
    return {"resourceType": "Parameters", "id": str(uuid4()), "meta": {"profile": [PROFILE]}, "parameter": given}


def bundle(ref: str, kind: str, state: str, events: int, told: Sequence[Told] = (), content: str = "empty") -> Json:
    """A notification; `content` says how much of each event is told: empty, id-only or full-resource."""
    first = status(ref, kind, state, events)
    first["parameter"] += [_event(one, content) for one in told]
    entries: list[Json] = [
        {
            "fullUrl": f"urn:uuid:{first['id']}",
            "resource": first,
            "request": {"method": "GET", "url": f"Subscription/{ref}/$status"},
            "response": {"status": "200"},
        }
    ]
    latest = {one.key: one for one in told} if content != "empty" else {}
    entries += [_entry(one, content) for one in latest.values()]
    return {"resourceType": "Bundle", "type": "history", "timestamp": _instant(clock.now()), "entry": entries}


def _event(one: Told, content: str) -> Json:
    parts: list[Json] = [
        {"name": "event-number", "valueString": str(one.number)},
        {"name": "timestamp", "valueInstant": _instant(one.at)},
    ]
    if content != "empty":
        parts.append({"name": "focus", "valueReference": {"reference": f"{base()}/{one.key}"}})
    return {"name": "notification-event", "part": parts}


def _entry(one: Told, content: str) -> Json:
    entry: Json = {"fullUrl": f"{base()}/{one.key}"}
    if not one.body:
        return entry | {"request": {"method": "DELETE", "url": one.key}, "response": {"status": "204"}}
    if content == "full-resource":
        entry["resource"] = orjson.Fragment(aliases(raw.django()).outgoing(one.person_id, bytes(one.body)))
    method, code = ("POST", "201") if one.version == 1 else ("PUT", "200")
    url = one.key.partition("/")[0] if method == "POST" else one.key
    return entry | {"request": {"method": method, "url": url}, "response": {"status": code}}


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
