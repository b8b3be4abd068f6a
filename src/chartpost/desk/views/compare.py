"""Entries of a record that came from several places, side by side, for staff who file into it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chartpost.desk.pages import REFUSED, done, note_read, staff
from chartpost.desk.views.people import find, person_url, subject
from chartpost.identity import guard
from chartpost.records.errors import RecordsError
from chartpost.records.reconcile import page


@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest, ref: str) -> HttpResponse:
    """What may be the same, what was joined, what was said; one form for each."""
    person = find(ref)
    actor = staff(request, "record.reconcile", subject(person, "record"))
    rows = guard.rows(actor, "record.read", person.id)
    trouble = ""
    if request.method == "POST":
        try:
            said = page.take(request.POST, person.id, actor, rows, "desk")
        except RecordsError as error:
            trouble = page.trouble(error)
        else:
            return done(request, said, person_url(person, "compare"))
    shown = page.context(person.id, rows, page.skipped(request.GET.get("skip", "")), office=True)
    what = f"person:{person.ref}"
    note_read(actor, "record.read", person.id, what, "operations", section="compare", count=len(shown["cards"]))
    context = {"person": person, "trouble": trouble, **shown}
    return render(request, "desk/people/compare.html", context, status=REFUSED if trouble else 200)
