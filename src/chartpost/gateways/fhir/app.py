"""The raw WSGI function behind /fhir: finds the token, the handler, and turns every error into an OperationOutcome.

Runs in front of Django, on its own database connection. Errors that are nobody's fault but ours are logged without
the address (it may carry names) and answered with 500 and an OperationOutcome.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error as DatabaseError

from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, output
from chartpost.gateways.fhir.draining import Last
from chartpost.gateways.fhir.http import REASONS, FhirError, Request, Response, failure, json
from chartpost.gateways.fhir.routes import Route, route
from chartpost.identity import tokens
from chartpost.identity.types import Access
from chartpost.kernel.db import raw

log = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
PREFIX = "/fhir/"
ALWAYS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
]
_TO_SCRIPTS = [
    *ALWAYS,
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Accept-Ranges, Content-Location, Content-Range, ETag, Last-Modified, Location, Retry-After, WWW-Authenticate,"
        " X-Progress",
    ),
]
"""The same for who names an origin, as scripts of pages do (Fetch standard); nothing here is kept by caches."""
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-None-Exist, If-Modified-Since,"
        " Range, X-Provenance, X-Security-Context",
    ),
    ("Access-Control-Max-Age", "86400"),
]
_READS = frozenset({"GET", "HEAD"})
UNKNOWN = 401
"""Nobody waits for the body of somebody unknown: whoever never sends it would hold the thread. It is drained later."""
_STATUS = {status: f"{status} {reason}" for status, reason in REASONS.items()}


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request under /fhir."""
    request = _request(environ)
    return _said(request, respond(request), start_response)


def answered(environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes | Iterable[bytes]]:
    """The same of a request without a body, as status, headers and body."""
    request = _request(environ)
    response = respond(request)
    return response.status, _headers(request, response), b"" if request.method == "HEAD" else response.body


def lost(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request of which nobody knows what became, since the process that handled it was killed."""
    words = "Our side ended before it could answer. Look whether it was stored before you send it again."
    request = _request(environ)
    return _said(request, output.failed(request, FhirError(500, "exception", words)), start_response)


def _request(environ: dict[str, Any]) -> Request:
    return Request(
        method=environ["REQUEST_METHOD"],
        path=tuple(filter(None, environ["PATH_INFO"][len(PREFIX) :].split("/"))),  # decoded by the server
        query_string=environ.get("QUERY_STRING", ""),
        environ=environ,
    )


def _said(request: Request, response: Response, start_response: StartResponse) -> Iterable[bytes]:
    unknown = response.status == UNKNOWN and request.unread
    if not unknown:
        request.finish()
    start_response(_STATUS[response.status], _headers(request, response))
    if not isinstance(response.body, bytes):
        return response.body
    pieces = [] if request.method == "HEAD" else [response.body]
    return Last(pieces, request.environ["wsgi.input"], request.most_body) if unknown else pieces


def _headers(request: Request, response: Response) -> list[tuple[str, str]]:
    body, always = response.body, _TO_SCRIPTS if "HTTP_ORIGIN" in request.environ else ALWAYS
    if not isinstance(body, bytes):
        return [*response.headers, *always]
    return [*response.headers, ("Content-Length", str(len(body))), *always]


def respond(request: Request) -> Response:
    """The answer to a request; never raises."""
    try:
        if request.method == "OPTIONS":
            return Response(204, list(_PREFLIGHT))
        found = route(request)
        if found.public:
            return output.rendered(request, found.answer(request, auth.NOBODY))
        return _answered(request, found)
    except FhirError as error:
        return output.failed(request, error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: told without anything about a person
        log.error("FHIR request failed: %s in %s", type(error).__name__, _place(error))  # noqa: TRY400 - values are PHI
        return output.failed(request, failure(error))


def _answered(request: Request, found: Route) -> Response:
    access = auth.access(request, raw.thread())
    if request.method not in _READS:
        output.wants(request)  # what cannot be answered is refused before it is done
    response = output.rendered(request, answer(request, access, found))
    _touch(access.grant_ref)
    return response


def _touch(grant_ref: str) -> None:
    """Note that the grant is in use: what was done stays done, and is answered so, when that cannot be noted."""
    try:
        tokens.touch(grant_ref)
    except DatabaseError as error:
        log.warning("the use of a grant was not noted: %s", type(error).__name__)


def answer(request: Request, access: Access, found: Route | None = None) -> Response:
    """The answer to a request whose access is known: what batches call for each entry. Raises FhirError."""
    found = found or route(request)
    return found.answer(request, access)


def known_type(name: str) -> str:
    """The resource type, or 404 when FHIR R4 has none of that name."""
    if name not in resource_types():
        raise FhirError(404, "not-supported", "FHIR R4 has no resource type of this name. See /fhir/metadata.")
    return name


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('chartpost/')[2]}:{trace.tb_lineno}" if trace else "?"


__all__ = ["answer", "application", "json", "known_type", "respond"]
