"""The queue: requests, due soonest first."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chartpost.desk import words
from chartpost.desk.pages import done, find, note_read, staff
from chartpost.formats.numbers import LONG_DIGITS, whole
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, Subject
from chartpost.kernel import clock
from chartpost.rights import guards, queries, services
from chartpost.rights.models import AccessRequest
from chartpost.rights.queries import QueueFilter

SHOW = ("", "mine", "unassigned", "overdue", "due_soon", "closed")


@dataclass(frozen=True)
class Row:
    """One line of the queue: days counted from receipt, the owner by name."""

    request: AccessRequest
    state: tuple[str, str]
    used: int
    total: int
    owner: str


@require_http_methods(["GET", "POST"])
def queue(request: HttpRequest) -> HttpResponse:
    """One page of the queue; a name to search for comes by POST, so that it is never part of an address."""
    actor = staff(request, "queue.read", Subject("office"))
    show = request.GET.get("show", "")
    show = show if show in SHOW else ""
    state = request.GET.get("state", "")
    state = state if state in words.STATES else ""
    text = request.POST.get("text", "").replace("\0", "").strip()
    after = request.POST.get("after") or request.GET.get("after", "")
    found, more = queries.queue(_wanted(actor, show, state, text), _cursor(after))
    note_read(actor, "queue.read", None, "queue", "operations", filter=_filter(show, state, text), count=len(found))
    team = identity.staff()
    names = {person.id: person.name for person in team}
    context = {
        "rows": _rows(found, names),
        "filters": _filters(show, state),
        "states": [(key, words.state(key)[0]) for key in words.STATES],
        "state": state,
        "show": show,
        "text": text,
        "staff": [person for person in team if person.is_active],
        "me": actor.account_id,
        "more": more,
        "more_url": _url(show, state, more) if more else "",
        "first_url": _url(show, state) if after else "",
    }
    return render(request, "desk/queue.html", context)


@require_POST
def assign(request: HttpRequest, ref: str) -> HttpResponse:
    """Give a request to a member of staff, or to nobody; goes back to where it was asked."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    chosen = request.POST.get("to", "")
    person = next((p for p in identity.staff() if p.ref == chosen and p.is_active), None)
    services.assign(ref, person.id if person else None, actor)
    back = reverse("desk:request", args=[ref]) if request.POST.get("from") == "request" else reverse("desk:queue")
    who = person.name if person else _("nobody")
    return done(request, _("%(number)s now belongs to %(who)s.") % {"number": row.number, "who": who}, back)


def _wanted(actor: Actor, show: str, state: str, text: str) -> QueueFilter:
    return QueueFilter(
        state=state,
        mine=actor.account_id if show == "mine" else None,
        unassigned=show == "unassigned",
        overdue=show == "overdue",
        due_soon=show == "due_soon",
        closed=show == "closed",
        text=text,
    )


def _cursor(after: str) -> str:
    """A cursor that is a day and a number; anything else starts at the beginning."""
    day, _sep, number = after.partition("_")
    try:
        day = date.fromisoformat(day).isoformat()
    except ValueError:
        return ""
    return "" if whole(number, LONG_DIGITS) is None else f"{day}_{number}"


def _filter(show: str, state: str, text: str) -> str:
    return ",".join(part for part in (show or "all", state, "text" if text else "") if part)


def _rows(found: list[AccessRequest], names: dict[int, str]) -> list[Row]:
    zones = {place.id: place.zone for place in identity.facilities()}
    today: dict[int, date] = {}
    rows = []
    for row in found:
        if row.facility_id not in today:
            today[row.facility_id] = clock.today(zones.get(row.facility_id, identity.office_zone()))
        until = row.acted_on or today[row.facility_id]
        used, total = (until - row.received_on).days, (row.due_on - row.received_on).days
        owner = names.get(row.assigned_to or 0, "")
        rows.append(Row(row, words.state(row.state), used, total, owner))
    return rows


def _filters(show: str, state: str) -> list[dict[str, Any]]:
    counts = queries.counts()
    named = {
        "": _("Open"),
        "mine": _("Mine"),
        "unassigned": _("Unassigned"),
        "overdue": _("Overdue"),
        "due_soon": _("Due soon"),
        "closed": _("Closed"),
    }
    return [
        {
            "label": named[key],
            "href": _url(key, state),
            "current": key == show,
            "count": counts.get(key or "open"),
            "alert": key == "overdue" and bool(counts.get("overdue")),
        }
        for key in SHOW
    ]


def _url(show: str, state: str, after: str = "") -> str:
    asked = {key: value for key, value in (("show", show), ("state", state), ("after", after)) if value}
    return reverse("desk:queue") + (f"?{urlencode(asked)}" if asked else "")
