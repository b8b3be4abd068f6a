"""The searchable words of a resource."""

import html
import re
from typing import Any

from chartpost.formats.fhirjson.tables import Json

_KEYS = {
    "display",
    "text",
    "div",
    "note",
    "description",
    "title",
    "comment",
    "conclusion",
    "valueString",
    "valueMarkdown",
    "family",
    "given",
    "name",
    "patientInstruction",
    "summary",
    "line",
    "city",
    "contentString",
    "detail",
    "value",
}
_SKIP = {"meta", "extension", "modifierExtension", "identifier", "telecom", "data", "contained", "photo"}
_TAG = re.compile(r"<[^>]*>")
_LIMIT = 20_000


def text(resource: Json) -> str:
    """Words a person may look for: displays, texts, names, notes and the narrative without its markup.

    Each phrase once, joined by line feeds; at most 20,000 characters. Attachments are not read.
    """
    found: dict[str, None] = {}
    try:
        _gather(resource, found)
    except RecursionError:
        found[""] = None
    return "\n".join(filter(None, found))[:_LIMIT]


def _gather(value: dict[str, Any], found: dict[str, None]) -> None:
    """Plain recursion over exact types: every resource on its way in passes here."""
    for key, child in value.items():
        kind = type(child)
        if kind is str:
            if key in _KEYS:
                found[plain(child) if key == "div" else " ".join(child.split())] = None
        elif (kind is dict or kind is list) and key not in _SKIP:
            _each(key, child, found)


def _each(key: str, value: Any, found: dict[str, None]) -> None:
    if type(value) is dict:
        _gather(value, found)
    elif type(value) is list:
        for item in value:
            _each(key, item, found)
    elif type(value) is str and key in _KEYS:
        found[" ".join(value.split())] = None


def plain(markup: str) -> str:
    """XHTML narrative as plain words in one line."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
