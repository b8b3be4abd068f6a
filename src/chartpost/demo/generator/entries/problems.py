"""Problems, allergies, medicines, procedures and vaccines."""

from datetime import date
from typing import Any

from chartpost.demo.generator.coding import Code, concept_of, hl7, quantity, reference, snomed
from chartpost.demo.generator.data.allergies import ALLERGIES
from chartpost.demo.generator.data.medicines import MEDICINES
from chartpost.demo.generator.data.vaccines import SITES
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

CONDITION_CATEGORIES = {
    "problem-list-item": "Problem List Item",
    "encounter-diagnosis": "Encounter Diagnosis",
}


def asserted(visit: Visit) -> Resource:
    """The day a condition was first told of, as an extension."""
    url = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
    return {"url": url, "valueDateTime": visit.day.isoformat()}


def add_condition(
    visit: Visit,
    *codes: Code,
    category: str = "encounter-diagnosis",
    text: str | None = None,
    resolved: date | None = None,
) -> Resource:
    """File a condition and, for a diagnosis of the visit, name it on the encounter."""
    status = ("resolved", "Resolved") if resolved else ("active", "Active")
    condition = visit.chart.add(
        "Condition",
        extension=[asserted(visit)] if category == "encounter-diagnosis" else None,
        clinicalStatus=hl7("condition-clinical", *status),
        verificationStatus=hl7("condition-ver-status", "confirmed", "Confirmed"),
        category=[hl7("condition-category", category, CONDITION_CATEGORIES[category])],
        code=concept_of(*codes, text=text),
        subject=visit.chart.subject,
        encounter=visit.reference,
        onsetDateTime=visit.day.isoformat(),
        abatementDateTime=resolved.isoformat() if resolved else None,
        recordedDate=visit.when,
        recorder=visit.author,
    )
    visit.encounter.setdefault("diagnosis", []).append({"condition": reference(condition)})
    return condition


def add_allergy(visit: Visit, key: str) -> Resource:
    """File an allergy with the reaction it causes."""
    category, substance, reaction, criticality = ALLERGIES[key]
    return visit.chart.add(
        "AllergyIntolerance",
        clinicalStatus=hl7("allergyintolerance-clinical", "active", "Active"),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
        type_="allergy",
        category=[category],
        criticality=criticality,
        code=substance.concept(),
        patient=visit.chart.subject,
        recordedDate=visit.when,
        recorder=visit.author,
        reaction=[{"manifestation": [reaction.concept()]}],
    )


def add_no_known_allergies(visit: Visit) -> Resource:
    """File the statement that the person has no known allergies."""
    return visit.chart.add(
        "AllergyIntolerance",
        clinicalStatus=hl7("allergyintolerance-clinical", "active", "Active"),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
        code=snomed("716186003", "No known allergy").concept(),
        patient=visit.chart.subject,
        recordedDate=visit.when,
        recorder=visit.author,
    )


def prescribe(visit: Visit, key: str, *, status: str = "active", reason: Resource | None = None) -> Resource:
    """File an order for a medicine (US Core MedicationRequest)."""
    medicine = MEDICINES[key]
    spanish = visit.chart.profile.language == "es" and medicine.directions_es
    dosage: dict[str, Any] = {"text": medicine.directions_es if spanish else medicine.directions}
    if medicine.as_needed:
        dosage["asNeededBoolean"] = True
    return visit.chart.add(
        "MedicationRequest",
        status=status,
        intent="order",
        category=[hl7("medicationrequest-category", "community", "Community")],
        reportedBoolean=False,
        medicationCodeableConcept=medicine.code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        authoredOn=visit.later(25),
        requester=visit.author,
        reasonReference=[reference(reason)] if reason else None,
        dosageInstruction=[dosage],
        dispenseRequest={
            "numberOfRepeatsAllowed": 0 if medicine.as_needed else 3,
            "quantity": quantity(1 if medicine.as_needed else 90, "unit", "1"),
        },
    )


def add_procedure(visit: Visit, code: Code, *, reason: Resource | None = None, text: str | None = None) -> Resource:
    """File a procedure done during the visit (US Core Procedure)."""
    return visit.chart.add(
        "Procedure",
        status="completed",
        code=code.concept(text),
        subject=visit.chart.subject,
        encounter=visit.reference,
        performedPeriod={"start": visit.later(5), "end": visit.end.isoformat()},
        performer=[{"actor": visit.author}],
        reasonReference=[reference(reason)] if reason else None,
    )


def immunize(visit: Visit, vaccine: Code) -> Resource:
    """File a vaccine given at the visit (US Core Immunization)."""
    rng = visit.chart.rng
    side = rng.choice(SITES)
    return visit.chart.add(
        "Immunization",
        status="completed",
        vaccineCode=vaccine.concept(),
        patient=visit.chart.subject,
        encounter=visit.reference,
        occurrenceDateTime=visit.later(22),
        primarySource=True,
        location=visit.chart.shared("Location", visit.place.key),
        lotNumber=f"DEMO-{rng.randrange(1000, 9999)}",
        site=hl7("v3-ActSite", *side),
        performer=[{"actor": visit.author}],
    )
