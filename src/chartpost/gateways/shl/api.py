"""The addresses that programs of others ask: manifest, direct file, located file. CORS for all, no cookies."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from chartpost.formats.fhirjson.canonical import instant
from chartpost.gateways.shl import limits, services
from chartpost.gateways.shl.errors import BadRequest, NotThere, ShlError, WrongPasscode
from chartpost.gateways.shl.services.building import MEDIA_TYPE
from chartpost.gateways.shl.types import Served
from chartpost.identity import queries as identity
from chartpost.kernel import blobs
from chartpost.kernel.config import config

LARGEST = 16 * 1024
EMBEDDED = 4 * 1024 * 1024
"""Characters of a file that go into a manifest when its reader names no limit; larger ones get an address."""
POLL_SECONDS = 600
FHIR = "4.0.1"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Expose-Headers": "retry-after",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-store",
}
View = Callable[..., HttpResponseBase]


def _open(view: View) -> View:
    """A view for programs anywhere: errors leave as JSON, every answer allows every origin, no cookie is looked at."""

    @wraps(view)
    def page(request: HttpRequest, **names: str) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=CORS)
        try:
            answer = view(request, **names)
        except ShlError as error:
            answer = _failed(error)
        for name, value in CORS.items():
            answer[name] = value
        return answer

    open_page: View = csrf_exempt(require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])(page))
    return open_page


@_open
def link(request: HttpRequest, token: str) -> HttpResponseBase:
    """What a link leads to: POST for its manifest, GET for its file where it has flag U."""
    address = identity.where(request)
    limits.count("ask", address)
    limits.check("refused", address)
    try:
        return _direct(request, token) if request.method == "GET" else _manifest(request, token)
    except (NotThere, WrongPasscode):
        limits.count("refused", address)
        raise


@_open
def file(request: HttpRequest, location: str) -> HttpResponseBase:
    """One file, by the short-lived address a manifest named."""
    limits.count("file", identity.where(request))
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET, OPTIONS"})
    return _jose(services.located(location))


def _manifest(request: HttpRequest, token: str) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "GET, POST, OPTIONS"})
    asked = _asked(request)
    passcode = asked.get("passcode")
    most = asked.get("embeddedLengthMax", EMBEDDED)
    if isinstance(most, bool) or not isinstance(most, int):
        raise BadRequest(seen="embeddedLengthMax that is no number", expected="an integer", todo="Mend the request")
    served = services.manifest(token, _recipient(asked), passcode if isinstance(passcode, str) else "", _where(request))
    answer = JsonResponse({"files": [_entry(served, most)]})
    if served.long_term:
        answer["Retry-After"] = str(POLL_SECONDS)
    return answer


def _entry(served: Served, most: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "contentType": "application/fhir+json",
        "fhirVersion": FHIR,
        "lastUpdated": instant(served.built_at),
        "status": "can-change" if served.long_term else "finalized",
    }
    if served.size <= most:
        return {**entry, "embedded": blobs.read(served.blob).decode()}
    return {**entry, "location": config().base_url + reverse("shl:file", args=[served.location])}


def _direct(request: HttpRequest, token: str) -> HttpResponseBase:
    return _jose(services.direct(token, _recipient(request.GET.dict()), _where(request)))


def _jose(served: Served) -> HttpResponseBase:
    return FileResponse(blobs.open(served.blob), content_type=MEDIA_TYPE)


def _asked(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body) if int(request.headers.get("Content-Length") or 0) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest(seen="a body that is no JSON object", expected='{"recipient": "..."}', todo="Mend the request")
    return found


def _recipient(asked: dict[str, Any]) -> str:
    found = asked.get("recipient")
    if not isinstance(found, str) or not found.strip():
        raise BadRequest(seen="no recipient", expected="a name to show to who shared it", todo="Say who you are")
    return found


def _where(request: HttpRequest) -> str:
    return f"health link {identity.where(request)}".strip()


def _failed(error: ShlError) -> HttpResponse:
    told: dict[str, Any] = {"error": error.seen, "expected": error.expected, "todo": error.todo}
    if isinstance(error, WrongPasscode):
        told["remainingAttempts"] = error.remaining
    answer = JsonResponse(told, status=error.status)
    if error.retry_after is not None:
        answer["Retry-After"] = str(error.retry_after)
    # Django would log the address of a request that failed, and that is a secret.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
