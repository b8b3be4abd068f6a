"""Narrative blocks as safe HTML: an allow-list walk, then nh3 as a second layer.

Nothing of the sender's markup is passed on: each known CDA element becomes an element of ours, each
unknown one only its text. No scripts, styles, frames, images or event handlers can come through.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import nh3
from lxml import etree

from chartpost.formats.ccda.reading import parse
from chartpost.formats.ccda.xmlnode import NS, V3

_TAGS = {
    "paragraph": "p", "content": "span", "br": "br", "table": "table", "thead": "thead", "tbody": "tbody",
    "tfoot": "tfoot", "tr": "tr", "th": "th", "td": "td", "caption": "caption", "item": "li", "sub": "sub",
    "sup": "sup", "footnote": "small", "colgroup": "colgroup", "col": "col",
}  # fmt: skip
_EMPTY = {"br", "col"}
_STYLES = {
    "bold": "ccda-bold", "italics": "ccda-italics", "underline": "ccda-underline",
    "emphasis": "ccda-emphasis",
}  # fmt: skip
_MAX_DEPTH = 100
_ID_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_LINK = re.compile(r"(https?://|mailto:)[^\s]+", re.IGNORECASE)
_ALLOWED = {*_TAGS.values(), "ul", "ol", "a", "div"}
_ATTRIBUTES = {
    "*": {"id", "class"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"},
}  # fmt: skip


@dataclass(frozen=True)
class SectionHtml:
    """One section of a document, ready to show: heading, LOINC code, safe HTML, depth (0 is the top)."""

    title: str
    code: str
    html: str
    depth: int = 0


def render_html(data: bytes) -> list[SectionHtml]:
    """Every section of a CDA document in reading order; raises what `parse` raises.

    A document without sections (nonXMLBody) gives one entry that says so.
    """
    return render_sections(parse(data))


def render_sections(root: etree._Element) -> list[SectionHtml]:
    """The sections of a document already parsed."""
    tops = _nodes(root, "v3:component/v3:structuredBody/v3:component/v3:section")
    found = [item for n, top in enumerate(tops, 1) for item in _section(top, f"s{n}", 0)]
    if not found and _nodes(root, "v3:component/v3:nonXMLBody"):
        return [SectionHtml("Attached file", "", "<p>This document is a file inside an envelope.</p>")]
    return found


def _section(section: etree._Element, prefix: str, depth: int) -> Iterator[SectionHtml]:
    code = next(iter(_nodes(section, "v3:code")), None)
    title = next(iter(_nodes(section, "v3:title")), None)
    shown = _plain(title) or ((code.get("displayName") or "") if code is not None else "")
    loinc = (code.get("code") or "") if code is not None else ""
    yield SectionHtml(shown or "Untitled section", loinc, narrative_html(section, prefix=prefix), depth)
    if depth < _MAX_DEPTH:
        for n, child in enumerate(_nodes(section, "v3:component/v3:section"), 1):
            yield from _section(child, f"{prefix}-{n}", depth + 1)


def narrative_html(section: etree._Element, *, prefix: str = "ccda") -> str:
    """The `text` of a section as safe HTML; IDs get the prefix, so sections do not clash on one page."""
    text = next(iter(_nodes(section, "v3:text")), None)
    if text is None:
        return ""
    parts: list[str] = []
    _walk(text, parts, prefix, 0)
    return nh3.clean(
        "".join(parts),
        tags=_ALLOWED,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _walk(node: etree._Element, out: list[str], prefix: str, depth: int) -> None:
    if depth > _MAX_DEPTH:
        out.append(escape(_plain(node)))
        return
    out.append(escape(node.text or ""))
    for child in node:
        if isinstance(child.tag, str):
            _element(child, out, prefix, depth + 1)
        out.append(escape(child.tail or ""))


def _element(node: etree._Element, out: list[str], prefix: str, depth: int) -> None:
    name = etree.QName(node)
    local = name.localname if name.namespace == V3 else ""
    if local == "list":
        _wrap("ol" if node.get("listType") == "ordered" else "ul", node, out, prefix, depth)
    elif local == "linkHtml":
        _link(node, out, prefix, depth)
    elif local == "caption" and _is_list(node.getparent()):
        _wrap("li", node, out, prefix, depth)
    elif local in _EMPTY:
        out.append(f"<{_TAGS[local]}>")
    elif local in _TAGS:
        _wrap(_TAGS[local], node, out, prefix, depth)
    elif local == "renderMultiMedia":
        out.append("<span>[picture: see the original document]</span>")
    else:
        _walk(node, out, prefix, depth)


def _is_list(node: etree._Element | None) -> bool:
    return node is not None and node.tag in (f"{{{V3}}}list", f"{{{V3}}}paragraph", f"{{{V3}}}content")


def _wrap(tag: str, node: etree._Element, out: list[str], prefix: str, depth: int) -> None:
    out.append(f"<{tag}{_attributes(tag, node, prefix)}>")
    _walk(node, out, prefix, depth)
    out.append(f"</{tag}>")


def _attributes(tag: str, node: etree._Element, prefix: str) -> str:
    found = []
    if node.get("ID"):
        found.append(f' id="{prefix}-{_ID_UNSAFE.sub("_", node.get("ID") or "")}"')
    classes = sorted({_STYLES.get(s.lower(), "") for s in (node.get("styleCode") or "").split()} - {""})
    if node.get("revised") in ("insert", "delete"):
        classes.append(f"ccda-{node.get('revised')}")
    if classes:
        found.append(f' class="{" ".join(classes)}"')
    if tag in ("td", "th"):
        spans = ((name, node.get(name) or "") for name in ("colspan", "rowspan"))
        found += [f' {name}="{int(value)}"' for name, value in spans if value.isascii() and value.isdigit()]
    if tag == "th":
        found.append(' scope="col"')
    return "".join(found)


def _link(node: etree._Element, out: list[str], prefix: str, depth: int) -> None:
    href = (node.get("href") or "").strip()
    if not _LINK.fullmatch(href):
        _walk(node, out, prefix, depth)
        return
    out.append(f'<a href="{escape(href, quote=True)}">')
    _walk(node, out, prefix, depth)
    out.append("</a>")


def _plain(node: etree._Element | None) -> str:
    return " ".join("".join(map(str, node.itertext())).split()) if node is not None else ""


def _nodes(node: etree._Element, path: str) -> list[etree._Element]:
    found = node.xpath(path, namespaces=NS)
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []
