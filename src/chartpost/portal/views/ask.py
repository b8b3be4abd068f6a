"""Asking for records: one question per page, a check page, a signature, a receipt."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chartpost.identity import guard, policies
from chartpost.identity import queries as identity
from chartpost.identity.errors import NotFound
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.portal import navigation
from chartpost.portal.forms.ask import SignForm
from chartpost.portal.templatetags._values import language
from chartpost.portal.views import ask_steps as steps
from chartpost.portal.views import words
from chartpost.portal.views.reader import Reader, about, everyone, role
from chartpost.rights import clocks, drafts
from chartpost.rights import queries as rights
from chartpost.rights.errors import Incomplete, NotNow, RightsError
from chartpost.rights.guards import subject


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Whose records? Skipped when there is only one answer and nothing was begun."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    if actor.kind == "staff":
        return redirect(navigation.desk_start(request))
    people = [p for p in everyone(actor) if policies.decide(actor, "request.submit", _subject(p)).allow]
    begun = {d.person_id for d in drafts.started(actor.account_id or 0)}
    if not people:
        return redirect("portal:start")
    if len(people) == 1 and not begun:
        return redirect("portal:ask_step", people[0].ref, steps.path({})[0].key)
    rows = [_choice(actor, p, p.id in begun) for p in people]
    return render(request, "portal/ask/start.html", {"rows": rows})


def _choice(actor: Actor, person: PersonView, begun: bool) -> dict[str, Any]:
    authority = actor.authority_for(person.id, asks=True)
    own = person.id in actor.own_persons
    return {"person": person, "own": own, "role": role(authority.basis) if authority else "", "begun": begun}


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, person_ref: str, key: str) -> HttpResponse:
    """One question. What is sent is kept as a draft, then the next question follows."""
    reader = _reader(request, person_ref)
    answers = _answers(reader)
    page = next((s for s in steps.STEPS if s.key == key), None)
    if page is None:
        raise Http404
    if not page.asked(answers):
        return _to(person_ref, steps.following(page, answers))
    form = steps.make(page, reader, answers, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answers = drafts.save(reader.actor.account_id or 0, reader.person.id, form.to_answers()).answers
        if "check" in request.GET and not steps.missing(answers, reader):
            return redirect("portal:ask_check", person_ref)
        return _to(person_ref, steps.following(page, answers))
    context = _context(reader, key, page.phase, answers)
    return render(
        request, f"portal/ask/{_template(key)}", {**context, "form": form}, status=422 if form.is_bound else 200
    )


@require_POST
def keep(request: HttpRequest, person_ref: str, key: str) -> HttpResponse:
    """Keep a half-filled page: only answers that are sound are kept, and nothing is said about the others."""
    reader = _reader(request, person_ref)
    page = next((s for s in steps.STEPS if s.key == key), None)
    if page is None:
        raise Http404
    form = steps.make(page, reader, _answers(reader), request.POST)
    form.is_valid()
    drafts.save(reader.actor.account_id or 0, reader.person.id, form.to_answers())
    return HttpResponse(status=204)


@require_GET
def check(request: HttpRequest, person_ref: str) -> HttpResponse:
    """Every answer with a link to change it."""
    reader = _reader(request, person_ref)
    answers = _answers(reader)
    left = steps.missing(answers, reader)
    if left:
        return _to(person_ref, left)
    rows = [(s.label, s.shown(answers), f"/requests/new/{person_ref}/{s.key}/?check") for s in steps.path(answers)]
    return render(request, "portal/ask/check.html", {**_context(reader, "check", 4, answers), "rows": rows})


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, person_ref: str) -> HttpResponse:
    """The signature; then the draft becomes a request, once."""
    reader = _reader(request, person_ref)
    account_id = reader.actor.account_id or 0
    known = drafts.sent(request.POST.get("key", ""), account_id)
    if known:
        return redirect("portal:receipt", known)
    draft = drafts.of(account_id, reader.person.id)
    answers = draft.answers if draft else {}
    left = steps.missing(answers, reader)
    if draft is None or left:
        return _to(person_ref, left or "what")
    name = steps.signer(reader, answers)
    form = SignForm(request.POST or None, name=name, initial={"key": draft.ref})
    if form.is_valid():
        ask = steps.ask(reader, answers, draft.ref, form.cleaned_data["signed_name"], language())
        try:
            made = drafts.send(ask, reader.actor)
        except (Incomplete, NotNow) as error:
            form.add_error(None, error.todo)
        else:
            return redirect("portal:receipt", made.ref)
    context = {**_context(reader, "sign", 4, answers), "form": form, "name": name}
    return render(request, "portal/ask/sign.html", context, status=422 if form.is_bound else 200)


@require_POST
def discard(request: HttpRequest, person_ref: str) -> HttpResponse:
    """Throw the answers away."""
    reader = _reader(request, person_ref)
    drafts.discard(reader.actor.account_id or 0, reader.person.id)
    messages.success(request, _("Your answers are gone. Nothing was sent."))
    return redirect("portal:requests")


@require_GET
def receipt(request: HttpRequest, ref: str) -> HttpResponse:
    """What was received and when, when it is due, and what happens next."""
    try:
        row = rights.request(ref)
    except RightsError:
        raise Http404 from None
    reader = about(request, "request.read", subject(row))
    facility = identity.facility(row.facility_id)
    context = {"reader": reader, "person": reader.person, "request_row": row, "clock": clocks.of(row)}
    context |= {"scope": words.scope(row), "facility": facility, "office": identity.office()}
    template = "portal/ask/receipt_print.html" if "print" in request.GET else "portal/ask/receipt.html"
    return render(request, template, {**context, "delivery": words.DELIVERIES[row.delivery_channel]})


def _reader(request: HttpRequest, person_ref: str) -> Reader:
    """The reader who asks for a person's records; 404 for somebody they may not ask for."""
    guard.require(request, "portal.open", Subject("portal"))
    try:
        person = identity.person(person_ref)
    except NotFound:
        raise Http404 from None
    return about(request, "request.submit", _subject(person))


def _subject(person: PersonView) -> Subject:
    return Subject("request", person_id=person.id)


def _answers(reader: Reader) -> dict[str, Any]:
    draft = drafts.of(reader.actor.account_id or 0, reader.person.id)
    return draft.answers if draft else {}


def _to(person_ref: str, key: str) -> HttpResponse:
    if key == "check":
        return redirect("portal:ask_check", person_ref)
    return redirect("portal:ask_step", person_ref, key)


def _template(key: str) -> str:
    return f"{key}.html" if key in {"dates", "address", "contact", "parts"} else "step.html"


def _context(reader: Reader, key: str, phase: int, answers: dict[str, Any]) -> dict[str, Any]:
    before = steps.preceding(key, answers)
    return {
        "reader": reader,
        "person": reader.person,
        "key": key,
        "phases": [str(p) for p in steps.PHASES],
        "phase": phase,
        "before": before,
        "option_hints": words.FORMAT_HINTS | words.DELIVERY_HINTS,
    }
