"""Procedures: Procedure Activity Procedure 4.14, Observation 4.13 and Act 4.12; HL7 C-CDA on FHIR 2.0, Procedures."""

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, has_template, kid, kids, negated
from chartpost.formats.ccda.intake.people import performers, places
from chartpost.formats.ccda.intake.sections.common import named, only, reasons, recorder, ref, says_none, sites, status
from chartpost.formats.ccda.intake.sections.instances import PRODUCT, device, kind_of, numbered
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent_concept, annotation, code_of, codes_of, concept, put_when, when

ACTIVITIES = (*(f"2.16.840.1.113883.10.20.22.4.{n}" for n in (14, 13, 12)), "2.16.840.1.113883.10.20.1.29")
_STATES = {
    "completed": "completed", "active": "in-progress", "aborted": "stopped", "cancelled": "not-done",
    "held": "on-hold", "suspended": "on-hold", "new": "preparation", "nullified": "entered-in-error",
}  # fmt: skip
_PLANNED = frozenset({"INT", "RQO", "PRMS", "PRP", "ARQ", "APT"})
_DOERS = frozenset({"Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device"})


def procedure(scope: Scope, node: Node) -> Json | None:
    """A procedure done, being done, or not done; one in a planning mood is a request. Words for none make none."""
    if attr(node, "moodCode") in _PLANNED:
        return _planned(scope, node)
    code = code_of(scope, node)
    if code and not codes_of(code) and says_none(code["text"]):
        scope.note("note", "nothing-stated", node, "", "made nothing of it")
        scope.empty += 1
        return None
    made = scope.new("Procedure", node, "procedure")
    who, _ = recorder(scope, node)
    place = places(scope, node)
    made |= {
        "status": "not-done" if negated(node) else _STATES.get(status(node), "unknown"),
        "code": named(scope, node),
        "subject": scope.patient,
        "recorder": who,
        "performer": [{"actor": p} for p in performers(scope, node) if only(p, _DOERS)],
        "location": place[0] if place else None,
        "reasonCode": reasons(scope, node),
        "bodySite": sites(scope, node),
        "outcome": _outcome(scope, node),
        "note": annotation(scope, node),
        "focalDevice": [{"manipulated": ref(d)} for d in products(scope, node)],
    }
    put_when(made, "performed", when(scope, node))
    return made


def _planned(scope: Scope, node: Node) -> Json:
    made = scope.new("ServiceRequest", node, "servicerequest")
    who, authored = recorder(scope, node)
    made |= {
        "status": {"completed": "completed", "active": "active", "cancelled": "revoked"}.get(status(node), "unknown"),
        "intent": "order" if attr(node, "moodCode") == "RQO" else "plan",
        "doNotPerform": negated(node) or None,
        "code": named(scope, node),
        "subject": scope.patient,
        "authoredOn": authored or None,
        "requester": who,
        "reasonCode": reasons(scope, node),
        "bodySite": sites(scope, node),
        "note": annotation(scope, node),
    }
    put_when(made, "occurrence", when(scope, node))
    return made


def _outcome(scope: Scope, node: Node) -> Json | None:
    """The value of a procedure told as an observation."""
    value = kid(node, "value")
    return concept(scope, value) if value is not None and not flavor(value) else None


def products(scope: Scope, node: Node) -> list[Json]:
    """The devices used in or put in by a procedure (Product Instance 4.37)."""
    roles = [kid(p, "participantRole") for p in kids(node, "participant") if attr(p, "typeCode") in ("DEV", "PRD")]
    told = [r for r in roles if r is not None and (has_template(r, PRODUCT) or kid(r, "playingDevice") is not None)]
    kinds = [(role, kind_of(scope, role)) for role in told]
    return [device(scope, role, node, kind or _unnamed(role)) for role, kind in kinds if kind or numbered(role)]


def _unnamed(role: Node) -> Json:
    return absent_concept(kid(kid(role, "playingDevice"), "code"))


SECTION = Section(
    "procedures",
    ("2.16.840.1.113883.10.20.22.2.7", "2.16.840.1.113883.10.20.22.2.7.1", "2.16.840.1.113883.10.20.1.12"),
    ("47519-4",),
    (Entry(ACTIVITIES, procedure),),
    {"procedure": procedure, "observation": procedure, "act": procedure},
)
