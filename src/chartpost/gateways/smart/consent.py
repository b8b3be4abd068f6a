"""The page where a person decides what an app may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chartpost.gateways.smart import asks, redirects
from chartpost.identity import queries, queries_apps, services
from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.errors import IdentityError
from chartpost.identity.types import Actor, PersonView


def consent(request: HttpRequest, ask: AuthorizeRequest) -> HttpResponse:
    """Ask; on yes go back to the app with a code, on no with an error."""
    actor = queries.actor_for(request)
    people = _people(ask, actor)
    wrong = ""
    if request.method == "POST":
        if "allow" not in request.POST:
            asks.drop(request, ask.key)
            return redirects.refused(ask)
        chosen = next((person.id for person in people if person.ref == request.POST.get("person")), ask.person_id)
        scopes = [text for text in ask.scopes if text in request.POST.getlist("scope")]
        try:
            code = services.approve(ask, actor, chosen, scopes, 0, "offline_access" in scopes)
        except IdentityError as error:
            wrong = error.message
        else:
            asks.drop(request, ask.key)
            return redirects.with_code(ask, code)
    facts = {"ask": ask, "app": queries_apps.app(ask.client_id), "people": people, "wrong": wrong, "title": _("Allow")}
    response = render(request, "smart/consent.html", facts)
    response["Content-Security-Policy"] = redirects.page_policy(ask)
    return response


def _people(ask: AuthorizeRequest, actor: Actor) -> list[PersonView]:
    if ask.launch and ask.person_id is not None:
        return [queries.person_by_id(ask.person_id)]
    keys = actor.own_persons | {a.person_id for a in actor.authorities if a.in_force(actor.today)}
    return list(queries.people(frozenset(keys)).values())
