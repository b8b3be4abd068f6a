"""Pointers to what is not in a package."""

from typing import Any

import pytest

from chartpost.delivery.build.redact import ABSENT, keys_of, without
from chartpost.formats.fhirjson.validate import validate

PATIENT = {"reference": "Patient/p"}


def test_an_optional_pointer_goes_with_its_name() -> None:
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"text": "Panel"},
        "subject": PATIENT,
        "result": [{"reference": "Observation/secret", "display": "Secret test"}, {"reference": "Observation/open"}],
    }
    cut = without(report, {"Observation/secret"})
    assert cut == {**report, "result": [{"reference": "Observation/open"}]}
    assert validate("DiagnosticReport", cut) == []
    assert "result" not in (without(report, {"Observation/secret", "Observation/open"}) or {})


def test_a_pointer_that_fhir_demands_says_it_is_absent() -> None:
    claim: dict[str, Any] = {
        "resourceType": "ExplanationOfBenefit",
        "id": "e",
        "status": "active",
        "type": {"text": "x"},
        "use": "claim",
        "patient": PATIENT,
        "created": "2026-01-01",
        "insurer": {"display": "Plan"},
        "provider": {"display": "Clinic"},
        "outcome": "complete",
        "insurance": [{"focal": True, "coverage": {"reference": "Coverage/secret", "display": "Secret plan"}}],
    }
    assert validate("ExplanationOfBenefit", claim) == []
    cut = without(claim, {"Coverage/secret"})
    assert cut is not None
    assert cut["insurance"] == [{"focal": True, "coverage": ABSENT}]
    assert validate("ExplanationOfBenefit", cut) == []


def test_a_provenance_of_nothing_goes_away() -> None:
    origin: dict[str, Any] = {
        "resourceType": "Provenance",
        "id": "o",
        "target": [{"reference": "Observation/secret"}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "Clinic"}}],
    }
    assert without(origin, {"Observation/secret"}) is None
    assert without(origin, {"Observation/other"}) == origin


@pytest.mark.parametrize(
    "address",
    [
        "Observation/secret",
        "https://fhir.example.org/r4/Observation/secret",
        "Observation/secret/_history/3",
        "Observation/secret#part",
    ],
)
def test_every_form_of_an_address_is_found(address: str) -> None:
    holder = {"resourceType": "Goal", "id": "g", "addresses": [{"reference": address}]}
    assert list(keys_of(holder)) == ["Observation/secret"]
    assert without(holder, {"Observation/secret"}) != holder
    attached = {"content": [{"attachment": {"url": address}}]}
    assert list(keys_of(attached)) == ["Observation/secret"]
