"""A clinical document (C-CDA) as staff read it, with the files inside it."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from chartpost.desk.pages import not_there, note_read, problem, staff
from chartpost.desk.views.people import find, person_url, subject
from chartpost.formats.ccda.show import Language
from chartpost.identity import guard
from chartpost.identity.types import PersonView
from chartpost.records import clinical
from chartpost.records.errors import NotStored, Refused
from chartpost.records.taken import taken


@require_safe
def read(request: HttpRequest, ref: str, rid: int) -> HttpResponse:
    """A clinical document: its header in plain words, then its parts, what people look for first."""
    person = find(ref)
    actor = staff(request, "record.read", subject(person, "record"))
    rows = guard.rows(actor, "record.read", person.id)
    lang: Language = "es" if (get_language() or "en").startswith("es") else "en"
    context = {
        "person": person,
        "documents": person_url(person, "section", section="documents"),
        "whole": f"{reverse('desk:document', args=(person.ref, rid))}?original=1",
    }
    try:
        shown = clinical.read(person.id, rid, rows, lang=lang, address=_address(person, rid))
    except NotStored as error:
        not_there(error)
    except Refused as error:
        return render(request, "desk/people/read.html", {**context, "problem": problem(error)})
    note_read(actor, "document.read", person.id, f"person:{person.ref}", "operations", number=rid)
    written = (shown.heading.language or "en").partition("-")[0]
    foreign = "" if written == lang else written
    context["taken"] = taken(person.id, rid, rows)
    return render(request, "desk/people/read.html", {**context, "doc": shown, "written_in": foreign})


@require_safe
def file(request: HttpRequest, ref: str, rid: int, place: int) -> FileResponse:
    """A picture of a clinical document, drawn anew, or a PDF inside it, cleaned."""
    person = find(ref)
    actor = staff(request, "record.read", subject(person, "record"))
    rows = guard.rows(actor, "record.read", person.id)
    try:
        stream, kind, ending = clinical.file(person.id, rid, rows, number=0, place=place)
    except (NotStored, Refused) as error:
        not_there(error)
    note_read(actor, "document.read", person.id, f"person:{person.ref}", "operations", number=rid)
    return FileResponse(stream, content_type=kind, filename=f"document-{place + 1}.{ending}")


def _address(person: PersonView, rid: int) -> clinical.Address:
    return lambda place: reverse("desk:read_file", args=(person.ref, rid, place))
