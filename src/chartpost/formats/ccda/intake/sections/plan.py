"""Plan of Treatment (18776-5), Assessment and Plan (51847-2), Interventions (62387-6), Instructions (69730-0).

C-CDA R2.1 Planned Act, Observation, Procedure, Encounter, Medication, Immunization; Instruction; Nutrition
Recommendation; Handoff Communication; Intervention Acts; Patient Referral Act. C-CDA on FHIR 2.0 has no map for them:
the mood tells the intent, and the words of the section are the CarePlan.
"""

from chartpost.formats.ccda.intake.amounts import put_value, quantity, timing
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, has_template, kid, kids, negated, words
from chartpost.formats.ccda.intake.people import performers, places, who
from chartpost.formats.ccda.intake.sections import goals
from chartpost.formats.ccda.intake.sections.common import CLINICIANS, only, product, reasons, ref, sites, status
from chartpost.formats.ccda.intake.sections.nesting import inside, instructions, read_inside, read_one, referred
from chartpost.formats.ccda.intake.table import Entry, Reader, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    absent_concept,
    annotation,
    code_of,
    concept,
    instant,
    put_when,
    statement_text,
    time,
    when,
)
from chartpost.formats.ccda.intake.words import xhtml
from chartpost.formats.ccda.narrative import narrative_html

_R = "2.16.840.1.113883.10.20.22.4."
_OLD = "2.16.840.1.113883.10.20.1.25"
PLANNED = (_R + "39", _R + "41", _R + "44")
VISIT, MEDICATION, IMMUNIZATION = _R + "40", _R + "42", _R + "120"
INSTRUCTION, NUTRITION, HANDOFF, REFERRAL = _R + "20", _R + "130", _R + "141", _R + "140"
INTERVENTION = (_R + "131", _R + "146")
INTENTS = {
    "INT": "plan", "RQO": "order", "PRP": "proposal", "PRMS": "plan", "ARQ": "proposal", "APT": "plan",
    "DEF": "option", "EVN": "plan", "GOL": "plan",
}  # fmt: skip
STATES = {
    "active": "active", "completed": "completed", "aborted": "revoked", "cancelled": "revoked", "new": "draft",
    "suspended": "on-hold", "held": "on-hold", "nullified": "entered-in-error", "obsolete": "revoked",
}  # fmt: skip
_MEDICINE = {**STATES, "aborted": "stopped", "cancelled": "cancelled", "obsolete": "stopped"}
_PERFORMERS = CLINICIANS | {"Organization", "Device"}
_SNOMED = "http://snomed.info/sct"
_PLAN = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"


def planned(scope: Scope, node: Node) -> None:
    """A planned act, observation or procedure: a ServiceRequest, or a Goal where its mood says so."""
    if attr(node, "moodCode") == "GOL":
        goals.read(scope, node)
        return
    made = request(scope, node)
    value = kid(node, "value")
    if value is not None:
        wanted: Json = {}
        put_value(scope, wanted, value)
        made["orderDetail"] = [wanted["valueCodeableConcept"]] if "valueCodeableConcept" in wanted else None


def request(scope: Scope, node: Node, category: Json | None = None) -> Json:
    """A ServiceRequest of what is planned; a negated one is not to be done."""
    made = scope.new("ServiceRequest", node, "servicerequest")
    told = instructions(scope, node)
    made |= {
        "status": STATES.get(status(node), "active"),
        "intent": INTENTS.get(attr(node, "moodCode"), "plan"),
        "category": [category] if category else None,
        "doNotPerform": True if negated(node) else None,
        "code": code_of(scope, node) or absent_concept(kid(node, "code")),
        "subject": scope.patient,
        "authoredOn": time(scope, kid(kid(node, "author"), "time")) or None,
        "requester": next((w for a in kids(node, "author") if (w := only(who(scope, a), _PERFORMERS))), None),
        "performer": [p for p in performers(scope, node) if only(p, _PERFORMERS)],
        "locationReference": places(scope, node),
        "reasonCode": reasons(scope, node),
        "reasonReference": referred(scope, node, "Condition", "Observation"),
        "bodySite": sites(scope, node),
        "patientInstruction": " ".join(told) or None,
        "note": annotation(scope, node),
    }
    put_when(made, "occurrence", when(scope, node))
    for inner in inside(node):
        if not has_template(inner, INSTRUCTION):
            read_one(scope, inner)
    return made


def visit(scope: Scope, node: Node) -> None:
    """A planned encounter: an Appointment that is booked where its times are known, else asked for."""
    made = scope.new("Appointment", node)
    span = when(scope, node)
    start, end = instant(span.start), instant(span.end)
    booked = bool(start and end and start <= end and attr(node, "moodCode") == "APT")
    people = [p for p in performers(scope, node) if only(p)] + places(scope, node)
    made |= {
        "status": "cancelled" if status(node) in ("cancelled", "aborted") else "booked" if booked else "proposed",
        "serviceType": [c for c in (concept(scope, kid(node, "code")),) if c],
        "reasonCode": reasons(scope, node),
        "description": statement_text(scope, node),
        "patientInstruction": " ".join(instructions(scope, node)) or None,
        "participant": [{"actor": actor, "status": "needs-action"} for actor in (scope.patient, *people)],
    }
    if booked:
        made |= {"start": start, "end": end}
    elif span.start or span.end:
        made["requestedPeriod"] = [{"start": span.start or None, "end": span.end or None}]
    read_inside(scope, node)


def medicine(scope: Scope, node: Node) -> None:
    """A planned medicine or vaccine: a MedicationRequest with the mood's intent."""
    named, _ = product(scope, node)
    made = scope.new("MedicationRequest", node, "medicationrequest")
    times = kids(node, "effectiveTime")
    repeat = timing(scope, times)
    span = when(scope, node)
    dose = quantity(scope, kid(node, "doseQuantity"))
    told = instructions(scope, node)
    made |= {
        "status": _MEDICINE.get(status(node), "active"),
        "intent": INTENTS.get(attr(node, "moodCode"), "plan"),
        "doNotPerform": True if negated(node) else None,
        "medicationCodeableConcept": named or absent_concept(None, statement_text(scope, node)),
        "subject": scope.patient,
        "authoredOn": time(scope, kid(kid(node, "author"), "time")) or None,
        "requester": next((w for a in kids(node, "author") if (w := only(who(scope, a), _PERFORMERS))), None),
        "reasonCode": reasons(scope, node),
        "dosageInstruction": [
            {
                "text": statement_text(scope, node),
                "patientInstruction": " ".join(told) or None,
                "timing": {"repeat": {**(repeat or {}), "boundsPeriod": span.period}},
                "route": concept(scope, kid(node, "routeCode")),
                "doseAndRate": [{"doseQuantity": dose}] if dose else None,
            }
        ],
        "note": annotation(scope, node),
    }


def instruction(scope: Scope, node: Node) -> None:
    """An instruction: education the patient is to have."""
    made = request(scope, node, _concept("409073007", "Education"))
    made["patientInstruction"] = scope.text(kid(node, "text"))


def nutrition(scope: Scope, node: Node) -> None:
    """A nutrition recommendation: a ServiceRequest, and what is planned for it."""
    request(scope, node, _concept("61310001", "Nutrition education"))


def _concept(code: str, display: str) -> Json:
    return {"coding": [{"system": _SNOMED, "code": code, "display": display}]}


def handoff(scope: Scope, node: Node) -> None:
    """A handoff: a Communication between those who care."""
    made = scope.new("Communication", node)
    held = [who(scope, p) for p in kids(node, "participant")]
    span = when(scope, node)
    made |= {
        "status": "completed" if attr(node, "moodCode") == "EVN" else "preparation",
        "topic": code_of(scope, node),
        "subject": scope.patient,
        "sent": span.start or None,
        "sender": next((w for a in kids(node, "author") if (w := only(who(scope, a), _PERFORMERS))), None),
        "recipient": [r for r in held if r and only(r, _PERFORMERS)],
        "payload": [{"contentString": text} for text in (scope.text(kid(node, "text")),) if text],
    }


def referral(scope: Scope, node: Node) -> None:
    """A patient referral: a ServiceRequest for what the patient is sent for."""
    made = request(scope, node, _concept("3457005", "Patient referral"))
    wanted = [c for n in inside(node) if (c := concept(scope, kid(n, "value")) or concept(scope, kid(n, "code")))]
    made["orderDetail"] = wanted
    if not made["performer"]:
        held = [who(scope, p) for p in kids(node, "participant")]
        made["performer"] = [p for p in held if p and only(p, _PERFORMERS)]


def intervention(scope: Scope, node: Node) -> None:
    """An intervention: what it holds, or a ServiceRequest of its own where it holds nothing."""
    if not read_inside(scope, node):
        request(scope, node)


def narrative(scope: Scope, node: Node) -> None:
    """The words of a plan as a CarePlan that points to what was read of its entries."""
    text = kid(node, "text")
    if text is None or not words(text) or attr(node, "nullFlavor"):
        return
    activities = [m for m in scope.made if m["resourceType"] in ("ServiceRequest", "MedicationRequest", "Appointment")]
    held = [m for m in scope.made if m["resourceType"] == "Goal"]
    made = scope.new("CarePlan", node, "careplan", part="plan", ids=False)
    made |= {
        "text": {
            "status": "additional",
            "div": xhtml(narrative_html(node, prefix="p")),
        },
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": _PLAN, "code": "assess-plan"}]}],
        "title": scope.title or None,
        "subject": scope.patient,
        "activity": [{"reference": ref(m)} for m in activities],
        "goal": [ref(m) for m in held],
    }


_ENTRIES = (
    Entry((*PLANNED, _OLD), planned, ("act", "observation", "procedure")),
    Entry((VISIT, _OLD), visit, ("encounter",)),
    Entry((MEDICATION, IMMUNIZATION, _OLD), medicine, ("substanceAdministration",)),
    Entry((INSTRUCTION,), instruction, ("act",)),
    Entry((NUTRITION,), nutrition, ("act",)),
    Entry((HANDOFF,), handoff, ("act",)),
    Entry((REFERRAL,), referral, ("act",)),
    Entry(INTERVENTION, intervention, ("act",)),
)
_FALLBACK: dict[str, Reader] = {
    "act": planned, "observation": planned, "procedure": planned, "encounter": visit,
    "substanceAdministration": medicine,
}  # fmt: skip
SECTIONS = (
    Section(
        "plan",
        ("2.16.840.1.113883.10.20.22.2.10", "2.16.840.1.113883.10.20.22.2.9", "2.16.840.1.113883.10.20.1.10"),
        ("18776-5", "51847-2"),
        _ENTRIES,
        _FALLBACK,
        narrative,
    ),
    Section(
        "interventions",
        ("2.16.840.1.113883.10.20.21.2.3", "2.16.840.1.113883.10.20.21.2.4", "2.16.840.1.113883.10.20.22.2.45"),
        ("62387-6", "69730-0", "42349-1"),
        _ENTRIES,
        _FALLBACK,
    ),
)
