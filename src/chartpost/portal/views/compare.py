"""Entries of the open record that came from several places, side by side."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chartpost.identity import policies
from chartpost.identity.types import Subject
from chartpost.portal.views.reader import Reader, for_person, note, shell, where
from chartpost.records.errors import RecordsError
from chartpost.records.reconcile import page, queries, shown

REFUSED = 422


def may(reader: Reader) -> bool:
    """Whether the reader may say which entries of the open record are one."""
    return policies.decide(reader.actor, "record.reconcile", Subject("record", person_id=reader.person.id)).allow


def waiting(reader: Reader) -> dict[str, int] | None:
    """How much there is to check; None where the reader may not, or where there is nothing to compare."""
    if not may(reader):
        return None
    rows = reader.rows("record.reconcile")
    number = queries.count(reader.person.id, rows)
    return {"number": number} if number or shown.any_repeated(reader.person.id, rows) else None


@require_http_methods(["GET", "POST"])
@for_person("record.reconcile")
def compare(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What may be the same, what was joined, what was said; one form for each."""
    rows = reader.rows("record.reconcile")
    problem = ""
    if request.method == "POST":
        try:
            said = page.take(request.POST, reader.person.id, reader.actor, rows, where(request))
        except RecordsError as error:
            problem = page.trouble(error)
        else:
            messages.success(request, said)
            return redirect("portal:compare")
    found = page.context(reader.person.id, rows, page.skipped(request.GET.get("skip", "")))
    note(request, reader, "record.read", f"person:{reader.person.ref}", section="compare", count=len(found["cards"]))
    base = {"reader": reader, "person": reader.person, "shell": shell(request), "may_ask": True, "problem": problem}
    return render(request, "portal/record/compare.html", {**base, **found}, status=REFUSED if problem else 200)
