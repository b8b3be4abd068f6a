"""Words of a section or statement as a DocumentReference with an XHTML attachment.

https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-documentreference.html
"""

import base64
from copy import deepcopy

from lxml import etree
from lxml.html import fragment_fromstring

from chartpost.formats.ccda.codesystems import LOINC
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, kid, words
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, instant, time
from chartpost.formats.ccda.narrative import narrative_html
from chartpost.formats.ccda.xmlnode import el

_CATEGORY = {
    "coding": [
        {
            "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
            "code": "clinical-note",
            "display": "Clinical Note",
        }
    ]
}
_UNKNOWN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}]}
_XHTML = "http://www.w3.org/1999/xhtml"


def attachment(html: str, title: str) -> Json:
    """Safe HTML as an attachment."""
    data = base64.b64encode(xhtml(html).encode()).decode()
    return {"contentType": "text/html", "data": data, "title": title or None}


def xhtml(html: str) -> str:
    """Safe HTML as a `div` of XHTML, as narratives of FHIR are."""
    div = fragment_fromstring(html, create_parent="div")
    div.set("xmlns", _XHTML)
    return str(etree.tostring(div, method="xml", encoding="unicode"))


def fragment(node: Node) -> str:
    """Safe HTML of one element of a narrative."""
    return narrative_html(el("section", None, el("text", None, deepcopy(node))))


def section_text(scope: Scope) -> Json | None:
    """The words of a section as a DocumentReference; None where there are none."""
    text = kid(scope.element, "text")
    if text is None or not words(text):
        return None
    html = narrative_html(scope.element, prefix="s")
    kind = concept(scope, kid(scope.element, "code"), scope.title) or dict(_UNKNOWN)
    if not any(c.get("system") == LOINC for c in kind.get("coding") or ()):
        kind = {**_UNKNOWN, "text": scope.title or kind.get("text")}
    return note(scope, scope.element, kind, attachment(html, scope.title))


def note(scope: Scope, node: Node, kind: Json, content: Json, status: str = "final", part: str = "text") -> Json:
    """A DocumentReference of words in this document; its date is its own author's, else the document's."""
    made = scope.new("DocumentReference", node, "documentreference", part=part)
    author = scope.authors.get(made["id"]) or scope.author or scope.doc.author
    moment = instant(time(scope, kid(kid(node, "author"), "time"))) or instant((author or {}).get("time", ""))
    made |= {
        "status": "current",
        "docStatus": status,
        "type": kind,
        "category": [_CATEGORY],
        "subject": scope.patient,
        "date": moment or instant(scope.doc.time),
        "author": [author["who"]] if author else None,
        "custodian": scope.doc.custodian,
        "content": [{"attachment": content}],
    }
    encounter = scope.doc.encounters.get("")
    if encounter:
        made["context"] = {"encounter": [encounter]}
    return made


def is_null(section: Node) -> bool:
    """Whether a section says that there is nothing to say."""
    return bool(attr(section, "nullFlavor"))
