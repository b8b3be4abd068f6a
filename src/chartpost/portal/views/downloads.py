"""Copies people make for themselves: choose, wait while they are put together, save."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from chartpost.delivery import packages
from chartpost.delivery import queries as delivery
from chartpost.delivery.types import PackageView
from chartpost.formats.fhirjson.terms import Category
from chartpost.kernel import blobs
from chartpost.portal.forms.downloads import DownloadForm
from chartpost.portal.templatetags._values import language
from chartpost.portal.views import words
from chartpost.portal.views.reader import Reader, about, for_person, note, package_subject
from chartpost.portal.views.sections import allowed
from chartpost.records.types import Selection

AGAIN_SECONDS = 5


@require_http_methods(["GET", "POST"])
@for_person("record.download")
def index(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Copies made before, and the form for a new one."""
    form = _form(reader, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("portal:package", _ask(reader, form.cleaned_data))
    context: dict[str, Any] = {
        "reader": reader,
        "person": reader.person,
        "form": form,
        "made": reader.packages(),
        "hints": words.FORMAT_HINTS,
    }
    return render(request, "portal/downloads/index.html", context, status=422 if form.is_bound else 200)


def _form(reader: Reader, data: Any) -> DownloadForm:
    return DownloadForm(data, sections=allowed(reader.authority.categories if reader.authority else -1))


def _ask(reader: Reader, asked: dict[str, Any]) -> str:
    categories = frozenset(Category[name] for name in asked["categories"]) if asked["scope"] == "some" else frozenset()
    selection = Selection(categories, asked["date_from"], asked["date_to"])
    rows = reader.rows("record.download")
    return packages.ask("", reader.person.id, selection, rows, asked["formats"], language(), [], reader.actor)


@require_GET
def package(request: HttpRequest, ref: str) -> HttpResponse:
    """One copy: being made, ready, or failed."""
    found, reader = _mine(request, ref)
    context = {"reader": reader, "person": reader.person, "package": found, "files": _files(found)}
    response = render(request, "portal/downloads/package.html", context)
    if found.state == "waiting":
        response["Refresh"] = str(AGAIN_SECONDS)
    return response


@require_GET
def file(request: HttpRequest, ref: str, part_ref: str) -> HttpResponseBase:
    """One file of a copy, to keep."""
    found, reader = _mine(request, ref)
    if part_ref not in {p.ref for p in found.parts}:
        raise Http404
    part, _package, blob = delivery.part(part_ref)
    note(request, reader, "record.download", f"package:{ref}", part=part.ref, format=part.format)
    return FileResponse(blobs.open(blob), as_attachment=True, filename=part.name, content_type=part.media_type)


def _mine(request: HttpRequest, ref: str) -> tuple[PackageView, Reader]:
    """A package a person made for themselves; one of a request is opened on the request's page only."""
    found = delivery.package(ref)
    if found is None or found.request_ref:
        raise Http404
    return found, about(request, "record.download", package_subject(found))


def _files(found: PackageView) -> list[dict[str, Any]]:
    return [
        {"part": p, "format": words.FORMATS.get(p.format, p.format), "size": words.size(p.size)} for p in found.parts
    ]
