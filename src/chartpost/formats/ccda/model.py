"""What a section writer is: a table of columns and a function that yields entries."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from chartpost.formats.ccda.fhirvalues import Fhir
from chartpost.formats.ccda.record import Record, unique_id
from chartpost.formats.ccda.xmlnode import Child, el

_LOINC = "2.16.840.1.113883.6.1"


@dataclass(frozen=True)
class Row:
    """One line of a section's table; `ref` is the XML ID of the line, `ref-1` ... those of its cells."""

    ref: str
    cells: tuple[str, ...]

    def cell(self, number: int) -> str | None:
        """The ID of a cell, counted from 1; None where the cell is empty."""
        return f"{self.ref}-{number}" if self.cells[number - 1] else None


@dataclass(frozen=True)
class Entry:
    """Lines of the narrative and the coded statement they come from (None: words only)."""

    rows: tuple[Row, ...]
    element: etree._Element | None


@dataclass
class Context:
    """What a section writer needs beside the resource: the record, ids, and a line counter."""

    record: Record
    scope: str
    prefix: str
    _lines: int = field(default=0)

    def row(self, *cells: str) -> Row:
        """The next line of the table."""
        self._lines += 1
        return Row(f"{self.prefix}-{self._lines}", cells)

    def id(self, resource: Fhir, part: str = "") -> etree._Element:
        """The `id` of an entry made of this resource."""
        return el("id", {"root": unique_id(resource, self.scope, part)})


@dataclass(frozen=True)
class Section:
    """One section of a document: its code, its template and how its entries are made."""

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

    def write(self, record: Record, scope: str) -> etree._Element | None:
        """The `section` element; None for an optional section without data.

        A required section without data is nullFlavor NI with a sentence (C-CDA R2.1 vol. 1, 3.6).
        """
        entries = list(self.entries(Context(record, scope, self.prefix)))
        rows = [row for entry in entries for row in entry.rows]
        if not rows and not self.required:
            return None
        body = self._table(rows) if rows else el("paragraph", None, self.empty)
        return el(
            "section",
            {"nullFlavor": None if rows else "NI"},
            templates(self.template, self.version),
            el("code", {"code": self.loinc, "codeSystem": _LOINC, "codeSystemName": "LOINC",
                        "displayName": self.display}),
            el("title", None, self.title),
            el("text", None, body),
            [el("entry", {"typeCode": "DRIV"}, e.element) for e in entries if e.element is not None],
        )  # fmt: skip

    def _table(self, rows: list[Row]) -> etree._Element:
        head = el("thead", None, el("tr", None, [el("th", None, name) for name in self.columns]))
        lines = [el("tr", {"ID": row.ref}, _cells(row)) for row in rows]
        return el("table", {"border": "1", "width": "100%"}, head, el("tbody", None, lines))


def _cells(row: Row) -> list[etree._Element]:
    return [el("td", {"ID": row.cell(n)}, _lines(text)) for n, text in enumerate(row.cells, 1)]


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
