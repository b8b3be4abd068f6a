"""Plain values that say what a C-CDA document shows."""

from dataclasses import dataclass
from typing import Literal

from chartpost.formats.ccda.narrative import Enclosure

Language = Literal["en", "es"]


@dataclass(frozen=True)
class Heading:
    """What the header says, in plain values: who, when, from whom.

    Dates are ISO 8601 as exact as the sender was (`2013`, `2013-06-17`); `made` may end in a time (`2013-06-17 11:45`)
    without a zone where the sender gave none. Texts are empty where the document says nothing.
    """

    title: str
    kind: str
    patient: str
    birth_date: str
    sex: str
    made: str
    covers: tuple[str, str]
    office: str
    authors: tuple[str, ...]
    sent_to: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Part:
    """One part (section) of a document: safe HTML, and coded entries that its text does not name.

    `key` names the part on the page and is the same each time: its LOINC code, with a number where a code comes twice.
    `level` is 2 for a part at the top, 3 and more for one inside another, which follow it in `inner`.
    """

    key: str
    code: str
    title: str
    html: str
    unnamed: tuple[str, ...] = ()
    level: int = 2
    inner: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Enclosed:
    """A file inside the document: a picture of a part (observationMedia) or the body of an unstructured document.

    `data` is as the sender made it and not safe to show; `problem` says why there is none: "" when all is well,
    "not sent" (only named), "not base64", "too large", "packed" (a packing we do not open).
    """

    media_type: str
    data: bytes
    title: str = ""
    problem: Literal["", "not sent", "not base64", "too large", "packed"] = ""


@dataclass(frozen=True)
class Shown:
    """A document, ready for a page. `text` is the body of an unstructured document that is text.

    `files` are addressed by their place. `body` stands for the file of an unstructured document that is no text; it has
    no address when there is no safe way to show the file.
    """

    heading: Heading
    parts: tuple[Part, ...] = ()
    files: tuple[Enclosed, ...] = ()
    text: str = ""
    body: Enclosure | None = None
