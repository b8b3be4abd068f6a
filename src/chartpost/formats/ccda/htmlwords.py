"""The words of an HTML page, line by line, for a narrative that knows no HTML; cells of a row with bars between."""

from collections.abc import Iterator

from lxml import etree

_LEFT_OUT = {"script", "style", "head", "title", "template", "iframe", "object", "noscript", "svg", "math"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "address", "blockquote", "pre", "ul", "ol", "li", "dl", "dt",
    "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br", "form",
}  # fmt: skip
_CELLS = {"td", "th"}
_LINE, _CELL = "\n", "\t"


def words_of_html(data: bytes) -> str:
    """Text with one line for each paragraph, item or row of a table; empty where there are no words.

    Nothing is fetched, scripts and styles are left out; markup that is broken is read as browsers read it.
    """
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    if root is None:
        return ""
    lines = ("".join(_pieces(root))).split(_LINE)
    return "\n".join(filter(None, map(_line, lines)))


def _line(text: str) -> str:
    cells = [" ".join(cell.split()) for cell in text.split(_CELL)]
    return " | ".join(cells[1:] if len(cells) > 1 and not cells[0] else cells).strip(" |")


def _pieces(root: etree._Element) -> Iterator[str]:
    """Text in order, with marks where a line or a cell begins; without recursion, so that depth costs nothing."""
    waiting: list[etree._Element | str] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
            continue
        name = str(item.tag)
        mark = _LINE if name in _BLOCKS else _CELL if name in _CELLS else ""
        yield mark
        if name in _LEFT_OUT:
            continue
        inside: list[etree._Element | str] = ["- " if name == "li" else "", _plain(item.text)]
        for child in item:
            inside += [child, _plain(child.tail)]
        inside.append(mark if mark == _LINE else "")
        waiting += reversed(inside)


def _plain(text: str | None) -> str:
    return (text or "").replace(_LINE, " ").replace(_CELL, " ")
