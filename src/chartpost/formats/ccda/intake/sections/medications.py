"""Medicines: what is or was taken or ordered is a MedicationRequest, a fill a MedicationDispense, a gift of it in a
visit a MedicationAdministration. A fill does not make a medicine active; only its own status does.

Templates: Medication Activity 4.16, Supply Order 4.17, Dispense 4.18, Discharge 4.35 and Admission Medication 4.36;
HL7 C-CDA on FHIR 2.0, Medications.
"""

from functools import partial

from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.intake.amounts import number, quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, has_template, kid, kids, local, negated, related
from chartpost.formats.ccda.intake.people import performers, who
from chartpost.formats.ccda.intake.sections.common import (
    fixed,
    name_both,
    only,
    product,
    reasons,
    recorder,
    ref,
    says_none,
    status,
)
from chartpost.formats.ccda.intake.sections.dosing import dosage
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    absent_concept,
    annotation,
    codes_of,
    inverted,
    put_when,
    span,
    statement_text,
    when,
)

ACTIVITY = "2.16.840.1.113883.10.20.22.4.16"
_ORDER, _DISPENSE = "2.16.840.1.113883.10.20.22.4.17", "2.16.840.1.113883.10.20.22.4.18"
_STATES = {
    "active": "active", "completed": "completed", "aborted": "stopped", "suspended": "on-hold", "held": "on-hold",
    "cancelled": "cancelled", "new": "draft", "nullified": "entered-in-error", "obsolete": "stopped",
}  # fmt: skip
_DISPENSED = {
    "completed": "completed", "active": "in-progress", "aborted": "stopped", "cancelled": "cancelled",
    "held": "on-hold", "suspended": "on-hold", "new": "preparation", "nullified": "entered-in-error",
}  # fmt: skip
_GIVEN = {
    "completed": "completed", "active": "in-progress", "aborted": "stopped", "suspended": "on-hold",
    "held": "on-hold", "nullified": "entered-in-error",
}  # fmt: skip
_CATEGORY = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"
_ANY_DRUG = frozenset({"410942007", "182849000"})
_NO_MEDICINES = ("787481004", "No known medications")
_ORDERED = frozenset({"INT", "RQO"})
_REQUESTERS = frozenset({"Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device"})
_GIVERS = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Device"})
_HANDERS = _GIVERS | {"Organization"}


def activity(scope: Scope, node: Node) -> None:
    """A Medication Activity of any section."""
    if scope.kind == "administered" and attr(node, "moodCode") == "EVN":
        administration(scope, node)
    else:
        request(scope, node, _group(scope))


def wrapped(scope: Scope, node: Node) -> None:
    """A Discharge or Admission Medication act: the activities in it."""
    inner = [n for n in related(node) if local(n) == "substanceAdministration"]
    if not inner:
        raise ValueError("an act without a medication activity")
    group = "discharge" if has_template(node, "2.16.840.1.113883.10.20.22.4.35") else _group(scope)
    mark = scope.failed
    list(scope.each(inner, lambda s, n: request(s, n, group)))
    if scope.failed == mark + len(inner):
        raise ValueError("none of the activities could be read")


def request(scope: Scope, node: Node, group: str = "") -> Json:
    """The MedicationRequest of an activity with its fills; `group` is a medicationrequest-category or empty."""
    made = scope.new("MedicationRequest", node, "medicationrequest")
    ordered = attr(node, "moodCode") in _ORDERED
    medicine, none_known = _medicine(scope, node)
    person, authored = recorder(scope, node)
    author = scope.author or scope.doc.author
    if ordered and not person and author:
        person = only(author["who"], _REQUESTERS)
    bounds = _bounds(node)
    made |= {
        "status": "unknown" if none_known else _status(scope, node, bounds),
        "intent": "order" if ordered else "plan",
        "category": [fixed(_CATEGORY, group, group.capitalize())] if group else None,
        "doNotPerform": True if negated(node) and not none_known else None,
        "reportedReference": _informant(scope, node),
        "medicationCodeableConcept": medicine,
        "subject": scope.patient,
        "authoredOn": authored or None,
        "requester": person,
        "reasonCode": reasons(scope, node),
        "note": annotation(scope, node),
        "dosageInstruction": dosage(scope, node, span(scope, bounds)),
        "dispenseRequest": _ordered_supply(scope, node),
    }
    fills = related(node, _DISPENSE)
    fills += [n for n in related(node) if local(n) == "supply" and attr(n, "moodCode") == "EVN" and n not in fills]
    list(scope.each(fills, partial(_fill, medicine, made)))
    return made


def administration(scope: Scope, node: Node) -> Json:
    """A medicine given during the visit."""
    made = scope.new("MedicationAdministration", node)
    state = "not-done" if negated(node) else _GIVEN.get(status(node), "unknown")
    found = when(scope, node)
    given = dosage(scope, node, None)
    one = given[0] if given else {}
    amount = (one.get("doseAndRate") or [{}])[0]
    made |= {
        "status": state,
        "medicationCodeableConcept": _medicine(scope, node)[0],
        "subject": scope.patient,
        "performer": [{"actor": p} for p in performers(scope, node) if only(p, _GIVERS)],
        "reasonCode": reasons(scope, node),
        "note": annotation(scope, node),
        "dosage": {"text": one.get("text"), "route": one.get("route"), "site": one.get("site"),
                   "dose": amount.get("doseQuantity"), "rateQuantity": amount.get("rateQuantity")},
    }  # fmt: skip
    if not any(made["dosage"][k] for k in ("text", "dose", "rateQuantity")):
        del made["dosage"]
    put_when(made, "effective", found)
    if not (found.start or found.end):
        made["effectivePeriod"] = {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}
    return made


_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def supplied(scope: Scope, node: Node) -> None:
    """A supply that stands by itself: a fill, or an order of one."""
    medicine, _ = _medicine(scope, node)
    if attr(node, "moodCode") == "EVN":
        _fill(medicine, None, scope, node)
    else:
        made = request(scope, node)
        made["dispenseRequest"] = _supply(scope, node)


def _fill(medicine: Json, prescription: Json | None, scope: Scope, node: Node) -> Json:
    """A dispense; it says nothing of whether the medicine is taken."""
    made = scope.new("MedicationDispense", node, "medicationdispense")
    own, _ = product(scope, node)
    found = when(scope, node)
    amount = quantity(scope, kid(node, "quantity"))
    handed = [p for p in performers(scope, node) if only(p, _HANDERS)]
    made |= {
        "status": _DISPENSED.get(status(node), "unknown"),
        "medicationCodeableConcept": own or medicine,
        "subject": scope.patient,
        "performer": [{"actor": p} for p in handed],
        "authorizingPrescription": [ref(prescription)] if prescription else None,
        "quantity": amount,
        "whenHandedOver": found.start or found.end or None,
        "note": annotation(scope, node),
    }
    return made


def _medicine(scope: Scope, node: Node) -> tuple[Json, bool]:
    """What is taken; and whether the statement says that nothing is."""
    code, made = product(scope, node)
    text = statement_text(scope, node)
    told = (code or {}).get("text") or text
    unnamed = not codes_of(code) and told is not None and says_none(told)
    if negated(node) and (unnamed or codes_of(code) & _ANY_DRUG):
        if code is not None and not says_none(text):
            return {**code, "text": text}, True
        number_, display = _NO_MEDICINES
        return {"coding": [{"system": SNOMED, "code": number_, "display": display}], "text": text or display}, True
    if code is not None:
        return name_both(scope, node, code), False
    return ({"text": text} if text else absent_concept(made)), False


def _status(scope: Scope, node: Node, bounds: Node | None) -> str:
    """The status as said; `completed` (the statement) with an end after the document means still active."""
    told = _STATES.get(status(node), "unknown")
    end = span(scope, bounds).end
    after = bool(end and scope.doc.time) and inverted(end, scope.doc.time) and end[:10] != scope.doc.time[:10]
    if told == "completed" and after and attr(node, "moodCode") == "EVN":
        return "active"
    if told == "active" and end and scope.doc.time and not after:
        scope.note("warning", "status-conflict", node, f"active, ended {end}", "kept the status as it was said")
    return told


def _bounds(node: Node) -> Node | None:
    """The effectiveTime that says from when to when; the first is it (C-CDA CONF 7508)."""
    for found in kids(node, "effectiveTime"):
        if attr(found, "operator") != "A" and kid(found, "period") is None and kid(found, "event") is None:
            return found
    return None


def _informant(scope: Scope, node: Node) -> Json | None:
    told = [only(who(scope, n), _HANDERS) for n in kids(node, "informant")]
    return next((reference for reference in told if reference), None)


def _ordered_supply(scope: Scope, node: Node) -> Json | None:
    orders = related(node, _ORDER)
    orders += [n for n in related(node) if local(n) == "supply" and attr(n, "moodCode") in _ORDERED and n not in orders]
    found = next((made for n in orders if (made := _supply(scope, n))), None)
    repeat = _repeats(kid(node, "repeatNumber"))
    if repeat is not None and attr(node, "moodCode") in _ORDERED:
        found = {"numberOfRepeatsAllowed": repeat} | (found or {})
    return found


def _supply(scope: Scope, node: Node) -> Json | None:
    """The dispense part of an order; repeatNumber counts all fills, FHIR those after the first."""
    made = {
        "validityPeriod": when(scope, node).period,
        "numberOfRepeatsAllowed": _repeats(kid(node, "repeatNumber")),
        "quantity": quantity(scope, kid(node, "quantity")),
    }
    return made if any(v is not None for v in made.values()) else None


def _repeats(node: Node | None) -> int | None:
    """Refills: one less than the fills, never below none; a range counts its upper limit."""
    value = number(attr(node, "value"))
    if value is None:
        value = number(attr(kid(node, "high"), "value"))
    return max(0, int(value) - 1) if value is not None and 0 <= value < 1000 else None


def _group(scope: Scope) -> str:
    return "discharge" if scope.kind == "discharge medications" else ""


_ENTRIES = (
    Entry((ACTIVITY, "2.16.840.1.113883.10.20.1.24"), activity, ("substanceAdministration",)),
    Entry(
        ("2.16.840.1.113883.10.20.22.4.35", "2.16.840.1.113883.10.20.22.4.36"),
        wrapped,
        ("act",),
    ),
    Entry((_DISPENSE, _ORDER, "2.16.840.1.113883.10.20.1.34"), supplied, ("supply",)),
)
_FALLBACK = {"substanceAdministration": activity, "supply": supplied}
SECTIONS = (
    Section(
        "medications",
        (
            "2.16.840.1.113883.10.20.22.2.1", "2.16.840.1.113883.10.20.22.2.1.1", "2.16.840.1.113883.10.20.1.8",
            "2.16.840.1.113883.10.20.22.2.44",
        ),
        ("10160-0", "42346-7"),
        _ENTRIES,
        _FALLBACK,
    ),
    Section(
        "discharge medications",
        ("2.16.840.1.113883.10.20.22.2.11", "2.16.840.1.113883.10.20.22.2.11.1"),
        ("10183-2", "75311-1"),
        _ENTRIES,
        _FALLBACK,
    ),
    Section(
        "administered",
        ("2.16.840.1.113883.10.20.22.2.38",),
        ("29549-3", "18610-6"),
        _ENTRIES,
        _FALLBACK,
    ),
)  # fmt: skip
