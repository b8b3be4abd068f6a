"""A paper or picture as a C-CDA Unstructured Document (2.16.840.1.113883.10.20.22.1.10:2015-08-01): header and file."""

import base64
from datetime import datetime

from lxml import etree

from chartpost.formats.ccda import frame, privacy
from chartpost.formats.ccda.document import check_header
from chartpost.formats.ccda.errors import CannotWriteError
from chartpost.formats.ccda.fhirvalues import Fhir
from chartpost.formats.ccda.kinds import Kind
from chartpost.formats.ccda.parties import Author, Organization
from chartpost.formats.ccda.selfcheck import require_sound
from chartpost.formats.ccda.usrealm import patient_role
from chartpost.formats.ccda.xmlnode import el

MEDIA_TYPES = (
    "application/pdf", "image/jpeg", "image/png", "image/tiff", "image/gif", "text/plain", "text/html", "text/rtf",
    "application/msword",
)  # fmt: skip
"""Kinds of files the template knows (value set SupportedFileFormats, 2.16.840.1.113883.11.20.7.1)."""
MOST_BYTES = 30_000_000
_TEMPLATE = "2.16.840.1.113883.10.20.22.1.10"


def write_unstructured(
    person: Fhir,
    data: bytes,
    media_type: str,
    *,
    custodian: Organization,
    created: datetime,
    document_id: str,
    title: str,
    code: tuple[str, str] = ("34133-9", "Summarization of Episode Note"),
    author: Author | None = None,
    confidentiality: str = "N",
    language: str = "en-US",
) -> bytes:
    """A file about one person as a C-CDA document: UTF-8 XML, checked.

    `person` is a FHIR R4 Patient, `code` a LOINC code with its display, `confidentiality` N, R or V. Raises
    CannotWriteError for a kind of file the template does not know, for none and for more than MOST_BYTES.
    """
    check_header(person, custodian, created, document_id)
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES or not 0 < len(data) <= MOST_BYTES:
        raise CannotWriteError(
            f"{len(data):,} bytes of {kind}",
            f"1 to {MOST_BYTES:,} bytes of {', '.join(MEDIA_TYPES)}",
            "send it as it is",
        )
    now = created.isoformat(timespec="seconds")
    described = Kind("unstructured", _TEMPLATE, code[0], code[1], title, ())
    file = el("text", {"mediaType": kind, "representation": "B64"}, base64.b64encode(data).decode())
    root = el(
        "ClinicalDocument",
        None,
        frame.identity(described, title, now, document_id, marked=False),
        privacy.confidentiality(confidentiality),
        el("languageCode", {"code": language}),
        el("recordTarget", None, patient_role(person, custodian)),
        frame.author(author or Author(), custodian, now),
        frame.custodian_of(custodian),
        el("component", None, el("nonXMLBody", None, file)),
    )
    document = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False)
    require_sound(document)
    return document
