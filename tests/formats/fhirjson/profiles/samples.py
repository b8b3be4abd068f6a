"""Small resources that fit their US Core profiles, for tests to break."""

import copy
from typing import Any

US = "http://hl7.org/fhir/us/core/StructureDefinition/"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PERSON = {"reference": "Patient/1"}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def race(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"url": US + "us-core-race", "extension": list(parts)}


OMB = {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3"}}
TEXT = {"url": "text", "valueString": "White"}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "1",
    "meta": {"profile": [US + "us-core-patient"]},
    "extension": [race(OMB, TEXT)],
    "identifier": [{"system": "http://example.org/mrn", "value": "12"}],
    "name": [{"family": "Lee", "given": ["Ann"]}],
    "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
    "gender": "female",
    "birthDate": "1970-01-01",
}


def quantity(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}


PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "2",
    "meta": {"profile": [US + "us-core-blood-pressure|6.1.0"]},
    "status": "final",
    "category": [concept(CATEGORY, "vital-signs")],
    "code": concept("http://loinc.org", "85354-9"),
    "subject": PERSON,
    "effectiveDateTime": "2024-01-02",
    "component": [
        {"code": concept("http://loinc.org", "8480-6"), "valueQuantity": quantity(120)},
        {"code": concept("http://loinc.org", "8462-4"), "valueQuantity": quantity(80)},
    ],
}
LAB: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "3",
    "meta": {"profile": [US + "us-core-observation-lab"]},
    "status": "final",
    "category": [concept(CATEGORY, "laboratory")],
    "code": concept("http://loinc.org", "2339-0"),
    "subject": PERSON,
    "effectiveDateTime": "2024-01-02",
    "valueQuantity": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
}
CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "4",
    "meta": {"profile": [US + "us-core-condition-problems-health-concerns"]},
    "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
    "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
    "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
    "code": {"text": "Cough"},
    "subject": PERSON,
}
PRACTITIONER: dict[str, Any] = {
    "resourceType": "Practitioner",
    "id": "5",
    "meta": {"profile": [US + "us-core-practitioner"]},
    "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
    "name": [{"family": "Poe"}],
}
DOCUMENT: dict[str, Any] = {
    "resourceType": "DocumentReference",
    "id": "6",
    "meta": {"profile": [US + "us-core-documentreference"]},
    "status": "current",
    "type": concept("http://loinc.org", "34133-9"),
    "category": [concept("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note")],
    "subject": PERSON,
    "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/1"}}],
}
DISPENSE: dict[str, Any] = {
    "resourceType": "MedicationDispense",
    "id": "7",
    "meta": {"profile": [US + "us-core-medicationdispense"]},
    "status": "completed",
    "medicationCodeableConcept": {"text": "x"},
    "subject": PERSON,
    "whenHandedOver": "2024-01-02",
}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"fullUrl": "urn:uuid:1", "resource": PATIENT, "request": {"method": "PUT", "url": "Patient/1"}}],
}
SAMPLES = [PATIENT, PRESSURE, LAB, CONDITION, PRACTITIONER, DOCUMENT, DISPENSE, BUNDLE]


def changed(resource: dict[str, Any], *path: Any, to: Any = None) -> dict[str, Any]:
    """A copy with the value at a path replaced; taken away when `to` is None."""
    result = copy.deepcopy(resource)
    inner: Any = result
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    elif path[-1] == len(inner) and isinstance(inner, list):
        inner.append(to)
    else:
        inner[path[-1]] = to
    return result
