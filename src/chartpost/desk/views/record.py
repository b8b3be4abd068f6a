"""A person's record as staff read it: by section, with documents, labels and uploads."""

from pathlib import PurePath
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chartpost.desk import words
from chartpost.desk.forms.people import DocumentForm, LabelForm
from chartpost.desk.pages import REFUSED, done, not_there, note_read, problem, staff
from chartpost.desk.views.people import find, person_url, subject
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import guard, policies
from chartpost.identity.types import Actor, PersonView
from chartpost.kernel.errors import ChartpostError
from chartpost.records import documents, services
from chartpost.records import queries as records
from chartpost.records.errors import RecordsError
from chartpost.records.ingest import import_stream
from chartpost.records.ingest.given import MOST_XML

INLINE = frozenset({"application/pdf", "image/png", "image/jpeg"})
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


@require_safe
def section(request: HttpRequest, ref: str, section: str) -> HttpResponse:
    """One section of the record, newest first, without what the reader's role may not see."""
    person = find(ref)
    actor = staff(request, "record.read", subject(person, "record"))
    category = Category.__members__.get(section.upper())
    if category is None:
        raise Http404
    rows = guard.rows(actor, "record.read", person.id)
    page = records.section(person.id, category, rows, before=request.GET.get("before", ""))
    note_read(
        actor, "record.read", person.id, f"person:{person.ref}", "operations", section=section, count=len(page.items)
    )
    context = {
        "person": person,
        "name": words.sections([category]),
        "section": section,
        "lines": [(item, words.entry(item), words.labels(item.stored.labels)) for item in page.items],
        "next": page.next,
        "labels_allowed": policies.decide(actor, "record.label", subject(person)).allow,
    }
    return render(request, "desk/people/section.html", context)


@require_safe
def document(request: HttpRequest, ref: str, rid: int) -> HttpResponse | FileResponse:
    """A document of the record: the safe copy where there is one; what cannot be shown is a download."""
    person = find(ref)
    actor = staff(request, "record.read", subject(person, "record"))
    rows = guard.rows(actor, "record.read", person.id)
    original = "original" in request.GET
    try:
        stream, media_type, name = documents.open_document(person.id, rid, rows, original)
    except RecordsError as error:
        not_there(error)
    note_read(actor, "document.read", person.id, f"person:{person.ref}", "operations", number=rid)
    shown = media_type in INLINE and not original
    return FileResponse(stream, as_attachment=not shown, filename=name, content_type=media_type)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, ref: str) -> HttpResponse:
    """File a scanned or uploaded document with the person."""
    person = find(ref)
    actor = staff(request, "document.upload", subject(person))
    posted = request.method == "POST"
    form = DocumentForm(request.POST, request.FILES) if posted else DocumentForm()
    context: dict[str, Any] = {"person": person, "form": form}
    if not posted:
        return render(request, "desk/people/upload.html", context)
    if getattr(request, "upload_too_large", False):
        form.add_error("file", _("The file is larger than 200 MB. Split it, or scan it at a lower resolution."))
    if not form.is_valid():
        return render(request, "desk/people/upload.html", context, status=REFUSED)
    if form.clinical:
        return _clinical(request, person, context, actor)
    given = form.cleaned_data
    media_type = kind_of(given["file"].read(16))
    given["file"].seek(0)
    if not media_type:
        form.add_error("file", _("This is no PDF, JPEG, PNG, TIFF or C-CDA. Choose another file."))
        return render(request, "desk/people/upload.html", context, status=REFUSED)
    labels = Label(sum(int(value) for value in given["labels"]))
    source = services.source_id("desk", "Records desk")
    try:
        services.file_document(
            person.id,
            given["title"],
            media_type,
            given["file"].file,
            given["made_on"],
            labels,
            source,
            actor,
            Category[given["category"]],
        )
    except ChartpostError as error:
        return render(request, "desk/people/upload.html", {**context, "problem": problem(error)}, status=REFUSED)
    return done(request, _("The document is filed."), person_url(person, "section", section=given["category"].lower()))


def _clinical(request: HttpRequest, person: PersonView, context: dict[str, Any], actor: Actor) -> HttpResponse:
    """Import a C-CDA file into the person's record; one that speaks of somebody else waits in the inbox."""
    form: DocumentForm = context["form"]
    file = form.cleaned_data["file"]
    if file.size > MOST_XML:
        form.add_error("file", _("This C-CDA file is larger than 50 MB. Bring it in with “chartpost import”."))
        return render(request, "desk/people/upload.html", context, status=REFUSED)
    report = import_stream(file.file, PurePath(file.name or "file.xml").name, actor, person.ref)
    if report.refused:
        form.add_error("file", report.refused[0][1])
        return render(request, "desk/people/upload.html", context, status=REFUSED)
    if report.inbox:
        said = _(
            "Nothing was filed: the file speaks of somebody else. It waits in the inbox until somebody settles it."
        )
        return done(request, said, person_url(person))
    made = report.created + report.updated
    said = ngettext(
        "The file is in the record, with %(n)d entry.", "The file is in the record, with %(n)d entries.", made
    )
    known = _("The file was in the record already.")
    return done(request, said % {"n": made} if made else known, person_url(person))


@require_http_methods(["GET", "POST"])
def label(request: HttpRequest, ref: str, kind: str, fhir_id: str) -> HttpResponse:
    """Set what is sensitive about one entry; what the entry itself carries stays."""
    person = find(ref)
    actor = staff(request, "record.label", subject(person))
    rows = guard.rows(actor, "record.read", person.id)
    try:
        item = records.item(person.id, kind, fhir_id, rows)
    except (RecordsError, ValueError) as error:
        raise Http404 from error
    form = LabelForm(request.POST if request.method == "POST" else None, initial={"labels": _bits(item.stored.labels)})
    if request.method == "POST" and form.is_valid():
        chosen = Label(sum(int(value) for value in form.cleaned_data["labels"]))
        services.label(person.id, kind, fhir_id, chosen, actor)
        section = item.stored.category.name.lower()
        return done(request, _("The labels are set."), person_url(person, "section", section=section))
    note_read(actor, "record.read", person.id, f"person:{person.ref}", "operations", count=1)
    return render(request, "desk/people/label.html", {"person": person, "form": form, "item": item})


def kind_of(head: bytes) -> str:
    """The media type of a file by its first bytes; empty for a kind that is not taken in."""
    return next((kind for magic, kind in SIGNATURES if head.startswith(magic)), "")


def _bits(mask: int) -> list[int]:
    return [int(bit) for bit in words.LABELS if mask & bit]
