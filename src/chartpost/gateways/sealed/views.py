"""Sending files sealed: the page that does it, the list of what was sent, and keys for programs."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chartpost.gateways.sealed import forms, from_record
from chartpost.gateways.sealed.pages_for_people import account, answer, answers_json, origin, owner, shell, vault, where
from chartpost.identity import guard, whose
from chartpost.identity import queries as identity
from chartpost.identity.errors import NotFound
from chartpost.identity.services import event
from chartpost.identity.types import Actor, Subject
from chartpost.kernel.config import config
from chartpost.ledger import services as ledger
from chartpost.shares import queries, services
from chartpost.shares.errors import NotThere, SharesError
from chartpost.shares.services.ending import mine
from chartpost.shares.types import ENDED, RecipientView, ShareView

DAYS = (1, 3, 7, 14, 30, 90)
OPENS = (1, 3, 5, 10)


@dataclass(frozen=True)
class Shown:
    """A share as the list shows it."""

    share: ShareView
    live: bool
    tone: str
    state: str


@require_safe
def send(request: HttpRequest) -> HttpResponse:
    """The page that seals and sends; whoever did not sign in within five minutes does so first."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    people = from_record.people(actor)
    if actor.kind == "person" and not people:
        return redirect("portal:start")
    person = next((p for p in people if p.ref == request.GET.get("person")), whose.chosen(request, people))
    guard.require_fresh(request, "share.send", Subject("record", person_id=person.id if person else None))
    most = config().share_most_days
    context = {
        "shell": shell(actor),
        "people": people,
        "person": person,
        "picks": from_record.picks(actor, person) if person else [],
        "days": [n for n in DAYS if n <= most] or [most],
        "day": min(config().share_days, most),
        "opens": OPENS,
        "tell": forms.TELL,
        "vault": vault(actor),
        "origin": origin(),
        "largest": config().share_gb * 10**9,
    }
    return render(request, "send/send.html", context)


@require_POST
@answers_json
def send_new(request: HttpRequest) -> HttpResponse:
    """Make a share for the page: as POST /s/api/shares, with the session in place of a token."""
    owner(request)
    asked = forms.body(request)
    person_id = _person(asked)
    actor = guard.require_fresh(request, "share.send", Subject("record", person_id=person_id))
    how = forms.told(asked)
    with transaction.atomic():
        made = services.make(asked, actor, person_id=person_id, where=where(request))
        if how:
            thing = f"share:{made.share}"
            ledger.append(event(actor, "share.tell", person_id, thing, "sealed share", where(request), how=how))
    told = {"share": made.share, "upload_token": made.upload_token, "expires_at": made.expires_at.isoformat()}
    return answer(told, 201)


def _person(asked: dict[str, Any]) -> int | None:
    ref = asked.get("person")
    if not isinstance(ref, str) or not ref:
        return None
    try:
        return identity.person(ref).id
    except NotFound:
        raise NotThere(seen="no such person", expected="one of the page", todo="Load the page again.") from None


@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """What the account sent: state, openings, receipts; and its keys for programs."""
    actor = owner(request)
    return _shares_page(request, actor, forms.TokenForm())


def _shares_page(
    request: HttpRequest, actor: Actor, form: forms.TokenForm, status: int = 200, token: str = ""
) -> HttpResponse:
    context = {
        "shell": shell(actor),
        "shares": [_shown(one) for one in queries.shares_of(account(actor))],
        "tokens": queries.tokens_of(account(actor)),
        "form": form,
        "token": token,
        "vault": vault(actor),
        "origin": origin(),
        "tell": forms.TELL,
    }
    return render(request, "send/shares.html", context, status=status)


@require_POST
def revoke(request: HttpRequest, share: str) -> HttpResponse:
    """Take a share back."""
    actor = owner(request)
    try:
        services.revoke(share, actor, where(request))
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("The files are deleted. Nobody can open them any more."))
    return redirect("sealed:shares")


@require_POST
def end_link(request: HttpRequest, share: str, recipient: str) -> HttpResponse:
    """Take one link of a share back."""
    actor = owner(request)
    try:
        services.drop_recipient(mine(share, actor), recipient, where(request), actor)
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("The link is taken back. The other links still work."))
    return redirect("sealed:shares")


@require_POST
def unlock(request: HttpRequest, share: str, recipient: str) -> HttpResponse:
    """Let a locked link be tried again."""
    actor = owner(request)
    try:
        services.unlock(share, recipient, actor, where(request))
    except NotThere as error:
        raise Http404 from error
    except SharesError as error:
        messages.error(request, f"{error.todo}")
    else:
        messages.success(request, _("The link is open for ten more tries."))
    return redirect("sealed:shares")


@require_POST
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a key for a program; it is shown on this one page."""
    actor = owner(request)
    actor = guard.require_fresh(request, "share.manage", Subject("share", owner_id=actor.account_id))
    form = forms.TokenForm(request.POST)
    if not form.is_valid():
        return _shares_page(request, actor, form, 422)
    try:
        token = services.make_token(actor, form.cleaned_data["label"], where=where(request))
    except SharesError:
        form.add_error("label", _("You have 20 keys. End one that you no longer use first."))
        return _shares_page(request, actor, form, 422)
    return _shares_page(request, actor, forms.TokenForm(), token=token)


@require_POST
def token_end(request: HttpRequest, ref: str) -> HttpResponse:
    """End a key."""
    actor = owner(request)
    try:
        services.end_token(ref, actor, where(request))
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("The key is ended."))
    return redirect("sealed:shares")


def _shown(share: ShareView) -> Shown:
    live = share.state not in ENDED
    state, tone = {
        "uploading": (_("Not finished"), "warning"),
        "ready": (_("Can be opened"), "info"),
        "revoked": (_("Taken back"), "neutral"),
        "expired": (_("Time is over"), "neutral"),
        "lost": (_("Damaged"), "danger"),
    }[share.state]
    if share.state == "ready" and share.recipients and all(one.received for one in share.recipients):
        state, tone = _("Arrived"), "success"
    if share.state == "ready" and any(_locked(one) for one in share.recipients):
        state, tone = _("A link is locked"), "danger"
    return Shown(share, live, tone, state)


def _locked(link: RecipientView) -> bool:
    return link.locked and not link.ended
