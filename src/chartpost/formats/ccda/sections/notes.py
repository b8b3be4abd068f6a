"""Notes (34109-9): Note Activity 4.202 for each clinical note, and a line for each file kept beside."""

import base64
import binascii
from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.allot import TEXT_TYPES, is_directive
from chartpost.formats.ccda.codesystems import LOINC
from chartpost.formats.ccda.datatypes import coded, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, first, has_code, long_date, span
from chartpost.formats.ccda.htmlwords import words_of_html
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import LOINC_OID, status
from chartpost.formats.ccda.xmlnode import el, null

_KINDS = {"application/pdf": "PDF file", "image/jpeg": "Picture", "image/png": "Picture", "text/html": "Web page"}
_WORDS = {"text/plain", "text/html", "application/xhtml+xml"}
_EMBEDDED = {"application/pdf", "image/jpeg", "image/png"}


EMBED_LIMIT = 20_000_000
"""Largest file, in bytes, that is put inside a document; a bigger one is named only."""


def _entries(ctx: Context) -> Iterator[Entry]:
    seen: set[str] = set()
    for note in [*ctx.record.of("DocumentReference"), *ctx.record.of("DiagnosticReport")]:
        if is_text(note) or (is_directive(note) and not ctx.wish.embed):
            continue
        for number, attachment in enumerate(_attachments(note)):
            data = str(attachment.get("data") or attachment.get("url") or "")
            if data and data in seen and note["resourceType"] == "DiagnosticReport":
                continue
            seen.add(data)
            yield _entry(ctx, note, number, attachment)


def _entry(ctx: Context, note: Fhir, number: int, attachment: Fhir) -> Entry:
    file = _file(ctx, attachment)
    row = ctx.row(
        concept_text(note.get("type") or note.get("code")) or str(note.get("description", "Document")),
        long_date(_when(note)),
        _author(ctx, note),
        plain_text(attachment) or _kept(attachment, inside=bool(file)),
        media=bool(file),
    )
    act = activity(ctx, note, number, row)
    if file:
        act.append(el("entryRelationship", {"typeCode": "COMP"}, _media(ctx, note, number, attachment, row.media)))
    return Entry((row,), act)


def is_text(document: Fhir) -> bool:
    """Whether a DocumentReference holds the words of a section of its own."""
    return has_code(document.get("type"), TEXT_TYPES) and bool(texts_of(document))


def texts_of(document: Fhir) -> list[str]:
    """The words of each text attachment of a DocumentReference."""
    return [text for text in map(plain_text, _attachments(document)) if text]


def _file(ctx: Context, attachment: Fhir) -> bool:
    """Whether this file goes into the document: asked for, at hand, of a known kind and not too large."""
    data = str(attachment.get("data") or "")
    return ctx.wish.embed and bool(data) and _type(attachment) in _EMBEDDED and len(data) * 3 // 4 <= EMBED_LIMIT


def _media(ctx: Context, note: Fhir, number: int, attachment: Fhir, name: str) -> etree._Element:
    """The file itself (CDA R2 4.3.6.3), shown by the renderMultiMedia of its line."""
    value = el("value", {"mediaType": _type(attachment), "representation": "B64"}, str(attachment["data"]))
    ids = ctx.id(note, f"file-{number}")
    return el("observationMedia", {"classCode": "OBS", "moodCode": "EVN", "ID": name}, ids, value)


def _type(attachment: Fhir) -> str:
    return str(attachment.get("contentType", "")).partition(";")[0].strip().lower()


def _attachments(note: Fhir) -> list[Fhir]:
    if note["resourceType"] == "DiagnosticReport":
        return list(note.get("presentedForm") or ())
    return [content.get("attachment") or {} for content in note.get("content") or ()]


def plain_text(attachment: Fhir) -> str:
    """The words of a text or HTML attachment; empty for another kind of file or for one kept elsewhere."""
    kind, _, parameters = str(attachment.get("contentType", "")).partition(";")
    if kind.strip().lower() not in _WORDS or not attachment.get("data"):
        return ""
    try:
        data = base64.b64decode(attachment["data"])
    except (binascii.Error, ValueError):
        return ""
    text = data.decode("latin-1" if "8859-1" in parameters else "utf-8", "replace").strip()
    return text if kind.strip().lower() == "text/plain" else words_of_html(text.encode())


def _kept(attachment: Fhir, *, inside: bool) -> str:
    place = "inside this document" if inside else "kept with the record and not part of this document"
    words = f"{_KINDS.get(_type(attachment), 'File')}, {place}"
    return f"{attachment['title']} ({words})" if attachment.get("title") else words


def _when(note: Fhir) -> str | None:
    return note.get("date") or span(note, "effective", "issued")[0]


def _author(ctx: Context, note: Fhir) -> str:
    return ctx.record.name_of(first(note.get("author") or note.get("performer")), note)


def activity(ctx: Context, note: Fhir, number: int, row: Row) -> etree._Element:
    """Note Activity (4.202): its words are the last cell of the line, or the whole line."""
    kind = coded("translation", note.get("type") or note.get("code"), (LOINC,), ref=row.ref)
    others = kind.findall("{*}translation")
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.202", "2016-11-01"),
        ctx.id(note, f"note-{number}"),
        el("code", {"code": "34109-9", "codeSystem": LOINC_OID, "displayName": "Note"}, kind, others),
        text_ref((row.cell(len(row.cells)) if len(row.cells) > 1 else None) or row.ref),
        status("completed"),
        point("effectiveTime", _when(note)),
        _participation(_when(note), _author(ctx, note)),
    )


def _participation(when: str | None, name: str) -> etree._Element:
    person = el("assignedPerson", None, el("name", None, name)) if name else None
    return el(
        "author",
        None,
        templates("2.16.840.1.113883.10.20.22.4.119"),
        point("time", when),
        el("assignedAuthor", None, null("id"), person),
    )


NOTES = Section(
    prefix="notes",
    title="Notes and Documents",
    loinc="34109-9",
    display="Note",
    template="2.16.840.1.113883.10.20.22.2.65",
    version="2016-11-01",
    columns=("Kind", "Date", "Written by", "Text"),
    entries=_entries,
)
