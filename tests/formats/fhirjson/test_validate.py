"""Structure is judged by the R4 schema, with paths a person can follow and without quoting data."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.tables import resource_types
from chartpost.formats.fhirjson.validate import Problem, validate

PATIENT: dict[str, Any] = {"resourceType": "Patient", "name": [{"family": "Rivera", "given": ["Ana"]}]}


def test_every_r4_type_compiles_and_refuses_a_foreign_element() -> None:
    assert len(resource_types()) == 146
    for kind in resource_types():
        problems = validate(kind, {"resourceType": kind, "zzz": 1})
        assert Problem(kind, "has zzz, which FHIR R4 does not know here") in problems


def test_a_plain_patient_fits() -> None:
    assert validate("Patient", PATIENT) == []


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"birthDate": "12/31/1999"}, "Patient.birthDate", "form"),
        ({"gender": "m"}, "Patient.gender", "codes allowed"),
        ({"name": {"family": "Rivera"}}, "Patient.name", "wrong JSON type"),
        ({"name": [{"given": ["Ana", 3]}]}, "Patient.name[0].given[1]", "allowed here"),
        ({"multipleBirthInteger": 1.5}, "Patient.multipleBirthInteger", "wrong JSON type"),
        ({"active": "true"}, "Patient.active", "wrong JSON type"),
        ({"contact": [{}], "contained": [{"resourceType": "Bot"}]}, "Patient.contained[0]", "type that FHIR R4"),
        (
            {"contained": [{"resourceType": "Condition", "subject": {"reference": 1}}]},
            "Patient.contained[0].subject.reference",
            "wrong JSON type",
        ),
    ],
)
def test_a_broken_rule_is_found_where_it_is(change: dict[str, Any], path: str, words: str) -> None:
    problems = validate("Patient", {**PATIENT, **change})
    assert [p for p in problems if p.path == path and words in p.message], problems


def test_required_primitives_and_choices_are_asked_for() -> None:
    order = {"resourceType": "MedicationRequest", "subject": {"reference": "Patient/1"}}
    messages = [p.message for p in validate("MedicationRequest", order)]
    assert "lacks status, which is required" in messages
    assert "lacks medicationCodeableConcept or medicationReference, which is required" in messages
    absent = {"extension": [{"url": "http://x.org/why", "valueCode": "unknown"}]}
    fit = {**order, "_status": absent, "intent": "order", "medicationCodeableConcept": {"text": "aspirin"}}
    assert validate("MedicationRequest", fit) == []


def test_nulls_stand_in_lists_of_primitives_with_extensions() -> None:
    name = {"given": ["Ana", None], "_given": [None, {"id": "a"}]}
    assert validate("Patient", {"resourceType": "Patient", "name": [name]}) == []


def test_messages_quote_no_data() -> None:
    secret = "Very Private 555-12-1234"
    problems = validate("Patient", {**PATIENT, "gender": secret, secret: 1, "birthDate": secret})
    assert len(problems) == 3
    assert not any(word in str(problem) for problem in problems for word in ("Private", "555"))


def test_resources_inside_bundles_and_parameters_are_checked() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": PATIENT}, {"resource": {**PATIENT, "x": 1}}],
    }
    assert [p.path for p in validate("Bundle", bundle)] == ["Bundle.entry[1].resource"]
    part = {"name": "a", "part": [{"name": "b", "resource": {"resourceType": "Patient", "active": 1}}]}
    problems = validate("Parameters", {"resourceType": "Parameters", "parameter": [part]})
    assert [p.path for p in problems] == ["Parameters.parameter[0].part[0].resource.active"]


def test_the_wrong_type_is_said() -> None:
    assert "must be Observation" in validate("Observation", PATIENT)[0].message
    assert "FHIR R4 does not have" in validate("Bot", {"resourceType": "Bot"})[0].message
    assert validate("Patient", [PATIENT])[0].message == "must be a JSON object"


def test_problems_are_limited() -> None:
    assert len(validate("Patient", {"resourceType": "Patient", "name": [{"x": 1}] * 500})) == 20
