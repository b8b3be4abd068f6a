"""Small things every address of this door needs: JSON answers, CORS, which methods are taken."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]
PREFLIGHT_SECONDS = "600"
BY_PROGRAMS = ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/register")
"""Where programs send bodies, and read JSON whatever is wrong with them."""

UNREADABLE = "Seen: a body that cannot be read. Expected: UTF-8, at most 5 MB and 1000 parameters."
_NOT_SAID = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def json_answer(data: dict[str, Any], status: int = 200, seconds: int = 0) -> JsonResponse:
    """A JSON answer; kept by nobody unless `seconds` says for how long it may be."""
    response = JsonResponse(data, status=status)
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-store"
    if not seconds:
        response["Pragma"] = "no-cache"
    return response


def problem(status: int, error: str, description: str) -> JsonResponse:
    """An error as RFC 6749 5.2 has it: its words hold neither quotes, backslashes nor letters beyond ASCII."""
    return json_answer({"error": error, "error_description": ascii_words(description)}, status)


def ascii_words(description: str) -> str:
    """The words of an error without quotes, backslashes and letters beyond ASCII (RFC 6749 5.2)."""
    return _NOT_SAID.sub("?", description.replace('"', "'"))


def unreadable(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The answer, in front of Django, to a program that sends a body in an encoding nobody reads (RFC 6749 5.2)."""
    response = _open(problem(400, "invalid_request", UNREADABLE))
    start_response("400 Bad Request", [*response.items(), ("Content-Length", str(len(response.content)))])
    return [response.content]


def wrong_form(request: HttpRequest) -> JsonResponse | None:
    """What is wrong with how the parameters of a request came (RFC 6749 3.2); None when nothing is."""
    if len(request.GET):
        return problem(400, "invalid_request", "Seen: parameters in the address. Expected: all in the body.")
    repeated = next((name for name, values in request.POST.lists() if len(values) > 1), None)
    if repeated is not None:
        seen = f"{repeated[:40]} more than once"
        return problem(400, "invalid_request", f"Seen: {seen}. Expected: each parameter once.")
    return _wrong_proof(request)


def _wrong_proof(request: HttpRequest) -> JsonResponse | None:
    """An error when a client proves who it is in more than one way (RFC 6749 2.3, 5.2).

    A `client_id` beside a header is no second proof.
    """
    asserted = request.POST.get("client_assertion") or request.POST.get("client_assertion_type")
    ways = (scheme(request) == "basic", request.POST.get("client_secret"), asserted)
    if sum(map(bool, ways)) < 2:
        return None
    expected = "Expected: one of HTTP Basic, client_secret and client_assertion."
    return problem(400, "invalid_request", f"Seen: a client that proves itself in two ways. {expected}")


REFUSALS = dict.fromkeys(BY_PROGRAMS, unreadable)


def scheme(request: HttpRequest) -> str:
    """The scheme of the Authorization header, in small letters; empty when there is none."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower()


def challenge(request: HttpRequest, realm: str) -> str:
    """The challenge of a 401, for the scheme the client tried (RFC 6749 5.2)."""
    return f'{"Basic" if scheme(request) == "basic" else "Bearer"} realm="{realm}"'


def endpoint(*methods: str, cors: bool = False) -> Callable[[View], View]:
    """An address for programs: no cookies count, only these methods, any origin where `cors` (Fetch standard)."""

    def wrap(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "OPTIONS" and cors:
                response = HttpResponse(status=204)
                response["Access-Control-Allow-Methods"] = ", ".join((*methods, "OPTIONS"))
                response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Accept"
                response["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
            elif request.method not in methods:
                response = problem(405, "invalid_request", f"Seen: {request.method}. Expected: {', '.join(methods)}.")
                response["Allow"] = ", ".join(methods)
            else:
                response = _answered(view, request, *args, **kwargs)
            return _open(response) if cors else response

        return answer

    return wrap


def _answered(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What a view answers; an error in JSON where Django cannot read the body: too long, no form, other letters."""
    try:
        return view(request, *args, **kwargs)
    except (BadRequest, SuspiciousOperation, MultiPartParserError):
        return problem(400, "invalid_request", UNREADABLE)


def _open(response: HttpResponse) -> HttpResponse:
    """Let programs of any origin read an answer, and what its headers ask for."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
