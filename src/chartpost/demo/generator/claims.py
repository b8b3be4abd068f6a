"""Which US Core 6.1.0 profiles an entry follows, said in its meta.profile (https://hl7.org/fhir/us/core/STU6.1/)."""

from collections.abc import Iterator
from typing import Any

from chartpost.demo.generator.values import Resource

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"

_BY_TYPE = {
    "AllergyIntolerance": "us-core-allergyintolerance",
    "CarePlan": "us-core-careplan",
    "CareTeam": "us-core-careteam",
    "Coverage": "us-core-coverage",
    "Device": "us-core-implantable-device",
    "DocumentReference": "us-core-documentreference",
    "Encounter": "us-core-encounter",
    "Goal": "us-core-goal",
    "Immunization": "us-core-immunization",
    "Location": "us-core-location",
    "Medication": "us-core-medication",
    "MedicationDispense": "us-core-medicationdispense",
    "MedicationRequest": "us-core-medicationrequest",
    "Organization": "us-core-organization",
    "Patient": "us-core-patient",
    "Practitioner": "us-core-practitioner",
    "PractitionerRole": "us-core-practitionerrole",
    "Procedure": "us-core-procedure",
    "Provenance": "us-core-provenance",
    "QuestionnaireResponse": "us-core-questionnaireresponse",
    "RelatedPerson": "us-core-relatedperson",
    "ServiceRequest": "us-core-servicerequest",
    "Specimen": "us-core-specimen",
}
_BY_CODE = {
    "85354-9": "us-core-blood-pressure",
    "8302-2": "us-core-body-height",
    "29463-7": "us-core-body-weight",
    "39156-5": "us-core-bmi",
    "8867-4": "us-core-heart-rate",
    "9279-1": "us-core-respiratory-rate",
    "8310-5": "us-core-body-temperature",
    "9843-4": "us-core-head-circumference",
    "59408-5": "us-core-pulse-oximetry",
    "59576-9": "pediatric-bmi-for-age",
    "77606-2": "pediatric-weight-for-height",
    "8289-1": "head-occipital-frontal-circumference-percentile",
    "72166-2": "us-core-smokingstatus",
    "11341-5": "us-core-observation-occupation",
    "82810-3": "us-core-observation-pregnancystatus",
    "86645-9": "us-core-observation-pregnancyintent",
    "76690-7": "us-core-observation-sexual-orientation",
}
_SCREENING = frozenset({"sdoh", "functional-status", "disability-status", "cognitive-status"})
_CLINICAL = frozenset({"exam", "therapy", "imaging", "procedure", "activity"})


def claim(resource: Resource) -> Resource:
    """The same resource with the profiles it follows in meta.profile; others and their tags stay as they are."""
    profile = _profile(resource)
    if profile:
        resource["meta"] = {"profile": [US_CORE + profile]} | resource.get("meta", {})
    return resource


def _profile(resource: Resource) -> str | None:
    kind = resource["resourceType"]
    codes = set(_codes(resource.get("category")))
    if kind == "Observation":
        return _observation(resource, codes)
    if kind == "DiagnosticReport":
        return "us-core-diagnosticreport-lab" if "LAB" in codes else "us-core-diagnosticreport-note"
    if kind == "Condition":
        encounter = "encounter-diagnosis" in codes
        return "us-core-condition-encounter-diagnosis" if encounter else "us-core-condition-problems-health-concerns"
    return _BY_TYPE.get(kind)


def _observation(resource: Resource, categories: set[str]) -> str | None:
    for code in _codes([resource["code"]]):
        if code in _BY_CODE:
            return _BY_CODE[code]
    if "laboratory" in categories:
        return "us-core-observation-lab"
    if "vital-signs" in categories:
        return "us-core-vital-signs"
    if "survey" in categories and categories & _SCREENING:
        return "us-core-observation-screening-assessment"
    return "us-core-observation-clinical-result" if categories & _CLINICAL else "us-core-simple-observation"


def _codes(concepts: Any) -> Iterator[str]:
    for concept in concepts if isinstance(concepts, list) else ():
        if isinstance(concept, dict):
            yield from (coding["code"] for coding in concept.get("coding", ()) if "code" in coding)
