"""Notes (34109-9): Note Activity 4.202 for each clinical note, and a line for each file kept beside."""

import base64
import binascii
from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import LOINC
from chartpost.formats.ccda.datatypes import coded, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, first, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import LOINC_OID, status
from chartpost.formats.ccda.xmlnode import el, null

_KINDS = {"application/pdf": "PDF file", "image/jpeg": "Picture", "image/png": "Picture", "text/html": "Web page"}


def _entries(ctx: Context) -> Iterator[Entry]:
    seen: set[str] = set()
    for note in [*ctx.record.of("DocumentReference"), *ctx.record.of("DiagnosticReport")]:
        for number, attachment in enumerate(_attachments(note)):
            data = str(attachment.get("data") or attachment.get("url") or "")
            if data and data in seen:
                continue
            seen.add(data)
            row = ctx.row(
                concept_text(note.get("type") or note.get("code")) or str(note.get("description", "Document")),
                long_date(_when(note)),
                _author(ctx, note),
                plain_text(attachment) or _kept(attachment),
            )
            yield Entry((row,), _activity(ctx, note, number, row))


def _attachments(note: Fhir) -> list[Fhir]:
    if note["resourceType"] == "DiagnosticReport":
        return list(note.get("presentedForm") or ())
    return [content.get("attachment") or {} for content in note.get("content") or ()]


def plain_text(attachment: Fhir) -> str:
    """The words of a text attachment; empty for another kind of file or for one kept elsewhere."""
    kind, _, parameters = str(attachment.get("contentType", "")).partition(";")
    if kind.strip().lower() != "text/plain" or not attachment.get("data"):
        return ""
    encoding = "latin-1" if "8859-1" in parameters else "utf-8"
    try:
        return base64.b64decode(attachment["data"]).decode(encoding, "replace").strip()
    except (binascii.Error, ValueError):
        return ""


def _kept(attachment: Fhir) -> str:
    kind = str(attachment.get("contentType", "")).partition(";")[0].strip().lower()
    words = f"{_KINDS.get(kind, 'File')}, kept with the record and not part of this document"
    return f"{attachment['title']} ({words})" if attachment.get("title") else words


def _when(note: Fhir) -> str | None:
    return note.get("date") or span(note, "effective", "issued")[0]


def _author(ctx: Context, note: Fhir) -> str:
    return ctx.record.name_of(first(note.get("author") or note.get("performer")), note)


def _activity(ctx: Context, note: Fhir, number: int, row: Row) -> etree._Element:
    kind = coded("translation", note.get("type") or note.get("code"), (LOINC,), ref=row.cell(1))
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.202", "2016-11-01"),
        ctx.id(note, f"note-{number}"),
        el("code", {"code": "34109-9", "codeSystem": LOINC_OID, "displayName": "Note"}, kind),
        text_ref(row.cell(4) or row.ref),
        status("completed"),
        point("effectiveTime", _when(note)),
        _participation(_when(note), row.cells[2]),
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
