"""C-CDA: writing documents, converting them to FHIR, reading headers, showing documents, checking what leaves us.

Pure: bytes and values in, bytes and values out.
"""

from chartpost.formats.ccda.document import KindName, write
from chartpost.formats.ccda.errors import (
    CannotWriteError,
    CcdaError,
    NoPatientError,
    NotClinicalDocumentError,
    NotXmlError,
    TooLargeError,
    TwoPatientsError,
    UnsafeXmlError,
    UnsoundDocumentError,
)
from chartpost.formats.ccda.header import Code, Header, PatientName, PostalAddress, header_of
from chartpost.formats.ccda.intake import (
    INTAKE_VERSION,
    Converted,
    Embedded,
    Issue,
    Run,
    SectionReport,
    Source,
    convert,
    header_of_one,
    read_header,
    section_words,
)
from chartpost.formats.ccda.intake.bodies import STREAM_FROM
from chartpost.formats.ccda.narrative import SectionHtml, narrative_html, render_html, render_sections
from chartpost.formats.ccda.parties import Address, Author, Organization, Recipient
from chartpost.formats.ccda.reading import MAX_BYTES, parse
from chartpost.formats.ccda.record import Record
from chartpost.formats.ccda.rules import Fault
from chartpost.formats.ccda.selfcheck import check_document
from chartpost.formats.ccda.unstructured import write_unstructured

__all__ = [
    "INTAKE_VERSION",
    "MAX_BYTES",
    "STREAM_FROM",
    "Address",
    "Author",
    "CannotWriteError",
    "CcdaError",
    "Code",
    "Converted",
    "Embedded",
    "Fault",
    "Header",
    "Issue",
    "KindName",
    "NoPatientError",
    "NotClinicalDocumentError",
    "NotXmlError",
    "Organization",
    "PatientName",
    "PostalAddress",
    "Recipient",
    "Record",
    "Run",
    "SectionHtml",
    "SectionReport",
    "Source",
    "TooLargeError",
    "TwoPatientsError",
    "UnsafeXmlError",
    "UnsoundDocumentError",
    "check_document",
    "convert",
    "header_of",
    "header_of_one",
    "narrative_html",
    "parse",
    "read_header",
    "render_html",
    "render_sections",
    "section_words",
    "write",
    "write_unstructured",
]
