"""Files inside a C-CDA: kept in what is made of it, as a DocumentReference or as a file beside the paper."""

import base64
import uuid
from collections.abc import Iterator, Sequence
from hashlib import sha256

from chartpost.formats.ccda import Header
from chartpost.formats.ccda.intake import Embedded
from chartpost.formats.convert.types import Document, Entry, File, Notice, Result
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.sandbox import clean_pdf

NAMES = uuid.UUID("5a4b8f0e-3f6a-5d43-8f34-0c9b4f1d7a52")
ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/tiff": "tif",
    "text/plain": "txt",
    "text/rtf": "rtf",
}
_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
_LOINC = "http://loinc.org"


def references(found: Sequence[Embedded], header: Header, patient: str) -> Iterator[Entry]:
    """A DocumentReference for each file, its bytes inside; `patient` is the Patient's Type/id."""
    for one in found:
        digest = sha256(one.data).digest()
        code = {"system": _LOINC, "code": header.code.code or "34133-9", "display": header.code.display}
        resource = {
            "resourceType": "DocumentReference",
            "id": str(uuid.uuid5(NAMES, f"{header.document_id} {one.path} {digest.hex()}")),
            "status": "current",
            "type": {"coding": [{name: value for name, value in code.items() if value}]},
            "category": [{"coding": [{"system": _CATEGORY, "code": "clinical-note", "display": "Clinical Note"}]}],
            "subject": {"reference": patient},
            "description": one.title or "Document",
            "content": [
                {
                    "attachment": {
                        "contentType": one.media_type,
                        "data": base64.b64encode(one.data).decode(),
                        "size": len(one.data),
                        "title": one.title or "Document",
                    }
                }
            ],
        }
        yield Entry("", resource)


def beside(document: Document) -> Iterator[Result]:
    """Each file as it came, PDFs without anything that acts; what cannot be made safe is told."""
    for number, file in enumerate(document.files, 1):
        ending = ENDINGS.get(file.media_type, "bin")
        try:
            data = clean_pdf(file.data).data if ending == "pdf" else file.data
        except PdfError as error:
            yield Result("", b"", {}, (Notice("warning", "file-inside", file.media_type, "", f"left out: {error}"),))
            continue
        yield Result(f".file-{number}.{ending}", data, {}, beside=True)


def kept(found: Sequence[Embedded]) -> tuple[File, ...]:
    """The same as plain values of a document."""
    return tuple(File(one.media_type, one.data) for one in found)
