"""The workbench of one request: everything known about it and what is next."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chartpost.delivery import queries as delivery
from chartpost.desk import words
from chartpost.desk.pages import REFUSED, attempt, done, find, note_read, request_page, staff
from chartpost.desk.tasks import Work, next_task, tasks
from chartpost.desk.views.identity import standing_of
from chartpost.desk.views.way import address
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.words import full_date
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.law.rules import explain
from chartpost.rights import clocks, guards, queries, services, states
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import ClockView

BUTTONS = {
    "start_check": gettext_lazy("Begin the identity check"),
    "info_given": gettext_lazy("The information has come"),
    "accept_fee": gettext_lazy("The person accepts the fee"),
    "decline_fee": gettext_lazy("The person wants the free portal instead"),
    "waive_fee": gettext_lazy("Drop the fee"),
    "reviewed": gettext_lazy("Clinical review is done"),
    "deliver_again": gettext_lazy("Make ready to send again"),
    "close": gettext_lazy("Close the request"),
}
"""Steps that need no words: one button each."""
WAYS = {
    "ask_info": "ask_info",
    "ask_review": "ask_review",
    "extend": "extend",
    "no_records": "no_records",
    "redirect": "redirect",
    "deny": "deny",
    "withdraw": "withdraw",
    "ask_denial_review": "denial_review",
    "review_upheld": "denial_review",
    "delivery_failed": "delivery_failed",
    "send_more": "send_more",
}
"""Events that have a page of their own, and the name of that page."""


@require_safe
def workbench(request: HttpRequest, ref: str) -> HttpResponse:
    """The request, its clock, its tasks, its letters, its thread and its history."""
    row = find(ref)
    actor = staff(request, "request.read", guards.subject(row))
    return answer(request, row, actor)


def answer(
    request: HttpRequest, row: AccessRequest, actor: Actor, problem: dict[str, str] | None = None
) -> HttpResponse:
    """The page itself, also after a step that was refused."""
    note_read(actor, "request.read", row.person_id, f"request:{row.ref}", f"release request {row.number}")
    services.read_messages(row.ref, actor)
    status = REFUSED if problem else 200
    return render(request, "desk/request.html", {**_context(row, actor), "problem": problem}, status=status)


@require_POST
def step(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one of the steps that need no words."""
    row = find(ref)
    event = request.POST.get("event", "")
    action = "request.clinical_review" if event == "reviewed" else "request.work"
    actor = staff(request, action, guards.subject(row))
    name = event if event in BUTTONS else "unknown step"
    problem = attempt(lambda: services.transition(ref, name, actor))
    if problem:
        return answer(request, find(ref), actor, problem)
    return done(request, str(words.EVENTS[event]) + ".", request_page(row))


@require_POST
def message(request: HttpRequest, ref: str) -> HttpResponse:
    """Write to the person."""
    row = find(ref)
    actor = staff(request, "request.message", guards.subject(row))
    problem = attempt(lambda: services.write_message(ref, request.POST.get("text", ""), actor))
    if problem:
        return answer(request, row, actor, problem)
    return done(request, _("Your message was sent."), request_page(row) + "#thread")


@require_POST
def note(request: HttpRequest, ref: str) -> HttpResponse:
    """Write a note that only staff see."""
    row = find(ref)
    actor = staff(request, "request.read", guards.subject(row))
    problem = attempt(lambda: services.write_note(ref, request.POST.get("text", ""), actor))
    if problem:
        return answer(request, row, actor, problem)
    return done(request, _("Your note was kept."), request_page(row) + "#notes")


def work_of(row: AccessRequest) -> Work:
    """A request with its package, deliveries and letters."""
    package = delivery.package(row.package_ref) if row.package_ref else None
    made = frozenset(row.letters.values_list("kind", flat=True))
    return Work(row, package, delivery.deliveries(row.ref), made)


def _context(row: AccessRequest, actor: Actor) -> dict[str, Any]:
    work = work_of(row)
    clock = clocks.of(row)
    possible = states.events_from(row.state)
    works = policies.decide(actor, "request.work", guards.subject(row)).allow
    return {
        "row": row,
        "state": words.state(row.state),
        "clock": clock,
        "clock_facts": _clock_facts(clock),
        "tasks": tasks(work, works),
        "next": next_task(work),
        "steps": [(name, BUTTONS[name]) for name in possible if name in BUTTONS],
        "ways": [(words.EVENTS[e], request_page(row, WAYS[e])) for e in possible if e in WAYS and e != "review_upheld"],
        "facts": _facts(row),
        "person": identity.person_by_id(row.person_id) if row.person_id else None,
        "facility": identity.facility(row.facility_id),
        "standing": standing_of(row),
        "repeats": queries.same_ask(row) if row.person_id else [],
        "letters": [
            (letter, words.LETTERS.get(letter.kind, letter.kind)) for letter in row.letters.order_by("made_at")
        ],
        "deliveries": words.deliveries(work.deliveries),
        "thread": row.messages.order_by("at"),
        "notes": row.notes.order_by("-at"),
        "history": [
            (s, words.EVENTS.get(s.event, s.event), words.state(s.to_state)) for s in row.steps.order_by("at", "pk")
        ],
        "staff": [person for person in identity.staff() if person.is_active],
        "works": works,
    }


def _clock_facts(clock: ClockView) -> list[tuple[str, Any, str, str]]:
    """Each figure of the clock with the rule behind it: label, date, rule, citation."""
    rows: list[tuple[str, Any, str]] = [
        (_("Received"), clock.received_on, "INT-8"),
        (_("Federal limit"), clock.due_federal, "CLK-1"),
    ]
    if clock.due_state:
        rows.append((_("State limit (%(state)s)") % {"state": clock.state}, clock.due_state, "CLK-6"))
    rows.append((_("Our own target"), clock.soft_target, "CLK-11"))
    if clock.extended_to:
        rows.append((_("Extended to"), clock.extended_to, "CLK-4"))
        if clock.due_state_extended:
            rows.append((_("Extended state limit"), clock.due_state_extended, "CLK-6"))
        rows.append((_("Last day of all"), clock.latest_extension, "CLK-3"))
    elif clock.may_extend_until:
        rows.append((_("An extension may be sent until"), clock.may_extend_until, "CLK-3"))
        rows.append((_("Last day of all"), clock.latest_extension, "CLK-3"))
    else:
        rows.append((_("Last day of all: the state gives no more time"), clock.due_on, "CLK-6"))
    if clock.review:
        rows.append((_("Review: decide by"), clock.review.decide_by, "REV-3"))
    return [(label, day, rule, explain(rule).cite or rule) for label, day, rule in rows if day]


def _facts(row: AccessRequest) -> list[tuple[str, str]]:
    asked = words.sections(Category[name] for name in row.categories if name in Category.__members__)
    born = row.subject_birth_date
    contact = "\n".join(str(value) for value in row.subject_contact.values() if value)
    sent_to = "\n".join(address(row.delivery_address) or row.delivery_address.values())
    known = [
        (_("Whose record"), row.subject_name),
        (_("Former names"), row.former_names),
        (_("Birth date"), f"{born:%B} {born.day}, {born.year}" if born else ""),
        (_("Contact"), contact),
        (
            _("Who asks"),
            f"{row.requester_name} ({words.RELATIONS.get(row.requester_relation, row.requester_relation)})",
        ),
        (_("How to reach them"), row.requester_contact),
        (_("What"), asked or _("Everything")),
        (_("Dates"), _dates(row)),
        (_("In their words"), row.details),
        (_("How"), str(words.MODES.get(row.mode, row.mode))),
        (_("Formats"), ", ".join(str(words.FORMATS.get(f, f)) for f in row.formats)),
        (_("Delivery"), str(words.DELIVERY.get(row.delivery_channel, row.delivery_channel))),
        (_("Sent to"), sent_to),
        (_("Signature"), _signature(row)),
    ]
    return [(label, value) for label, value in known if value]


def _dates(row: AccessRequest) -> str:
    if not (row.date_from or row.date_to):
        return _("All dates")
    first = full_date(row.date_from, "en") if row.date_from else _("the beginning")
    last = full_date(row.date_to, "en") if row.date_to else _("today")
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def _signature(row: AccessRequest) -> str:
    kind = row.signature.get("kind", "none")
    named = {"electronic": _("Signed in the portal"), "on paper": _("Signed on paper"), "none": _("Not signed: ask")}
    return str(named.get(kind, kind))
