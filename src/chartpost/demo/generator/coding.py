"""Codes of the public terminologies, and the small FHIR datatypes built from them."""

from dataclasses import dataclass
from typing import Any

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
OFFICE = "https://lakeside.example.org/"
"""Namespace of the made-up office: identifiers, charge codes, base of full URLs."""


@dataclass(frozen=True, slots=True)
class Code:
    """One concept of a code system, with the words people read."""

    system: str
    code: str
    display: str

    def coding(self) -> dict[str, Any]:
        """A FHIR Coding."""
        return {"system": self.system, "code": self.code, "display": self.display}

    def concept(self, text: str | None = None) -> dict[str, Any]:
        """A FHIR CodeableConcept whose text is the display unless other words are given."""
        return {"coding": [self.coding()], "text": text or self.display}


def snomed(code: str, display: str) -> Code:
    """A SNOMED CT concept."""
    return Code(SNOMED, code, display)


def loinc(code: str, display: str) -> Code:
    """A LOINC term."""
    return Code(LOINC, code, display)


def icd10(code: str, display: str) -> Code:
    """An ICD-10-CM diagnosis."""
    return Code(ICD10CM, code, display)


def concept_of(*codes: Code, text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept that says the same thing in several code systems."""
    return {"coding": [code.coding() for code in codes], "text": text or codes[0].display}


def hl7(system: str, code: str, display: str) -> dict[str, Any]:
    """A CodeableConcept from one of the code systems HL7 keeps for FHIR."""
    return Code(TERMINOLOGY + system, code, display).concept()


def quantity(value: float, unit: str, code: str | None = None) -> dict[str, Any]:
    """A FHIR Quantity in UCUM; ``code`` is the UCUM code where it differs from the printed unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit}


def reference(resource: dict[str, Any], display: str | None = None) -> dict[str, Any]:
    """A relative literal reference to a resource of the same bundle."""
    found = {"reference": f"{resource['resourceType']}/{resource['id']}"}
    return found | {"display": display} if display else found
