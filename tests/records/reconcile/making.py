"""Entries of one person from two places, small and valid."""

from typing import Any

from chartpost.identity.types import SYSTEM, PersonView
from chartpost.records import services as filing
from chartpost.records.reconcile import comparing
from chartpost.records.types import Incoming
from tests.records.builders import bundle, patient, take

SNOMED, ICD10, RXNORM, LOINC = (
    "http://snomed.info/sct",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://loinc.org",
)
ASTHMA, DIABETES = (SNOMED, "195967001"), (SNOMED, "44054006")
HL7 = "http://terminology.hl7.org/CodeSystem/"


def coded(*codes: tuple[str, str], text: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"coding": [{"system": s, "code": c} for s, c in codes]} if codes else {}
    return found | ({"text": text} if text else {})


def listed(table: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": HL7 + table, "code": code}]}


def number(value: str, system: str = "urn:oid:1.2.3") -> dict[str, Any]:
    return {"identifier": [{"system": system, "value": value}]}


def problem(name: str, *codes: tuple[str, str], day: str = "", status: str = "", **more: Any) -> dict[str, Any]:
    found = {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": "Patient/p1"},
        "code": coded(*codes, text=more.pop("text", "")) or {"text": name},
    }
    found |= {"onsetDateTime": day} if day else {}
    found |= {"clinicalStatus": listed("condition-clinical", status)} if status else {}
    return found | more


def allergy(name: str, *codes: tuple[str, str], day: str = "", verified: str = "", **more: Any) -> dict[str, Any]:
    found = {
        "resourceType": "AllergyIntolerance",
        "id": name,
        "patient": {"reference": "Patient/p1"},
        "code": coded(*codes, text=more.pop("text", "")) or {"text": name},
    }
    found |= {"onsetDateTime": day} if day else {}
    found |= {"verificationStatus": listed("allergyintolerance-verification", verified)} if verified else {}
    if verified != "entered-in-error":
        found["clinicalStatus"] = listed("allergyintolerance-clinical", more.pop("status", "active"))
    return found | more


def medicine(name: str, *codes: tuple[str, str], day: str = "", status: str = "active", **more: Any) -> dict[str, Any]:
    dose = more.pop("dose", "")
    found = {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": status,
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": coded(*codes, text=more.pop("text", "")) or {"text": name},
    }
    found |= {"authoredOn": day} if day else {}
    found |= {"dosageInstruction": [{"text": dose}]} if dose else {}
    return found | more


def fill(name: str, *codes: tuple[str, str], day: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense",
        "id": name,
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": coded(*codes),
        "whenHandedOver": day,
    }


def reading(name: str, code: tuple[str, str], when: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [listed("observation-category", "laboratory")],
        "subject": {"reference": "Patient/p1"},
        "code": coded(code),
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
        **more,
    }


def bring(who: PersonView, source: str, *resources: dict[str, Any], looked: bool = True, **person: Any) -> None:
    """Take in an export of a source about a person, and have it compared."""
    report = take(bundle(patient("p1", **person), *resources), f"{source}.json", who.ref, source)
    assert not report.refused, report.refused
    if looked:
        comparing.compare(who.id)


def store(who: PersonView, source: str, *resources: dict[str, Any]) -> None:
    """File entries of a source with a person, without a file and without comparing."""
    incoming = [Incoming(r, str(r["id"]), who.id) for r in resources]
    filing.save(incoming, filing.source_id(f"named:{source}", source), SYSTEM)
