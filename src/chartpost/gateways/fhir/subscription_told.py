"""$status and $events of Subscription: how they stand, and what was told.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-status.html and
https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html
"""

from collections.abc import Sequence

from chartpost.gateways.fhir import auth, checking, indexing
from chartpost.gateways.fhir.http import FhirError, Request, Response, json
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.subscriptions import followed, one_of, searchset
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records import notice_bundles, notices, subscriptions
from chartpost.records.notice_events import DELIVER
from chartpost.records.subscriptions import View

EVENTS_AT_MOST = 1_000
_CONTENTS = ("empty", "id-only", "full-resource")
Pairs = Sequence[tuple[str, str]]


def status(request: Request, access: Access) -> Response:
    """GET or POST Subscription/id/$status: how it stands."""
    return _standing([one_of(request, access)])


def statuses(request: Request, access: Access) -> Response:
    """GET or POST Subscription/$status: how this app's own stand, of `id` and `status` those named."""
    given = _given(request, ("id", "status"))
    found = subscriptions.of_grant(access.grant_ref)
    for name in ("id", "status"):
        wanted = {each for n, value in given if n == name for each in value.split(",")}
        if wanted:
            found = [view for view in found if (view.ref if name == "id" else view.state) in wanted]
    return _standing(found)


def events(request: Request, access: Access) -> Response:
    """GET or POST Subscription/id/$events: what was told, from number to number, as the app may see it today."""
    view = one_of(request, access)
    indexing.whole(raw.current())
    auth.require_search(access, view.type)
    given = dict(_given(request, ("eventsSinceNumber", "eventsUntilNumber", "content")))
    content = given.get("content", view.content)
    if content not in _CONTENTS or _CONTENTS.index(content) > _CONTENTS.index(view.content):
        content = view.content  # a hint; never more than the subscription itself asks for
    since, until = _number(given, "eventsSinceNumber") or 1, _number(given, "eventsUntilNumber")
    with followed():
        told = notices.events_of(view.ref, access, since, until, EVENTS_AT_MOST)
    noted(access, DELIVER, (one.person_id for one in told), f"Subscription/{view.ref}", view.type)
    return json(200, notice_bundles.bundle(view.ref, "query-event", view.state, view.events, told, content))


def _standing(found: Sequence[View]) -> Response:
    told = [notice_bundles.status(v.ref, "query-status", v.state, v.events, v.error) for v in found]
    return searchset([(f"urn:uuid:{one['id']}", one) for one in told])


def _given(request: Request, known: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters of an operation: of the address, and of a Parameters resource; 400 for others."""
    found = [pair for pair in request.query if pair[0] not in ("_format", "_pretty")]
    if request.method == "POST" and request.body:
        body = checking.body_of(request, "Parameters")
        given = body.get("parameter", [])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise FhirError(400, "structure", "Parameters.parameter is a list of objects.", ["Parameters.parameter"])
        for one in given:
            value = next((v for k, v in one.items() if k.startswith("value")), "")
            found.append((str(one.get("name")), str(value)))
    if any(name not in known for name, _ in found):
        raise FhirError(400, "not-supported", "This operation takes " + ", ".join(known) + ".")
    return found


def _number(given: dict[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise FhirError(400, "invalid", f"{name} is the number of an event.")
    return int(text)
