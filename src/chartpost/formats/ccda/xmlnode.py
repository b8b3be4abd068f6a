"""Building CDA elements without a template language."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

from lxml import etree

V3 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NSMAP = cast("dict[str, str]", {None: V3, "xsi": XSI, "sdtc": SDTC})  # lxml-stubs know no default namespace
NS = {"v3": V3, "sdtc": SDTC, "xsi": XSI}

Attributes: TypeAlias = Mapping[str, str | None]
Child: TypeAlias = etree._Element | str | None

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = cast("dict[str, str]", {None: V3})
_names: dict[str, str] = {}


def clean(text: str) -> str:
    """Text without the characters that XML 1.0 section 2.2 forbids."""
    return text if text.isascii() and text.isprintable() else _NOT_XML.sub("\ufffd", text)


def qname(name: str) -> str:
    """`sdtc:raceCode` or `code` in Clark notation; a name without prefix is in the CDA namespace."""
    found = _names.get(name)
    if found is None:
        prefix, colon, local = name.partition(":")
        found = _names[name] = f"{{{NS[prefix]}}}{local}" if colon else f"{{{V3}}}{name}"
    return found


def el(tag: str, attributes: Attributes | None = None, *children: Child | Iterable[Child]) -> etree._Element:
    """One CDA element; children that are None are left out, strings become text, lists are opened.

    Attributes whose value is None are left out; `xsi:` and `sdtc:` prefixes are understood. Only the document's own
    element and those with a prefix declare namespaces beside CDA's: what an element need not declare costs nothing.
    """
    given, names = {}, NSMAP if tag == "ClinicalDocument" or ":" in tag else _PLAIN
    for name, value in attributes.items() if attributes else ():
        if value is not None:
            if ":" in name:
                given[qname(name)], names = clean(value), NSMAP
            else:
                given[name] = clean(value)
    node = etree.Element(qname(tag), given, names)
    for child in children:
        if isinstance(child, etree._Element):
            node.append(child)
        elif isinstance(child, str):
            _add_text(node, clean(child))
        elif child is not None:
            _add_all(node, child)
    return node


def _add_all(node: etree._Element, children: Iterable[Child]) -> None:
    for child in children:
        if isinstance(child, str):
            _add_text(node, clean(child))
        elif child is not None:
            node.append(child)


def _add_text(node: etree._Element, text: str) -> None:
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def null(tag: str, flavor: str = "NI", xsi_type: str | None = None) -> etree._Element:
    """An element that only says why there is no value (HL7 V3 NullFlavor)."""
    return el(tag, {"xsi:type": xsi_type, "nullFlavor": flavor})
