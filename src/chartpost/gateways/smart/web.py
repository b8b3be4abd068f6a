"""Small things every address of this door needs: JSON answers, CORS, which methods are taken."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]
PREFLIGHT_SECONDS = "600"


def json_answer(data: dict[str, Any], status: int = 200, seconds: int = 0) -> JsonResponse:
    """A JSON answer; kept by nobody unless `seconds` says for how long it may be."""
    response = JsonResponse(data, status=status)
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-store"
    if not seconds:
        response["Pragma"] = "no-cache"
    return response


def problem(status: int, error: str, description: str) -> JsonResponse:
    """An error as RFC 6749 5.2 has it."""
    return json_answer({"error": error, "error_description": description}, status)


def wrong_form(request: HttpRequest) -> JsonResponse | None:
    """What is wrong with how the parameters of a request came (RFC 6749 3.2); None when nothing is."""
    if len(request.GET):
        return problem(400, "invalid_request", "Seen: parameters in the address. Expected: all in the body.")
    repeated = next((name for name, values in request.POST.lists() if len(values) > 1), None)
    if repeated is not None:
        return problem(400, "invalid_request", f"Seen: {repeated} more than once. Expected: each parameter once.")
    return None


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
                response = view(request, *args, **kwargs)
            if cors:
                response["Access-Control-Allow-Origin"] = "*"
                response["Cross-Origin-Resource-Policy"] = "cross-origin"
            return response

        return answer

    return wrap
