"""How pages ask the policies: one call that answers with the actor or refuses.

A stranger gets the sign-in page; a signed-in account that may not even know of the thing gets "not found";
one that may know but not do it gets "not allowed". Nothing is said about what exists.
"""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from chartpost.identity import policies, queries
from chartpost.identity.types import Actor, RowFilter, Subject


class SignInFirst(Exception):
    """The page needs somebody signed in."""


class ReauthenticateFirst(Exception):
    """The step is dangerous: the person proves again who they are."""


class SecondFactorFirst(Exception):
    """Staff work needs a second sign-in step, and this account has none yet."""


def require(request: HttpRequest, action: str, subject: Subject) -> Actor:
    """The actor, when the policy allows `action`; else SignInFirst, Http404 PermissionDenied or SecondFactorFirst."""
    actor = queries.actor_for(request)
    verdict = policies.decide(actor, action, subject)
    if verdict.allow:
        return actor
    if actor.kind == "anonymous":
        raise SignInFirst
    if not actor.second_factor:
        raise SecondFactorFirst
    if subject.person_id is not None and actor.kind == "person":
        raise Http404
    raise PermissionDenied(verdict.reason)


def require_fresh(request: HttpRequest, action: str, subject: Subject) -> Actor:
    """As `require`, and the account proved itself within the last five minutes."""
    actor = require(request, action, subject)
    if not actor.fresh:
        raise ReauthenticateFirst
    return actor


def rows(actor: Actor, action: str, person_id: int) -> RowFilter:
    """The row filter of an actor for a person; call it after `require`."""
    return policies.scope(actor, action, person_id)
