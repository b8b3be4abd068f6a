"""Apps that can see the record: who let them, what they see, when they looked last; and stopping them."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chartpost.identity import app_sites, app_words, guard, policies, queries_apps, services
from chartpost.identity import queries as identity
from chartpost.identity.app_types import GrantView
from chartpost.identity.errors import NotFound
from chartpost.identity.types import Actor, Subject
from chartpost.portal.views.reader import Reader, everyone, for_person

ENDED: dict[str, str | Promise] = {
    "person": gettext_lazy("Stopped by the person or somebody who acts for them"),
    "office": gettext_lazy("Stopped by the records office"),
    "reuse": gettext_lazy("Stopped because its key was used twice"),
    "app": gettext_lazy("The app gave its access back"),
    "expired": gettext_lazy("Its time was over"),
    "unused": gettext_lazy("The app did not finish connecting"),
    "reset": gettext_lazy("Stopped because a new password was set for the account that let it in"),
    "account": gettext_lazy("Stopped because the account that let it in was closed"),
    "right": gettext_lazy("Stopped because who let it in may not do so any more"),
}


@dataclass(frozen=True)
class Connection:
    """A grant as the page shows it."""

    grant: GrantView
    sees: list[str]
    left_out: list[str]
    mine: bool
    may_stop: bool
    why_ended: str


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The apps of the open record, and those that are over; of somebody without a record those they let in."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    if actor.kind == "person" and not everyone(actor) and _own(actor):
        guard.require(request, "app.grants.read", Subject("grant", owner_id=actor.account_id))
        return _listed(request, _own(actor), actor, {})
    return _of_record(request)


@for_person("app.grants.read")
def _of_record(request: HttpRequest, reader: Reader) -> HttpResponse:
    about = {"reader": reader, "person": reader.person, "elsewhere": _elsewhere(reader)}
    return _listed(request, _of_people(reader), reader.actor, about)


def _listed(request: HttpRequest, grants: list[GrantView], actor: Actor, about: dict[str, Any]) -> HttpResponse:
    shown = [_connection(grant, actor) for grant in grants]
    now = [one for one in shown if one.grant.ended_at is None]
    over = [one for one in shown if one.grant.ended_at is not None]
    return render(request, "portal/apps/index.html", {"now": now, "over": over, **about})


def _elsewhere(reader: Reader) -> list[str]:
    """The names of others whose record an app sees that the reader let in: their apps are listed with that record."""
    assert reader.actor.account_id is not None
    mine = {grant.person_id for grant in queries_apps.grants_of_account(reader.actor.account_id)}
    return [one.name for one in everyone(reader.actor) if one.id in mine and one.id != reader.person.id]


def _own(actor: Actor) -> list[GrantView]:
    """What somebody without a record let apps do: sign them in, or see a record they acted for once."""
    assert actor.account_id is not None
    found = queries_apps.grants_of_account(actor.account_id, ended=True)
    return [grant for grant in found if policies.decide(actor, "app.grants.read", _subject(grant)).allow]


@require_safe
def detail(request: HttpRequest, ref: str) -> HttpResponse:
    """One app: everything it may see, and the way to stop it."""
    grant = _grant(ref)
    actor = guard.require(request, "app.grants.read", _subject(grant))
    _not_for_staff(actor)
    site = app_sites.own_site(grant.app, *grant.app.redirect_uris)
    context: dict[str, Any] = {"one": _connection(grant, actor), "site": site}
    if grant.person_id is not None:
        person = identity.person_by_id(grant.person_id)
        context |= {"person": person, "reader": Reader(actor, person, everyone(actor))}
    return render(request, "portal/apps/detail.html", context)


@require_POST
def stop(request: HttpRequest, ref: str) -> HttpResponse:
    """End an app's access; it counts within a second, in every process."""
    grant = _grant(ref)
    actor = guard.require(request, "app.revoke", _subject(grant))
    _not_for_staff(actor)
    name = grant.app.name
    try:
        services.end_grant(ref, actor)
    except NotFound:
        messages.info(request, _("%(app)s was stopped before.") % {"app": name})
    else:
        messages.success(request, _stopped(grant, actor) % {"app": name})
    return redirect("portal:apps")


def _stopped(grant: GrantView, actor: Actor) -> str:
    """What is true now: somebody else may have let the same app in, as far as the reader may know of it."""
    found = queries_apps.grants_for_person(grant.person_id) if grant.person_id is not None else []
    left = [other for other in found if other.app.ref == grant.app.ref]
    if any(policies.decide(actor, "app.grants.read", _subject(other)).allow for other in left):
        return _("%(app)s is stopped for one person. Somebody else let it in too, so it can still see the record.")
    return _("%(app)s is stopped. It cannot see the record any more.")


def _of_people(reader: Reader) -> list[GrantView]:
    """What people let apps do, as far as the reader may know; apps staff work with show under "Who looked"."""
    found = queries_apps.grants_for_person(reader.person.id, ended=True)
    assert reader.actor.account_id is not None
    mine = queries_apps.grants_of_account(reader.actor.account_id, ended=True)
    found += [grant for grant in mine if grant.person_id is None]
    may = (policies.decide(reader.actor, "app.grants.read", _subject(grant)).allow for grant in found)
    return [grant for grant, known in zip(found, may, strict=True) if known and grant.given_as == "person"]


def _grant(ref: str) -> GrantView:
    try:
        return queries_apps.grant(ref)
    except NotFound as error:
        raise Http404 from error


def _not_for_staff(actor: Actor) -> None:
    """Staff have their own pages for apps, on the desk."""
    if actor.kind == "staff":
        raise Http404


def _subject(grant: GrantView) -> Subject:
    return Subject("grant", person_id=grant.person_id, owner_id=grant.account_id)


def _connection(grant: GrantView, actor: Actor) -> Connection:
    return Connection(
        grant,
        app_words.learnt(grant.scopes, grant.fhir_user),
        app_words.sensitive_names(grant.hidden_labels),
        grant.account_id == actor.account_id,
        grant.ended_at is None and policies.decide(actor, "app.revoke", _subject(grant)).allow,
        str(ENDED.get(grant.ended_why, "")),
    )
