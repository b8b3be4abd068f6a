"""Payers (48768-6): each Policy Activity is a Coverage.

C-CDA R2.1 Coverage Activity and Policy Activity (2.16.840.1.113883.10.20.22.4.60 and .61); US Core Coverage.
"""

from functools import partial

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, has_template, kid, kids, words
from chartpost.formats.ccda.intake.numbers import identifier
from chartpost.formats.ccda.intake.people import names, organization, who
from chartpost.formats.ccda.intake.sections.common import only, status
from chartpost.formats.ccda.intake.sections.nesting import inside
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, span, statement_text
from chartpost.formats.numbers import whole

_OLD = "2.16.840.1.113883.10.20.1."
_COVERAGE = ("2.16.840.1.113883.10.20.22.4.60", _OLD + "20")
_POLICY = ("2.16.840.1.113883.10.20.22.4.61", _OLD + "26")
_PAYER, _GUARANTOR = "2.16.840.1.113883.10.20.22.4.87", "2.16.840.1.113883.10.20.22.4.88"
_RELATIONS = {
    "SELF": "self", "ONESELF": "self", "FAMDEP": "child", "CHILD": "child", "SPS": "spouse", "SPOUSE": "spouse",
    "PRN": "parent", "HBRO": "other", "FSTUD": "child", "HANDIC": "other", "INJ": "injured", "SUBSCR": "self",
}  # fmt: skip
_RELATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"
_CLASS_SYSTEM = "http://terminology.hl7.org/CodeSystem/coverage-class"
_MEMBER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"}]}
_STATUS = {"cancelled": "cancelled", "aborted": "cancelled", "nullified": "entered-in-error"}

_HOLDERS = frozenset({"Patient", "RelatedPerson", "Organization"})


def read(scope: Scope, node: Node) -> None:
    """The policies of a coverage, in their order."""
    relations = kids(node, "entryRelationship")
    if not relations and not attr(kid(node, "code"), "code"):
        scope.note("note", "nothing-stated", node, "", "made nothing of it")
    for place, relation in enumerate(relations, 1):
        policy = kid(relation, "act")
        if policy is not None and (has_template(policy, *_POLICY) or attr(relation, "typeCode") == "COMP"):
            order = whole(attr(kid(relation, "sequenceNumber"), "value"))
            scope.attempt(policy, partial(_policy, place if order is None else order))


def alone(scope: Scope, node: Node) -> None:
    """A policy that stands without a coverage around it."""
    _policy(1, scope, node)


def _policy(order: int, scope: Scope, node: Node) -> None:
    covered, holder = _participant(node, "COV"), _participant(node, "HLD")
    member = _number(kid(covered, "participantRole"))
    subscriber = _number(kid(holder, "participantRole")) or member
    made = scope.new("Coverage", node, "coverage", ids=False)
    if member:
        made["identifier"] = [{"type": _MEMBER, **member}]
    made |= {
        "status": _STATUS.get(status(node), "active"),
        "type": concept(scope, kid(node, "code")),
        "policyHolder": only(who(scope, kid(holder, "participantRole")), _HOLDERS),
        "subscriberId": (subscriber or {}).get("value"),
        "beneficiary": scope.patient,
        "relationship": _relation(scope, kid(kid(covered, "participantRole"), "code")),
        "period": span(scope, kid(covered, "time")).period or span(scope, kid(node, "effectiveTime")).period,
        "payor": _payors(scope, node),
        "class": _classes(scope, node),
        "order": order if order > 0 else None,
    }


def _participant(node: Node, kind: str) -> Node | None:
    return next((p for p in kids(node, "participant") if attr(p, "typeCode") == kind), None)


def _number(role: Node | None) -> Json | None:
    return next((made for n in kids(role, "id") if not flavor(n) and (made := identifier(n))), None)


def _relation(scope: Scope, node: Node | None) -> Json | None:
    """How the patient is related to the holder, with the code FHIR has for it."""
    made = concept(scope, node)
    code = _RELATIONS.get(attr(node, "code").upper())
    if made and code:
        made["coding"] = [{"system": _RELATION_SYSTEM, "code": code}, *made.get("coding", [])]
    return made


def _payors(scope: Scope, node: Node) -> list[Json]:
    """Who pays: the payer, else who guarantees; FHIR requires somebody."""
    performers = kids(node, "performer")
    payers = [p for p in performers if has_template(p, _PAYER)]
    payers = payers or [p for p in performers if attr(kid(kid(p, "assignedEntity"), "code"), "code") == "PAYOR"]
    payers = payers or [p for p in performers if not has_template(p, _GUARANTOR)] or performers
    found = [made for p in payers if (made := _payer(scope, kid(p, "assignedEntity")))]
    return found or [{"display": "Not named in the document"}]


def _payer(scope: Scope, role: Node | None) -> Json | None:
    company = organization(scope, kid(role, "representedOrganization"))
    if company:
        return company
    person = only(who(scope, role), _HOLDERS)
    if person:
        return person
    called = names(scope, kids(kid(role, "assignedPerson"), "name"))
    return {"display": called[0]["text"]} if called else None


def _classes(scope: Scope, node: Node) -> list[Json]:
    """The group or policy number of the act and the name of the plan it points to."""
    number = _number(node)
    found = [{"type": _class("group"), "value": number["value"]}] if number else []
    for inner in inside(node):
        called = statement_text(scope, inner) or words(kid(inner, "text"))
        if attr(inner, "moodCode") == "DEF" and called:
            found.append({"type": _class("plan"), "value": called, "name": called})
    return found


def _class(code: str) -> Json:
    return {"coding": [{"system": _CLASS_SYSTEM, "code": code}]}


SECTION = Section(
    "payers",
    ("2.16.840.1.113883.10.20.22.2.18", "2.16.840.1.113883.10.20.1.9"),
    ("48768-6",),
    (Entry(_COVERAGE, read, ("act",)), Entry(_POLICY, alone, ("act",))),
    fallback={"act": read},
)
