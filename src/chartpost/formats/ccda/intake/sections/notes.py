"""Notes: each Note Activity (4.202) is a DocumentReference with its words or its file.

HL7 C-CDA on FHIR 2.0, Notes. Note sections without entries are kept as section text by the engine.
"""

import base64
import binascii

from chartpost.formats.ccda.codesystems import LOINC
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.embedded import is_file, of_value
from chartpost.formats.ccda.intake.nodes import Node, attr, kid, kids, related
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.people import who
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import code_of, instant, when
from chartpost.formats.ccda.intake.words import attachment, fragment, note

_STATES = {"completed": "final", "active": "preliminary", "aborted": "amended"}
_GENERIC = "34109-9"


def activity(scope: Scope, node: Node) -> None:
    """A note: its type is the translation of the code, its words those of its text."""
    made = note(scope, node, _type(scope, node), _content(scope, node), _state(node), part="")
    found = when(scope, node)
    made["identifier"] = identifiers(kids(node, "id"))
    writers = [w for a in kids(node, "author") if (w := who(scope, a))]
    if writers:
        made["author"] = writers
    made["date"] = made["date"] or instant(found.start)
    context = made.setdefault("context", {})
    context["period"] = {"start": found.start} if found.start else None
    visits = [v for e in related(node) if (v := _visit(scope, e))]
    if visits:
        context["encounter"] = visits[:1]


def _type(scope: Scope, node: Node) -> Json:
    made = code_of(scope, node) or {"text": scope.title or "Note"}
    held = made.get("coding") or []
    special = [c for c in held if c["code"] != _GENERIC]
    if any(c.get("system") == LOINC for c in special):
        made["coding"] = special
    return made


def _state(node: Node) -> str:
    return _STATES.get(attr(kid(node, "statusCode"), "code"), "final")


def _content(scope: Scope, node: Node) -> Json:
    text = kid(node, "text")
    if is_file(text) and text is not None:
        return _file(scope, text)
    reference = attr(kid(text, "reference"), "value").removeprefix("#")
    anchor = scope.anchor(reference) if reference else None
    html = fragment(anchor) if anchor is not None else fragment(text) if text is not None else ""
    if not html.strip():
        raise ValueError("a note without words")
    return attachment(html, scope.title)


def _file(scope: Scope, text: Node) -> Json:
    """The file of a note, kept with it and handed back as it was."""
    of_value(scope, text, scope.title)
    raw = "".join("".join(map(str, text.itertext())).split())
    try:
        base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise ValueError("a note whose file is damaged") from None
    return {"contentType": attr(text, "mediaType") or "application/octet-stream", "data": raw, "title": scope.title}


def _visit(scope: Scope, encounter: Node) -> Json | None:
    for number in identifiers(kids(encounter, "id")):
        known = scope.doc.visits.get(f"{number.get('system')}|{number['value']}")
        if known is not None:
            return {"reference": f"Encounter/{known['id']}"}
    return None


SECTION = Section(
    "notes",
    ("2.16.840.1.113883.10.20.22.2.65",),
    ("34109-9",),
    (Entry(("2.16.840.1.113883.10.20.22.4.202",), activity, ("act",)),),
)
