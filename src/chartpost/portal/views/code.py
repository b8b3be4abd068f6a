"""Access codes: somebody without an account opens copies with a code, a date of birth and a one-time password.

What was proved so far is kept in the session: first the code, then, for half an hour without use, the password.
"""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chartpost.delivery import codes
from chartpost.delivery import queries as delivery
from chartpost.delivery import services as delivering
from chartpost.delivery.errors import NotThere
from chartpost.delivery.types import DeliveryView
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import ANONYMOUS, Actor, Subject
from chartpost.kernel import blobs, clock, keys, tries
from chartpost.ledger import services as ledger
from chartpost.portal.forms.code import AccessCodeForm, PasswordForm

KEY = "access_code"
OPEN_SECONDS = 30 * 60
"""How long the copies stay open without use."""
TRIES, TRIES_SECONDS = 20, 15 * 60
"""Codes that may be tried from one address."""


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code and the date of birth. A wrong pair says nothing of which part was wrong."""
    form = AccessCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        ref = None
        if _may_try(request):
            ref = codes.enter(given["code"], given["birth_date"], ANONYMOUS)
        if ref:
            request.session.cycle_key()
            request.session[KEY] = {"ref": ref, "until": 0}
            return redirect("portal:code_password")
        form.add_error(
            None,
            _("This code and date of birth do not open anything. Check both. After 5 wrong tries a code is locked."),
        )
    return _page(request, "code", form=form)


@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Ask for a call, and type what was said on the phone."""
    ref, found = _entered(request)
    if found is None:
        return redirect("portal:code")
    sent = request.method == "POST"
    if sent and "call" in request.POST:
        codes.ask_call(ref, _actor(found))
        return redirect("portal:code_password")
    form = PasswordForm(request.POST if sent else None)
    if sent and form.is_valid():
        if codes.unlock(ref, form.cleaned_data["password"], _actor(found)):
            request.session[KEY] = {"ref": ref, "until": _soon()}
            return redirect("portal:code_files")
        if _entered(request)[1] is None:
            return redirect("portal:code")
        form.add_error("password", _("This is not the password, or it is too old. Ask us to call again."))
    made = codes.current(found.ref)
    return _page(request, "password", form=form, waits=bool(made and made.call_asked_at))


@never_cache
@require_GET
def files(request: HttpRequest) -> HttpResponse:
    """The copies."""
    found = _opened(request)
    return _page(request, "files", delivery=found) if found else redirect("portal:code")


@never_cache
@require_GET
def file(request: HttpRequest, part_ref: str) -> HttpResponseBase:
    """One file; the receipt says which bytes were opened, and when."""
    found = _opened(request)
    if found is None:
        return redirect("portal:code")
    part = next((p for p in found.package.parts if p.ref == part_ref), None)
    actor = _actor(found)
    subject = Subject("delivery", found.person_id, state=found.state, ref=found.ref)
    if part is None or not policies.decide(actor, "delivery.open_by_code", subject).allow:
        raise Http404
    note = event(actor, "package.open", found.person_id, f"package:{found.package.ref}", "own access", "portal")
    ledger.note_read(note)
    stream = blobs.open(delivery.part(part.ref)[2])
    delivering.opened(found.ref, part.ref, part.sha256, actor)
    return FileResponse(stream, as_attachment=True, filename=part.name, content_type=part.media_type)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the copies."""
    request.session.pop(KEY, None)
    return redirect("portal:code")


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    return render(request, f"portal/code/{name}.html", {"office": identity.office(), **context}, status=status)


def _entered(request: HttpRequest) -> tuple[str, DeliveryView | None]:
    """The code that was entered, and its delivery while the code is open."""
    ref = str(request.session.get(KEY, {}).get("ref", ""))
    try:
        return ref, codes.delivery_of(ref)
    except NotThere:
        request.session.pop(KEY, None)
        return "", None


def _opened(request: HttpRequest) -> DeliveryView | None:
    """The delivery, when the one-time password was given and the page was used within half an hour."""
    kept = request.session.get(KEY, {})
    if kept.get("until", 0) < clock.now().timestamp():
        return None
    found = _entered(request)[1]
    if found is not None:
        request.session[KEY] = {**kept, "until": _soon()}
    return found


def _soon() -> float:
    return clock.now().timestamp() + OPEN_SECONDS


def _actor(found: DeliveryView) -> Actor:
    return Actor("code", ref=found.ref, name=str(found.recipient.get("name", "")), zone=found.zone)


def _may_try(request: HttpRequest) -> bool:
    """Guessing codes is slowed for each address; the address is kept as a keyed hash, for a quarter of an hour."""
    where = keys.derive(f"code-tries:{identity.where(request)}", 16).hex()
    return tries.count(f"code:{where}", TRIES_SECONDS) <= TRIES
