"""A person whose record holds one entry of each kind: codes, and free text in Spanish; no English of its own."""

from typing import Any

from chartpost.identity.types import SYSTEM, PersonView
from chartpost.records import services as records
from chartpost.records.types import Incoming

HL7 = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
BEGUN, ENDED = "2026-03-05T15:00:00Z", "2026-03-05T15:30:00Z"


def coded(system: str, code: str, display: str) -> dict[str, Any]:
    """A concept with one code, named as the source named it."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def listed(table: str, code: str) -> dict[str, Any]:
    """A value of one of HL7's own lists."""
    return {"coding": [{"system": HL7 + table, "code": code}]}


def _measure(name: str, category: str, code: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [listed("observation-category", category)],
        "code": code,
        "effectiveDateTime": BEGUN,
        **more,
    }


def _percent(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}


RESOURCES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Condition",
        "id": "diabetes",
        "clinicalStatus": listed("condition-clinical", "active"),
        "verificationStatus": listed("condition-ver-status", "confirmed"),
        "category": [listed("condition-category", "problem-list-item")],
        "code": coded(SNOMED, "44054006", "Diabetes mellitus type 2 (disorder)"),
        "onsetDateTime": "2019-03",
        "recordedDate": "2019-03-05",
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "penicilina",
        "clinicalStatus": listed("allergyintolerance-clinical", "active"),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high",
        "code": coded(SNOMED, "91936005", "Allergy to penicillin (finding)"),
        "recordedDate": "2018",
        "reaction": [{"severity": "mild", "manifestation": [coded(SNOMED, "126485001", "Urticaria")]}],
    },
    {
        "resourceType": "MedicationRequest",
        "id": "metformina",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Metformina 500 mg"},
        "authoredOn": "2024-05-06",
        "dosageInstruction": [{"text": "Una tableta con la cena"}],
    },
    *(
        _measure(
            f"a1c-{year}",
            "laboratory",
            coded(LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
            effectiveDateTime=f"{year}-03-05T15:00:00Z",
            valueQuantity=_percent(value),
            referenceRange=[{"low": _percent(4.0), "high": _percent(5.6)}],
            interpretation=[listed("v3-ObservationInterpretation", "H")],
        )
        for year, value in ((2025, 7.9), (2026, 7.1))
    ),
    _measure("pulso", "vital-signs", coded(LOINC, "8867-4", "Heart rate"), valueQuantity={"value": 72, "unit": "/min"}),
    {
        "resourceType": "Immunization",
        "id": "gripe",
        "status": "completed",
        "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal, injectable"),
        "occurrenceDateTime": "2025-10-02",
    },
    {
        "resourceType": "Encounter",
        "id": "visita",
        "status": "finished",
        "class": {"system": HL7 + "v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "type": [coded(SNOMED, "162673000", "General examination of patient (procedure)")],
        "period": {"start": BEGUN, "end": ENDED},
    },
    {
        "resourceType": "Procedure",
        "id": "colonoscopia",
        "status": "completed",
        "code": coded(SNOMED, "73761001", "Colonoscopy"),
        "performedDateTime": "2023-06-07",
    },
    {
        "resourceType": "DocumentReference",
        "id": "nota",
        "status": "current",
        "type": coded(LOINC, "11506-3", "Progress note"),
        "date": BEGUN,
        "description": "Nota de la consulta",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "es",
                    "data": "U2Ugc2llbnRlIGJpZW4u",
                    "title": "Nota de la consulta",
                }
            }
        ],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "sangre",
        "status": "final",
        "category": [listed("v2-0074", "LAB")],
        "code": coded(LOINC, "58410-2", "CBC panel - Blood by Automated count"),
        "effectiveDateTime": BEGUN,
        "conclusion": "Todo en orden.",
    },
    {
        "resourceType": "Goal",
        "id": "meta",
        "lifecycleStatus": "active",
        "description": {"text": "Caminar media hora al día"},
        "startDate": "2026-01-02",
    },
    {
        "resourceType": "Coverage",
        "id": "seguro",
        "status": "active",
        "subscriberId": "X123",
        "payor": [{"display": "Seguro Modelo"}],
        "period": {"start": "2026-01-01"},
    },
    {
        "resourceType": "Claim",
        "id": "factura",
        "status": "active",
        "use": "claim",
        "type": listed("claim-type", "professional"),
        "created": "2026-03-06",
        "provider": {"display": "Clínica Modelo"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Seguro Modelo"}}],
        "item": [{"sequence": 1, "productOrService": {"text": "Consulta"}}],
        "total": {"value": 120.0, "currency": "USD"},
    },
)


def file_record(person: PersonView) -> None:
    """File the record under a person."""
    source = records.source_id("test", "Clínica Modelo")
    mine = {"reference": "Patient/p1"}
    named = {"AllergyIntolerance": "patient", "Immunization": "patient", "Coverage": "beneficiary", "Claim": "patient"}
    filled = [{**r, named.get(str(r["resourceType"]), "subject"): mine} for r in RESOURCES]
    records.save([Incoming(r, str(r["id"]), person.id) for r in filled], source, SYSTEM)
