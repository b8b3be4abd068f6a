"""The words of a note that came as a web page, in the lines it was written in: paragraphs, rows of tables, points."""

from html.parser import HTMLParser

_SILENT = frozenset({"script", "style", "template", "noscript", "title", "head"})
_BLOCKS = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset({"br", "tr", "li", "caption", "hr", "dt", "dd"})
_CELLS = frozenset({"td", "th"})


def lines_of(markup: str) -> str:
    """Plain text: a line for each row, point and line break, an empty one between paragraphs; " · " between cells."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Takes the words out of a page; a block inside a cell or point is no paragraph of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._paragraphs: list[list[str]] = [[]]
        self._line: list[str] = []
        self._silent = self._inside = 0
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Begin a line, a cell or a paragraph."""
        self._silent += tag in _SILENT
        if tag in _CELLS:
            self._cell = True
        elif tag in _LINES:
            self._break()
        elif tag in _BLOCKS:
            self._paragraph()
        if tag == "li":
            self._line.append("• ")
        self._inside += tag in _CELLS or tag == "li"

    def handle_endtag(self, tag: str) -> None:
        """End what began."""
        self._silent -= tag in _SILENT and self._silent > 0
        self._inside -= (tag in _CELLS or tag == "li") and self._inside > 0
        if tag in _BLOCKS:
            self._paragraph()
        elif tag in _LINES:
            self._break()

    def handle_data(self, data: str) -> None:
        """Take words, apart from those of the cell before."""
        if self._silent or not data.strip():
            self._line += [" "] if data and self._line and not self._silent else []
            return
        if self._cell and "".join(self._line).strip(" •"):
            self._line.append(" · ")
        self._cell = False
        self._line.append(data)

    def text(self) -> str:
        """All of it."""
        self._paragraph(whole=True)
        return "\n\n".join("\n".join(lines) for lines in self._paragraphs if lines)

    def _break(self) -> None:
        words = " ".join("".join(self._line).split())
        if words and words != "•":
            self._paragraphs[-1].append(words)
        self._line, self._cell = [], False

    def _paragraph(self, *, whole: bool = False) -> None:
        if self._inside and not whole:
            self._line.append(" ")
            return
        self._break()
        if self._paragraphs[-1]:
            self._paragraphs.append([])
