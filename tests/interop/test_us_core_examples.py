"""The examples of US Core 6.1.0 load through the API, are found by their searches and come back equal."""

import gzip
import json
import time

import pytest

from tests.interop.checklist.matching import query_value
from tests.interop.checklist.office import Json, Office, Session
from tests.interop.checklist.reading import references
from tests.interop.checklist.searches import combinations
from tests.support.shared import shared_data

FOUND = shared_data()
FILE = FOUND / "fhir" / "us-core-6.1.0-examples.ndjson.gz" if FOUND else None

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(FILE is None or not FILE.exists(), reason="the US Core examples are not present"),
]


SUBJECT = {"subject": {"reference": "Patient/example"}}
BARE: dict[str, Json] = {
    "QuestionnaireResponse": {"status": "completed", **SUBJECT},
    "Observation": {"status": "final", "code": {"text": "left out"}, **SUBJECT},
    "Media": {"status": "completed", "content": {"title": "left out"}, **SUBJECT},
    "Location": {"status": "active", "name": "left out"},
    "MedicationRequest": {"status": "active", "intent": "order", "medicationCodeableConcept": {"text": "left out"}}
    | SUBJECT,
    "ServiceRequest": {"status": "active", "intent": "order", **SUBJECT},
    "Device": {"status": "active", "patient": SUBJECT["subject"]},
}
"""What stands in for an example the sample leaves out and another one points at: this server keeps references whole."""


def stand_ins(examples: list[Json]) -> list[Json]:
    """An entry for each reference to an example that is not in the sample."""
    known = {f"{one['resourceType']}/{one['id']}" for one in examples}
    named = {r for one in examples if one["resourceType"] != "Bundle" for r in references(one) if r[0] != "#"}
    missing = [reference.split("/") for reference in sorted(named - known)]
    return [{"resourceType": kind, "id": fhir_id, **BARE[kind]} for kind, fhir_id in missing]


ALIASES_SECONDS = 0.6
"""How long another process may take to learn that two Patients are one person."""

TWIN = "Patient/example-targeted-provenance"
"""Amy Shaw again, with the record number of Patient/example: one person to this office, shown under one id."""


def of_twin(one: Json) -> bool:
    """Whether an example is the second Patient of the same person, or points at it."""
    return TWIN in (f"{one['resourceType']}/{one['id']}", *references(one))


@pytest.fixture(scope="module")
def whole() -> list[Json]:
    assert FILE
    found = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines() if line.strip()]
    assert len(found) > 90
    return found


@pytest.fixture(scope="module")
def examples(whole: list[Json]) -> list[Json]:
    return [one for one in whole if not of_twin(one)]


@pytest.fixture(scope="module")
def writer(office: Office) -> Session:
    """A backend client that may write."""
    return office.writer()


@pytest.fixture(scope="module")
def loaded(writer: Session, examples: list[Json]) -> list[Json]:
    """The examples after one transaction that puts each at its own id."""
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in [*stand_ins(examples), *examples]
        ],
    }
    answer = writer.write("POST", "", bundle)
    assert answer.status == 200, answer.text[:3000]
    statuses = {entry["response"]["status"][:3] for entry in answer.json["entry"]}
    assert statuses <= {"200", "201"}
    return examples


def test_every_example_comes_back_equal(writer: Session, loaded: list[Json]) -> None:
    for one in loaded:
        answer = writer.get(f"{one['resourceType']}/{one['id']}")
        assert answer.status == 200, (one["resourceType"], one["id"], answer.text)
        back, meta = answer.json, one.get("meta", {})
        assert {**back, "meta": 0} == {**one, "meta": 0}, (one["resourceType"], one["id"])
        assert back["meta"].get("profile") == meta.get("profile")


def test_every_example_is_found_by_the_searches_of_its_type(writer: Session, loaded: list[Json]) -> None:
    tried: set[str] = set()
    for one in loaded:
        for resource_type, names, _strength in combinations():
            if resource_type != one["resourceType"]:
                continue
            query = {name: query_value(one, name) or "" for name in names}
            if not all(query.values()):
                continue
            found = {each["id"] for each in writer.search(resource_type, **query)}
            assert one["id"] in found, (resource_type, one["id"], query)
            tried.add(resource_type)
    assert len(tried) >= 18


def test_notes_and_reports_can_be_created_without_an_id(writer: Session, loaded: list[Json]) -> None:
    for one in [each for each in loaded if each["resourceType"] in {"DocumentReference", "DiagnosticReport"}]:
        draft = {key: value for key, value in one.items() if key != "id"}
        answer = writer.write("POST", one["resourceType"], draft)
        assert answer.status == 201, answer.text
        assert f"/{one['resourceType']}/" in answer.headers["location"]


def test_the_same_person_under_another_id_is_shown_as_one_patient(
    office: Office, writer: Session, loaded: list[Json], whole: list[Json]
) -> None:
    for one in [each for each in whole if of_twin(each) and each["resourceType"] != "Bundle"]:
        assert writer.write("PUT", f"{one['resourceType']}/{one['id']}", one).status in {200, 201}
    time.sleep(ALIASES_SECONDS)
    reader = office.program("system/*.rs")
    assert reader.get(TWIN).json == reader.get("Patient/example").json == writer.get("Patient/example").json
    assert writer.get(TWIN).json["id"] == TWIN.removeprefix("Patient/"), "who writes Patients reads those it stored"
    (provenance,) = [one for one in whole if of_twin(one) and one["resourceType"] == "Provenance"]
    shown = writer.get(f"Provenance/{provenance['id']}").json
    assert "Patient/example" in references(shown)
    assert TWIN not in references(shown)
