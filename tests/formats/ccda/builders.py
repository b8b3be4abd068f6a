"""Small FHIR R4 resources and a CCD made of them."""

from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from chartpost.formats.ccda import Address, Organization, Record, write

V3 = {"v3": "urn:hl7-org:v3", "sdtc": "urn:hl7-org:sdtc", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
DOCUMENT_ID = "6a1c6f0e-52a4-4c0e-9f35-0d4b2f8d7c11"
OFFICE = Organization(
    "Harbor Clinic",
    "2.16.840.1.113883.19.5",
    "+1 555 0100",
    Address(("1 Main Street",), "Boston", "MA", "02101"),
    npi="1234567893",
)


def concept(code: str, text: str, system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def person(**changes: Any) -> dict[str, Any]:
    omb = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    race = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2028-9", "display": "Asian"}
    return {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [
            {"system": "http://harbor.example/mrn", "value": "MRN-7"},
            {"type": {"coding": [{"code": "SS"}]}, "system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"},
        ],
        "name": [{"use": "official", "given": ["Ana", "María"], "family": "Núñez & Sons"}],
        "gender": "female",
        "birthDate": "1980-02-29",
        "address": [{"use": "home", "line": ["9 Elm St"], "city": "Salem", "state": "MA", "postalCode": "01970"}],
        "telecom": [{"system": "phone", "use": "home", "value": "+1 (555) 0123"}],
        "extension": [{"url": omb + "race", "extension": [{"url": "ombCategory", "valueCoding": race}]}],
        "communication": [{"language": concept("es", "Spanish", "urn:ietf:bcp:47"), "preferred": True}],
        **changes,
    }  # fmt: skip


def resource(kind: str, number: int = 1, **content: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": f"{kind.lower()}-{number}", **content}


def lab(number: int = 1, **content: Any) -> dict[str, Any]:
    base = {
        "status": "final",
        "category": [concept("laboratory", "Laboratory", "http://terminology.hl7.org/CodeSystem/observation-category")],
        "code": concept("2823-3", "Potassium", LOINC),
        "effectiveDateTime": "2025-04-01T10:15:00-04:00",
        "valueQuantity": {"value": 5.9, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }  # fmt: skip
    return resource("Observation", number, **{**base, **content})


def vital(number: int = 1, **content: Any) -> dict[str, Any]:
    return lab(number, category=[{"coding": [{"code": "vital-signs"}]}], **content)


def ccd(*resources: dict[str, Any], who: dict[str, Any] | None = None, **options: Any) -> bytes:
    return document("ccd", *resources, who=who, **options)


def document(kind: Any, *resources: dict[str, Any], who: dict[str, Any] | None = None, **options: Any) -> bytes:
    given = {"custodian": OFFICE, "created": CREATED, "document_id": DOCUMENT_ID, **options}
    return write(kind, Record(who or person(), resources), **given)


def tree(*resources: dict[str, Any], **options: Any) -> etree._Element:
    return etree.fromstring(ccd(*resources, **options))


def section(root: etree._Element, loinc: str) -> etree._Element:
    return root.xpath(f"//v3:section[v3:code/@code='{loinc}']", namespaces=V3)[0]


def one(node: etree._Element, path: str) -> Any:
    found = node.xpath(path, namespaces=V3)
    assert len(found) == 1, f"{len(found)} of {path}"
    return found[0]


def cells(part: etree._Element) -> list[list[str]]:
    return [["".join(td.itertext()) for td in row] for row in part.xpath(".//v3:tbody/v3:tr", namespaces=V3)]
