"""C-CDA documents of a record as pages show them, with the files inside them made safe."""

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO, TypeAlias

from django.db import transaction

from chartpost.formats import ccda
from chartpost.formats.ccda import show
from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.pdf import sandbox
from chartpost.formats.pdf.errors import PdfError
from chartpost.identity.services import event
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import blobs, facts
from chartpost.ledger import services as ledger
from chartpost.records import models, queries
from chartpost.records.errors import NotStored, Refused
from chartpost.records.types import CLINICAL_TYPES

FIRST_PARTS = "clinical-parts-first"
"""The fact that holds the codes of the sections shown first."""
Address: TypeAlias = Callable[[int], str]


def read(
    person_id: int,
    rid: int,
    rows: RowFilter,
    *,
    number: int = 0,
    lang: show.Language = "en",
    address: Address = "file/{}/".format,
) -> show.Shown:
    """A clinical document of an entry: number 0 is the original filed beside it, the others are carried inside it.

    `address` says where the page finds file n of the document. Raises NotStored when it is not there for this reader,
    Refused when it is no clinical document or cannot be read.
    """
    try:
        order = show.begin_with(first_parts())
        return show.show(_bytes(person_id, rid, rows, number), lang=lang, order=order, address=address)
    except ccda.CcdaError as error:
        raise Refused(error.seen, error.expected, "Download the original.") from None


def first_parts() -> tuple[str, ...]:
    """The LOINC codes of the sections that this office shows first; empty where nobody chose."""
    chosen = facts.recorded(FIRST_PARTS)
    return tuple(chosen[0].split()) if chosen else ()


@transaction.atomic
def show_first(codes: Sequence[str], actor: Actor) -> None:
    """Choose the sections of clinical documents that this office shows first; none brings the usual order back."""
    facts.record(FIRST_PARTS, " ".join(dict.fromkeys(code for code in codes if code in show.NAMES)))
    ledger.append(event(actor, "office.settings", None, "office:documents", "operations", count=len(codes)))


def file(person_id: int, rid: int, rows: RowFilter, *, number: int, place: int) -> tuple[BinaryIO, str, str]:
    """File `place` of a clinical document as (stream, media type, ending): a picture drawn anew, or a cleaned PDF.

    Raises NotStored, and Refused where there is no safe way to show it.
    """
    files = read(person_id, rid, rows, number=number).files
    if place >= len(files):
        raise _not_there("no such file in this document")
    found = files[place]
    try:
        if show.is_picture(found):
            drawn = sandbox.picture(found.data)
            return io.BytesIO(drawn.data), drawn.media_type, drawn.media_type.partition("/")[2]
        if found.media_type == "application/pdf" and found.data:
            return io.BytesIO(sandbox.clean_pdf(found.data).data), "application/pdf", "pdf"
    except PdfError as error:
        raise Refused(str(error), "a file that can be shown", "Download the document.") from None
    raise Refused(f"a file of type {found.media_type[:40]}", "a PDF or a picture", "Download the document.")


def _bytes(person_id: int, rid: int, rows: RowFilter, number: int) -> bytes:
    entry = queries.stored(person_id, rid, rows)
    if number == 0:
        row = models.Document.objects.filter(rid=rid, person_id=person_id).first()
        if row is None or row.media_type not in CLINICAL_TYPES:
            raise _not_there("an entry without a clinical document")
        return blobs.read(row.blob)
    carried = attachments(parse(entry.body))
    found = carried[number - 1] if number <= len(carried) else None
    if found is None or found.data is None or found.content_type.partition(";")[0].strip() not in CLINICAL_TYPES:
        raise _not_there("an entry without a clinical document")
    return found.data


def _not_there(seen: str) -> NotStored:
    return NotStored(seen=seen, expected="one that you may see", todo="Go back to the record.")
