"""Immunizations: Immunization Activity 4.52; HL7 C-CDA on FHIR 2.0, Immunizations."""

from chartpost.formats.ccda.intake.amounts import number, quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, ext, kid, kids, negated, related, words
from chartpost.formats.ccda.intake.people import organization, performers
from chartpost.formats.ccda.intake.sections.common import name_both, only, product, reasons, sites, status
from chartpost.formats.ccda.intake.sections.medications import request
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    absent,
    absent_concept,
    annotation,
    codes_of,
    concept,
    day,
    statement_text,
    time,
    when,
)

_REFUSAL = "2.16.840.1.113883.10.20.22.4.53"
_REACTION = "2.16.840.1.113883.10.20.22.4.9"
_NOT_GIVEN = "998"
"""CVX: no vaccine administered."""
_PERFORMERS = frozenset({"Practitioner", "PractitionerRole", "Organization"})


def activity(scope: Scope, node: Node) -> None:
    """A vaccine given, refused or not given; one only planned is a request."""
    if attr(node, "moodCode") in ("INT", "RQO", "PRP"):
        request(scope, node)
        return
    made = scope.new("Immunization", node, "immunization")
    code, vaccine = product(scope, node)
    material = kid(vaccine, "manufacturedMaterial")
    found = when(scope, node)
    made |= {
        "status": "not-done" if _NOT_GIVEN in codes_of(code) else _status(node),
        "statusReason": _refused(scope, node),
        "vaccineCode": name_both(scope, node, code)
        if code
        else absent_concept(kid(material, "code"), statement_text(scope, node)),
        "patient": scope.patient,
        "_primarySource": absent(None),
        "manufacturer": organization(scope, kid(vaccine, "manufacturerOrganization")),
        "lotNumber": words(kid(material, "lotNumberText")) or None,
        "expirationDate": day(time(scope, ext(material, "expirationTime"))),
        "site": next(iter(_sites(scope, node)), None),
        "route": concept(scope, kid(node, "routeCode")),
        "doseQuantity": quantity(scope, kid(node, "doseQuantity")),
        "performer": [{"actor": p} for p in performers(scope, node) if only(p, _PERFORMERS)],
        "reasonCode": _wanted(scope, node),
        "note": annotation(scope, node) + _reactions(scope, node),
        "protocolApplied": _dose(node),
    }
    if found.start or found.end:
        made["occurrenceDateTime"] = found.start or found.end
    else:
        made["occurrenceString"] = "Date not known"


def _status(node: Node) -> str:
    if status(node) == "nullified":
        return "entered-in-error"
    if negated(node) or status(node) in ("aborted", "cancelled"):
        return "not-done"
    return "completed"


def _refused(scope: Scope, node: Node) -> Json | None:
    for inner in related(node, _REFUSAL):
        made = concept(scope, kid(inner, "code"), statement_text(scope, inner))
        if made:
            return made
    return None


def _wanted(scope: Scope, node: Node) -> list[Json]:
    """Indications; a refusal reason shares their typeCode and is none."""
    return [] if related(node, _REFUSAL) else reasons(scope, node)


def _sites(scope: Scope, node: Node) -> list[Json]:
    found = [made for n in kids(node, "approachSiteCode") if (made := concept(scope, n))]
    return found or sites(scope, node)


def _reactions(scope: Scope, node: Node) -> list[Json]:
    """What happened after it, in words: FHIR wants an Observation of its own, which the statement is not."""
    found = []
    for inner in related(node, _REACTION):
        made = concept(scope, kid(inner, "value"), statement_text(scope, inner))
        if made and made.get("text"):
            found.append({"text": f"Reaction: {made['text']}", "time": when(scope, inner).start or None})
    return found


def _dose(node: Node) -> list[Json]:
    """The number in a series: repeatNumber, or the sequence number of a Substance Administered Act (4.118)."""
    value = number(attr(kid(node, "repeatNumber"), "value"))
    if value is None:
        for relation in kids(node, "entryRelationship"):
            if down(relation, "act", "code") is not None and kid(relation, "sequenceNumber") is not None:
                value = number(attr(kid(relation, "sequenceNumber"), "value"))
    return [{"doseNumberPositiveInt": value}] if isinstance(value, int) and value > 0 else []


SECTION = Section(
    "immunizations",
    ("2.16.840.1.113883.10.20.22.2.2", "2.16.840.1.113883.10.20.22.2.2.1", "2.16.840.1.113883.10.20.1.6"),
    ("11369-6",),
    (
        Entry(("2.16.840.1.113883.10.20.22.4.52",), activity, ("substanceAdministration",)),
        Entry(("2.16.840.1.113883.10.20.1.24",), activity, ("substanceAdministration",), anywhere=False),
    ),
    {"substanceAdministration": activity},
)
