"""Authorization requests that wait for an answer, kept in the session of the person who is asked."""

import secrets
from dataclasses import replace

from django.http import HttpRequest

from chartpost.identity.app_types import AuthorizeRequest
from chartpost.kernel import clock

SLOT = "chartpost_asks"
MOST = 5
SECONDS = 900


def keep(request: HttpRequest, ask: AuthorizeRequest) -> str:
    """Keep a request; returns its key. Older ones beyond a few are dropped."""
    key, moment = secrets.token_urlsafe(16), clock.now().timestamp()
    waiting = {k: v for k, v in request.session.get(SLOT, {}).items() if moment - v["made_at"] < SECONDS}
    newest = dict(sorted(waiting.items(), key=lambda item: float(item[1]["made_at"]))[-(MOST - 1) :])
    request.session[SLOT] = newest | {key: replace(ask, key=key, made_at=moment).to_json()}
    return key


def find(request: HttpRequest, key: str) -> AuthorizeRequest | None:
    """A request that still waits; None when it is unknown or too old."""
    values = request.session.get(SLOT, {}).get(key)
    if values is None or clock.now().timestamp() - values["made_at"] >= SECONDS:
        return None
    return AuthorizeRequest.from_json(values)


def drop(request: HttpRequest, key: str) -> None:
    """Forget a request that was answered."""
    waiting = dict(request.session.get(SLOT, {}))
    waiting.pop(key, None)
    request.session[SLOT] = waiting
