"""What a section writer is: a table of columns and a function that yields entries."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from chartpost.formats.ccda.fhirvalues import Fhir
from chartpost.formats.ccda.privacy import confidentiality, confidentiality_of, is_part2, strictest
from chartpost.formats.ccda.record import Record, unique_id
from chartpost.formats.ccda.xmlnode import Child, el

_LOINC = "2.16.840.1.113883.6.1"


@dataclass(frozen=True)
class Row:
    """One line of a section's table; `ref` is the XML ID of the line, `ref-1` ... those of its cells.

    `media` names the file that is shown in the last cell, where there is one.
    """

    ref: str
    cells: tuple[str, ...]
    media: str = ""

    def cell(self, number: int) -> str | None:
        """The ID of a cell, counted from 1; None where the cell is empty."""
        return f"{self.ref}-{number}" if self.cells[number - 1] else None


@dataclass(frozen=True)
class Entry:
    """Lines of the narrative and the coded statement they come from (None: words only)."""

    rows: tuple[Row, ...]
    element: etree._Element | None


@dataclass(frozen=True)
class Wish:
    """What the caller wants of a document beside the record.

    `kind` is the kind of document; `reason` says in words why somebody is referred; `stay` is the Type/id of the
    hospital stay a discharge summary is about; `embed` puts files that the record holds (PDF, pictures) inside.
    """

    kind: str = "ccd"
    reason: str = ""
    stay: str = ""
    embed: bool = False


NOTHING_MORE = Wish()


@dataclass
class Context:
    """What a section writer needs beside the resource: the record, ids, and a line counter.

    It remembers how confidential the resources are that were written.
    """

    record: Record
    scope: str
    prefix: str
    wish: Wish = NOTHING_MORE
    _lines: int = field(default=0)
    _codes: set[str] = field(default_factory=set)
    part2: bool = field(default=False)

    @property
    def confidentiality(self) -> str:
        """N, R or V: the strictest of what was written."""
        return strictest(self._codes)

    def row(self, *cells: str, media: bool = False) -> Row:
        """The next line of the table; with `media` a file is shown in its last cell."""
        self._lines += 1
        ref = f"{self.prefix}-{self._lines}"
        return Row(ref, cells, f"{ref}-file" if media else "")

    def id(self, resource: Fhir, part: str = "") -> etree._Element:
        """The `id` of an entry made of this resource."""
        self._codes.add(confidentiality_of(resource))
        self.part2 = self.part2 or is_part2(resource)
        return el("id", {"root": unique_id(resource, self.scope, part)})


@dataclass(frozen=True)
class Written:
    """A finished section and how confidential it is."""

    element: etree._Element
    confidentiality: str
    part2: bool


@dataclass(frozen=True)
class Section:
    """One section of a document: its code, its template and how its entries are made.

    `extra` are further templates it keeps to, `translation` a second LOINC code that the template asks for. A section
    without columns is written as paragraphs, one for each line.
    """

    prefix: str
    title: str
    loinc: str
    display: str
    template: str
    version: str
    columns: tuple[str, ...]
    entries: Callable[[Context], Iterable[Entry]]
    required: bool = False
    empty: str = "No information available."
    translation: tuple[str, str] | None = None
    extra: tuple[tuple[str, str], ...] = ()

    def write(self, record: Record, scope: str, wish: Wish = NOTHING_MORE) -> Written | None:
        """The `section` element; None for an optional section without data.

        A required section without data is nullFlavor NI with a sentence (C-CDA R2.1 vol. 1, 3.6).
        """
        context = Context(record, scope, self.prefix, wish)
        entries = list(self.entries(context))
        rows = [row for entry in entries for row in entry.rows]
        if not rows and not self.required:
            return None
        level = context.confidentiality
        element = el(
            "section",
            {"nullFlavor": None if rows else "NI"},
            templates(self.template, self.version),
            [claim for pair in self.extra for claim in templates(*pair)],
            self._code(),
            el("title", None, self.title),
            el("text", None, self._body(rows)),
            confidentiality(level) if level != "N" else None,
            [el("entry", {"typeCode": "DRIV"}, e.element) for e in entries if e.element is not None],
        )
        return Written(element, level, context.part2)

    def _code(self) -> etree._Element:
        more = None
        if self.translation:
            more = el("translation", {"code": self.translation[0], "codeSystem": _LOINC,
                                      "displayName": self.translation[1]})  # fmt: skip
        return el("code", {"code": self.loinc, "codeSystem": _LOINC, "codeSystemName": "LOINC",
                           "displayName": self.display}, more)  # fmt: skip

    def _body(self, rows: list[Row]) -> Child | list[etree._Element]:
        if not rows:
            return el("paragraph", None, self.empty)
        if self.columns:
            return self._table(rows)
        return [el("paragraph", {"ID": row.ref}, _lines("\n".join(row.cells))) for row in rows]

    def _table(self, rows: list[Row]) -> etree._Element:
        head = el("thead", None, el("tr", None, [el("th", None, name) for name in self.columns]))
        lines = [el("tr", {"ID": row.ref}, _cells(row)) for row in rows]
        return el("table", {"border": "1", "width": "100%"}, head, el("tbody", None, lines))


def _cells(row: Row) -> list[etree._Element]:
    found = [el("td", {"ID": row.cell(n)}, _lines(text)) for n, text in enumerate(row.cells, 1)]
    if row.media:
        found[-1].append(el("renderMultiMedia", {"referencedObject": row.media}))
    return found


def _lines(text: str) -> Iterator[Child]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield el("br")
        yield line


def templates(root: str, version: str = "") -> list[etree._Element]:
    """The templateIds of an R2.1 template: the R1.1 root alone and, where it has one, the dated one.

    Both are needed: C-CDA R2.1 vol. 1, 3.3 (compatibility with R1.1).
    """
    plain = el("templateId", {"root": root})
    return [plain, el("templateId", {"root": root, "extension": version})] if version else [plain]
