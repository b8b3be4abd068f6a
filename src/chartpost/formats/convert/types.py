"""Plain values of a conversion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]
Target = Literal["fhir", "ccda", "pdf", "html", "xdm"]
CcdaKind = Literal["ccd", "referral", "discharge", "transfer"]
Severity = Literal["error", "warning", "note"]


class Entry(NamedTuple):
    """A resource, the address its bundle gave it (empty: none), and whether it keeps the rules of FHIR R4."""

    full_url: str
    resource: Json
    valid: bool = True

    @property
    def type(self) -> str:
        """Its resource type."""
        return str(self.resource.get("resourceType", ""))

    @property
    def key(self) -> str:
        """Type/id."""
        return f"{self.type}/{self.resource.get('id', '')}"


@dataclass(frozen=True)
class SectionLine:
    """What became of one section: entries found, understood, kept as text only.

    `text_only` says that the section has words and no entries.
    """

    code: str
    title: str
    found: int
    understood: int
    as_text: int = 0
    text_only: bool = False


@dataclass(frozen=True)
class Notice:
    """Something that was not taken as written; `seen` may quote a code or value, the other parts never do."""

    severity: Severity
    code: str
    where: str
    seen: str
    did: str


class File(NamedTuple):
    """A file inside a document."""

    media_type: str
    data: bytes


@dataclass(frozen=True)
class Document:
    """What one file, or one document inside it, holds.

    `name` is a label; `original` the bytes of a C-CDA document, empty for FHIR; `custodian` who keeps the record;
    `files` what stands inside the C-CDA as a file of its own.
    """

    name: str
    kind: Literal["ccda", "fhir", "ndjson"]
    entries: tuple[Entry, ...]
    sections: tuple[SectionLine, ...] = ()
    notices: tuple[Notice, ...] = ()
    original: bytes = field(default=b"", repr=False)
    custodian: str = ""
    files: tuple[File, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Wish:
    """How a result is to be made.

    `created` is aware; `zone` an IANA time zone for times that name none; `custodian` who answers for the document
    where the file names nobody; `document` the kind of C-CDA.
    """

    target: Target
    created: datetime
    language: Literal["en", "es"] = "en"
    zone: str | None = None
    custodian: str = ""
    ndjson: bool = False
    document: CcdaKind = "ccd"


@dataclass(frozen=True)
class Result:
    """One file made: its bytes, the ending of its name, what of the document is in it and what is not.

    `beside` is one that goes with another; without an ending nothing was made and the notices say why.
    """

    ending: str
    data: bytes = field(repr=False)
    counts: Mapping[str, int]
    notices: tuple[Notice, ...] = ()
    beside: bool = False
