"""Which reads stand in line, which writes join a round, and that no stranger does."""

import pytest

from chartpost.gateways.fhir import quick
from chartpost.identity import tokens

QUICK = {"REQUEST_METHOD": "POST", "PATH_INFO": "/fhir/Observation", "HTTP_AUTHORIZATION": "Bearer good"}


@pytest.fixture(autouse=True)
def one_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "known", lambda token: token == "good")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/fhir/Observation"), ("PUT", "/fhir/Observation/o1"), ("DELETE", "/fhir/Observation/o1")],
)
def test_what_names_one_resource_is_quick(method: str, path: str) -> None:
    assert quick.alone(QUICK | {"REQUEST_METHOD": method, "PATH_INFO": path})


@pytest.mark.parametrize(
    "other",
    [
        {"HTTP_AUTHORIZATION": "Bearer other"},
        {"HTTP_AUTHORIZATION": "Basic good"},
        {"HTTP_AUTHORIZATION": ""},
        {"QUERY_STRING": "_pretty=true"},
        {"HTTP_IF_NONE_EXIST": "identifier=1"},
        {"HTTP_X_PROVENANCE": '{"agent":[{"who":{"reference":"Practitioner?identifier=1"}}]}'},
        {"PATH_INFO": "/fhir"},
        {"PATH_INFO": "/fhir/"},
        {"PATH_INFO": "/fhir/Observation/_search"},
        {"PATH_INFO": "/fhir/Observation/$validate"},
        {"PATH_INFO": "/fhir/$export"},
        {"PATH_INFO": "/fhir/_search"},
        {"REQUEST_METHOD": "PATCH", "PATH_INFO": "/fhir/Observation/o1"},
        {"REQUEST_METHOD": "PUT"},
        {"REQUEST_METHOD": "DELETE"},
        {"REQUEST_METHOD": "DELETE", "PATH_INFO": "/fhir/$export-status/e1"},
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/fhir/Subscription"},
        {"REQUEST_METHOD": "PUT", "PATH_INFO": "/fhir/Subscription/s1"},
    ],
    ids=lambda other: " ".join(other.values()) or "nobody",
)
def test_what_searches_goes_far_or_comes_from_a_stranger_is_not(other: dict[str, str]) -> None:
    assert not quick.alone(QUICK | other)


def test_references_that_are_searches_are_found_in_the_body() -> None:
    assert quick.light(b'{"resourceType":"Basic","subject":{"reference":"Patient/p1"},"text":"Patient?"}')
    assert not quick.light(b'{"subject": {"reference" : "Patient?identifier=1"}}')
    assert quick.light(b'{"text": "\\u003cp>\\u00e9\\u0027\\u003c/p>"}')
    assert quick.alone(QUICK | {"HTTP_X_PROVENANCE": '{"agent":[{"who":{"reference":"Practitioner/p1"}}]}'})


@pytest.mark.parametrize("key", ["reference", "referenc\\u0065"])
@pytest.mark.parametrize(
    "value", ["Patient?_id=1", "Patient\\u003f_id=1", "Patient\\u003F_id=1", "\\u0050atient?_id=1"]
)
def test_a_reference_is_a_search_however_it_is_written(key: str, value: str) -> None:
    body = f'{{"subject":{{"{key}":"{value}"}}}}'.encode()
    assert not quick.light(body)


@pytest.mark.parametrize("path", ["/fhir/Observation/o1", "/fhir/Observation", "/fhir/Patient/p1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_and_searches_of_a_type_stand_in_line(method: str, path: str) -> None:
    assert quick.read({"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "_count=50"})


@pytest.mark.parametrize(
    "other",
    [
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "DELETE"},
        {"CONTENT_LENGTH": "0"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"PATH_INFO": "/fhir/Patient/p1/$everything"},
        {"PATH_INFO": "/fhir/Patient/$export"},
        {"PATH_INFO": "/fhir/Patient/p1/_history"},
        {"PATH_INFO": "/fhir/Binary/b1"},
        {"PATH_INFO": "/fhir/metadata"},
        {"PATH_INFO": "/fhir"},
        {"PATH_INFO": "/desk/"},
    ],
    ids=lambda other: " ".join(other.values()),
)
def test_what_has_a_body_or_a_long_answer_does_not(other: dict[str, str]) -> None:
    assert not quick.read({"REQUEST_METHOD": "GET", "PATH_INFO": "/fhir/Patient/p1"} | other)
