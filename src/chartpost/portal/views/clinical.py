"""A clinical document (C-CDA) as a page to read, with the files inside it."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from chartpost.formats.ccda.show import Language
from chartpost.identity import guard
from chartpost.identity.types import Subject
from chartpost.portal.templatetags._values import language
from chartpost.portal.views.documents import foreign
from chartpost.portal.views.reader import Reader, for_person, note, shell
from chartpost.portal.views.sections import BY_CATEGORY
from chartpost.records import clinical
from chartpost.records.errors import NotStored, Refused


@require_GET
@for_person("record.read")
def read(request: HttpRequest, reader: Reader, resource_type: str, fhir_id: str, number: int) -> HttpResponse:
    """A clinical document: its header in plain words, then its parts, what people look for first."""
    from chartpost.portal.views.record import find

    item = find(reader, resource_type, fhir_id)
    context: dict[str, Any] = {
        "reader": reader,
        "person": reader.person,
        "shell": shell(request),
        "section": BY_CATEGORY[item.stored.category],
        "back": reverse("portal:item", args=(resource_type, fhir_id)),
        "title": item.view.title,
        "whole": f"{reverse('portal:document', args=(resource_type, fhir_id, number))}?download",
    }
    try:
        lang: Language = "es" if language() == "es" else "en"
        shown = clinical.read(reader.person.id, item.stored.rid, reader.rows(), number=number, lang=lang,
                              address=_address(resource_type, fhir_id, number))  # fmt: skip
    except NotStored:
        raise Http404 from None
    except Refused as error:
        context["refused"] = error
    else:
        context |= {"doc": shown, "written_in": foreign(shown.heading.language)}
    note(request, reader, "document.read", f"{resource_type}:{fhir_id}", number=number)
    return render(request, "portal/record/read.html", context)


@require_GET
@for_person("record.read")
def file(
    request: HttpRequest, reader: Reader, resource_type: str, fhir_id: str, number: int, place: int
) -> FileResponse:
    """A picture of a clinical document, drawn anew, or a PDF inside it, cleaned."""
    from chartpost.portal.views.record import find

    guard.require(request, "record.download", Subject("document", person_id=reader.person.id))
    item = find(reader, resource_type, fhir_id)
    try:
        stream, kind, ending = clinical.file(
            reader.person.id, item.stored.rid, reader.rows(), number=number, place=place
        )
    except (NotStored, Refused):
        raise Http404 from None
    note(request, reader, "document.read", f"{resource_type}:{fhir_id}", number=number)
    return FileResponse(stream, content_type=kind, filename=f"document-{place + 1}.{ending}")


def _address(*of: str | int) -> "clinical.Address":
    return lambda place: reverse("portal:read_file", args=(*of, place))
