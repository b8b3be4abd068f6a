"""Subscription: an app is told of new entries (https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/)."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chartpost.formats.fhirjson import search as language
from chartpost.gateways.fhir import auth, checking
from chartpost.gateways.fhir.http import FhirError, Request, Response, json, pairs
from chartpost.gateways.fhir.read import not_there
from chartpost.identity.types import Access
from chartpost.kernel import outbound
from chartpost.records import notices, subscriptions
from chartpost.records.errors import NotStored, Refused
from chartpost.records.subscriptions import Draft, View

TYPE = "Subscription"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
_FILTER, _CONTENT = _BACKPORT + "backport-filter-criteria", _BACKPORT + "backport-payload-content"
_HEADER = re.compile(r"(?i)(?!host:|content-|transfer-|connection:)[a-z0-9-]+:[\x20-\x7e]*")
Json = dict[str, Any]


def create(request: Request, access: Access) -> Response:
    """POST Subscription: kept as requested; active once its server answers the handshake. 422 when it cannot be."""
    draft = _draft(checking.body_of(request, TYPE), request, access)
    try:
        made = subscriptions.make(draft)
    except Refused as error:
        raise FhirError(422, "too-costly", f"There are {error.seen}. {error.todo}") from None
    return json(201, _resource(made, request), [("Location", f"{request.base_url}/{TYPE}/{made.ref}")])


def read(request: Request, access: Access) -> Response:
    """GET Subscription/id: one of this app's own."""
    return json(200, _resource(_one(request, access), request))


def by_get(request: Request, access: Access) -> Response:
    """GET Subscription, with status= only those of it: this app's own."""
    given = [pair for pair in request.query if not pair[0].startswith("_")]
    if any(name != "status" for name, _ in given):
        raise FhirError(400, "not-supported", "Subscriptions are searched by status only.")
    wanted = [set(value.split(",")) for _, value in given]
    found = [v for v in subscriptions.of_grant(access.grant_ref) if all(v.state in some for some in wanted)]
    return _searchset([(f"{request.base_url}/{TYPE}/{v.ref}", _resource(v, request)) for v in found])


def delete(request: Request, access: Access) -> Response:
    """DELETE Subscription/id: the app is told no more."""
    subscriptions.remove(request.path[1], access.grant_ref)
    return Response(204)


def status(request: Request, access: Access) -> Response:
    """GET Subscription/id/$status: how it stands."""
    one = _one(request, access)
    told = notices.status_of(one.ref, request.base_url + notices.TOPIC, "query-status", one.state, one.events)
    return _searchset([(f"urn:uuid:{told['id']}", told)])


def _one(request: Request, access: Access) -> View:
    try:
        return subscriptions.one(request.path[1], access.grant_ref)
    except NotStored:
        raise not_there() from None


def _searchset(found: list[tuple[str, Json]]) -> Response:
    entries = [{"fullUrl": url, "resource": one, "search": {"mode": "match"}} for url, one in found]
    return json(200, {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries})


def _draft(body: Json, request: Request, access: Access) -> Draft:
    checking.checked(body)
    if body.get("status") != "requested":
        raise _bad("A new Subscription has the status requested.", "status")
    channel = body["channel"]
    topic = body["criteria"] == request.base_url + notices.TOPIC
    criteria = _extension(body.get("_criteria"), _FILTER, "valueString") if topic else body["criteria"]
    kind, _, query = criteria.partition("?")
    content = _extension(channel.get("_payload"), _CONTENT, "valueCode") or "empty"
    if content not in ("empty", "id-only", "full-resource"):
        raise _bad("The content is empty, id-only or full-resource.", "channel.payload.extension")
    asked = pairs(query)
    _search_may_be(kind, asked, request, access)
    _channel_may_be(channel)
    end, headers = body.get("end"), tuple(channel.get("header", ()))
    return Draft(
        access.grant_ref, kind, criteria, tuple(asked), topic, channel["endpoint"], headers, content, body["reason"],
        datetime.fromisoformat(end) if end else None,
    )  # fmt: skip


def _search_may_be(kind: str, asked: list[tuple[str, str]], request: Request, access: Access) -> None:
    try:
        checking.known(kind)
        query = language.parse(kind, asked, base_url=request.base_url)
    except (FhirError, language.SearchError):
        raise _bad(
            "The criteria are no search of a type, such as Observation?category=laboratory.", "criteria"
        ) from None
    auth.require_search(access, kind)
    if query.include or query.revinclude or query.sort:
        raise _bad("The criteria only choose: no _include, no _sort.", "criteria")


def _channel_may_be(channel: Json) -> None:
    if channel.get("type") != "rest-hook":
        raise _bad("The channel is a rest-hook.", "channel.type")
    if channel.get("payload") != "application/fhir+json":
        raise _bad("The payload is application/fhir+json.", "channel.payload")
    try:
        parts = urlsplit(str(channel.get("endpoint", "")))
    except ValueError:
        raise _bad("The endpoint is an https address.", "channel.endpoint") from None
    local = parts.scheme == "http" and parts.hostname in outbound.LOOPBACK and outbound.private_allowed()
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise _bad("The endpoint is an https address.", "channel.endpoint")
    lines = channel.get("header", ())
    if not all(_HEADER.fullmatch(line) for line in lines):
        raise _bad('A header is "Name: value" on one line, and none of HTTP itself.', "channel.header")


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
        "criteria": request.base_url + notices.TOPIC if view.topic else view.criteria,
        "channel": {
            "type": "rest-hook",
            "endpoint": view.endpoint,
            "payload": "application/fhir+json",
            "_payload": payload,
        },
    }
    if view.topic:
        found["_criteria"] = {"extension": [{"url": _FILTER, "valueString": view.criteria}]}
    if view.ends_at:
        found["end"] = view.ends_at.isoformat()
    return {**found, "error": view.error} if view.error else found


def _bad(words: str, place: str) -> FhirError:
    return FhirError(422, "invalid", words, [f"{TYPE}.{place}"])
