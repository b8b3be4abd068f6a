"""The table of the door's addresses: shape of the path -> method -> handler."""

from chartpost.gateways.fhir import (
    audit,
    batch,
    binary,
    bulk,
    capability,
    everything,
    history,
    read,
    search,
    subscription_told,
    subscriptions,
    validating,
    writes,
)
from chartpost.gateways.fhir.http import FhirError, Request, Response
from chartpost.gateways.fhir.routes import Handler, Route
from chartpost.identity.types import Access

_READS = {"Binary": binary.get, audit.TYPE: audit.read, subscriptions.TYPE: subscriptions.read}


def _read(request: Request, access: Access) -> Response:
    return _READS.get(request.path[0], read.read)(request, access)


def _by_get(request: Request, access: Access) -> Response:
    own = {audit.TYPE: audit.by_get, subscriptions.TYPE: subscriptions.by_get}
    return own.get(request.path[0], search.by_get)(request, access)


def _create(request: Request, access: Access) -> Response:
    if request.path[0] == "Binary":
        request = binary.sent(request)
    return (subscriptions.create if request.path[0] == subscriptions.TYPE else writes.create)(request, access)


def _delete(request: Request, access: Access) -> Response:
    return (subscriptions.delete if request.path[0] == subscriptions.TYPE else writes.delete)(request, access)


def _update(request: Request, access: Access) -> Response:
    if request.path[0] == "Binary":
        request = binary.sent(request)
    return (subscriptions.update if request.path[0] == subscriptions.TYPE else writes.update)(request, access)


def _by_post(request: Request, access: Access) -> Response:
    own = {audit.TYPE: audit.by_post, subscriptions.TYPE: subscriptions.by_post}
    return own.get(request.path[0], search.by_post)(request, access)


def _of(resource_type: str, handler: Handler) -> Route:
    """An operation one type has."""

    def answer(request: Request, access: Access) -> Response:
        if request.path[0] != resource_type:
            raise FhirError(
                404, "not-supported", f"{request.path[0]} has no {request.path[-1]} here. See /fhir/metadata."
            )
        return handler(request, access)

    return Route(answer)


def _both(resource_type: str, handler: Handler) -> dict[str, Route]:
    """An operation one type has, by GET and POST."""
    return {method: _of(resource_type, handler) for method in ("GET", "POST")}


_BULK = {"GET": Route(bulk.kick_off), "POST": Route(bulk.kick_off)}
ROUTES: dict[tuple[str, ...], dict[str, Route]] = {
    ("metadata",): {"GET": Route(capability.metadata, public=True)},
    (): {"POST": Route(batch.bundle)},
    ("Type",): {
        "GET": Route(_by_get),
        "POST": Route(_create),
        "PUT": Route(writes.update_found),
        "DELETE": Route(writes.delete_found),
    },
    ("Type", "$validate"): {"POST": Route(validating.validate)},
    ("Type", "id", "$validate"): {"POST": Route(validating.validate)},
    ("Type", "_search"): {"POST": Route(_by_post)},
    ("Type", "_history"): {"GET": Route(history.of_type)},
    ("Type", "id"): {
        "GET": Route(_read),
        "PUT": Route(_update),
        "PATCH": Route(writes.patch),
        "DELETE": Route(_delete),
    },
    ("Type", "$status"): _both(subscriptions.TYPE, subscription_told.statuses),
    ("Type", "id", "$status"): _both(subscriptions.TYPE, subscription_told.status),
    ("Type", "id", "$events"): _both(subscriptions.TYPE, subscription_told.events),
    ("Type", "id", "_history"): {"GET": Route(history.instance)},
    ("Type", "id", "_history", "id"): {"GET": Route(read.vread)},
    ("Type", "id", "$everything"): {
        "GET": _of("Patient", everything.everything),
        "POST": _of("Patient", everything.everything),
    },
    ("Type", "$docref"): {
        "GET": _of("DocumentReference", everything.docref),
        "POST": _of("DocumentReference", everything.docref),
    },
    ("_history",): {"GET": Route(history.system)},
    ("$export",): _BULK,
    ("Type", "$export"): {method: _of("Patient", bulk.kick_off) for method in _BULK},
    ("Type", "id", "$export"): {method: _of("Group", bulk.kick_off) for method in _BULK},
    ("$export-status", "id"): {"GET": Route(bulk.status), "DELETE": Route(bulk.cancel)},
    ("$export-file", "id", "id"): {"GET": Route(bulk.file)},
}
