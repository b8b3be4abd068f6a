"""Subscription: an app is told of new entries (https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from chartpost.formats.fhirjson import search as language
from chartpost.gateways.fhir import auth, checking
from chartpost.gateways.fhir.http import FhirError, Request, Response, asked_by_form, json, pairs
from chartpost.gateways.fhir.read import not_there
from chartpost.identity import tokens
from chartpost.identity.types import Access
from chartpost.kernel import outbound
from chartpost.kernel.db import raw
from chartpost.records import subscriptions
from chartpost.records.errors import NotStored, OutOfScope, Refused, TooCostly
from chartpost.records.notice_bundles import TOPIC
from chartpost.records.search import custom, reach
from chartpost.records.search.binding import bind
from chartpost.records.subscriptions import Draft, View

TYPE = "Subscription"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
_FILTER, _CONTENT = _BACKPORT + "backport-filter-criteria", _BACKPORT + "backport-payload-content"
_HEARTBEAT = _BACKPORT + "backport-heartbeat-period"
LEAST_HEARTBEAT, MOST_HEARTBEAT = 60, 86_400
MOST_HEADERS, LONGEST_HEADER = 20, 2_000
LONGEST = {"criteria": 4_000, "reason": 1_000, "endpoint": 2_000}
"""Characters that are kept; each notice is made with them."""
_HEADER = re.compile(
    r"(?i)(?!(?:host|connection|expect|keep-alive|te|trailer|upgrade):|content-|proxy-|transfer-)[a-z0-9-]+:[\x20-\x7e]*"
)
_ADDRESS = re.compile(r"[\x21-\x7e]+")
NOT_CHOOSING = language.RESULT | {"_cursor"}
Json = dict[str, Any]


def create(request: Request, access: Access) -> Response:
    """POST Subscription: kept as requested; active once its server answers the handshake. 422 when it cannot be."""
    body = checking.body_of(request, TYPE)
    if body.get("status") != "requested":
        raise _bad("A new Subscription has the status requested.", "status")
    with _counted():
        made = subscriptions.make(_draft(body, request, access))
    return json(201, _resource(made, request), [("Location", f"{request.base_url}/{TYPE}/{made.ref}")])


def update(request: Request, access: Access) -> Response:
    """PUT Subscription/id: status off ends the telling, status requested begins it anew with what is sent."""
    body, ref = checking.body_of(request, TYPE), request.path[1]
    if body.get("id") != ref:
        raise FhirError(400, "invalid", "The id of the body is not that of the address.", [f"{TYPE}.id"])
    if body.get("status") not in ("requested", "off"):
        raise _bad("Ask for the status requested or off; the others are this server's to give.", "status")
    one_of(request, access)
    if body["status"] == "off":
        checking.checked(body)
        return json(200, _resource(subscriptions.switch_off(ref, access.grant_ref), request))
    with _counted():
        changed = subscriptions.change(ref, _draft(body, request, access))
    return json(200, _resource(changed, request))


@contextmanager
def _counted() -> Iterator[None]:
    """422 where the app would have more subscriptions than one may have."""
    try:
        yield
    except Refused as error:
        raise FhirError(422, "too-costly", f"There are {error.seen}. {error.todo}") from None


def read(request: Request, access: Access) -> Response:
    """GET Subscription/id: one of this app's own."""
    return json(200, _resource(one_of(request, access), request))


def by_get(request: Request, access: Access) -> Response:
    """GET Subscription, with status= and _id= only those: this app's own."""
    return _search(request, access, request.query)


def by_post(request: Request, access: Access) -> Response:
    """POST Subscription/_search."""
    return _search(request, access, asked_by_form(request))


def _search(request: Request, access: Access, query: list[tuple[str, str]]) -> Response:
    given = [pair for pair in query if pair[0] not in ("_format", "_pretty")]
    if any(name not in ("status", "_id") for name, _ in given):
        raise FhirError(400, "not-supported", "Subscriptions are searched by status and _id only.")
    found = subscriptions.of_grant(access.grant_ref)
    for name, value in given:
        found = [v for v in found if (v.state if name == "status" else v.ref) in value.split(",")]
    return searchset([(f"{request.base_url}/{TYPE}/{v.ref}", _resource(v, request)) for v in found])


def delete(request: Request, access: Access) -> Response:
    """DELETE Subscription/id: the app is told no more."""
    subscriptions.remove(request.path[1], access.grant_ref)
    return Response(204)


def one_of(request: Request, access: Access) -> View:
    """The subscription an address names; 404 when it is not this app's."""
    try:
        return subscriptions.one(request.path[1], access.grant_ref)
    except NotStored:
        raise not_there() from None


def searchset(found: list[tuple[str, Json]]) -> Response:
    """All of these as the answer to a search."""
    entries = [{"fullUrl": url, "resource": one, "search": {"mode": "match"}} for url, one in found]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
    return json(200, bundle if entries else {name: value for name, value in bundle.items() if name != "entry"})


def _draft(body: Json, request: Request, access: Access) -> Draft:
    checking.checked(body)
    for name in ("criteria", "reason"):
        if name not in body:  # R4 lets an extension stand in their place
            raise _bad(f"A Subscription has a {name} here.", name)
    channel = body["channel"]
    topic = body["criteria"] == request.base_url + TOPIC
    criteria = _extension(body.get("_criteria"), _FILTER, "valueString") if topic else body["criteria"]
    _topic_may_be(body["criteria"], criteria, request.base_url + TOPIC)
    kind, _, query = criteria.partition("?")
    _short_enough(criteria=criteria, reason=body["reason"], endpoint=str(channel.get("endpoint", "")))
    content = _extension(channel.get("_payload"), _CONTENT, "valueCode") or "empty"
    if content not in ("empty", "id-only", "full-resource"):
        raise _bad("The content is empty, id-only or full-resource.", "channel.payload.extension")
    asked = pairs(query)
    _search_may_be(kind, asked, request, access)
    _channel_may_be(channel)
    headers = channel.get("header")
    return Draft(
        access.grant_ref, kind, criteria, tuple(asked), topic, channel["endpoint"],
        None if headers is None else tuple(headers), content, body["reason"],
        _end(body), _heartbeat(channel),
    )  # fmt: skip


def _topic_may_be(asked: str, criteria: str, topic: str) -> None:
    """422 for the address of another topic than the one there is, or for that one without its filter."""
    if asked == topic and not criteria:
        raise _bad("With the topic the extension backport-filter-criteria says what is told.", "criteria.extension")
    if asked != topic and "://" in asked.partition("?")[0]:
        raise _bad(f"The criteria are a search of a type, or the one topic there is here: {topic}.", "criteria")


def _short_enough(**texts: str) -> None:
    for name, text in texts.items():
        place = f"channel.{name}" if name == "endpoint" else name
        if len(text) > LONGEST[name]:
            raise _bad(f"The {name} has at most {LONGEST[name]:,} characters.", place)


def _end(body: Json) -> datetime | None:
    """When the telling ends, in UTC; 422 for a day the calendar does not have."""
    try:
        return datetime.fromisoformat(body["end"]).astimezone(UTC) if body.get("end") else None
    except (ValueError, OverflowError):
        raise _bad("The end is an instant of the calendar.", "end") from None


def _heartbeat(channel: Json) -> int:
    """Seconds between signs of life; 0: none are asked for."""
    text = _extension(channel, _HEARTBEAT, "valueUnsignedInt")
    if text and not LEAST_HEARTBEAT <= int(text) <= MOST_HEARTBEAT:
        raise _bad(f"A heartbeat comes every {LEAST_HEARTBEAT} to {MOST_HEARTBEAT} seconds.", "channel.extension")
    return int(text or 0)


def _search_may_be(kind: str, asked: list[tuple[str, str]], request: Request, access: Access) -> None:
    try:
        checking.known(kind)
        own = custom.definitions(kind, raw.current())
        query = language.parse(kind, asked, base_url=request.base_url, custom=own)
    except (FhirError, language.SearchError) as error:
        wrong = f" Seen: {error.seen}. Expected: {error.expected}." if isinstance(error, language.SearchError) else ""
        words = f"The criteria are no search of a type, such as Observation?category=laboratory.{wrong}"
        raise _bad(words, "criteria") from None
    _reaches_all(access, kind)
    if any(name.partition(":")[0] in NOT_CHOOSING for name, _ in asked):
        raise _bad("The criteria only choose: no _include, no _sort, no _count or such.", "criteria")
    if kind in (TYPE, "AuditEvent"):
        raise _bad(f"{kind} is no record: nothing is told of it.", "criteria")
    _leads_somewhere(query, access)


def _leads_somewhere(query: language.Query, access: Access) -> None:
    """403 or 400 for chains through what the token or its grant may not search, or through too much."""
    db = raw.current()
    whole = tokens.access_of_grant(access.grant_ref, db)
    for kind in _passed(query):
        if whole is not None and reach(whole, kind, "s") is not None:
            _reaches_all(access, kind)
    with followed():
        bind(query, whole or access, db)


def _passed(query: language.Query) -> set[str]:
    """The types whose content decides what a search finds, beside its own."""
    inner = [each for criterion in query.criteria for each in criterion.chain or ()]
    inner += [has.query for has in query.has]
    lists = {"List" for criterion in query.criteria if criterion.definition.name == "_list"}
    return lists.union((each.resource_type for each in inner), *map(_passed, inner))


@contextmanager
def followed() -> Iterator[None]:
    """A block in which criteria are followed: 400 or 403 when they cannot be."""
    place = [f"{TYPE}.criteria"]
    try:
        yield
    except language.SearchError as error:
        raise FhirError(400, error.code, error.message, place) from None
    except TooCostly as error:
        raise FhirError(400, "too-costly", error.message, place) from None
    except OutOfScope as error:
        raise auth.too_narrow(error.message, place) from None


def _reaches_all(access: Access, kind: str) -> None:
    """403 unless the token reaches as much of the type as its grant: notices are sent by what the grant reaches."""
    mine, whole = auth.require_search(access, kind), tokens.access_of_grant(access.grant_ref, raw.current())
    granted = None if whole is None else reach(whole, kind, "s")
    if granted is None or not mine.covers(granted):
        raise auth.too_narrow(f"This token reaches only part of {kind}. Ask with one of all your scopes.")


def _channel_may_be(channel: Json) -> None:
    if channel.get("type") != "rest-hook":
        raise _bad("The channel is a rest-hook.", "channel.type")
    if channel.get("payload") != "application/fhir+json":
        raise _bad("The payload is application/fhir+json.", "channel.payload")
    if not _endpoint_may_be(str(channel.get("endpoint", ""))):
        raise _bad("The endpoint is an https address of a server on the internet.", "channel.endpoint")
    lines = channel.get("header", ())
    if not all(isinstance(line, str) for line in lines):
        raise _bad("Each header is a text.", "channel.header")
    if len(lines) > MOST_HEADERS or any(len(line) > LONGEST_HEADER for line in lines):
        raise _bad(f"There are at most {MOST_HEADERS} headers of {LONGEST_HEADER:,} characters.", "channel.header")
    if not all(_HEADER.fullmatch(line) for line in lines):
        raise _bad('A header is "Name: value" on one line, and none of HTTP itself.', "channel.header")


def _endpoint_may_be(address: str) -> bool:
    """Whether notices could ever be sent there; what a name stands for is looked at each time one is (SSRF)."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not _ADDRESS.fullmatch(address):
        return False
    local = host in outbound.LOOPBACK and outbound.private_allowed()
    return (parts.scheme == "https" or (parts.scheme == "http" and local)) and outbound.may_name(host)


def _extension(element: Any, url: str, value: str) -> str:
    given = element.get("extension", ()) if isinstance(element, dict) else ()
    return next((str(one[value]) for one in given if one.get("url") == url and value in one), "")


def _resource(view: View, request: Request) -> Json:
    """The Subscription as it stands; the headers of its channel stay here."""
    payload = {"extension": [{"url": _CONTENT, "valueCode": view.content}]}
    found: Json = {
        "resourceType": TYPE,
        "id": view.ref,
        "status": view.state,
        "reason": view.reason,
        "criteria": request.base_url + TOPIC if view.topic else view.criteria,
        "channel": {
            "type": "rest-hook",
            "endpoint": view.endpoint,
            "payload": "application/fhir+json",
            "_payload": payload,
        },
    }
    if view.topic:
        found["_criteria"] = {"extension": [{"url": _FILTER, "valueString": view.criteria}]}
    if view.heartbeat:
        found["channel"]["extension"] = [{"url": _HEARTBEAT, "valueUnsignedInt": view.heartbeat}]
    if view.ends_at:
        found["end"] = view.ends_at.isoformat()
    return {**found, "error": view.error} if view.error else found


def _bad(words: str, place: str) -> FhirError:
    return FhirError(422, "invalid", words, [f"{TYPE}.{place}"])
