"""The front page, and where people land after they sign in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chartpost.identity import guard, whose
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.portal import navigation
from chartpost.portal.views import words
from chartpost.portal.views.reader import Reader, everyone, for_person
from chartpost.rights import clocks, drafts
from chartpost.rights.models import AccessRequest

SHOWN = 3
OF_ANYBODY = ("portal:record", "portal:apps", "portal:activity")
"""Pages that every record has: whoever chooses another one there goes on reading the same."""


@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    """What this is, for strangers; what is new and what to do, for people."""
    if identity.actor_for(request).kind == "anonymous":
        return render(request, "portal/welcome.html", {"office": identity.office()})
    return _mine(request)


@for_person("record.read")
def _mine(request: HttpRequest, reader: Reader) -> HttpResponse:
    found = reader.requests() if _asks(reader) else []
    context: dict[str, Any] = {
        "reader": reader,
        "person": reader.person,
        "first_name": reader.actor.name.split()[0] if "@" not in reader.actor.name else "",
        "news": news(found),
        "requests": [summary(row) for row in found if row.open][:SHOWN],
        "copies": [p for p in reader.packages() if p.state == "ready"][:SHOWN],
        "drafts": drafts.started(reader.actor.account_id or 0),
    }
    return render(request, "portal/home.html", context)


def _asks(reader: Reader) -> bool:
    return reader.own or reader.asking is not None


def news(found: list[AccessRequest]) -> list[dict[str, Any]]:
    """What waits for the person: unread messages and letters, copies to open, a fee or a question to answer."""
    rows = []
    for row in found:
        unread = row.messages.filter(from_office=True, read_at=None).count()
        letters = row.letters.filter(read_at=None).exclude(sent_at=None).count()
        waits = row.state in {"needs_info", "fee_estimated", "delivered"}
        if unread or letters or waits:
            rows.append({"row": row, "messages": unread, "letters": letters, "status": words.status(row)})
    return rows


def summary(row: AccessRequest) -> dict[str, Any]:
    """A request as lists show it."""
    return {"row": row, "status": words.status(row), "clock": clocks.of(row), "scope": words.scope(row)}


@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Where sign-in leads: staff to the desk, people home, a waiting invitation code to its page."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    if request.session.get("portal_code"):
        return redirect("portal:start")
    return redirect(navigation.desk_start(request) if actor.kind == "staff" else "portal:home")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Open the record of another person the reader may see, on the same page where it has one; anybody else's not."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    wanted = request.POST.get("person", "")
    person = next((p for p in everyone(actor) if p.ref == wanted), None)
    if person is not None:
        guard.require(request, "record.read", Subject("record", person_id=person.id))
        whose.choose(request, person)
        whose.remember(request, own=person.id in actor.own_persons)
    page = request.POST.get("page", "")
    return redirect(page if page in {reverse(name) for name in OF_ANYBODY} else "portal:home")
