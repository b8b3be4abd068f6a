"""Which writes join a round, and that no stranger does."""

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
