"""The inbox: imports nobody could file for sure, and self sign-ups that wait for a match."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chartpost.delivery import codes
from chartpost.desk.forms.people import SearchForm
from chartpost.desk.pages import REFUSED, attempt, done, not_there, note_read, staff
from chartpost.identity import guard, policies, services
from chartpost.identity import queries as identity
from chartpost.identity.models import MatchRequest
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.records import queries as records
from chartpost.records import services as filing
from chartpost.records.errors import RecordsError
from chartpost.records.ingest import ImportReport
from chartpost.records.reconcile import queries as reconcile

OFFICE = Subject("office")


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first."""
    actor = staff(request, "inbox.settle", OFFICE)
    items, matches = records.inbox(), list(identity.waiting_matches())
    asked = _asked(actor)
    note_read(actor, "inbox.read", None, "inbox", "operations", count=len(items) + len(matches) + len(asked))
    found = {"items": items, "matches": matches, "calls": len(codes.waiting()), "asked": asked}
    return render(request, "desk/inbox.html", found)


def _asked(actor: Actor) -> list[tuple[PersonView, int]]:
    """Persons of whose entries the office was asked whether they are the same, and how many there are."""
    people = identity.people(list(reconcile.with_office()))
    found = []
    for key, person in people.items():
        about = Subject("record", person_id=key)
        if policies.decide(actor, "record.reconcile", about).allow:
            rows = guard.rows(actor, "record.read", key)
            number = reconcile.count(key, rows, ("office",))
            found += [(person, number)] if number else []
    return found


@require_http_methods(["GET", "POST"])
def item(request: HttpRequest, ref: str) -> HttpResponse:
    """One import: what arrived beside the persons it may belong to."""
    actor = staff(request, "inbox.settle", OFFICE)
    try:
        row = records.inbox_item(ref)
    except RecordsError as error:
        not_there(error)
    if request.method == "POST" and "find" not in request.POST:
        return _settle_item(request, ref, row, actor)
    return _item_page(request, row, actor)


def _settle_item(request: HttpRequest, ref: str, row: Any, actor: Actor) -> HttpResponse:
    answer = request.POST.get("answer", "")
    to_check = [""]

    def settle() -> None:
        if answer == "discard":
            filing.discard(ref, _reason(request), actor)
        else:
            filed = filing.settle(ref, None if answer == "new" else identity.person(answer).id, actor)
            to_check[0] = _to_check(filed)

    problem = attempt(settle)
    if problem:
        return _item_page(request, row, actor, problem)
    return done(request, _("It is settled.") + to_check[0], reverse("desk:inbox"))


def _to_check(report: ImportReport) -> str:
    """How much of what was filed may be the same as what was there."""
    text = ngettext("%(n)d entry to compare.", "%(n)d entries to compare.", report.to_check) % {"n": report.to_check}
    return f" {text}" if report.to_check else ""


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise RecordsError(
            seen=_("no reason"),
            expected=_("why it belongs in no record"),
            todo=_("Write the reason, then throw it away."),
        )
    return reason[:300]


def _item_page(request: HttpRequest, row: Any, actor: Actor, problem: dict[str, str] | None = None) -> HttpResponse:
    scores = {c["person"]: c for c in row.candidates}
    people = identity.people([c["person"] for c in row.candidates])
    candidates = [(person, scores[key]) for key, person in people.items()]
    found = _search(request, actor)
    extra: list[tuple[PersonView, dict[str, Any]]] = [(person, {}) for person in found if person.id not in people]
    note_read(actor, "inbox.read", None, f"inbox:{row.ref}", "operations", count=len(candidates) + len(extra))
    form = SearchForm(request.POST if "find" in request.POST else None)
    shown = {"row": row, "candidates": [*candidates, *extra], "form": form, "problem": problem}
    return render(request, "desk/inbox_item.html", shown, status=REFUSED if problem else 200)


@require_http_methods(["GET", "POST"])
def match(request: HttpRequest, ref: str) -> HttpResponse:
    """One self sign-up: what was typed beside the persons it may be."""
    actor = staff(request, "inbox.settle", OFFICE)
    row = identity.waiting_matches().filter(ref=ref).first()
    if row is None:
        return done(request, _("This sign-up is settled already."), reverse("desk:inbox"))
    if request.method == "POST" and "find" not in request.POST:
        answer = request.POST.get("answer", "")
        problem = attempt(
            lambda: services.settle_match(ref, None if answer == "refuse" else identity.person(answer).id, actor)
        )
        if not problem:
            return done(request, _("It is settled."), reverse("desk:inbox"))
        return _match_page(request, row, actor, problem)
    return _match_page(request, row, actor)


def _match_page(
    request: HttpRequest, row: MatchRequest, actor: Actor, problem: dict[str, str] | None = None
) -> HttpResponse:
    found = {p.id: p for p in identity.same_birth_date(row.birth_date)}
    found |= {p.id: p for p in identity.find_people(f"{row.given} {row.family}")}
    found |= {p.id: p for p in _search(request, actor)}
    note_read(actor, "inbox.read", None, f"match:{row.ref}", "operations", count=len(found))
    form = SearchForm(request.POST if "find" in request.POST else None)
    context = {"row": row, "candidates": list(found.values()), "form": form, "problem": problem}
    return render(request, "desk/inbox_match.html", context, status=REFUSED if problem else 200)


def _search(request: HttpRequest, actor: Actor) -> list[PersonView]:
    """The persons a search on the page finds; noted as a list of names."""
    text = request.POST.get("text", "") if "find" in request.POST else ""
    if not text:
        return []
    found = identity.find_people(text)
    note_read(actor, "person.search", None, "people", "operations", filter="inbox", count=len(found))
    return found
