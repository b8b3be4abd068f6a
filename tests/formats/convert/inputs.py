"""Small records to convert; nobody in them is real."""

import base64
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from chartpost.formats.convert import Document, Result, Wish, make, take

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ASTHMA = {"coding": [{"system": "http://snomed.info/sct", "code": "195967001", "display": "Asthma (disorder)"}]}


def patient(fhir_id: str = "p1", family: str = "Marsh") -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": fhir_id,
        "name": [{"use": "official", "family": family, "given": ["Edith"]}],
        "gender": "female",
        "birthDate": "1944-03-05",
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"},
            {"system": "urn:oid:2.16.840.1.113883.19.5", "value": "MRN-7"},
        ],
    }


def condition(fhir_id: str, who: str = "Patient/p1", **more: Any) -> dict[str, Any]:
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    return {
        "resourceType": "Condition",
        "id": fhir_id,
        "clinicalStatus": active,
        "code": ASTHMA,
        "subject": {"reference": who},
        "onsetDateTime": "2011-04-02",
        **more,
    }


def note(text: str) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": text},
        "note": [{"text": text}],
    }


CLINIC = {"resourceType": "Organization", "id": "o1", "name": "Lakeside Family Health"}
EDITH = (patient(), condition("c1"), note("Peanut"), CLINIC)


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def lines(*resources: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def taken(data: bytes) -> Document:
    (found,) = take(data, "file")
    return found


def made(data: bytes, target: Any, **more: Any) -> list[Result]:
    return [result for document in take(data, "file") for result in make(document, Wish(target, MOMENT, **more))]


def one(data: bytes, target: Any, **more: Any) -> Result:
    (result,) = made(data, target, **more)
    return result


SCAN = {"contentType": "application/pdf", "title": "Scan"}


def scan(data: bytes) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
        "subject": {"reference": "Patient/p1"},
        "content": [{"attachment": {**SCAN, "data": base64.b64encode(data).decode()}}],
    }


def unstructured(data: bytes) -> bytes:
    """A C-CDA whose body is a file."""
    written = one(bundle(*EDITH), "ccda").data
    head, found, _ = written.partition(b"<component><structuredBody>")
    assert found
    body = b'<text mediaType="application/pdf" representation="B64">' + base64.b64encode(data) + b"</text>"
    return head + b"<component><nonXMLBody>" + body + b"</nonXMLBody></component></ClinicalDocument>"
