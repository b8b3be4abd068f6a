"""Plain values that our PDF templates print. All texts are plain text; a newline starts a new line."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import orjson

Language = Literal["en", "es"]
SectionKind = Literal["table", "list", "note", "labs", "pictures"]
Flag = Literal["", "normal", "high", "low", "very_high", "very_low", "abnormal"]


class Document:
    """Base of the values a template takes."""

    def to_json(self) -> dict[str, object]:
        """Give the value as JSON objects; dates become ISO 8601 texts."""
        plain: dict[str, object] = orjson.loads(orjson.dumps(self))
        return plain


@dataclass(frozen=True)
class Person:
    """The person the record is about; every field as it should be read."""

    name: str
    birth_date: str
    sex: str = ""
    address: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()  # (what it is, value)


@dataclass(frozen=True)
class Office:
    """The office that made the document."""

    name: str
    address: str = ""
    phone: str = ""
    website: str = ""
    email: str = ""


@dataclass(frozen=True)
class SummaryList:
    """One short list on the first page; `empty` is printed where there are no items."""

    title: str
    items: tuple[str, ...] = ()
    empty: str = ""
    more: str = ""


@dataclass(frozen=True)
class LabResult:
    """One test result; `flag` is printed as a word with a symbol, never by colour alone.

    `trend` are earlier results and this one as numbers, oldest first; `usual` the usual range they are drawn against.
    """

    test: str
    value: str
    unit: str = ""
    reference_range: str = ""
    flag: Flag = ""
    date: str = ""
    note: str = ""
    trend: tuple[float, ...] = ()
    usual: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True)
class LabGroup:
    """Results that belong together, such as one panel."""

    title: str
    results: tuple[LabResult, ...]
    date: str = ""
    source: str = ""


@dataclass(frozen=True)
class Note:
    """A written note."""

    title: str
    paragraphs: tuple[str, ...]
    author: str = ""
    date: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture to print: a PNG or JPEG of our own making in base64, its size in points of the picture."""

    data: str
    media_type: Literal["image/png", "image/jpeg"]
    width: int
    height: int
    alt: str
    title: str = ""
    date: str = ""


@dataclass(frozen=True)
class Section:
    """One part of the record; `kind` says which of rows, notes, labs and pictures is used.

    table: one text per column in each row; `widths` are relative; without them they follow the texts.
    list: first text in bold, the others after it. note: `notes`. labs: `labs`. pictures: `pictures`.
    """

    title: str
    kind: SectionKind = "table"
    intro: str = ""
    columns: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[Note, ...] = ()
    labs: tuple[LabGroup, ...] = ()
    pictures: tuple[Picture, ...] = ()
    empty: str = ""

    def __post_init__(self) -> None:
        """Refuse rows that would slide under the wrong headings."""
        wanted = len(self.columns)
        if self.kind != "table":
            return
        for number, row in enumerate(self.rows, start=1):
            if len(row) != wanted:
                raise ValueError(f"row {number} has {len(row)} texts, expected {wanted}: one for each column")
        if self.widths and len(self.widths) != wanted:
            raise ValueError(f"there are {len(self.widths)} widths, expected {wanted} or none")


@dataclass(frozen=True)
class Insurance:
    """One coverage."""

    payer: str
    plan: str = ""
    member_id: str = ""
    group: str = ""
    period: str = ""
    status: str = ""


@dataclass(frozen=True)
class Bill:
    """One charge; amounts as texts with the currency sign."""

    date: str
    service: str
    provider: str = ""
    charged: str = ""
    insurance_paid: str = ""
    you_owe: str = ""
    status: str = ""


@dataclass(frozen=True)
class Source:
    """Where a part of the record came from."""

    name: str
    kind: str = ""
    received: str = ""
    covers: str = ""


@dataclass(frozen=True)
class RecordDocument(Document):
    """A person's record for that person to read (template `record`); `brief` is a summary of a few pages.

    `legal_notice` is the English of a law, word for word.
    """

    person: Person
    office: Office
    prepared_at: str
    lang: Language = "en"
    demo: bool = False
    covers: str = ""
    withheld_notice: str | None = None
    legal_notice: str | None = None
    summary: tuple[SummaryList, ...] = ()
    sections: tuple[Section, ...] = ()
    insurance: tuple[Insurance, ...] = ()
    bills: tuple[Bill, ...] = ()
    sources: tuple[Source, ...] = ()
    brief: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading inside a letter."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a letter."""

    text: str
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class ItemList:
    """A list of points, numbered where order matters."""

    items: tuple[str, ...]
    numbered: bool = False
    kind: Literal["list"] = "list"


@dataclass(frozen=True)
class Definitions:
    """Rows of a term and what it is."""

    rows: tuple[tuple[str, str], ...]
    kind: Literal["definitions"] = "definitions"


@dataclass(frozen=True)
class FeeTable:
    """Lines of a fee with their amounts (45 CFR 164.524(c)(4)); amounts as texts with the currency sign."""

    lines: tuple[tuple[str, str], ...]
    total: str
    kind: Literal["fees"] = "fees"


@dataclass(frozen=True)
class ActionBox:
    """A boxed part: what the reader can do; without a title the fixed words are used."""

    blocks: tuple["Paragraph | ItemList | Definitions", ...]
    title: str = ""
    kind: Literal["box"] = "box"


Block = Heading | Paragraph | ItemList | Definitions | FeeTable | ActionBox


@dataclass(frozen=True)
class Signature:
    """Who signs; `electronic` is the sentence of an electronic signature, empty leaves room for ink."""

    name: str
    title: str = ""
    contact: str = ""
    electronic: str = ""


@dataclass(frozen=True)
class LetterDocument(Document):
    """A letter (template `letter`); `address` holds up to five lines that show in the window."""

    office: Office
    address: tuple[str, ...]
    date: date
    subject: str
    body: tuple[Block, ...]
    reference: str = ""
    greeting: str = ""
    signature: Signature | None = None
    enclosures: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    lang: Language = "en"
    demo: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that would not fit the window."""
        _check_window(self.address)


@dataclass(frozen=True)
class ReceiptDocument(Document):
    """A one-page receipt (template `receipt`)."""

    office: Office
    title: str
    number: str
    date: date
    rows: tuple[tuple[str, str], ...]
    statement: str = ""
    next_steps: tuple[str, ...] = ()
    sign_here: tuple[str, ...] = ()
    lang: Language = "en"
    demo: bool = False


@dataclass(frozen=True)
class AddressSheet(Document):
    """A cover sheet whose address shows in the window of a #10 envelope (template `address_sheet`)."""

    office: Office
    address: tuple[str, ...]
    reference: str = ""
    contents: tuple[str, ...] = ()
    lang: Language = "en"
    demo: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that would not fit the window."""
        _check_window(self.address)


def _check_window(address: tuple[str, ...]) -> None:
    if not 1 <= len(address) <= 5:
        raise ValueError(f"the address has {len(address)} lines, expected 1 to 5: more do not show in the window")
