"""Which app somebody signs in for: the page where they do says so."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from chartpost.gateways.smart import asks
from chartpost.identity import queries_apps
from chartpost.identity.app_types import AppView


def entering(request: HttpRequest) -> dict[str, Any]:
    """The `entering` variable of every template: the app whose request waits in this browser for the sign-in, if any.

    It is looked for when a template asks.
    """
    return {"entering": partial(_entering, request)}


def _entering(request: HttpRequest) -> AppView | None:
    try:
        found = resolve(request.GET.get("next", ""))
    except Resolver404:
        return None
    waiting = asks.find(request, found.kwargs["key"]) if found.view_name == "smart:consent" else None
    app = queries_apps.app(waiting.ask.client_id) if waiting is not None else None
    return None if app is None or app.disabled else app
