"""The examples of US Core 6.1.0 load through the API, are found by their searches and come back equal."""

import gzip
import json

import pytest

from tests.interop.checklist.matching import query_value
from tests.interop.checklist.office import Json, Office, Session
from tests.interop.checklist.searches import combinations
from tests.support.shared import shared_data

FOUND = shared_data()
FILE = FOUND / "fhir" / "us-core-6.1.0-examples.ndjson.gz" if FOUND else None

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(FILE is None or not FILE.exists(), reason="the US Core examples are not present"),
]


@pytest.fixture(scope="module")
def examples() -> list[Json]:
    assert FILE
    found = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines() if line.strip()]
    assert len(found) > 90
    return found


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
            for one in examples
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
