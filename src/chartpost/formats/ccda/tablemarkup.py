"""What CDA says of looks and of tables as classes and attributes of ours (HL7 CDA R2 4.3.5.10, styleCode)."""

from typing import TypeAlias

from lxml import etree

from chartpost.formats.ccda.xmlnode import V3
from chartpost.formats.numbers import whole

Tag: TypeAlias = str
STYLES = {
    "bold": "ccda-bold", "italics": "ccda-italics", "italic": "ccda-italics", "underline": "ccda-underline",
    "emphasis": "ccda-emphasis", "lrule": "ccda-lrule", "rrule": "ccda-rrule", "toprule": "ccda-toprule",
    "botrule": "ccda-botrule", "arabic": "ccda-arabic", "littleroman": "ccda-roman", "bigroman": "ccda-big-roman",
    "littlealpha": "ccda-alpha", "bigalpha": "ccda-big-alpha", "disc": "ccda-disc", "circle": "ccda-circle",
    "square": "ccda-square", "xindent": "ccda-indent", "xsmall": "ccda-small",
}  # fmt: skip
_ALIGNED = {"right": "ccda-right", "center": "ccda-center"}
_MOST_SPANNED = 100
_ROW = f"{{{V3}}}tr"
_CELLS = (f"{{{V3}}}td", f"{{{V3}}}th")


def attributes(tag: Tag, node: etree._Element) -> str:
    """Classes, spans and scope of an element, as text that goes into its tag; nothing the sender wrote is in it."""
    codes = (node.get("styleCode") or "").split()
    classes = {STYLES.get(code.lower(), "") for code in codes} | {_ALIGNED.get((node.get("align") or "").lower(), "")}
    if node.get("revised") in ("insert", "delete"):
        classes.add(f"ccda-{node.get('revised')}")
    found = [f' class="{" ".join(sorted(classes - {""}))}"'] if classes - {""} else []
    if tag in ("td", "th"):
        spans = ((name, whole(node.get(name) or "")) for name in ("colspan", "rowspan"))
        found += [f' {name}="{min(n, _MOST_SPANNED)}"' for name, n in spans if n is not None]
    if tag == "th":
        found.append(f' scope="{_scope(node)}"')
    return "".join(found)


def shape(node: etree._Element, tag: Tag) -> Tag:
    """The tag of a table part where it makes sense: cells of a head are headings; a row outside a table is a block."""
    if tag in ("th", "td", "tr", "thead", "tbody", "tfoot", "caption", "col", "colgroup") and not _in_table(node):
        return "div"
    row = node.getparent()
    head = row.getparent() if row is not None else None
    return "th" if tag == "td" and head is not None and head.tag == f"{{{V3}}}thead" else tag


def has_rows(table: etree._Element) -> bool:
    """Whether a table has a row with a cell."""
    return any(len(row) for row in table.iter(_ROW))


def is_blank(row: etree._Element) -> bool:
    """Whether a row says nothing and may be left out: cells that span rows would shift without it."""
    table = next(row.iterancestors(f"{{{V3}}}table"), None)
    said = any(str(text).strip() for text in row.itertext()) or row.find(f".//{{{V3}}}renderMultiMedia") is not None
    return not said and table is not None and not any(cell.get("rowspan") for cell in table.iter(*_CELLS))


def _in_table(node: etree._Element) -> bool:
    return next(node.iterancestors(f"{{{V3}}}table"), None) is not None


def _scope(cell: etree._Element) -> str:
    """A heading that stands before plain cells of its row names the row, any other its column."""
    row = cell.getparent()
    plain = row is not None and any(c.tag == f"{{{V3}}}td" for c in row)
    return "row" if plain and not _in_head(cell) else "col"


def _in_head(cell: etree._Element) -> bool:
    return next(cell.iterancestors(f"{{{V3}}}thead"), None) is not None
