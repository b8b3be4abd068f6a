"""Addresses that show clinical documents as the portal does, without a database: one of our own, and real ones."""

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from chartpost.formats.ccda.show import show
from tests.formats.ccda_show.documents import PNG, document, media, section
from tests.support.shared import shared_data

from . import urls

RISKY = (
    '<paragraph styleCode="Bold">Take care</paragraph><linkHtml href="javascript:document.title=1">go</linkHtml>'
    '<linkHtml href="https://example.org/">site</linkHtml><renderMultiMedia referencedObject="m1"/>'
    "<table><tbody><tr><th>Wide</th>" + "<td>0123456789</td>" * 30 + "</tr></tbody></table><table/>"
    "<table><tbody><tr><td><table><tbody><tr><td>inner</td></tr></tbody></table></td></tr></tbody></table>"
    "<list><caption>Steps</caption><item>One</item></list><list/>&lt;script&gt;document.title=2&lt;/script&gt;"
)
OURS = document(
    section("30954-2", "Results", RISKY, media("m1", "image/png", PNG)),
    section("11450-4", "Problems", "Gout"),
    section("48765-2", "Allergies", "Latex", f"<component>{section('1-1', 'Inner', 'words')}</component>"),
)


def read(request: HttpRequest, name: str) -> HttpResponse:
    """A document by its name; `ours` is our own."""
    folder = shared_data()
    data = OURS if name == "ours" or folder is None else (folder / "ccda" / name).read_bytes()
    found = show(data, address=lambda place: f"/picture/{place}/")
    context = {
        "shell": "base/print.html" if "print" in request.GET else "portal/page.html",
        "doc": found,
        "title": found.heading.title,
        "section": SimpleNamespace(slug="documents", name="Documents"),
        "back": "/record/",
        "whole": "/whole/",
        "reader": SimpleNamespace(record_name="My record", own=True),
    }
    return render(request, "portal/record/read.html", context)


def picture(_request: HttpRequest, place: int) -> HttpResponse:
    """Some picture."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><text>{place}</text></svg>'
    return HttpResponse(svg, content_type="image/svg+xml")


portal = [*urls.portal, path("record/<slug:slug>/", urls.blank, name="section")]
urlpatterns = [
    path("read/<path:name>/", read),
    path("picture/<int:place>/", picture),
    path("", include((portal, "portal"))),
    *urls.urlpatterns,
]
