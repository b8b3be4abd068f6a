"""Choices, primitive values, lists and narratives: what R4 refuses beyond its schema, and what it lets through."""

import time
import tracemalloc
from typing import Any

import pytest
from tests.formats.fhirjson.profiles.samples import CONDITION, DOCUMENT, LAB, PATIENT, PRESSURE, changed
from tests.formats.fhirjson.profiles.test_check import told

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.profiles import check, fits
from chartpost.formats.fhirjson.profiles.choices import choices
from chartpost.formats.fhirjson.tables import table
from chartpost.formats.fhirjson.validate import validate

Json = dict[str, Any]
X = "http://example.org/x"
REASON = {"extension": [{"url": X, "valueCode": "unknown"}]}
ORDER = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
    "medicationCodeableConcept": {"text": "x"},
}


def div(text: str) -> Json:
    return {"status": "generated", "div": text}


def holding(*contained: Json) -> Json:
    """A result performed by those it contains."""
    performers = [{"reference": f"#{one['id']}"} for one in contained]
    return LAB | {"contained": list(contained), "performer": performers}


BROKEN = [
    # https://hl7.org/fhir/R4/formats.html#choice
    (LAB | {"valueString": "x"}, "Observation.value", "choice"),
    (LAB | {"_valueString": REASON}, "Observation.value", "choice"),
    (LAB | {"effectivePeriod": {"start": "2024-01-02"}}, "Observation.effective", "choice"),
    (PATIENT | {"deceasedBoolean": False, "deceasedDateTime": "2024-01-02"}, "Patient.deceased", "choice"),
    (ORDER | {"medicationReference": {"display": "y"}}, "MedicationRequest.medication", "choice"),
    (
        LAB | {"extension": [{"url": X, "valueString": "a", "valueInteger": 1}]},
        "Observation.extension[0].value",
        "choice",
    ),
    (
        changed(PRESSURE, "component", 0, "valueString", to="x"),
        "Observation.component[0].value",
        "choice",
    ),
    (
        ORDER | {"dosageInstruction": [{"asNeededBoolean": True, "asNeededCodeableConcept": {"text": "x"}}]},
        "MedicationRequest.dosageInstruction[0].asNeeded",
        "choice",
    ),
    (
        holding({"resourceType": "Patient", "id": "p", "deceasedBoolean": True, "deceasedDateTime": "2024"}),
        "Observation.contained[0].deceased",
        "choice",
    ),
    # https://hl7.org/fhir/R4/datatypes.html#primitive
    (LAB | {"effectiveDateTime": "2023-02-29"}, "Observation.effectiveDateTime", "dateTime"),
    (LAB | {"issued": "2024-02-30T10:00:00Z"}, "Observation.issued", "instant"),
    (PATIENT | {"birthDate": "1970-04-31"}, "Patient.birthDate", "date"),
    (
        changed(DOCUMENT, "content", 0, "attachment", "data", to="%%%"),
        "DocumentReference.content[0].attachment.data",
        "base64Binary",
    ),
    (
        {"resourceType": "Binary", "contentType": "text/plain", "data": "AAAA" + "    AAAA" * 5000 + "!"},
        "Binary.data",
        "base64Binary",
    ),
    (changed(LAB, "valueQuantity") | {"valueInteger": 1.0}, "Observation.valueInteger", "integer"),
    (PATIENT | {"language": "zz zz"}, "Patient.language", "language"),
    (changed(PATIENT, "name", 0, "id", to="a b"), "Patient.name[0].id", "id"),
    (PATIENT | {"_gender": {"id": "a b"}}, "Patient._gender.id", "id"),
    # https://hl7.org/fhir/R4/json.html: no empty lists
    ({"resourceType": "Organization", "name": "O", "alias": []}, "Organization.alias", "array"),
    (PATIENT | {"extension": []}, "Patient.extension", "array"),
    (changed(PATIENT, "name", 0, "given", to=[]), "Patient.name[0].given", "array"),
    # https://hl7.org/fhir/R4/narrative.html
    (PATIENT | {"text": div("hello")}, "Patient.text", "div"),
    (PATIENT | {"text": div("<p>hello</p>")}, "Patient.text", "div"),
    (PATIENT | {"text": div('<div xmlns="http://www.w3.org/1999/xhtml"> <p> </p></div>')}, "Patient.text", "txt-2"),
    # https://hl7.org/fhir/R4/references.html
    (
        CONDITION | {"recorder": {"reference": "https://x.example/fhir/Practitioner/1", "type": "Patient"}},
        "Condition.recorder",
        "ref-type",
    ),
    (
        holding({"resourceType": "Practitioner", "id": "a"}, {"resourceType": "Practitioner", "id": "a"}),
        "Observation.contained[1].id",
        "contained-id",
    ),
]
FINE = [
    LAB | {"effectiveDateTime": "2024-02-29"},
    CONDITION | {"onsetDateTime": "2024-02"},
    LAB | {"issued": "2016-12-31T23:59:60Z"},
    changed(LAB, "effectiveDateTime") | {"_effectiveDateTime": REASON},
    changed(LAB, "valueQuantity") | {"valueInteger": 1},
    changed(DOCUMENT, "content", 0, "attachment", "data", to="QUJD\r\nREVG\n"),
    PATIENT | {"language": "es-MX"},
    PATIENT | {"text": div('<div xmlns="http://www.w3.org/1999/xhtml"><img src="#x" alt=""/></div>')},
    PATIENT | {"text": div("\n<div>\n <p>x</p></div>\n")},
    PATIENT | {"text": div("<div>x</div >")},
    PATIENT | {"text": div("<div>\u00a0</div>")},
    PATIENT | {"_gender": {"id": "a.b"}},
    CONDITION | {"recorder": {"reference": "Practitioner/1", "type": "Practitioner"}},
    ORDER | {"instantiatesCanonical": ["http://x.example/a"], "instantiatesUri": ["http://x.example/b"]},
]


@pytest.mark.parametrize(("resource", "path", "rule"), BROKEN, ids=[f"{path}-{rule}" for _, path, rule in BROKEN])
def test_what_r4_refuses_is_told_with_its_place(resource: Json, path: str, rule: str) -> None:
    assert ("error", path, rule) in told(resource)
    assert not fits(resource)


@pytest.mark.parametrize("resource", FINE)
def test_what_r4_lets_through_is_no_mistake(resource: Json) -> None:
    assert [issue for issue in told(resource) if issue[0] == "error"] == []


def test_base64_with_line_breaks_takes_little_memory_to_look_at() -> None:
    letters = "A" * 8_000_000
    resource = {"resourceType": "Binary", "contentType": "text/plain", "data": f"{letters}\n{letters}"}
    tracemalloc.start()
    try:
        assert [issue for issue in told(resource) if issue[0] == "error"] == []
        assert tracemalloc.get_traced_memory()[1] < 5 * len(letters) * 2
    finally:
        tracemalloc.stop()


def test_a_file_that_is_imported_is_held_to_the_schema_alone() -> None:
    for resource, _, rule in BROKEN:
        if rule in ("choice", "base64Binary", "array", "div", "dateTime"):
            assert validate(resource["resourceType"], resource) == []


def test_a_whole_number_is_told_from_one_with_a_point() -> None:
    sent = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueInteger":%b}'
    assert check(parse(sent % b"12")) == []
    for other in (b"12.0", b"1.00", b"1e2", b"-0"):
        assert [issue.rule for issue in check(parse(sent % other))] == ["integer"], other


def test_choices_are_those_of_the_specification() -> None:
    assert choices("Patient") == {
        "deceased": ("deceasedBoolean", "deceasedDateTime"),
        "multipleBirth": ("multipleBirthBoolean", "multipleBirthInteger"),
    }
    assert choices("PaymentReconciliation") == {}
    assert len(choices("Extension")["value"]) == 50
    known = {name for element in table("elements") for names in choices(element).values() for name in names}
    assert not {"instantiatesUri", "instantiatesCanonical"} & known


def test_a_large_file_costs_little() -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD" * 2_000_000}
    began = time.process_time()
    assert fits(binary)
    assert check(binary) == []
    assert time.process_time() - began < 3
