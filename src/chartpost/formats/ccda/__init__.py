"""C-CDA: writing a CCD, reading a header, showing a document, checking what leaves the house.

Pure: bytes and values in, bytes and values out.
"""

from chartpost.formats.ccda.ccd import write_ccd
from chartpost.formats.ccda.errors import (
    CannotWriteError,
    CcdaError,
    NotClinicalDocumentError,
    NotXmlError,
    TooLargeError,
    UnsafeXmlError,
)
from chartpost.formats.ccda.parties import Address, Author, Organization

__all__ = [
    "Address",
    "Author",
    "CannotWriteError",
    "CcdaError",
    "NotClinicalDocumentError",
    "NotXmlError",
    "Organization",
    "TooLargeError",
    "UnsafeXmlError",
    "write_ccd",
]
