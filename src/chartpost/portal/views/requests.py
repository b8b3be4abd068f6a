"""Requests: the list, and one request with everything a person can see and do about it."""

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chartpost.delivery import queries as delivery
from chartpost.delivery.types import PackageView
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.portal.forms.requests import ArrivedForm, MessageForm, ReasonForm, ReviewForm
from chartpost.portal.views import words
from chartpost.portal.views.home import summary
from chartpost.portal.views.reader import Reader, about, for_person, note
from chartpost.rights import clocks, drafts, services, states
from chartpost.rights import queries as rights
from chartpost.rights.errors import RightsError
from chartpost.rights.guards import may_be_reviewed, subject
from chartpost.rights.models import AccessRequest


@require_GET
@for_person("request.read")
def index(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The person's requests, open ones first."""
    found = [summary(row) for row in reader.requests()]
    context: dict[str, Any] = {
        "reader": reader,
        "person": reader.person,
        "open": [r for r in found if r["row"].open],
        "done": [r for r in found if not r["row"].open],
        "draft": drafts.of(reader.actor.account_id or 0, reader.person.id),
    }
    return render(request, "portal/requests/index.html", context)


def load(request: HttpRequest, ref: str, action: str) -> tuple[AccessRequest, Reader]:
    """A request and its reader, when the policy allows the action; else 404."""
    try:
        row = rights.request(ref)
    except RightsError:
        raise Http404 from None
    return row, about(request, action, subject(row))


@require_GET
def detail(request: HttpRequest, ref: str) -> HttpResponse:
    """One request: status, clock, steps, letters, copies, messages, and what can be done now."""
    row, reader = load(request, ref, "request.read")
    if reader.actor.kind == "person":
        services.read_messages(ref, reader.actor)
    note(request, reader, "request.read", f"request:{ref}")
    return page(request, row, reader)


def page(request: HttpRequest, row: AccessRequest, reader: Reader, status: int = 200, **forms: Any) -> HttpResponse:
    """The page of a request; `forms` replaces a form that was sent with mistakes."""
    sent = delivery.deliveries(row.ref) if row.state in OPENED else []
    context: dict[str, Any] = {
        "reader": reader,
        "person": reader.person,
        "row": row,
        "status": words.status(row),
        "clock": clocks.of(row),
        "facts": _facts(row),
        "steps": _steps(row),
        "thread": list(row.messages.order_by("at")),
        "letters": [(letter, words.LETTERS.get(letter.kind, letter.kind)) for letter in _letters(row)],
        "deliveries": sent,
        "closed": {one.ref for one in sent if not _may_open(reader, row, one.package)},
        "can": _can(row, reader),
        "message_form": MessageForm(prefix="message"),
        "arrived_form": ArrivedForm(prefix="arrived"),
        "withdraw_form": ReasonForm(prefix="withdraw"),
        "review_form": ReviewForm(prefix="review"),
        "office": identity.office(),
    }
    return render(request, "portal/requests/detail.html", {**context, **forms}, status=status)


OPENED = frozenset({"delivered", "confirmed", "closed", "review_requested", "delivery_failed"})


def copies_subject(row: AccessRequest, package: PackageView) -> Subject:
    """The copies of a request as policies see them; what a reviewer let through is theirs, whatever its label."""
    let_through = row.items.filter(decision="release").exclude(decided_by=None).values_list("labels", flat=True)
    hidden = reduce(or_, let_through, package.rows.hidden_labels)
    return replace(subject(row), kind="package", rows=replace(package.rows, hidden_labels=hidden))


def _may_open(reader: Reader, row: AccessRequest, package: PackageView) -> bool:
    return policies.decide(reader.actor, "package.open", copies_subject(row, package)).allow


def _letters(row: AccessRequest) -> Any:
    return row.letters.exclude(sent_at=None).order_by("-sent_at")


def _facts(row: AccessRequest) -> list[tuple[str, Any]]:
    from chartpost.portal.templatetags._values import fulldate

    if row.date_from or row.date_to:
        first, last = fulldate(row.date_from) or _("the start"), fulldate(row.date_to) or _("now")
        dates = _("From %(first)s to %(last)s") % {"first": first, "last": last}
    else:
        dates = _("From all years")
    return [
        (_("Number"), row.number),
        (_("Received"), fulldate(row.received_on)),
        (_("Asked by"), row.requester_name),
        (_("What"), words.scope(row)),
        (_("Dates"), dates),
        (_("How"), words.MODES.get(row.mode, row.mode)),
        (_("Kind of file"), ", ".join(str(words.FORMATS.get(f, f)) for f in row.formats)),
        (_("How you get it"), words.DELIVERIES.get(row.delivery_channel, row.delivery_channel)),
        (_("Anything else"), row.details or _("Nothing")),
    ]


def _steps(row: AccessRequest) -> list[dict[str, Any]]:
    """The steps a person sees, newest first; inner work of the office is left out."""
    return [
        {"at": s.at, "words": words.STEPS[s.event], "reason": s.reason if s.event == "ask_info" else ""}
        for s in row.steps.order_by("-at", "-pk")
        if s.event in words.STEPS
    ]


def _can(row: AccessRequest, reader: Reader) -> dict[str, bool]:
    """What the reader can do now: the policy and the state table both agree."""

    def may(action: str, event: str = "") -> bool:
        ready = not event or states.find(event, row.state) is not None
        return ready and reader.actor.kind == "person" and policies.decide(reader.actor, action, subject(row)).allow

    return {
        "message": may("request.message") and row.state not in {"withdrawn"},
        "withdraw": may("request.withdraw", "withdraw"),
        "fee": may("request.message", "accept_fee"),
        "confirm": may("request.confirm") and row.state == "delivered" and bool(row.delivery_ref),
        "review": may("request.message", "ask_denial_review") and may_be_reviewed(row),
    }
