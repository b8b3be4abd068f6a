"""Odd values of parameters and page links: refused with words, never a fault of ours."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import condition, everyone, transaction

ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}
DIGIT = quote("²")
ADDRESSES = [
    f"Patient/MINE/$everything?_count={DIGIT}",
    f"Patient/MINE/_history?_count={DIGIT}",
    f"AuditEvent?_count={DIGIT}",
    f"Observation?_count={DIGIT}",
    f"Patient/MINE/_history/{DIGIT}",
    "AuditEvent?date=9999",
    "AuditEvent?date=ge9999-12-31",
    "AuditEvent?date=0001",
    "Patient/MINE/_history?_since=9999-12-31",
    "Patient/MINE/_history?_at=9999-12-31",
    "Patient/MINE/$everything?start=0001&end=9999",
    "Observation?date=9999",
    "Observation?date=ge0001-01-01",
    "Observation?_lastUpdated=le9999-12-31",
    "Observation?_lastUpdated=9999",
    "Observation?_count=99999999999999999999",
    "Observation?_id=" + "a," * 2000,
    "Observation?value-quantity=1e400",
    "Observation?value-quantity=nan",
    "Observation?value-quantity=1e-999999999",
    "Observation?value-quantity=1e999999999",
    "DocumentReference/$docref?patient=MINE&start=9999&end=9999",
    "Observation?_sort=" + "date," * 500,
    "Observation?code:in=http://example.com/vs",
    "Observation?code:text=" + "(" * 500,
    "Observation?_elements=" + "a," * 3000,
    "Patient?name:contains=" + quote("%_\\") * 50,
    "Patient?_has:Observation:patient:_has:Observation:patient:code=1",
    "Observation?patient.patient.patient.patient=1",
    "Observation?patient:Patient.name=",
    "$export-status/x",
    "$export-file/x/1",
    "$export-file/x",
    "$unknown",
    "_unknown",
    ".well-known",
    "Patient/$everything",
    "Observation/MINE/$everything",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("kind", ["person", "office"])
def test_odd_addresses_are_refused(pair: Pair, address: str, kind: str) -> None:
    door = pair.door() if kind == "person" else everyone()
    answer = door.get(address.replace("MINE", pair.mine))
    assert answer.status < 500, answer.body


LISTS = ["Observation", "Condition", "Patient/MINE/_history", "Patient/MINE/$everything", "AuditEvent", "_history"]


@pytest.mark.parametrize("source", [name for name in LISTS if name != "Condition"])
def test_a_page_link_leads_to_its_own_pages_only(pair: Pair, source: str) -> None:
    door, office = pair.door(), everyone()
    patient = office.get(f"Patient/{pair.mine}").json
    changed = office.send("PUT", f"Patient/{pair.mine}", {**patient, "active": not patient.get("active")})
    assert changed.status == 200, changed.body
    first = door.get(f"{source.replace('MINE', pair.mine)}?_count=1")
    link = first.link("next")
    assert link, first.body
    assert door.get(link).status == 200
    for other in LISTS:
        if other != source:
            answer = door.get(f"{other.replace('MINE', pair.mine)}?{link.partition('?')[2]}")
            assert answer.status == 400, (other, answer.body)


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Parameters", "parameter": 5},
        {"resourceType": "Parameters", "parameter": [5, None, "x"]},
        {"resourceType": "Parameters", "parameter": {"name": "_type"}},
        {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": 5}]},
        {"resourceType": "Parameters", "parameter": [{"name": "patient", "valueReference": {"reference": 5}}]},
    ],
)
@pytest.mark.parametrize(
    "address", ["$export", "Patient/$export", "Patient/MINE/$everything", "DocumentReference/$docref"]
)
def test_odd_parameters_are_refused(pair: Pair, address: str, body: Any) -> None:
    answer = everyone().send("POST", address.replace("MINE", pair.mine), body, ASYNC)
    assert answer.status < 500, answer.body


@pytest.mark.parametrize(
    "filters",
    [
        "Nothing?x=1",
        "Observation",
        "Observation?",
        "?",
        "Observation?code:in=x",
        "Observation?nothing=1",
        "Observation?_has:a:b:c=1",
    ],
)
def test_odd_type_filters_are_refused(pair: Pair, filters: str) -> None:
    answer = everyone().get(f"$export?_typeFilter={quote(filters)}", **ASYNC)
    assert answer.status < 500, answer.body


@pytest.mark.parametrize(
    ("text", "status"), [("a\\u0000b", 400), ("\\u0000", 400), ("a\\\\u0000", 201), ("\\\\\\u0000", 400)]
)
def test_a_text_with_a_character_no_database_keeps_is_refused(pair: Pair, text: str, status: int) -> None:
    body = b'{"resourceType":"Patient","name":[{"family":"%b"}],"birthDate":"1980-01-01"}' % text.encode()
    answer = everyone().post("Patient", body, content_type="application/fhir+json")
    assert answer.status == status, answer.body
    if status == 400:
        assert "U+0000" in answer.json["issue"][0]["diagnostics"]


ODD: list[Any] = [[], {}, ["x"], {"x": "y"}, 5, True]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST"])
def test_odd_resources_in_a_bundle_are_refused(pair: Pair, method: str, kind: str, odd: Any) -> None:
    wrong = {"request": {"method": method, "url": "Condition" if method == "POST" else "Condition/x"}, "resource": odd}
    answer = everyone().post("", transaction(wrong, kind=kind))
    alone = answer.json["entry"][0]["response"]["status"] if answer.status == 200 else answer.status
    assert 400 <= int(alone) < 500, answer.body


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["type", "base", "code", "expression", "status"])
def test_odd_search_parameters_are_refused(pair: Pair, name: str, odd: Any) -> None:
    parameter = {"resourceType": "SearchParameter", "url": "urn:x", "name": "x", "status": "active", "description": "x"}
    parameter |= {"code": "odd", "base": ["Patient"], "type": "string", "expression": "Patient.name", name: odd}
    answer = everyone().post("SearchParameter", parameter)
    assert answer.status == 422, answer.body
    assert any(name in issue["expression"][0] for issue in answer.json["issue"])


@pytest.mark.parametrize("odd", ODD)
def test_odd_ids_of_contained_resources_are_refused(pair: Pair, odd: Any) -> None:
    inside = [{"resourceType": "Practitioner", "id": odd}]
    resource = condition(pair.mine, contained=inside, recorder={"reference": "#x"})
    answer = everyone().post("Condition", resource)
    assert answer.status == 422, answer.body
    said = everyone().post("Condition/$validate", resource)
    assert said.status == 200
    for told in (answer, said):
        assert any("contained[0]" in issue["expression"][0] for issue in told.json["issue"])
