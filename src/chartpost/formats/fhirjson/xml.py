"""Write resources as FHIR XML (https://hl7.org/fhir/R4/xml.html), elements in the order of the specification.

The order comes from the structure definitions (scripts/build_profiles.py). Nothing is read back from XML.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from html import escape, unescape
from html.entities import html5
from typing import Any, TypeAlias

from lxml import etree

from chartpost.formats.fhirjson.errors import NotAResourceError
from chartpost.formats.fhirjson.tables import Json, resource_types, table

_FHIR = "http://hl7.org/fhir"
_XHTML = "http://www.w3.org/1999/xhtml"
_DIV = f"{{{_XHTML}}}div"
# What XML 1.0 cannot carry, even as a character reference (https://www.w3.org/TR/xml/#charsets).
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHITE = re.compile("[\t\n\r]")  # attribute values keep these only as character references
_ENTITY = re.compile(r"&(\w+;)")
_XML_ENTITIES = {"amp;", "lt;", "gt;", "quot;", "apos;"}
_TAG = re.compile(r"<[^>]*>?")
Part: TypeAlias = "str | Iterator[Part]"
Writer: TypeAlias = Callable[[str, Any, Any], Iterator[Part]]


def to_xml(resource: Json) -> bytes:
    """One resource as UTF-8 FHIR XML, contained and bundled resources included.

    The resource's type must be one of FHIR R4; elements that R4 does not know, and values of a wrong JSON type,
    are left out. Characters that XML cannot carry become U+FFFD; decimals keep their digits; a narrative that
    is no XHTML is written as its plain text. Raises NotAResourceError for anything but a resource.
    """
    if not _is_resource(resource):
        raise NotAResourceError("an object of no FHIR R4 type", "a FHIR resource", "send FHIR R4 JSON")
    pieces: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>']
    stack: list[Iterator[Part]] = [_resource(resource, f' xmlns="{_FHIR}"')]
    while stack:  # by hand, because data may be nested deeper than Python calls may be
        for part in stack[-1]:
            if isinstance(part, str):
                pieces.append(part)
            else:
                stack.append(part)
                break
        else:
            stack.pop()
    return "".join(pieces).encode()


def _is_resource(value: object) -> bool:
    kind = value.get("resourceType") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in resource_types()


def _resource(value: Json, namespace: str = "") -> Iterator[Part]:
    kind = value["resourceType"]
    yield f"<{kind}{namespace}>"
    yield _children(kind, value)
    yield f"</{kind}>"


def _children(kind: str, value: Json) -> Iterator[Part]:
    for name, write in _layout(kind):
        beside = value.get("_" + name)
        found = value.get(name)
        if found is None and beside is None:
            continue
        if not isinstance(found, list) and not isinstance(beside, list):
            yield write(name, found, beside)
            continue
        for item, extra in _pairs(found, beside):
            if item is not None or extra is not None:
                yield write(name, item, extra)


def _pairs(found: Any, beside: Any) -> Iterator[tuple[Any, Any]]:
    """A list of values and the list of their ids and extensions, side by side, nulls included."""
    items = found if isinstance(found, list) else []
    extras = beside if isinstance(beside, list) else []
    for index in range(max(len(items), len(extras))):
        yield items[index] if index < len(items) else None, extras[index] if index < len(extras) else None


@cache
def _layout(kind: str) -> tuple[tuple[str, Writer], ...]:
    """The child elements of a type in order, each with what writes it; attributes are left out."""
    rows: dict[str, list[Any]] = table("elements").get(kind, {})
    return tuple((name, _writer(row[0])) for name, row in rows.items() if not row[2])


def _writer(kind: str) -> Writer:
    if kind == "Resource":
        return _nested
    if kind == "xhtml":
        return _narrative
    if kind[0].islower():
        return _primitive
    return lambda name, value, _: _complex(kind, name, value)


def _nested(name: str, value: Any, _: object) -> Iterator[Part]:
    if not _is_resource(value):
        return
    yield f"<{name}>"
    yield _resource(value)
    yield f"</{name}>"


def _complex(kind: str, name: str, value: Any) -> Iterator[Part]:
    if not isinstance(value, dict):
        return
    yield f"<{name}{_attribute('id', value.get('id'))}"
    yield f"{_attribute('url', value.get('url'))}>" if kind == "Extension" else ">"
    yield _children(kind, value)
    yield f"</{name}>"


def _primitive(name: str, value: Any, extra: Any) -> Iterator[Part]:
    extra = extra if isinstance(extra, dict) else {}
    yield f"<{name}{_attribute('id', extra.get('id'))}{_attribute('value', value)}"
    if "extension" not in extra:
        yield "/>"
        return
    yield ">"
    yield _children("Element", extra)
    yield f"</{name}>"


def _attribute(name: str, value: object) -> str:
    if not isinstance(value, str | int | float | Decimal):
        return ""
    text = escape(_legal(_text(value)))
    return f' {name}="{_WHITE.sub(lambda m: f"&#{ord(m[0])};", text)}"'


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal | int | str) else repr(value)


def _narrative(_name: str, value: Any, _extra: object) -> Iterator[Part]:
    text = _ENTITY.sub(_character, _legal(value if isinstance(value, str) else "")).strip()
    if text.startswith("<div>"):
        text = f'<div xmlns="{_XHTML}">{text.removeprefix("<div>")}'
    root = _parsed(text)
    if root is None:
        plain = _legal(unescape(_TAG.sub(" ", text)))
        yield f'<div xmlns="{_XHTML}">{escape(plain, quote=False)}</div>'
    else:
        yield etree.tostring(root, encoding="unicode", with_tail=False)


def _character(found: re.Match[str]) -> str:
    """An entity of HTML as the character itself; those of XML stay."""
    return found[0] if found[1] in _XML_ENTITIES else html5.get(found[1], found[0])


def _parsed(text: str) -> etree._Element | None:
    """The div of a narrative when it is well-formed XHTML without document type; no entity is ever resolved."""
    if "<!DOCTYPE" in text:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.tag == _DIV else None


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
