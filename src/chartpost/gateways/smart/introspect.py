"""/oauth/introspect: what a token is worth (RFC 7662, SMART 2.2 'Token introspection')."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views.mixins import OAuthLibMixin

from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.gateways.smart.web import challenge, endpoint, json_answer, problem, scheme, wrong_form
from chartpost.identity import queries_apps, tokens
from chartpost.kernel.db import raw


@endpoint("POST", cors=True)
@sensitive_post_parameters("token", "client_secret", "client_assertion")
def introspect(request: HttpRequest) -> HttpResponse:
    """Tell of a token, to a client that proves itself and to whoever holds a good access token (RFC 7662 2.1).

    The name of a public app proves nothing: such an app asks with its access token.
    """
    wrong = wrong_form(request)
    if wrong is not None:
        return wrong
    token = request.POST.get("token", "")
    if not _may_ask(request):
        return _refused(request)
    if not token:
        return problem(400, "invalid_request", "Seen: no token. Expected: token=...")
    facts = queries_apps.token_facts(token)
    return json_answer({"active": False} if facts is None else _told(facts))


def _refused(request: HttpRequest) -> HttpResponse:
    """Who does not prove who they are (RFC 6749 5.2), or brings a bearer token that is not good (RFC 7662 2.3)."""
    if scheme(request) == "bearer":
        expected = (
            "Seen: a bearer token that is unknown or over. Expected: an access token in force. Ask for a new one."
        )
        response = problem(401, "invalid_token", expected)
        response["WWW-Authenticate"] = f'{challenge(request, "introspect")}, error="invalid_token"'
    else:
        response = problem(401, "invalid_client", "Expected: client authentication or a bearer token.")
        response["WWW-Authenticate"] = challenge(request, "introspect")
    return response


def _may_ask(request: HttpRequest) -> bool:
    if scheme(request) == "bearer":
        credentials = request.headers["Authorization"].partition(" ")[2]
        return tokens.access(credentials.strip(), raw.django()) is not None
    try:
        return bool(OAuthLibMixin().authenticate_client(request))
    except ValueError:
        return False


def _told(facts: queries_apps.TokenFacts) -> dict[str, Any]:
    found: dict[str, Any] = {
        "active": True,
        "client_id": facts.client_id,
        "scope": facts.scope,
        "token_type": "refresh_token" if facts.is_refresh else "Bearer",
        "exp": int(facts.expires_at.timestamp()),
        "iat": int(facts.issued_at.timestamp()),
        "iss": issuer(),
        "sub": facts.subject,
    }
    if facts.patient:
        found["patient"] = facts.patient
    if facts.encounter:
        found["encounter"] = facts.encounter
    if facts.fhir_user and "fhirUser" in facts.scope.split():
        found["fhirUser"] = f"{fhir_base()}/{facts.fhir_user}"
    return found
