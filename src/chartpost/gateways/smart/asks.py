"""Authorization requests that wait for an answer.

Each stands in a row of its own among the sessions, and is nobody's session: so requests that come at the same moment do
not overwrite each other. The row names who is signed in and since when, and only they get it back. A request
brought before sign-in waits under a mark in the session of the stranger, which goes on through sign-in; when somebody
else was signed in before, Django empties the session and the request is over.
"""

import re
import secrets
from dataclasses import asdict, dataclass, replace
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.middleware import BEGAN
from chartpost.kernel import clock

SLOT, MARK = "chartpost_ask", "chartpost_asks_mark"
_KEY = re.compile("[a-z0-9]{16,64}")
SECONDS = 900
"""How long a request waits for an answer once it was put before somebody signed in."""

SIGN_IN_SECONDS = 3600
"""How long it waits for somebody to sign in or sign up."""


@dataclass(frozen=True)
class Waiting:
    """A request as it is kept: `launch` as the app sent it, `opened` once somebody signed in was asked."""

    ask: AuthorizeRequest
    holder: str
    launch: str = ""
    opened: bool = False


def keep(request: HttpRequest, ask: AuthorizeRequest, launch: str = "") -> str:
    """Keep a request that was checked; returns its key."""
    store = _store(None)
    store.set_expiry(SIGN_IN_SECONDS)
    store.create()
    key = str(store.session_key)
    signed_in = request.user.is_authenticated
    if not signed_in or ask.signed_in_after:
        request.session[MARK] = [_mark(request) or secrets.token_urlsafe(16), clock.now().timestamp()]
    holder = _of_session(request) if signed_in else _mark(request)
    _put(store, Waiting(replace(ask, key=key, made_at=clock.now().timestamp()), holder, launch, signed_in))
    return key


def find(request: HttpRequest, key: str) -> Waiting | None:
    """A request this browser brought that still waits; None when it is unknown or too old."""
    values = _store(key).get(SLOT) if _KEY.fullmatch(key) else None
    if values is None or values["holder"] not in (_of_session(request), _mark(request)):
        return None
    found = Waiting(**values | {"ask": AuthorizeRequest.from_json(values["ask"])})
    lasts = SECONDS if found.opened else SIGN_IN_SECONDS
    return found if clock.now().timestamp() - found.ask.made_at < lasts else None


def of_earlier(request: HttpRequest, key: str) -> AuthorizeRequest | None:
    """A request that waits for the account that is signed in, but was put before it at an earlier sign-in."""
    values = _store(key).get(SLOT) if _KEY.fullmatch(key) else None
    if values is None or not values["opened"] or values["holder"].split(" ")[0] != str(request.user.pk):
        return None
    ask = AuthorizeRequest.from_json(values["ask"])
    return ask if clock.now().timestamp() - ask.made_at < SECONDS else None


def opened(request: HttpRequest, ask: AuthorizeRequest) -> AuthorizeRequest:
    """Note that a request is now put before whoever is signed in, and before nobody else; its time begins."""
    fresh = replace(ask, made_at=clock.now().timestamp())
    _put(_store(ask.key), Waiting(fresh, _of_session(request), opened=True))
    return fresh


def drop(key: str) -> None:
    """Forget a request that was answered."""
    _store(key).delete()


def on_the_way(request: HttpRequest) -> bool:
    """Whether a request of an app may be what somebody signs in for."""
    _mark, since = request.session.get(MARK, ["", 0])
    return clock.now().timestamp() - float(since) < SIGN_IN_SECONDS


def _store(key: str | None) -> SessionBase:
    found: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return found


def _put(store: SessionBase, waiting: Waiting) -> None:
    store[SLOT] = asdict(waiting)
    store.save()


def _of_session(request: HttpRequest) -> str:
    """Who is signed in and since when: it stays when the key of the session changes, as after a new password."""
    return f"{request.user.pk} {request.session.get(BEGAN)}"


def _mark(request: HttpRequest) -> str:
    """The mark of a stranger's session, made at the first request it brings; empty before that."""
    return str(request.session.get(MARK, ["", 0])[0])
