"""Plain values of XDM packages."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True)
class Sender:
    """Who sends: the name, and an OID or UUID of their own."""

    name: str
    identifier: str


@dataclass(frozen=True)
class Patient:
    """Whom the documents are about; `identifier` is (OID or UUID of who gave the number, the number).

    `birth_date` is YYYY-MM-DD or a part of it, `sex` a FHIR administrative gender.
    """

    identifier: tuple[str, str]
    family: str = ""
    given: str = ""
    birth_date: str = ""
    sex: str = "unknown"


@dataclass(frozen=True)
class Document:
    """A document to be packed; `open` gives its bytes from the start, `created` is an HL7 TS in UTC (digits only).

    `code` is a LOINC code with its display; `unique_id` an OID or UUID.
    """

    title: str
    media_type: str
    open: Callable[[], BinaryIO]
    unique_id: str
    created: str
    code: tuple[str, str] = ("34133-9", "Summarization of Episode Note")
    language: str = "en-US"
    confidentiality: str = "N"


def of_bytes(data: bytes) -> Callable[[], BinaryIO]:
    """What `Document.open` is for a document that is in memory."""
    return lambda: io.BytesIO(data)


@dataclass(frozen=True)
class Found:
    """A document of a package that was read; its bytes agree with the metadata, as far as `checked` says.

    `path` is its name in the zip, `size` in bytes, `sha1` hexadecimal; `checked` holds size, hash, both or neither.
    """

    path: str
    title: str
    media_type: str
    code: str
    created: str
    language: str
    patient_id: str
    unique_id: str
    size: int
    sha1: str
    checked: frozenset[str]


@dataclass(frozen=True)
class Packed:
    """What a package holds; `open` gives the bytes of one of its documents while the zip is at hand.

    `sender` is the institution the metadata names; `others` are files that no metadata names.
    """

    documents: tuple[Found, ...]
    sender: str
    others: tuple[str, ...]
    open: Callable[[Found], BinaryIO] = field(compare=False)

    def read(self, document: Found) -> bytes:
        """All bytes of one document."""
        with self.open(document) as stream:
            return stream.read()
