"""/oauth/token and /oauth/revoke, walked by the library (RFC 6749, RFC 7009)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views.mixins import OAuthLibMixin

from chartpost.gateways.smart.discovery import GRANTS
from chartpost.gateways.smart.explained import explained_body
from chartpost.gateways.smart.web import challenge, endpoint, problem, scheme, wrong_form

SECRETS = ("client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token")


@endpoint("POST", cors=True)
@sensitive_post_parameters(*SECRETS)
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code, a refresh token, or a client's own name."""
    wrong = wrong_form(request) or _wrong_grant(request)
    if wrong is not None:
        return wrong
    try:
        _, headers, body, status = OAuthLibMixin().create_token_response(request)
    except ValueError:
        return problem(400, "invalid_request", "The body cannot be read.")
    return _answer(request, body, status, headers)


@endpoint("POST", cors=True)
@sensitive_post_parameters(*SECRETS)
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back; an unknown one is no error (RFC 7009 2.2)."""
    wrong = wrong_form(request)
    if wrong is not None:
        return wrong
    try:
        _, headers, body, status = OAuthLibMixin().create_revocation_response(request)
    except ValueError:
        return problem(400, "invalid_request", "The body cannot be read.")
    return _answer(request, body, status, headers)


def _wrong_grant(request: HttpRequest) -> HttpResponse | None:
    grant = request.POST.get("grant_type", "")
    if not grant:
        expected = "Expected: grant_type in a body of application/x-www-form-urlencoded."
        return problem(400, "invalid_request", f"Seen: no grant_type. {expected}")
    if grant not in GRANTS:
        return problem(400, "unsupported_grant_type", f"Expected: {', '.join(GRANTS)}.")
    return None


def _answer(request: HttpRequest, body: str, status: int, headers: dict[str, str]) -> HttpResponse:
    words = explained_body(body) if status >= 400 and body else body or ""
    response = HttpResponse(words, status=status, content_type="application/json")
    for name, value in headers.items():
        if not name.lower().startswith("access-control-"):
            response[name] = value
    if status == 401 and scheme(request) == "basic":
        response["WWW-Authenticate"] = challenge(request, "token")
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    return response
