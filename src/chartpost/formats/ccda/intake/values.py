"""HL7 V3 data types R1 as FHIR R4: identifiers, codes, words, times. Quantities are in `amounts`.

Rules: HL7 C-CDA on FHIR 2.0, "CDA data types to FHIR" (build.fhir.org/ig/HL7/ccda-on-fhir/mappingGuidance.html).
"""

from datetime import datetime
from typing import NamedTuple

from chartpost.formats.ccda.intake.document import ABSENT, Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, flavor, kid, kids, related, xsi_type
from chartpost.formats.ccda.intake.systems import system_uri
from chartpost.formats.ccda.intake.types import Json

_REASONS = {
    "NI": "unknown", "UNK": "unknown", "NP": "unknown", "OTH": "unsupported", "TRC": "unsupported", "MSK": "masked",
    "ASKU": "asked-unknown", "NASK": "not-asked", "NAV": "temp-unknown", "NAVU": "unknown", "NA": "not-applicable",
    "INV": "error", "DER": "unknown", "UNC": "unsupported", "NINF": "negative-infinity",
    "PINF": "positive-infinity", "QS": "unknown",
}  # fmt: skip
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


class Span(NamedTuple):
    """An IVL_TS or TS: FHIR times, empty where not given; `ended` where the end is there but not known.

    `point` tells a single moment, which is in `start`.
    """

    start: str = ""
    end: str = ""
    ended: bool = False
    point: bool = False

    @property
    def period(self) -> Json | None:
        """As a FHIR Period."""
        if not self.start and not self.end:
            return None
        return {"start": self.start or None, "end": self.end or None}


def reason(node: Node | None) -> str:
    """Why a value is absent, as a code of data-absent-reason (ConceptMap CF-NullFlavorDataAbsentReason)."""
    return _REASONS.get(flavor(node) or "NI", "unknown")


def absent(node: Node | None = None) -> Json:
    """The extension that stands for a value that is required and not there."""
    return {"extension": [{"url": ABSENT, "valueCode": reason(node)}]}


def absent_concept(node: Node | None, text: str | None = None) -> Json:
    """A CodeableConcept that says why there is no code, with the words there are."""
    code = reason(node)
    return {"coding": [{"system": REASON_SYSTEM, "code": code}], "text": text or code.capitalize()}


def coding(scope: Scope, node: Node) -> Json | None:
    """The code an element itself carries."""
    code = " ".join(attr(node, "code").split())
    if not code:
        return None
    oid, name = attr(node, "codeSystem"), attr(node, "codeSystemName")
    system = system_uri(oid, name)
    if not oid and xsi_type(node) != "CS":
        scope.note(
            "note", "code-without-system", node, code, "took the system by its name" if system else "kept it bare"
        )
    display = " ".join(attr(node, "displayName").split())
    return {"system": system or None, "code": code, "display": display or None}


def codings(scope: Scope, node: Node) -> list[Json]:
    """The code of an element and those of its translations, each once."""
    found: list[Json] = []
    for holder in (node, *kids(node, "translation")):
        made = coding(scope, holder)
        if made and not any(c["code"] == made["code"] and c.get("system") == made["system"] for c in found):
            found.append(made)
    return found


def concept(scope: Scope, node: Node | None, fallback: str | None = None) -> Json | None:
    """A CD, CE, CV or CS as CodeableConcept; None where it has neither code nor words.

    nullFlavor OTH with translations is data: the translations are the codes. `fallback` are words to use when the
    element has none of its own.
    """
    if node is None:
        return {"text": fallback} if fallback else None
    found = codings(scope, node)
    text = scope.text(kid(node, "originalText")) or _display(node) or fallback
    if not found and not text:
        return None
    return {"coding": found, "text": text}


def _display(node: Node) -> str | None:
    for holder in (node, *kids(node, "translation")):
        text = " ".join(attr(holder, "displayName").split())
        if text:
            return text
    return None


def concepts(scope: Scope, nodes: list[Node]) -> list[Json]:
    """Those of the elements that carry something."""
    return [made for node in nodes if (made := concept(scope, node))]


def codes_of(made: Json | None) -> set[str]:
    """The codes of a CodeableConcept, in any system."""
    return {c["code"] for c in (made or {}).get("coding") or ()}


def time(scope: Scope, node: Node | None) -> str:
    """A TS, or the value of an IVL_TS, as FHIR date or dateTime; empty where there is none that can be read."""
    value = attr(node, "value")
    if not value or node is None:
        return ""
    moment = scope.doc.read_time(value)
    if moment.how == "unreadable":
        scope.note("warning", "time-unreadable", node, value, "left it out")
    elif moment.how == "cut":
        scope.note("warning", "time-cut", node, value, "kept the part that is a date")
    return moment.text


def span(scope: Scope, node: Node | None) -> Span:
    """A TS, IVL_TS, or anything with low, high, center or value, as Span."""
    if node is None:
        return Span()
    low, high = kid(node, "low"), kid(node, "high")
    if low is None and high is None:
        center = kid(node, "center")
        return Span(time(scope, node) or time(scope, center), point=True)
    start, end = time(scope, low), time(scope, high)
    if start and end and inverted(start, end):
        scope.note("warning", "period-inverted", node, f"{start} to {end}", "left the end out")
        end = ""
    ended = high is not None and flavor(high) in ("UNK", "NAV", "ASKU", "NASK") and not end
    return Span(start, end, ended)


def inverted(start: str, end: str) -> bool:
    """Whether a FHIR time lies after another, as far as both are precise."""
    if "T" in start and "T" in end:
        return datetime.fromisoformat(start) > datetime.fromisoformat(end)
    length = min(len(start), len(end), 10)
    return start[:length] > end[:length]


def when(scope: Scope, holder: Node | None, name: str = "effectiveTime") -> Span:
    """The span of a child of a statement."""
    return span(scope, kid(holder, name))


def put_when(resource: Json, prefix: str, found: Span) -> None:
    """Set a dateTime-or-Period choice: a point or an open start alone is a dateTime."""
    if found.end and found.end != found.start:
        resource[f"{prefix}Period"] = found.period
    elif found.start:
        resource[f"{prefix}DateTime"] = found.start
    elif found.end:
        resource[f"{prefix}Period"] = {"end": found.end}


def instant(text: str) -> str | None:
    """A FHIR time where it is full enough for an instant, else None."""
    return text if "T" in text else None


def day(text: str) -> str | None:
    """The date part of a FHIR time, where it is a whole day."""
    return text[:10] if len(text) >= 10 else None


def earliest(times: list[str]) -> str:
    """The earliest of FHIR times, by their day and then as written; empty without any."""
    return min((t for t in times if t), default="")


def statement_text(scope: Scope, node: Node) -> str | None:
    """The words of a statement in the narrative."""
    return scope.text(kid(node, "text"))


def code_of(scope: Scope, node: Node, name: str = "code") -> Json | None:
    """The concept of a child, with the words of the statement where it has none."""
    return concept(scope, kid(node, name), statement_text(scope, node))


def annotation(scope: Scope, node: Node) -> list[Json]:
    """Comment activities (2.16.840.1.113883.10.20.22.4.64) of a statement as Annotations."""
    found = []
    for comment in related(node, "2.16.840.1.113883.10.20.22.4.64"):
        text = scope.text(kid(comment, "text"))
        if text:
            found.append({"text": text, "time": time(scope, down(comment, "author", "time")) or None})
    return found
