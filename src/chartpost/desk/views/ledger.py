"""The ledger for the privacy officer: who looked at what, and whether nothing was changed."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from chartpost.desk.forms.office import LedgerForm
from chartpost.desk.pages import note_read, staff
from chartpost.identity import policies, queries_apps
from chartpost.identity import queries as identity
from chartpost.identity.aliases import one_person
from chartpost.identity.errors import IdentityError
from chartpost.identity.services import event
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.kernel.db import raw
from chartpost.ledger import queries
from chartpost.ledger import services as ledger
from chartpost.ledger.types import EntryView, Filter
from chartpost.ledger.verify import verify as check

PAGE = 50
OFFICE = Subject("ledger")


@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Entries, newest first; what is looked for comes by POST. Administrators may only check the ledger."""
    actor = staff(request, "desk.open", Subject("office"))
    if not policies.decide(actor, "ledger.search", OFFICE).allow:
        staff(request, "ledger.verify", OFFICE)
        return render(request, "desk/ledger.html", {"may_search": False, "size": queries.size()})
    form = LedgerForm(request.POST if request.method == "POST" else None)
    people = _people(request, form)
    person = people[0] if len(people) == 1 else None
    context: dict[str, Any] = {"may_search": True, "form": form, "people": people if len(people) > 1 else []}
    nobody = form.is_bound and form.is_valid() and bool(form.cleaned_data["who"]) and person is None
    if not form.is_bound or (form.is_valid() and not nobody):
        context |= _found(request, form, person, actor)
    return render(request, "desk/ledger.html", {**context, "nobody": nobody, "size": queries.size()})


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Check the whole ledger from the ground up."""
    actor = staff(request, "ledger.verify", OFFICE)
    ledger.sequence()
    report = check()
    ledger.append(event(actor, "ledger.verify", None, "ledger", "operations", where="desk", size=report.size))
    return render(request, "desk/ledger_checked.html", {"report": report, "root": report.root.hex()})


def _people(request: HttpRequest, form: LedgerForm) -> list[PersonView]:
    ref = request.POST.get("person", "")
    if ref:
        try:
            return [identity.person(ref)]
        except IdentityError:
            return []
    text = form.cleaned_data["who"] if form.is_bound and form.is_valid() else ""
    return identity.find_people(text) if text else []


def _found(request: HttpRequest, form: LedgerForm, person: PersonView | None, actor: Actor) -> dict[str, Any]:
    given = form.cleaned_data if form.is_bound else {}
    wanted = Filter(
        person_id=person.id if person else None,
        merged=one_person(person.id, raw.django()) if person else frozenset(),
        action=given.get("action") or "",
        since=_start(given.get("since"), actor.zone),
        until=_start(given.get("until"), actor.zone, days=1),
    )
    before = request.POST.get("before") or None
    entries = queries.search(wanted, before, PAGE)
    filters = [name for name in ("who", "action", "since", "until") if given.get(name)] or ["all"]
    person_id = person.id if person else None
    note_read(
        actor, "ledger.search", person_id, "ledger", "privacy review", filter=",".join(filters), count=len(entries)
    )
    last = entries[-1].ref if len(entries) == PAGE else ""
    return {"entries": _lines(entries), "person": person, "last": last, "asked": _asked(request, person)}


def _lines(entries: list[EntryView]) -> list[tuple[EntryView, str, str]]:
    """Entries with the names of the person and of the app they are about."""
    ids = frozenset(entry.person_id for entry in entries if entry.person_id is not None)
    names = {key: person.name for key, person in identity.people(ids).items()}
    apps = queries_apps.app_names(entry.app for entry in entries)
    return [(entry, names.get(entry.person_id or 0, ""), apps.get(entry.app, "")) for entry in entries]


def _asked(request: HttpRequest, person: PersonView | None) -> list[tuple[str, str]]:
    """What was asked, for the form that shows older entries."""
    skipped = {"csrfmiddlewaretoken", "before", "person"}
    kept = [(key, value) for key, value in request.POST.items() if key not in skipped and isinstance(value, str)]
    return [*kept, ("person", person.ref)] if person else kept


def _start(day: Any, zone: str, days: int = 0) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(days=days) if day else None
