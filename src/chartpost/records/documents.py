"""Original documents: kept as received, shown as a safe copy, described by a FHIR DocumentReference."""

import base64
import hashlib
import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction

from chartpost.formats import ccda
from chartpost.formats.ccda import show
from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.canonical import instant, parse
from chartpost.formats.fhirjson.terms import LABEL_SYSTEM, Category, Label
from chartpost.formats.fhirjson.text import plain
from chartpost.formats.pdf import sandbox
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.scan import TEXT_ENOUGH
from chartpost.identity import aliases
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import blobs
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger
from chartpost.records import models, queries, store
from chartpost.records.errors import NotStored, Refused
from chartpost.records.scans import WAITING
from chartpost.records.types import DocumentView, Incoming

LIMIT = 200 * 1024 * 1024
WORDS_AT_MOST = 200_000
CHUNK = 1024 * 1024
_NPI = "http://hl7.org/fhir/sid/us-npi"
_NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
_ENDINGS = {
    **{"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/tiff": "tif"},
    **{"application/xml": "xml", "text/xml": "xml", "text/plain": "txt", "text/html": "html"},
}
_TOO_LARGE = "It is too large to be shown as a page"
_SHOWN_AS_THEY_ARE = frozenset({"image/png", "image/jpeg"})


@dataclass(frozen=True)
class Described:
    """What is said of a document; `date` is when it was made, `kind` a LOINC (code, display) where known."""

    title: str
    media_type: str
    date: date
    labels: Label = Label.NONE
    category: Category = Category.DOCUMENTS
    kind: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Looked:
    """What looking into a document found."""

    clean: bytes = b""
    removed: tuple[str, ...] = ()
    pages: int | None = None
    words: str = ""
    problem: str = ""
    scan: str = ""


class _FiledBesideError(Exception):
    """Between the look for a document and its writing another transaction filed the very same one."""


def file_document(
    person_id: int,
    title: str,
    media_type: str,
    stream: BinaryIO | bytes,
    date: date,
    labels: Label,
    source: int,
    actor: Actor,
    category: Category = Category.DOCUMENTS,
    *,
    again: bool = True,
) -> DocumentView:
    """File a document with a person: the original as received (at most LIMIT bytes), a safe copy to show.

    The same bytes are filed once for a person; what was taken out of the record comes back with `again`. A document
    that cannot be read is kept, with its problem said. Raises BlobTooLargeError, StorageFullError.
    """
    kept = blobs.put(stream, owner=f"person:{person_id}", media_type=media_type, limit=LIMIT)
    described = Described(title, media_type, date, labels, category)
    view = file_kept(person_id, described, kept, source, actor, again=again)
    if not models.Document.objects.filter(sha256=kept.sha256, blob=kept.id).exists():
        blobs.delete(kept.id)  # it was filed before
    return view


def file_kept(
    person_id: int, described: Described, kept: blobs.BlobRef, source: int, actor: Actor, *, again: bool = True
) -> DocumentView:
    """File a document whose original is stored already, and stays so; see `file_document`."""
    known = _known(person_id, kept.sha256)
    if known is not None:
        if again and _is_out(known.rid):
            _bring_back(known, described, source, actor)
        return queries.document_view(known)
    looked = _look(described.media_type, kept)
    clean = ""
    if looked.clean:
        owner = f"person:{person_id}"
        clean = blobs.put(looked.clean, owner=owner, media_type="application/pdf").id
    try:
        with transaction.atomic():
            known = _known(person_id, kept.sha256)
            if known is None:
                return _write(person_id, described, kept, clean, looked, source, actor)
    except (IntegrityError, _FiledBesideError):
        known = _known(person_id, kept.sha256)
        if known is None:
            raise
    if clean:
        blobs.delete(clean)  # somebody filed the same at the same moment
    return queries.document_view(known)


def _known(person_id: int, sha256: str) -> models.Document | None:
    now = aliases.settled_one(person_id, raw.django())
    return models.Document.objects.filter(person_id=now, sha256=sha256).first()


def _is_out(rid: int) -> bool:
    return models.Resource.objects.filter(pk=rid, deleted=True).exists()


def holds(person_id: int, sha256: str) -> bool:
    """Whether these bytes are filed with a person, and in the record."""
    known = _known(person_id, sha256)
    return known is not None and not _is_out(known.rid)


def taken_out(person_id: int, sha256: str) -> bool:
    """Whether these bytes were filed with a person, and then taken out of the record."""
    known = _known(person_id, sha256)
    return known is not None and _is_out(known.rid)


def words(rid: int) -> str:
    """The words of an original, as they are searched."""
    row = models.Document.objects.filter(rid=rid).first()
    return _look(row.media_type, blobs.ref(row.blob)).words[:WORDS_AT_MOST] if row else ""


def open_document(person_id: int, rid: int, rows: RowFilter, original: bool) -> tuple[BinaryIO, str, str]:
    """A document of a person as (stream, media type, file name): the safe copy, or the bytes as received.

    Give an original to people as a download only, never inline. Raises NotStored when it is not there for this
    reader, Refused when there is no safe way to show it.
    """
    entry = queries.stored(person_id, rid, rows)
    row = models.Document.objects.filter(rid=rid, person_id=person_id).first()
    if row is None:
        return _carried(entry.body)
    name = _file_name(row.title)
    if original:
        return blobs.open(row.blob), row.media_type, f"{name}.{_ENDINGS.get(row.media_type, 'bin')}"
    if row.problem:
        raise Refused(row.problem, "a document that can be shown", "Download the original.")
    if row.clean_blob:
        return blobs.open(row.clean_blob), "application/pdf", f"{name}.pdf"
    if row.media_type in _SHOWN_AS_THEY_ARE:
        return blobs.open(row.blob), row.media_type, f"{name}.{_ENDINGS[row.media_type]}"
    return _converted(row, name)


def _converted(row: models.Document, name: str) -> tuple[BinaryIO, str, str]:
    data = blobs.read(row.blob)
    if row.media_type == "image/tiff":
        pdf = sandbox.image_to_pdf(data, alt=row.title, title=row.title)
        return io.BytesIO(pdf), "application/pdf", f"{name}.pdf"
    if row.media_type == "application/xml":
        return io.BytesIO(show.page(data).encode()), "text/html", f"{name}.html"
    return io.BytesIO(data), "text/plain", f"{name}.txt"


def _carried(body: bytes) -> tuple[BinaryIO, str, str]:
    """The file a resource carries inside itself."""
    for found in attachments(parse(body)):
        if found.data is not None:
            media_type = found.content_type.partition(";")[0].strip()
            ending = _ENDINGS.get(media_type, "bin")
            return io.BytesIO(found.data), media_type, f"{_file_name(found.title)}.{ending}"
    raise NotStored(seen="an entry without a document", expected="one with a document", todo="Go back to the record.")


def _look(media_type: str, kept: blobs.BlobRef) -> _Looked:
    try:
        if media_type == "application/pdf":
            cleaned = sandbox.clean_pdf(blobs.read(kept.id))
            return _Looked(cleaned.data, cleaned.removed, cleaned.pages, *_pdf_words(cleaned.data))
        if media_type.startswith("image/"):
            return _Looked(pages=_image_pages(blobs.read(kept.id)), scan=WAITING)
        if media_type == "application/xml":
            return _clinical(kept)
        if media_type == "text/plain":
            return _Looked(words=blobs.read(kept.id).decode("utf-8", "replace")[:WORDS_AT_MOST])
    except (PdfError, ccda.CcdaError) as error:
        return _Looked(problem=str(error)[:300])
    return _Looked(problem="Files of this kind cannot be shown here")


def _pdf_words(data: bytes) -> tuple[str, str, str]:
    """The words of a PDF, no problem, and whether some of its pages are pictures whose words must be read."""
    try:
        pages = sandbox.page_text(data, limit=WORDS_AT_MOST)
    except PdfError:
        return "", "", ""
    scanned = any(len(page.strip()) < TEXT_ENOUGH for page in pages)
    return "\n".join(pages), "", WAITING if scanned else ""


def _clinical(kept: blobs.BlobRef) -> _Looked:
    """The words of a C-CDA document: of its parts, or of the text it holds in place of parts."""
    if kept.size > ccda.STREAM_FROM:
        with blobs.open(kept.id) as stream:
            words = ccda.section_words(stream, WORDS_AT_MOST)
        return _Looked(words=words, problem=_TOO_LARGE if kept.size > ccda.MAX_BYTES else "")
    root = ccda.parse(blobs.read(kept.id))
    return _Looked(words="\n".join([*(plain(s.html) for s in ccda.render_sections(root)), show.show(root).text]))


def _image_pages(data: bytes) -> int:
    """How many pages an image has; raises PdfError when it is none or too large. The copy made is thrown away."""
    made = sandbox.image_to_pdf(data, alt="page", title="page")
    return sandbox.clean_pdf(made).pages


def _write(
    person_id: int,
    described: Described,
    kept: blobs.BlobRef,
    clean: str,
    looked: _Looked,
    source: int,
    actor: Actor,
) -> DocumentView:
    resource = reference(person_id, described, kept)
    incoming = Incoming(
        resource, resource["id"], person_id, category=described.category, words=looked.words[:WORDS_AT_MOST]
    )
    saved = store.save([incoming], source)
    if not saved.rids:
        raise _FiledBesideError(resource["id"])
    now = aliases.settled_one(person_id, raw.django())
    for blob in filter(None, (kept.id, clean)):
        blobs.reassign(blob, f"person:{now}")
    row = models.Document.objects.create(
        rid=saved.rids[0],
        person_id=now,
        filed_person_id=person_id,
        blob=kept.id,
        clean_blob=clean,
        removed=list(looked.removed),
        sha256=kept.sha256,
        size=kept.size,
        media_type=described.media_type,
        title=described.title[:300],
        pages=looked.pages,
        problem=looked.problem,
        scan=looked.scan,
    )
    ledger.append(event(actor, "document.file", person_id, f"DocumentReference/{resource['id']}", "import"))
    return queries.document_view(row)


def _bring_back(row: models.Document, described: Described, source: int, actor: Actor) -> None:
    """Put a document that was taken out into the record again, as a new version of its entry, with what is said now."""
    found = words(row.rid)
    with transaction.atomic():
        name = models.Resource.objects.get(pk=row.rid).fhir_id
        described = replace(described, media_type=row.media_type)
        resource = reference(row.person_id, described, blobs.ref(row.blob)) | {"id": name}
        store.save([Incoming(resource, name, row.person_id, category=described.category, words=found)], source)
        row.title, row.scan = described.title[:300], WAITING if row.scan else ""
        row.save(update_fields=["title", "scan"])
        ledger.append(event(actor, "document.file", row.person_id, f"DocumentReference/{name}", "import"))


def reference(person_id: int, described: Described, kept: blobs.BlobRef) -> dict[str, Any]:
    """A FHIR R4 DocumentReference in the form of US Core 6.1; its attachment is `Binary/<blob id>`.

    Attachment.hash is SHA-1 in base64 (https://hl7.org/fhir/R4/datatypes.html#Attachment); the SHA-256 of the
    original is its identifier (RFC 6920 3).
    """
    sha256 = base64.urlsafe_b64encode(bytes.fromhex(kept.sha256)).rstrip(b"=").decode()
    moment = instant(datetime.combine(described.date, time(12), UTC))
    labels = [{"system": LABEL_SYSTEM, "code": str(label.name)} for label in described.labels]
    resource: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": blake2b(f"{person_id} {kept.sha256}".encode(), digest_size=16).hexdigest(),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{sha256}"}],
        "status": "current",
        "type": _type(described),
        "category": [{"coding": [{"system": _CATEGORY, "code": "clinical-note", "display": "Clinical Note"}]}],
        "subject": _subject(person_id),
        "date": moment,
        "custodian": _custodian(),
        "content": [
            {
                "attachment": {
                    "contentType": described.media_type,
                    "url": f"Binary/{kept.id}",
                    "size": kept.size,
                    "hash": _sha1(kept.id),
                    "title": described.title or "Document",
                    "creation": described.date.isoformat(),
                }
            }
        ],
    }
    return {**resource, "meta": {"security": labels}} if labels else resource


def _type(described: Described) -> dict[str, Any]:
    if described.kind:
        code, display = described.kind
        return {"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": display}
    return {"coding": [{"system": _NULL, "code": "UNK", "display": "unknown"}], "text": described.title or "Document"}


def _subject(person_id: int) -> dict[str, Any]:
    patients = queries.patients(person_id)
    if patients:
        return {"reference": f"Patient/{patients[0].id}"}
    ref = identity.person_by_id(person_id).ref
    return {"type": "Patient", "identifier": {"system": "urn:chartpost:person", "value": ref}}


def _custodian() -> dict[str, Any]:
    """The office, which keeps the file; US Core asks who does.

    https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-documentreference.html
    """
    office = identity.office()
    found: dict[str, Any] = {"type": "Organization", "display": office.name if office else "This office"}
    return {**found, "identifier": {"system": _NPI, "value": office.npi}} if office and office.npi else found


def _sha1(blob_id: str) -> str:
    found = hashlib.sha1(usedforsecurity=False)
    with blobs.open(blob_id) as stream:
        while part := stream.read(CHUNK):
            found.update(part)
    return base64.b64encode(found.digest()).decode()


def _file_name(title: str) -> str:
    """A title as a file name: letters, digits, spaces, hyphens; at most 80 characters."""
    return " ".join(re.sub(r"[^\w\- ]+", " ", title).split())[:80].strip() or "document"
