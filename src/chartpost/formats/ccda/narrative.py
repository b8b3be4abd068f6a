"""Narrative blocks as safe HTML: an allow-list walk, then nh3 as a second layer (HL7 CDA R2 4.3.5).

Nothing of the sender's markup is passed on: each known CDA element becomes an element of ours, each unknown one only
its text. No scripts, styles, frames, foreign pictures or event handlers can come through.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from types import MappingProxyType

import nh3
from lxml import etree

from chartpost.formats.ccda.reading import parse
from chartpost.formats.ccda.tablemarkup import Tag, attributes, has_rows, is_blank, shape
from chartpost.formats.ccda.xmlnode import NS, V3

_TAGS = {
    "paragraph": "p", "content": "span", "br": "br", "table": "table", "thead": "thead", "tbody": "tbody",
    "tfoot": "tfoot", "tr": "tr", "th": "th", "td": "td", "caption": "caption", "item": "li", "sub": "sub",
    "sup": "sup", "footnote": "small", "colgroup": "colgroup", "col": "col",
}  # fmt: skip
_EMPTY = {"br", "col"}
_MAX_DEPTH = 100
_ID_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_LINK = re.compile(r"(https?://|mailto:)[^\s]+", re.IGNORECASE)
_ALLOWED = {*_TAGS.values(), "ul", "ol", "a", "div", "img"}
_CELL = {"colspan", "rowspan"}
_ATTRIBUTES = {
    "*": {"id", "class"}, "a": {"href"}, "td": _CELL, "th": {*_CELL, "scope"}, "img": {"src", "alt"},
    "div": {"tabindex", "role", "aria-label"},
}  # fmt: skip


@dataclass(frozen=True)
class SectionHtml:
    """One section of a document, ready to show: heading, LOINC code, safe HTML, depth (0 is the top)."""

    title: str
    code: str
    html: str
    depth: int = 0


@dataclass(frozen=True)
class Enclosure:
    """What stands for a `renderMultiMedia`: a picture at an address of ours, a link to a file, or words alone."""

    text: str
    address: str = ""
    picture: bool = False


@dataclass(frozen=True)
class Setting:
    """How one narrative is shown: what stands before its ids, its title, and what its enclosures are, by ID."""

    prefix: str = "ccda"
    title: str = ""
    enclosures: Mapping[str, Enclosure] = field(default_factory=lambda: MappingProxyType({}))
    not_sent: str = "[picture: see the original document]"


def render_html(data: bytes) -> list[SectionHtml]:
    """Every section of a CDA document in reading order; raises what `parse` raises.

    A document without sections (nonXMLBody) gives one entry that says so.
    """
    return render_sections(parse(data))


def render_sections(root: etree._Element) -> list[SectionHtml]:
    """The sections of a document already parsed."""
    tops = nodes(root, "v3:component/v3:structuredBody/v3:component/v3:section")
    found = [item for n, top in enumerate(tops, 1) for item in _section(top, f"s{n}", 0)]
    if not found and nodes(root, "v3:component/v3:nonXMLBody"):
        return [SectionHtml("Attached file", "", "<p>This document is a file inside an envelope.</p>")]
    return found


def _section(section: etree._Element, prefix: str, depth: int) -> Iterator[SectionHtml]:
    title, code = section_title(section)
    yield SectionHtml(title or "Untitled section", code, narrative_html(section, prefix=prefix), depth)
    if depth < _MAX_DEPTH:
        for n, child in enumerate(nodes(section, "v3:component/v3:section"), 1):
            yield from _section(child, f"{prefix}-{n}", depth + 1)


def section_title(section: etree._Element) -> tuple[str, str]:
    """A section's title (or the name of its code) and its LOINC code; empty where the sender gave none."""
    code = next(iter(nodes(section, "v3:code")), None)
    title = words(next(iter(nodes(section, "v3:title")), None))
    named = (code.get("displayName") or "").strip() if code is not None else ""
    return title or named, (code.get("code") or "").strip() if code is not None else ""


def narrative_html(section: etree._Element, *, prefix: str = "ccda", setting: Setting | None = None) -> str:
    """The `text` of a section as safe HTML; IDs get the prefix, so sections do not clash on one page."""
    text = next(iter(nodes(section, "v3:text")), None)
    if text is None:
        return ""
    out = _Walk(setting or Setting(prefix), text)
    out.inside(text, 0)
    return nh3.clean(
        "".join(out.parts),
        tags=_ALLOWED,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_safe(frozenset(out.addresses)),
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
    )


def _only_safe(ours: frozenset[str]) -> Callable[[str, str, str], str | None]:
    """A filter that keeps links to the web and to mail, and the addresses this walk itself wrote."""

    def keep(_tag: str, name: str, value: str) -> str | None:
        if name == "src" or (name == "href" and not _LINK.fullmatch(value)):
            return value if value in ours else None
        return value

    return keep


class _Walk:
    """One walk over a narrative; `addresses` are those it wrote itself."""

    def __init__(self, setting: Setting, text: etree._Element) -> None:
        self.parts: list[str] = []
        self.addresses: set[str] = set()
        self._setting, self._text = setting, text

    @cached_property
    def _named(self) -> frozenset[str]:
        """The IDs links inside this narrative may point to."""
        return frozenset(filter(None, (n.get("ID") for n in self._text.iter() if isinstance(n.tag, str))))

    def inside(self, node: etree._Element, depth: int) -> None:
        """The words and elements within a node; what is nested too deep is words alone."""
        if depth > _MAX_DEPTH:
            self.parts.append(escape(words(node)))
            return
        self.parts.append(escape(node.text or ""))
        for child in node:
            if isinstance(child.tag, str):
                self._element(child, depth + 1)
            self.parts.append(escape(child.tail or ""))

    def _element(self, node: etree._Element, depth: int) -> None:
        name = etree.QName(node)
        local = name.localname if name.namespace == V3 else ""
        if local == "list":
            self._wrap("ol" if node.get("listType") == "ordered" else "ul", node, depth)
        elif local == "linkHtml":
            self._link(node, depth)
        elif local == "table":
            self._table(node, depth)
        elif local == "caption" and _is_list(node.getparent()):
            self._wrap("li", node, depth)
        elif local == "tr" and is_blank(node):
            return
        elif local in _EMPTY:
            self.parts.append(f"<{_TAGS[local]}>")
        elif local in _TAGS:
            self._wrap(shape(node, _TAGS[local]), node, depth)
        elif local == "renderMultiMedia":
            self._enclosures(node, depth)
        else:
            self.inside(node, depth)

    def _wrap(self, tag: Tag, node: etree._Element, depth: int) -> None:
        self.parts.append(f"<{tag}{self._identity(node)}{attributes(tag, node)}>")
        self.inside(node, depth)
        self.parts.append(f"</{tag}>")

    def _identity(self, node: etree._Element) -> str:
        return f' id="{self._id(node.get("ID") or "")}"' if node.get("ID") else ""

    def _id(self, given: str) -> str:
        return f"{self._setting.prefix}-{_ID_UNSAFE.sub('_', given)}"

    def _table(self, node: etree._Element, depth: int) -> None:
        """A table that scrolls by itself on a narrow screen, with a name; one without rows is its words."""
        if not has_rows(node):
            self._wrap("div", node, depth)
            return
        caption = words(next(iter(nodes(node, "v3:caption")), None))
        name = caption or self._setting.title
        label = f' role="region" aria-label="{escape(name, quote=True)}"' if name else ""
        self.parts.append(f'<div class="table-wrap ccda-table" tabindex="0"{label}>')
        self.parts.append(f'<table class="table"{self._identity(node)}>')
        if name and not caption:
            self.parts.append(f'<caption class="visually-hidden">{escape(name)}</caption>')
        self.inside(node, depth)
        self.parts.append("</table></div>")

    def _link(self, node: etree._Element, depth: int) -> None:
        href = (node.get("href") or "").strip()
        if href.startswith("#") and href[1:] in self._named:
            href = f"#{self._id(href[1:])}"
            self.addresses.add(href)
        elif not _LINK.fullmatch(href):
            self.inside(node, depth)
            return
        self.parts.append(f'<a href="{escape(href, quote=True)}">')
        self.inside(node, depth)
        self.parts.append("</a>")

    def _enclosures(self, node: etree._Element, depth: int) -> None:
        named = (node.get("referencedObject") or "").split()
        for found in [self._setting.enclosures.get(name) for name in named] or [None]:
            self._enclosure(found or Enclosure(self._setting.not_sent))
        self.inside(node, depth)

    def _enclosure(self, found: Enclosure) -> None:
        text, address = escape(found.text, quote=True), escape(found.address, quote=True)
        if not found.address:
            self.parts.append(f"<span>{text}</span>")
            return
        self.addresses.add(found.address)
        if found.picture:
            self.parts.append(f'<img class="ccda-picture" src="{address}" alt="{text}">')
        else:
            self.parts.append(f'<a href="{address}">{text}</a>')


def _is_list(node: etree._Element | None) -> bool:
    return node is not None and node.tag in (f"{{{V3}}}list", f"{{{V3}}}paragraph", f"{{{V3}}}content")


def words(node: etree._Element | None) -> str:
    """The text of an element in one line; empty for None."""
    return " ".join("".join(map(str, node.itertext())).split()) if node is not None else ""


def nodes(node: etree._Element, path: str) -> list[etree._Element]:
    """The elements an XPath with the prefixes of `NS` finds."""
    found = node.xpath(path, namespaces=NS)
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []
