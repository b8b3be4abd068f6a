"""What the signed-in pages of this door share: who acts, answers as JSON, the secret of the account's browser store."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from chartpost.identity import guard
from chartpost.identity import queries as identity
from chartpost.identity.guard import ReauthenticateFirst, SignInFirst
from chartpost.identity.types import Actor, Subject
from chartpost.kernel import keys
from chartpost.kernel.config import config
from chartpost.shares import ids
from chartpost.shares.errors import SharesError

View = Callable[..., HttpResponse]


def owner(request: HttpRequest) -> Actor:
    """The signed-in account, on pages of its own things."""
    actor = identity.actor_for(request)
    return guard.require(request, "share.manage", Subject("share", owner_id=actor.account_id))


def account(actor: Actor) -> int:
    """The key of an account that `guard` let in."""
    assert actor.account_id is not None
    return actor.account_id


def shell(actor: Actor) -> str:
    """The template around a page: people and staff have their own."""
    return "base/desk.html" if actor.kind == "staff" else "base/portal.html"


def where(request: HttpRequest) -> str:
    """The door and the address a page was asked from, for the ledger."""
    return f"sealed {identity.where(request)}".strip()


def vault(actor: Actor) -> str:
    """A secret of the account that its browsers seal unfinished transfers with, together with a salt of their own."""
    return ids.encode(keys.derive(f"shares/vault/{actor.ref}"))


def origin() -> str:
    """Where links lead: the pages' own host, if they have one."""
    parts = urlsplit(config().share_origin or config().base_url)
    return f"{parts.scheme}://{parts.netloc}"


def answers_json(view: View) -> Callable[..., HttpResponseBase]:
    """A view for scripts: errors of the shares room and of the guard leave as {error, seen, expected, todo}."""

    @wraps(view)
    def page(request: HttpRequest, **address: str) -> HttpResponseBase:
        try:
            return view(request, **address)
        except SharesError as error:
            told = {"error": error.code, "seen": error.seen, "expected": error.expected, "todo": error.todo}
            return answer({**told, **error.more}, error.status)
        except (PermissionDenied, Http404):
            return answer({"error": "not_found"}, 404)
        except SignInFirst:
            return answer({"error": "sign_in"}, 401)
        except ReauthenticateFirst:
            return answer({"error": "fresh"}, 401)

    return page


def answer(value: dict[str, Any], status: int = 200) -> JsonResponse:
    """JSON that no cache keeps."""
    return JsonResponse(value, status=status, headers={"Cache-Control": "no-store"})
