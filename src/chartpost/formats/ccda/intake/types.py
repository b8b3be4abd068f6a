"""What a conversion hands back: plain values."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from chartpost.formats.ccda.header import Header

Json: TypeAlias = dict[str, Any]
Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Source:
    """Where a resource comes from in the document.

    `section` is a LOINC code (empty for the header), `path` an XPath with `v3` for urn:hl7-org:v3, `ids` are the
    (root, extension) pairs of the statement, `text` its words in the narrative.
    """

    section: str
    templates: tuple[str, ...]
    path: str
    ids: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True)
class SectionReport:
    """What became of one section: entries found, understood, kept as text; `text_only` where it has no entries."""

    code: str
    title: str
    templates: tuple[str, ...]
    entries: int
    understood: int
    kept_as_text: int
    text_only: bool


@dataclass(frozen=True)
class Issue:
    """Something that was not taken as written.

    `code` and `did` never hold anything about the patient; `seen` may quote a code or value and is for readers of
    the record only. `path` is an XPath as in Source.
    """

    severity: Severity
    code: str
    section: str
    path: str
    seen: str
    did: str


@dataclass(frozen=True)
class Embedded:
    """A file inside the document: its media type, its bytes, where it stood and what it is called."""

    media_type: str
    data: bytes
    path: str
    title: str
    section: str = ""


@dataclass(frozen=True)
class Converted:
    """A document as FHIR R4: the Patient first, references between resources as `Type/id`."""

    header: Header
    resources: list[Json]
    sources: dict[str, Source]
    sections: list[SectionReport]
    issues: list[Issue]
    originals: list[Embedded]
