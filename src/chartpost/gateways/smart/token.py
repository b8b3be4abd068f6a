"""/oauth/token and /oauth/revoke, walked by the library (RFC 6749, RFC 7009)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views.mixins import OAuthLibMixin

from chartpost.gateways.smart.discovery import GRANTS
from chartpost.gateways.smart.web import endpoint, problem

SECRETS = ("client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token")


@endpoint("POST", cors=True)
@sensitive_post_parameters(*SECRETS)
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code, a refresh token, or a client's own name."""
    if len(request.GET):
        return problem(400, "invalid_request", "Seen: parameters in the address. Expected: all in the body.")
    if request.POST.get("grant_type") not in GRANTS:
        return problem(400, "unsupported_grant_type", f"Expected: {', '.join(GRANTS)}.")
    try:
        _, headers, body, status = OAuthLibMixin().create_token_response(request)
    except ValueError:
        return problem(400, "invalid_request", "The body cannot be read.")
    return _answer(body, status, headers)


@endpoint("POST", cors=True)
@sensitive_post_parameters(*SECRETS)
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back; an unknown one is no error (RFC 7009 2.2)."""
    if len(request.GET):
        return problem(400, "invalid_request", "Seen: parameters in the address. Expected: all in the body.")
    try:
        _, headers, body, status = OAuthLibMixin().create_revocation_response(request)
    except ValueError:
        return problem(400, "invalid_request", "The body cannot be read.")
    return _answer(body, status, headers)


def _answer(body: str, status: int, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(body or "", status=status, content_type="application/json")
    for name, value in headers.items():
        if not name.lower().startswith("access-control-"):
            response[name] = value
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    return response
