"""Documents of an entry: originals kept as received, and files carried inside a resource."""

import re
from dataclasses import dataclass

import nh3
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chartpost.formats.fhirjson.attachments import Attachment, attachments
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.sandbox import clean_pdf
from chartpost.identity import guard
from chartpost.identity.types import Subject
from chartpost.kernel import blobs
from chartpost.portal.templatetags._values import language
from chartpost.portal.views.reader import Reader, for_person, note
from chartpost.portal.views.words import size
from chartpost.records import scans
from chartpost.records.types import CLINICAL_TYPES, Item

TAGS = {
    "p",
    "br",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
}
TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "pre", "blockquote", "dl", "dt", "dd", "hr", "sub", "sup"}
INLINE = frozenset({"application/pdf", "image/png", "image/jpeg"})
TEXT_SHOWN = 200_000
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt", "text/html": "html"}


@dataclass(frozen=True)
class Shown:
    """A document as its entry's page shows it: read on the page when it is text, else opened or downloaded."""

    number: int
    title: str
    kind: str
    about: str
    html: str = ""
    text: str = ""
    opens: bool = False
    reads: bool = False
    language: str = ""
    missing: bool = False
    removed: tuple[str, ...] = ()
    machine_words: tuple[str, ...] = ()


def shown(item: Item, person_id: int) -> list[Shown]:
    """The documents of an entry of a person; number 0 is the original kept beside it, the others are inside it."""
    found = []
    if item.document:
        kept = item.document
        pages = _("%(n)d pages, ") % {"n": kept.pages} if kept.pages and kept.pages > 1 else ""
        about = f"{_kind(kept.media_type)}, {pages}{size(kept.size)}"
        opens = _base_type(kept.media_type) in INLINE
        found.append(
            Shown(
                0,
                kept.title or item.view.title,
                _kind(kept.media_type),
                about,
                opens=opens,
                reads=kept.clinical,
                removed=kept.removed,
                machine_words=tuple(scans.words(person_id, kept.rid)) if kept.machine_read else (),
            )
        )
    inside = attachments(parse(item.stored.body))
    return found + [_inside(n, a, item) for n, a in enumerate(inside, 1) if not (found and a.data is None)]


def _inside(number: int, file: Attachment, item: Item) -> Shown:
    kind = _base_type(file.content_type)
    title = file.title or item.view.title
    if file.data is None:
        return Shown(number, title, _kind(kind), _("Not kept here"), missing=True)
    about = f"{_kind(kind)}, {size(len(file.data))}"
    if kind == "text/html":
        return Shown(number, title, _kind(kind), about, html=clean_html(file.data), language=foreign(file.language))
    if kind in CLINICAL_TYPES:
        return Shown(number, title, _kind(kind), about, reads=True)
    if kind.startswith("text/"):
        return Shown(
            number, title, _kind(kind), about, text=_decode(file.data)[:TEXT_SHOWN], language=foreign(file.language)
        )
    return Shown(number, title, _kind(kind), about, opens=kind in INLINE)


def foreign(given: str) -> str:
    """The language of a text when the reader reads another; office texts are English unless they say so."""
    written = given or "en"
    return "" if written.partition("-")[0] == language() else written


def clean_html(data: bytes) -> SafeString:
    """Text of a note with plain formatting only: no scripts, styles, links, pictures or attributes."""
    clean = nh3.clean(_decode(data)[:TEXT_SHOWN], tags=TAGS, attributes={"td": {"colspan"}, "th": {"colspan"}})
    return mark_safe(clean)  # noqa: S308 - cleaned above


@require_GET
@for_person("record.read")
def open_document(
    request: HttpRequest, reader: Reader, resource_type: str, fhir_id: str, number: int
) -> HttpResponseBase:
    """A document to read or to keep. A PDF goes out as its cleaned copy, without scripts and attachments."""
    from chartpost.portal.views.record import find

    guard.require(request, "record.download", Subject("document", person_id=reader.person.id))
    item = find(reader, resource_type, fhir_id)
    keep = "download" in request.GET
    answer = _carried(item, number, keep) if number else _original(item, keep)
    note(request, reader, "document.read", f"{resource_type}:{fhir_id}", number=number)
    return answer


def _original(item: Item, keep: bool) -> HttpResponseBase:
    document = item.document
    if document is None:
        raise Http404
    kind = _base_type(document.media_type)
    if kind == "application/pdf" and not document.clean_blob:
        raise Http404
    stream = blobs.open(document.clean_blob or document.blob)
    return _headers(FileResponse(stream, content_type=kind), kind, document.title or item.view.title, keep)


def _carried(item: Item, number: int, keep: bool) -> HttpResponseBase:
    inside = attachments(parse(item.stored.body))
    file = inside[number - 1] if number <= len(inside) else None
    if file is None or file.data is None:
        raise Http404
    kind, data = _base_type(file.content_type), file.data
    if kind == "application/pdf":
        try:
            data = clean_pdf(data).data
        except PdfError:
            raise Http404 from None
    return _headers(HttpResponse(data, content_type=kind), kind, file.title or item.view.title, keep)


def _headers(response: HttpResponseBase, kind: str, title: str, keep: bool) -> HttpResponseBase:
    """Only PDF and pictures open in the browser; anything else is saved, under a plain name."""
    inline = kind in INLINE and not keep
    name = f"{re.sub(r'[^A-Za-z0-9]+', '-', title).strip('-')[:60] or 'document'}.{ENDINGS.get(kind, 'bin')}"
    response["Content-Type"] = kind if kind in INLINE or keep else "application/octet-stream"
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    return response


def _base_type(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _kind(media_type: str) -> str:
    known = {
        "application/pdf": "PDF",
        "image/png": _("Picture"),
        "image/jpeg": _("Picture"),
        "text/plain": _("Text"),
        "text/html": _("Text"),
        "text/rtf": _("Text"),
        **dict.fromkeys(CLINICAL_TYPES, _("Health document")),
    }
    return known.get(_base_type(media_type), _("File"))


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
