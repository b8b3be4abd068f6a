"""Operations and searches that give all that was asked for, nothing else, and leave a trace of whom it told of."""

from collections.abc import Iterator
from datetime import date
from unittest.mock import patch

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.gateways.fhir import noting
from chartpost.identity.services import event
from chartpost.identity.types import Actor, Authority, RowFilter
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as ledger_services
from chartpost.records.search import custom
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer, Door, access
from tests.gateways.fhir.test_writes import Json, everyone


def kinds(answer: Answer) -> set[str]:
    assert answer.status == 200, answer.body
    return {name.partition("/")[0] for name in answer.ids}


def test_everything_takes_types_more_than_once(pair: Pair) -> None:
    address = f"Patient/{pair.mine}/$everything"
    query = "?_count=1000&_type=Observation&_type=Condition"
    assert kinds(pair.door().get(address + query)) == {"Observation", "Condition"}
    self_link = pair.door().get(address + query).link("self") or ""
    assert "_type=Observation" in self_link
    assert "_type=Condition" in self_link
    two = [{"name": "_type", "valueCode": name} for name in ("Observation", "Condition")]
    sent = {"resourceType": "Parameters", "parameter": two}
    assert kinds(pair.door().post(address, sent)) == {"Observation", "Condition"}
    assert pair.door().get(f"{address}?start=2020&start=2021").status == 400


@pytest.mark.parametrize("kind", ["Observation", "Practitioner", "Patient", "Organization"])
def test_everything_gives_the_types_asked_for_only(pair: Pair, kind: str) -> None:
    address = f"Patient/{pair.mine}/$everything?_count=1000"
    whole = {name for name in pair.door().get(address).ids if name.startswith(f"{kind}/")}
    assert whole
    assert set(pair.door().get(f"{address}&_type={kind}").ids) == whole


def test_whom_they_name_alone_is_written_down_as_a_look_at_the_person(pair: Pair) -> None:
    before = len(ledger.for_person(pair.me.id, None, 200))
    assert pair.door().get(f"Patient/{pair.mine}/$everything?_type=Practitioner").ids
    assert len(ledger.for_person(pair.me.id, None, 200)) == before + 1


def test_docref_heeds_a_type_as_a_codeable_concept(pair: Pair) -> None:
    def found(**type_: object) -> Answer:
        given = [{"name": "patient", "valueId": pair.mine}, {"name": "type", **type_}]
        return pair.door().post("DocumentReference/$docref", {"resourceType": "Parameters", "parameter": given})

    every = pair.door().get(f"DocumentReference/$docref?patient={pair.mine}")
    code = every.json["entry"][0]["resource"]["type"]["coding"][0]
    wanted = found(valueCodeableConcept={"coding": [{"system": code["system"], "code": code["code"]}]})
    assert every.json["entry"][0]["resource"]["id"] in {name.partition("/")[2] for name in wanted.ids}
    none = {"coding": [{"system": "http://loinc.org", "code": "nope-1"}]}
    assert found(valueCodeableConcept=none).ids == []
    refused = found(valuePeriod={"start": "2020"})
    assert (refused.status, b"valuePeriod" in refused.body) == (400, True)
    assert pair.door().get(f"DocumentReference/$docref?patient={pair.mine}&type=a&type=b").status == 400


def test_what_metadata_says_of_audit_events_is_taken(pair: Pair) -> None:
    door = pair.door()
    [said] = [one for one in door.get("metadata").json["rest"][0]["resource"] if one["type"] == "AuditEvent"]
    refused = [p["name"] for p in said["searchParam"] if door.get(f"AuditEvent?{p['name']}=2024").status == 400]
    assert refused == []
    assert not {"searchInclude", "searchRevInclude"} & said.keys()


@pytest.mark.parametrize("query", ["entity=Observation/1", "before=abc", "dates=2020", "_id=a&_id=b"])
def test_the_log_is_searched_by_what_it_says_only(pair: Pair, query: str) -> None:
    assert pair.door().get(f"AuditEvent?{query}").status == 400


def test_the_log_is_asked_for_by_each_form_of_a_reference(pair: Pair) -> None:
    door = pair.door()
    door.get(f"Patient/{pair.mine}")
    for form in ("", "Patient/", "https://localhost:8443/fhir/Patient/"):
        assert door.get(f"AuditEvent?patient={form}{pair.mine}").ids
    assert door.get(f"AuditEvent?patient=Observation/{pair.mine}").ids == []


def test_days_of_the_log_are_all_heeded(pair: Pair) -> None:
    door = pair.door()
    door.get(f"Patient/{pair.mine}")
    found = door.get("AuditEvent?date=ge2020&date=le2090")
    assert found.ids
    assert "ge2020" in (found.link("self") or "")
    assert "le2090" in (found.link("self") or "")
    assert door.get("AuditEvent?date=ge2090&date=ge2020").ids == []
    two = found.ids[:2]
    assert sorted(door.get(f"AuditEvent?_id={','.join(name.partition('/')[2] for name in two)}").ids) == sorted(two)
    first = door.get("AuditEvent?_count=1&date=ge2020")
    following = door.get(first.link("next") or "")
    assert first.ids != following.ids
    assert len(following.ids) == 1


@pytest.mark.parametrize(
    "query",
    [
        "Condition?patient={me}&_summary=count",
        "Condition?patient={me}&_count=0",
        "Condition?subject.identifier=x&patient={me}&_summary=count",
        "Patient?_id={me}&_summary=count",
        "Patient?name=a&_summary=count",
        "Patient?_id:missing=false&_id={me}&_summary=count",
        "Condition?patient:missing=false&patient={me}&_summary=count",
        "Practitioner?_has:Encounter:participant:patient={me}",
        "Organization?_has:Patient:organization:_id={me}&_summary=count",
    ],
)
def test_who_counts_a_persons_record_is_written_down(pair: Pair, query: str) -> None:
    with patch.object(noting.ledger, "note_read_like") as noted:
        answer = everyone("system/*.rs").get(query.format(me=pair.mine))
    assert answer.status == 200, answer.body
    assert noted.called


def test_revinclude_gives_what_is_nobodys_too(pair: Pair) -> None:
    door = everyone()
    listed = {"resourceType": "List", "status": "current", "mode": "working"}
    listed["entry"] = [{"item": {"reference": f"Patient/{pair.mine}"}}]
    made = door.post("List", listed).json["id"]
    assert f"List/{made}" in door.get(f"Patient?_id={pair.mine}&_revinclude=List:item").ids
    assert f"List/{made}" not in pair.door().get(f"Patient?_id={pair.mine}&_revinclude=List:item").ids


@pytest.fixture
def own_method(pair: Pair) -> Iterator[Json]:
    """A search parameter of the office's own."""
    one = {"resourceType": "SearchParameter", "url": "http://x/1", "name": "x", "status": "active", "description": "d"}
    one |= {"code": "my-method", "base": ["Observation"], "type": "token", "expression": "Observation.method"}
    made = everyone().post("SearchParameter", one)
    assert made.status == 201, made.body
    custom.forget()
    yield made.json
    custom.forget()


def test_a_code_is_not_taken_over_by_another_parameter(pair: Pair, own_method: Json) -> None:
    door = everyone()
    method = {"coding": [{"system": "urn:m", "code": "m1"}]}
    seen = {"resourceType": "Observation", "status": "final", "code": {"text": "c"}, "method": method}
    name = door.post("Observation", {**seen, "subject": {"reference": f"Patient/{pair.mine}"}}).json["id"]
    other = {k: v for k, v in own_method.items() if k not in ("id", "meta")}
    other |= {"url": "http://x/2", "expression": "Observation.status"}
    refused = door.post("SearchParameter", other)
    assert (refused.status, b"another SearchParameter" in refused.body) == (422, True)
    assert door.post("SearchParameter", {**other, "status": "draft"}).status == 201
    assert door.post("SearchParameter", {**other, "base": [{}]}).status == 422
    assert door.send("PUT", f"SearchParameter/{own_method['id']}", {**own_method, "description": "e"}).status == 200
    custom.forget()
    assert door.get("Observation?my-method=m1").ids == [f"Observation/{name}"]


def test_metadata_lists_the_parameters_of_this_office(own_method: Json) -> None:
    [said] = [one for one in Door(None).get("metadata").json["rest"][0]["resource"] if one["type"] == "Observation"]
    assert {"name": own_method["code"], "type": "token"} in said["searchParam"]


def test_a_grant_of_some_years_has_no_log(pair: Pair) -> None:
    pair.door().get("Condition?_count=1")
    partial = {pair.me.id: RowFilter(date_from=date(2025, 1, 1))}
    assert Door(access("patient/*.rs", pair.me.id, pair.mine, partial)).get("AuditEvent").ids == []


def test_what_shapes_a_result_is_said_once(pair: Pair) -> None:
    door = pair.door()
    name = door.get("Condition?_count=1").ids[0]
    both = "_elements=onsetDateTime&_elements=category"
    assert "category" in door.get(f"Condition?_count=1&{both}").json["entry"][0]["resource"]
    assert "category" in door.get(f"{name}?{both}").json
    for query in ("_sort=code&_sort=-_lastUpdated", "_count=1&_count=2", "_summary=count&_summary=true"):
        assert door.get(f"Condition?{query}").status == 400
    assert door.get(f"{name}?_summary=true&_summary=data").status == 400


def test_a_chain_out_of_scope_is_refused(pair: Pair) -> None:
    door = pair.door("patient/Observation.rs")
    for chain in ("subject.name:missing=false", "subject:Patient.gender:missing=false", "performer.name=x"):
        assert door.get(f"Observation?{chain}").status == 403
    assert pair.door("patient/Observation.rs patient/Patient.rs").get("Observation?subject.name=x").status == 200


@pytest.mark.parametrize(
    "query",
    [
        "QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire",
        "QuestionnaireResponse?questionnaire:Questionnaire.title=x",
        "Questionnaire?_has:QuestionnaireResponse:questionnaire:status=completed",
        "Questionnaire?_revinclude=QuestionnaireResponse:questionnaire",
    ],
)
def test_what_names_a_canonical_url_is_not_followed_in_silence(query: str) -> None:
    answer = everyone().get(query)
    assert (answer.status, b"canonical url" in answer.body) == (400, True)


def test_metadata_names_no_include_by_canonical_url() -> None:
    every = Door(None).get("metadata").json["rest"][0]["resource"]
    [said] = [one for one in every if one["type"] == "QuestionnaireResponse"]
    assert "QuestionnaireResponse:questionnaire" not in said["searchInclude"]
    assert "QuestionnaireResponse:patient" in said["searchInclude"]


def test_no_page_of_the_log_hints_at_what_a_parent_is_not_told(pair: Pair) -> None:
    minor = Actor("person", ref="minor", name="Minor", own_persons=frozenset({pair.me.id}))
    for number in range(3):
        pair.door().get("Observation?_count=1")
        ledger_services.append(event(minor, "request.message", pair.me.id, f"request:x{number}"))
    right = Authority("r1", pair.me.id, "parent", -1, True, True, date(2020, 1, 1), None)
    parent = Actor("person", ref="parent", name="Pat Parent", authorities=(right,), today=date(2026, 11, 23))
    persons = {pair.me.id: RowFilter(hidden_labels=int(Label.MINOR_CONFIDENTIAL))}
    door = Door(access("patient/*.rs", pair.me.id, pair.mine, persons, actor=parent))
    page, sizes, seen = door.get("AuditEvent?_count=1"), list[int](), list[str]()
    while following := page.link("next"):
        sizes.append(len(page.ids))
        seen += page.ids
        page = door.get(following)
    assert set(sizes) == {1}
    assert len(page.ids) == 1
    assert len(seen) == len(set(seen))
