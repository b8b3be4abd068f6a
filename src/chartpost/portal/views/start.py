"""An account tied to nobody yet: it enters a code, or says who it is and waits for the office."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chartpost.identity import guard, services
from chartpost.identity import queries as identity
from chartpost.identity.errors import InvitationRefused
from chartpost.identity.models import Account
from chartpost.identity.types import Subject
from chartpost.kernel import tries
from chartpost.portal.forms.account import CodeForm, WhoForm

WAITING = "portal_code"
TRIES, TRIES_SECONDS = 10, 3600


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Both ways in, and what happens next."""
    guard.require(request, "portal.open", Subject("portal"))
    account = request.user
    assert isinstance(account, Account)
    waiting = [m for m in identity.waiting_matches() if m.account_id == account.pk]
    sent = request.POST.get("way", "")
    code = CodeForm(request.POST if sent == "code" else None, initial={"code": request.session.get(WAITING, "")})
    who = WhoForm(request.POST if sent == "who" else None)
    if sent == "code" and code.is_valid() and _use(request, account, code):
        return redirect("portal:welcome")
    if sent == "who" and who.is_valid():
        services.ask_match(account, who.cleaned_data, identity.actor_for(request))
        return redirect("portal:start")
    context: dict[str, Any] = {"code": code, "who": who, "waiting": waiting[0] if waiting else None}
    context |= {"office": identity.office(), "wrong": code if sent == "code" else who}
    return render(request, "portal/start.html", context, status=422 if sent else 200)


def _use(request: HttpRequest, account: Account, form: CodeForm) -> bool:
    """Use the code; guessing is slowed to ten tries an hour for an account."""
    if not _may_try(account):
        form.add_error("code", _("Too many tries. Wait an hour, then try again."))
        return False
    try:
        services.accept_invitation(form.cleaned_data["code"], account, identity.actor_for(request))
    except InvitationRefused:
        form.add_error("code", _("We do not know this code, or it was used or is too old. Check each letter."))
        return False
    request.session.pop(WAITING, None)
    messages.success(request, _("Your account is connected."))
    return True


def _may_try(account: Account) -> bool:
    return tries.count(f"invitation:{account.pk}", TRIES_SECONDS) <= TRIES
