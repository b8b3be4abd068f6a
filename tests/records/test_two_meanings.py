"""A file in which one Type/id means two things is refused whole; one that says the same thing twice is not."""

from typing import Any

import orjson
import pytest

from chartpost.identity import models as identity_models
from chartpost.records import models
from chartpost.records.ingest import entries
from tests.records.builders import bundle, condition, ndjson, patient, take

pytestmark = pytest.mark.django_db
Json = dict[str, Any]
A, B = "https://a.example/fhir", "https://b.example/fhir"
KARL = {
    "name": [{"family": "Berg", "given": ["Karl"]}],
    "gender": "male",
    "birthDate": "1950-01-01",
    "identifier": [{"system": "urn:b", "value": "77"}],
}
NOTED = [{"url": "urn:noted", "valueString": "later"}]


def at(server: str, resource: Json) -> tuple[str, Json]:
    return f"{server}/{resource['resourceType']}/{resource['id']}", resource


def named(*entry: tuple[str, Json], kind: str = "collection") -> bytes:
    found = [{"fullUrl": url, "resource": resource} if url else {"resource": resource} for url, resource in entry]
    return orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": found})


def version(resource: Json, number: str) -> Json:
    return {**resource, "meta": {"versionId": number}}


REFUSED = {
    "two servers, each with a Patient/1": named(
        at(A, patient("1")),
        at(A, condition("7", f"{A}/Patient/1")),
        at(B, patient("1", **KARL)),
        at(B, condition("8", f"{B}/Patient/1")),
    ),
    "two servers, each with another Condition/7": named(
        at(A, patient("1")), at(A, condition("7", "Patient/1")), at(B, condition("7", "Patient/1", recordedDate="2020"))
    ),
    "two entries under two urns with one id": named(
        ("", patient("1")),
        ("urn:uuid:5c1b6a44-0000-4000-8000-000000000001", condition("7", "Patient/1")),
        ("urn:uuid:5c1b6a44-0000-4000-8000-000000000002", condition("7", "Patient/1", recordedDate="2020")),
    ),
    "two Patients under one address": named((f"{A}/x", patient("1")), (f"{A}/x", patient("2", **KARL))),
    "an entry of one server about the Patient/1 of another": named(
        at(A, patient("1")), at(B, condition("8", "Patient/1"))
    ),
    "two Patients of one id in lines": ndjson(
        patient("1"), condition("7", "Patient/1"), patient("1", **KARL), condition("8", "Patient/1")
    ),
    "a Patient with another birth date": ndjson(patient("1"), patient("1", birthDate="1950-01-01")),
    "a Patient with another number": ndjson(patient("1"), patient("1", identifier=KARL["identifier"])),
    "a Patient without a number and with another name": ndjson(
        patient("1", identifier=[]), {**patient("1"), "identifier": [], "name": KARL["name"]}
    ),
    "one Condition of two subjects": ndjson(
        patient("1"), patient("2", **KARL), condition("7", "Patient/1"), condition("7", "Patient/2")
    ),
    "versions of a Condition of two subjects": named(
        at(A, patient("1")),
        at(A, patient("2", **KARL)),
        at(A, version(condition("7", "Patient/1"), "1")),
        at(A, version(condition("7", "Patient/2"), "2")),
        kind="history",
    ),
}
URN = "urn:uuid:5c1b6a44-0000-4000-8000-00000000000"
TAKEN = {
    "the same twice": (bundle(patient("1"), condition("7", "Patient/1"), patient("1"), condition("7", "Patient/1")), 1),
    "the same twice, under two addresses": (
        named(at(A, patient("1")), (f"{URN}1", patient("1")), at(A, condition("7", "Patient/1"))),
        1,
    ),
    "the same from two servers": (
        named(
            *(
                at(server, one)
                for server in (A, B)
                for one in (patient("1"), version(condition("7", "Patient/1"), server[8]))
            )
        ),
        1,
    ),
    "versions of one address, one with the birth date corrected": (
        named(
            at(A, version(patient("1", birthDate="1980-05-17"), "2")),
            at(A, version(patient("1", birthDate="1908-05-17", identifier=KARL["identifier"]), "1")),
            at(A, version(condition("7", "Patient/1", extension=NOTED), "2")),
            at(A, version(condition("7", "Patient/1"), "1")),
            kind="history",
        ),
        1,
    ),
    "versions whose addresses name them": (
        named(
            (f"{A}/Patient/1", patient("1")),
            (f"{A}/Condition/7/_history/1", version(condition("7", "Patient/1"), "1")),
            (f"{A}/Condition/7/_history/2", version(condition("7", "Patient/1", extension=NOTED), "2")),
        ),
        1,
    ),
    "versions in lines, the birth date corrected": (
        ndjson(
            version(patient("1", birthDate="1980-05-07"), "1"), version(patient("1"), "2"), condition("7", "Patient/1")
        ),
        1,
    ),
    "a Patient who married and got one more number": (
        ndjson(
            patient("1"),
            patient(
                "1",
                name=[{"family": "Berg", "given": ["Ana"]}],
                identifier=[*patient("1")["identifier"], *KARL["identifier"]],
            ),
            condition("7", "Patient/1"),
        ),
        1,
    ),
    "a birth date that became whole": (
        ndjson(patient("1", birthDate="1980"), patient("1"), condition("7", "Patient/1")),
        1,
    ),
    "one subject named in three ways": (
        named(
            (f"{URN}1", patient("1")),
            ("", condition("7", f"{URN}1")),
            ("", condition("7", "Patient/1")),
            ("", condition("7", f"{A}/Patient/1")),
        ),
        1,
    ),
    "urns as addresses": (
        named((f"{URN}1", patient("1")), (f"{URN}2", patient("2", **KARL)), (f"{URN}3", condition("7", f"{URN}1"))),
        2,
    ),
    "addresses on some alone": (
        named(at(A, patient("1")), ("", condition("7", "Patient/1")), (f"{URN}3", condition("8", f"{A}/Patient/1"))),
        1,
    ),
    "one server by http and by https": (
        named(at(A, patient("1")), at(A.replace("https", "http"), condition("7", "Patient/1"))),
        1,
    ),
    "a server that names itself otherwise in references": (
        named(at(A, patient("1")), at(A, condition("7", "http://internal:8080/fhir/Patient/1"))),
        1,
    ),
    "an entry of another server that says whose Patient it means": (
        named(at(A, patient("1")), at(B, condition("7", f"{A}/Patient/1"))),
        1,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_id_that_means_two_things_refuses_the_whole_file(name: str) -> None:
    report = take(REFUSED[name], "file.json")
    ((_, reason),) = report.refused
    assert "one id that means two different entries of type" in reason
    assert "as a file of its own" in reason
    assert (report.created, report.inbox, models.Resource.objects.count()) == (0, 0, 0)
    assert not identity_models.Person.objects.exists()
    assert models.ImportFile.objects.get().state == "refused"


@pytest.mark.parametrize("name", TAKEN)
def test_what_means_one_thing_is_taken_in(name: str) -> None:
    data, persons = TAKEN[name]
    report = take(data, "file.json")
    assert report.refused == []
    made = identity_models.Person.objects.order_by("pk")
    assert made.count() == persons
    rows = models.Resource.objects.filter(deleted=False, category=1)
    assert rows.exists()
    assert set(rows.values_list("person_id", flat=True)) == {made[0].pk}


def test_lines_read_twice_are_held_against_each_other_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "IN_MEMORY", 0)
    assert take(REFUSED["two Patients of one id in lines"], "all.ndjson").refused
    assert not models.Resource.objects.exists()
