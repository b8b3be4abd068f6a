"""Advance Directives (42348-3): what a patient decided ahead, as Consent, with the document it stands in.

C-CDA R2.1 Advance Directive Observation (2.16.840.1.113883.10.20.22.4.48) and Organizer (.108). Only the words of
the decision are carried: a reader of FHIR is not told that something is permitted or denied, which CDA does not say.
"""

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, kid, kids, negated
from chartpost.formats.ccda.intake.people import who
from chartpost.formats.ccda.intake.sections.common import CLINICIANS, fixed, only, ref, status
from chartpost.formats.ccda.intake.sections.nesting import read_inside
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, statement_text, time, when

_OLD = "2.16.840.1.113883.10.20.1."
_DIRECTIVE = ("2.16.840.1.113883.10.20.22.4.48", _OLD + "17")
_ORGANIZER = ("2.16.840.1.113883.10.20.22.4.108",)
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_STATES = {"completed": "active", "active": "active", "aborted": "inactive", "nullified": "entered-in-error"}
_PARTIES = CLINICIANS | {"Organization"}


def read(scope: Scope, node: Node) -> None:
    """One decision; a negated one says that there is no such directive and is inactive."""
    made = scope.new("Consent", node)
    kind, decided = concept(scope, kid(node, "code")), concept(scope, kid(node, "value"))
    text = statement_text(scope, node)
    span = when(scope, node)
    words = " ".join(filter(None, ("No:" if negated(node) else "", (decided or kind or {}).get("text") or text)))
    made |= {
        "status": "inactive" if negated(node) else _STATES.get(status(node), "active"),
        "scope": fixed(_SCOPE, "adr", "Advanced Care Directive"),
        "category": [fixed(_CATEGORY, "acd", "Advance Directive"), *([kind] if kind else [])],
        "patient": scope.patient,
        "dateTime": span.start or time(scope, kid(kid(node, "author"), "time")) or None,
        "performer": [p for a in kids(node, "author") if (p := only(who(scope, a), _PARTIES))],
        "policyRule": {**(decided or {}), "text": words or "Advance directive"},
        "verification": _verified(scope, node),
        "provision": {
            "period": span.period,
            "actor": _agents(scope, node),
            "code": [kind] if kind else None,
        },
    }
    paper = _paper(scope, node, kind)
    if paper:
        made["sourceReference"] = ref(paper)


def organizer(scope: Scope, node: Node) -> None:
    """A group of decisions: each by itself."""
    if not read_inside(scope, node):
        raise ValueError("a group of directives without one that could be read")


def _verified(scope: Scope, node: Node) -> list[Json]:
    """Who looked the directive over with the patient (participant VRF), and when."""
    return [
        {"verified": True, "verificationDate": time(scope, kid(p, "time")) or None}
        for p in kids(node, "participant")
        if attr(p, "typeCode") == "VRF"
    ]


def _agents(scope: Scope, node: Node) -> list[Json]:
    """Who decides in the patient's place (participant CST)."""
    held = [who(scope, p) for p in kids(node, "participant") if attr(p, "typeCode") == "CST"]
    return [{"role": fixed(_ROLE, "CST", "custodian"), "reference": agent} for agent in held if agent]


def _paper(scope: Scope, node: Node, kind: Json | None) -> Json | None:
    """The document a directive refers to, by its address."""
    outside = kid(kid(node, "reference"), "externalDocument")
    address = attr(kid(kid(outside, "text"), "reference"), "value")
    if not address or address.startswith("#"):
        return None
    made = scope.new("DocumentReference", node, part="paper", ids=False)
    made |= {
        "status": "current",
        "type": kind,
        "subject": scope.patient,
        "content": [{"attachment": {"title": address, "contentType": attr(kid(outside, "text"), "mediaType") or None}}],
    }
    return made


SECTION = Section(
    "advance directives",
    ("2.16.840.1.113883.10.20.22.2.21", "2.16.840.1.113883.10.20.22.2.21.1", _OLD + "1"),
    ("42348-3",),
    (Entry(_DIRECTIVE, read, ("observation",)), Entry(_ORGANIZER, organizer, ("organizer",))),
    fallback={"observation": read, "organizer": organizer},
)
