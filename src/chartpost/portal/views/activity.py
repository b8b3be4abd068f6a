"""Who looked at a record: every entry of the ledger about the person, in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from chartpost.ledger import queries as ledger
from chartpost.ledger.actions import INNER
from chartpost.ledger.types import EntryView
from chartpost.portal.views.reader import Reader, for_person, note

PAGE = 50


@require_GET
@for_person("access_log.read")
def index(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The list, newest first."""
    before = request.GET.get("before", "")
    found = ledger.for_person(reader.person.id, before or None, PAGE + 1)
    note(request, reader, "access_log.read", f"person:{reader.person.ref}")
    more = len(found) > PAGE
    rows = [entry for entry in found[:PAGE] if entry.action not in INNER]
    context = {
        "reader": reader,
        "person": reader.person,
        "rows": [{"entry": e, "mine": _mine(e, reader)} for e in rows],
        "older": f"?before={found[PAGE - 1].ref}" if more else "",
        "newest": request.path if before else "",
    }
    return render(request, "portal/activity.html", context)


def _mine(entry: EntryView, reader: Reader) -> bool:
    """Whether the reader did it."""
    return entry.who == reader.actor.name
