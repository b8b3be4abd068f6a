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
    waiting: list[tuple[str, Any]] = [("", resource)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((k, v) for k, v in reversed(value.items()) if k not in _SKIP and isinstance(k, str))
        elif isinstance(value, list):
            waiting.extend((key, item) for item in reversed(value))
        elif isinstance(value, str) and key in _KEYS:
            words = plain(value) if key == "div" else " ".join(value.split())
            if words:
                found[words] = None
    return "\n".join(found)[:_LIMIT]


def plain(markup: str) -> str:
    """XHTML narrative as plain words in one line."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
