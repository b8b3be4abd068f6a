"""Requests of apps that nobody can answer any more: what the person is told, and what to do next."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from chartpost.gateways.smart import asks
from chartpost.identity import policies, queries_apps
from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.types import Actor, Subject

FORBIDDEN, OVER = 403, 400


def page(request: HttpRequest, ask: AuthorizeRequest, actor: Actor) -> HttpResponse | None:
    """Why an app cannot be let in as it stands now, and the end of its request; None when nothing stands in the way.

    Nothing is sent to the app: its address may be the very thing that was taken away, or nobody may know it.
    """
    why = queries_apps.hindrance(ask, actor)
    if not why:
        return None
    asks.drop(ask.key)
    facts: dict[str, Any] = {"why": why, "app": queries_apps.app(ask.client_id)}
    facts["may_check"] = policies.decide(actor, "app.register", Subject("office")).allow
    return _page(request, facts, FORBIDDEN)


def blocked(request: HttpRequest, client_id: str) -> HttpResponse | None:
    """The same before anybody signed in, of a request of an app the office blocked: there is nothing to correct."""
    app = queries_apps.app(client_id) if client_id.isprintable() else None
    return _page(request, {"why": "blocked"}, FORBIDDEN) if app is not None and app.disabled else None


def signed_in_again(request: HttpRequest, key: str) -> HttpResponse | None:
    """The way to begin again for whoever was asked, signed out and in, and comes back to answer; None for others.

    The answer itself is not taken: nothing shows that it is still the browser the app sent here (RFC 9700 4.7).
    """
    ask = asks.of_earlier(request, key)
    return None if ask is None else _page(request, {"why": "signed_in_again", "again": _again(ask)}, OVER)


def _again(ask: AuthorizeRequest) -> str:
    """The address the app called, to call it anew; empty for a launch, which is good once and not kept."""
    facts = {
        "response_type": "code",
        "client_id": ask.client_id,
        "redirect_uri": "" if ask.redirect_left_out else ask.redirect_uri,
        "scope": " ".join(ask.scopes),
        "state": ask.state,
        "nonce": ask.nonce,
        "code_challenge": ask.code_challenge,
        "code_challenge_method": "S256",
        "aud": ask.aud,
        "max_age": ask.max_age,
        "prompt": ask.prompt,
    }
    query = urlencode({name: value for name, value in facts.items() if value})
    return "" if ask.launch else f"{reverse('smart:authorize')}?{query}"


def _page(request: HttpRequest, facts: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "smart/hindered.html", facts, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
