"""What a person does on the page of a request: write, answer, agree, take back, ask again, open letters and copies."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chartpost.delivery import queries as delivery
from chartpost.delivery import services as delivering
from chartpost.delivery.errors import NotThere
from chartpost.identity import guard
from chartpost.kernel import blobs
from chartpost.portal.forms.requests import ArrivedForm, FeeForm, MessageForm, ReasonForm, ReviewForm
from chartpost.portal.views.reader import Reader, about, note
from chartpost.portal.views.requests import OPENED, copies_subject, load, page
from chartpost.rights import letters, services
from chartpost.rights import queries as rights
from chartpost.rights.errors import GuardFailed, NotNow, RightsError
from chartpost.rights.guards import subject
from chartpost.rights.models import AccessRequest


@require_POST
def write(request: HttpRequest, ref: str) -> HttpResponse:
    """Add a message to the thread."""
    row, reader = load(request, ref, "request.message")
    form = MessageForm(request.POST, prefix="message")
    if not form.is_valid():
        return page(request, row, reader, 422, message_form=form, wrong=form)
    services.write_message(ref, form.cleaned_data["text"], reader.actor)
    if row.state == "needs_info":
        _step(request, row, reader, "info_given")
    messages.success(request, _("Your message is with the records office."))
    return redirect("portal:request", ref)


@require_POST
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the request back, with a word why."""
    row, reader = load(request, ref, "request.withdraw")
    form = ReasonForm(request.POST, prefix="withdraw")
    if not form.is_valid():
        return page(request, row, reader, 422, withdraw_form=form, wrong=form)
    if _step(request, row, reader, "withdraw", reason=form.cleaned_data["reason"]):
        messages.success(request, _("You took this request back. You can ask again at any time."))
    return redirect("portal:request", ref)


@require_POST
def fee(request: HttpRequest, ref: str) -> HttpResponse:
    """Agree to a fee, or ask for another way; the clock runs either way."""
    row, reader = load(request, ref, "request.message")
    form = FeeForm(request.POST)
    if not form.is_valid() or row.state != "fee_estimated":
        messages.error(request, _("This has changed. Please look at the page again."))
        return redirect("portal:request", ref)
    answer = form.cleaned_data["answer"]
    if answer == "ask":
        question = _("I have a question about the fee. Please explain it, or tell me a cheaper way.")
        services.write_message(ref, question, reader.actor)
        messages.success(request, _("We told the records office. They will answer you here."))
    elif answer == "accept" and form.cleaned_data["total_cents"] != row.fee.get("total_cents"):
        messages.error(request, _("The fee changed since you opened this page. Look at it now, then answer again."))
    elif _step(request, row, reader, FEE_STEPS[answer], **_seen(answer, form.cleaned_data["total_cents"])):
        messages.success(request, _("Thank you. We send the copies next."))
    return redirect("portal:request", ref)


def _seen(answer: str, total_cents: int) -> dict[str, int]:
    """The sum the person agrees to: the step looks at it once more, on the locked row."""
    return {"total_cents": total_cents} if answer == "accept" else {}


FEE_STEPS = {"accept": "accept_fee", "portal": "decline_fee"}


@require_POST
def arrived(request: HttpRequest, ref: str) -> HttpResponse:
    """Answer "did it arrive, can you read it?"; a problem opens the request again."""
    row, reader = load(request, ref, "request.confirm")
    form = ArrivedForm(request.POST, prefix="arrived")
    if not form.is_valid():
        return page(request, row, reader, 422, arrived_form=form, wrong=form)
    if row.state == "delivered" and row.delivery_ref:
        good = form.cleaned_data["arrived"] == "yes"
        delivering.confirm(row.delivery_ref, good, form.cleaned_data["problem"], reader.actor)
        messages.success(request, _("Thank you for telling us.") if good else _("Thank you. We will mend it."))
    return redirect("portal:request", ref)


@require_POST
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for a second look at a refusal (45 CFR 164.524(a)(4))."""
    row, reader = load(request, ref, "request.message")
    form = ReviewForm(request.POST, prefix="review")
    if not form.is_valid():
        return page(request, row, reader, 422, review_form=form, wrong=form)
    if _step(request, row, reader, "ask_denial_review", reason=form.cleaned_data["reason"]):
        messages.success(request, _("A professional who did not take part will look again. We will write to you."))
    return redirect("portal:request", ref)


@require_GET
def letter(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Open a letter; the first time is kept as the time it was read."""
    try:
        row = rights.letter(ref)
    except RightsError:
        raise Http404 from None
    reader = about(request, "letter.read", replace(subject(row.request), kind="letter"))
    if row.sent_at is None:
        raise Http404
    note(request, reader, "letter.read", f"letter:{ref}", kind=row.kind)
    if reader.actor.kind == "person":
        services.read_letter(ref)
    return _file(
        letters.open_letter(row), "application/pdf", f"{row.request.number}-{row.kind}.pdf", "download" in request.GET
    )


@require_GET
def copy(request: HttpRequest, ref: str, part_ref: str) -> HttpResponseBase:
    """Open one file of a released package; the receipt says who opened which bytes, and when."""
    row, reader = load(request, ref, "package.open")
    found = next((d for d in delivery.deliveries(row.ref) if any(p.ref == part_ref for p in d.package.parts)), None)
    if found is None or row.state not in OPENED or found.channel != "portal":
        raise Http404
    try:
        part, package, blob = delivery.part(part_ref)
    except NotThere:
        raise Http404 from None
    guard.require(request, "package.open", copies_subject(row, package))
    note(request, reader, "package.open", f"package:{package.ref}", part=part.ref, format=part.format)
    stream = blobs.open(blob)
    if reader.actor.kind == "person":
        delivering.opened(found.ref, part.ref, part.sha256, reader.actor)
    return FileResponse(stream, as_attachment=True, filename=part.name, content_type=part.media_type)


def _step(request: HttpRequest, row: AccessRequest, reader: Reader, event: str, **facts: Any) -> bool:
    """Take a step of the state table; when it is not possible any more, say so and change nothing."""
    try:
        services.transition(row.ref, event, reader.actor, **facts)
    except (NotNow, GuardFailed):
        messages.error(request, _("This cannot be done now. Look at the page again, or write to us."))
        return False
    return True


def _file(data: bytes, media_type: str, name: str, keep: bool) -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'{"attachment" if keep else "inline"}; filename="{name}"'
    return response
