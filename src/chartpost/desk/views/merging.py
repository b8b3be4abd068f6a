"""Two persons that are one: found, compared, merged; and undone again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chartpost.desk import words
from chartpost.desk.forms.people import MergeForm, SearchForm
from chartpost.desk.pages import REFUSED, done, note_read, problem, staff, staff_fresh
from chartpost.desk.views.people import find, person_url, subject
from chartpost.identity import guard, services
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, PersonView
from chartpost.kernel.errors import ChartpostError
from chartpost.records import queries as records


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, ref: str) -> HttpResponse:
    """Find the other record of the same person."""
    person = find(ref)
    actor = staff(request, "person.merge", subject(person))
    form = SearchForm(request.POST if request.method == "POST" else None, initial={"text": person.name})
    found: list[PersonView] = []
    if request.method == "POST" and form.is_valid():
        found = [p for p in identity.find_people(form.cleaned_data["text"]) if p.id != person.id]
        note_read(actor, "person.search", None, "people", "operations", filter="merge", count=len(found))
    context = {"person": person, "form": form, "found": found, "searched": request.method == "POST"}
    return render(request, "desk/people/merge_choose.html", context)


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, ref: str, other: str) -> HttpResponse:
    """Compare two persons side by side; merging asks to sign in again, and can be undone."""
    person, absorbed = find(ref), find(other)
    actor = staff_fresh(request, "person.merge", subject(person))
    form = MergeForm(request.POST if request.method == "POST" else None)
    for one in (person, absorbed):
        note_read(actor, "person.read", one.id, f"person:{one.ref}", "operations")
    context: dict[str, Any] = {
        "person": person,
        "other": absorbed,
        "form": form,
        "lines": _compare(person, absorbed, actor),
    }
    if request.method == "GET":
        return render(request, "desk/people/merge.html", context)
    if not form.is_valid():
        return render(request, "desk/people/merge.html", context, status=REFUSED)
    try:
        services.merge(person.id, absorbed.id, form.cleaned_data["reason"], actor)
    except ChartpostError as error:
        return render(request, "desk/people/merge.html", {**context, "problem": problem(error)}, status=REFUSED)
    return done(request, _("The two records are one now."), person_url(person))


@require_POST
def unmerge(request: HttpRequest, ref: str, merge_ref: str) -> HttpResponse:
    """Undo a merge: both have again what they had."""
    person = find(ref)
    actor = staff_fresh(request, "person.merge", subject(person))
    if not any(row.ref == merge_ref for row in identity.merges(person.id)):
        raise Http404
    try:
        services.unmerge(merge_ref, actor)
    except ChartpostError as error:
        context = {"person": person, "form": MergeForm(), "problem": problem(error)}
        return render(request, "desk/people/merge_choose.html", context, status=REFUSED)
    return done(request, _("The two records are separate again."), person_url(person))


def _compare(one: PersonView, two: PersonView, actor: Actor) -> list[tuple[str, str, str, bool]]:
    def side(person: PersonView) -> list[str]:
        rows = guard.rows(actor, "record.read", person.id)
        day = person.birth_date
        born = f"{day:%B} {day.day}, {day.year}" if day else ""
        numbers = ", ".join(value for _system, value in person.identifiers)
        count = str(sum(records.counts(person.id, rows).values()))
        return [
            person.name,
            born,
            str(words.SEXES.get(person.sex, person.sex)),
            ", ".join(person.address),
            person.phone,
            person.email,
            numbers,
            count,
        ]

    names = [
        _("Name"),
        _("Birth date"),
        _("Sex"),
        _("Address"),
        _("Telephone"),
        _("E-mail"),
        _("Record numbers"),
        _("Entries"),
    ]
    return [(name, a, b, a == b) for name, a, b in zip(names, side(one), side(two), strict=True)]
