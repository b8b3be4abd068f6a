"""The account: language, time zone, whose records it opens, who may act for its person."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chartpost.identity import guard, services
from chartpost.identity import queries as identity
from chartpost.identity.errors import NotFound
from chartpost.identity.languages import speak
from chartpost.identity.models import Account
from chartpost.identity.services.settings import save_settings
from chartpost.identity.types import Actor, Subject
from chartpost.portal.forms.account import CaregiverForm, SettingsForm
from chartpost.portal.views.reader import Reader, everyone, for_person, role
from chartpost.portal.views.sections import names_of

CODE = "portal_caregiver_code"


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Settings of the account, and who is tied to it."""
    actor = _owner(request)
    account = _account(request)
    form = SettingsForm(request.POST or None, initial={"language": account.language or "en", "zone": account.zone})
    if form.is_valid():
        save_settings(account, form.cleaned_data["language"], form.cleaned_data["zone"])
        response = redirect("portal:account")
        speak(response, form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return response
    context = {"form": form, "account": account, "mine": _mine(actor), "helpers": _helpers(actor)}
    return render(request, "portal/account/index.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_person("caregiver.invite")
def invite(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Let somebody help: what they may see, until when; the code is shown once."""
    guard.require_fresh(request, "caregiver.invite", Subject("record", person_id=reader.person.id))
    form = CaregiverForm(request.POST or None, today=reader.actor.today)
    if form.is_valid():
        code = services.invite("caregiver", reader.actor, reader.person.id, basis="caregiver", **form.terms())
        request.session[CODE] = code
        return redirect("portal:caregiver_code")
    context = {"reader": reader, "person": reader.person, "form": form}
    return render(request, "portal/account/invite.html", context, status=422 if form.is_bound else 200)


@for_person("caregiver.invite")
def code(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The code of a fresh invitation, once; a look at the head alone shows it to nobody."""
    shown = request.session.get(CODE, "") if request.method == "HEAD" else request.session.pop(CODE, "")
    if not shown:
        return redirect("portal:account")
    return render(request, "portal/account/code.html", {"reader": reader, "person": reader.person, "code": shown})


@require_POST
def end(request: HttpRequest, ref: str) -> HttpResponse:
    """End somebody's right to act, now."""
    actor = _owner(request)
    row = next((r for key in actor.own_persons for r in identity.representations(key) if r.authority.ref == ref), None)
    if row is None:
        raise Http404
    guard.require(request, "representative.end", Subject("person", person_id=row.authority.person_id))
    if row.ended_at is None:
        with suppress(NotFound):  # ended by another page at this moment
            services.end_representation(ref, actor)
        messages.success(request, _("Done. This person cannot see your record any more."))
    return redirect("portal:account")


def _owner(request: HttpRequest) -> Actor:
    guard.require(request, "portal.open", Subject("portal"))
    account = _account(request)
    return guard.require(request, "account.manage", Subject("account", owner_id=account.pk))


def _account(request: HttpRequest) -> Account:
    account = request.user
    assert isinstance(account, Account)
    return account


def _mine(actor: Actor) -> list[dict[str, Any]]:
    """The persons whose records this account opens, with the basis."""
    rows = []
    for person in everyone(actor):
        own = person.id in actor.own_persons
        authority = None if own else actor.authority_for(person.id)
        rows.append(
            {"person": person, "own": own, "authority": authority, "role": role(authority.basis) if authority else ""}
        )
    return rows


def _helpers(actor: Actor) -> list[dict[str, Any]]:
    """Who may act for the account's own person; ended ones are left out."""
    rows = []
    for key in actor.own_persons:
        for row in identity.representations(key):
            held = row.authority
            if not row.over(actor.today):
                rows.append(
                    {"name": row.name, "held": held, "role": role(held.basis), "sees": names_of(held.categories)}
                )
    return rows
