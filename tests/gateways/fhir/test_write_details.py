"""Writes whose details are easily got wrong."""

import pytest

from chartpost.ledger import queries as ledger
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import PATCH, Json, condition, entry, everyone, patient, transaction


def test_a_new_patients_old_id_does_not_draw_references_to_a_known_one(pair: Pair) -> None:
    answer = everyone().post(
        "",
        transaction(
            entry("POST", "Patient", patient(id=pair.mine), "urn:uuid:p"),
            entry("POST", "Condition", condition(pair.mine)),
        ),
    )
    place = answer.json["entry"][1]["response"]["location"].partition("/_history")[0]
    assert everyone().get(place).json["subject"]["reference"] == f"Patient/{pair.mine}"


def test_equal_conditions_in_one_transaction_make_one(pair: Pair) -> None:
    door = everyone()
    marked = condition(pair.mine, identifier=[{"system": "urn:test", "value": "once"}])
    twice = [
        entry("POST", "Condition", marked, f"urn:uuid:{n}", ifNoneExist="identifier=urn:test|once") for n in (1, 2)
    ]
    answer = door.post("", transaction(*twice))
    assert [e["response"]["status"] for e in answer.json["entry"]] == ["201", "200"]
    assert len(door.get("Condition?identifier=once").ids) == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"resource": {}, "request": {"method": [], "url": "Patient"}}, 400),
        (entry("DELETE", "Condition/a%00b"), 400),
        (entry("DELETE", "Condition"), 412),
        (entry("PUT", "Condition", {"resourceType": "Condition"}), 412),
    ],
)
def test_entries_that_name_nothing(pair: Pair, wrong: Json, status: int) -> None:
    assert everyone().post("", transaction(wrong)).status == status


def test_a_patch_keeps_digits_and_refuses_depth(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    digits = b'[{"op":"add","path":"/extension","value":[{"url":"urn:x","valueDecimal":1.10}]}]'
    assert b"1.10" in door.send("PATCH", f"Condition/{name}", digits, PATCH).body
    deep = b'[{"op":"add","path":"/extension","value":' + b"[" * 900 + b"]" * 900 + b"}]"
    assert door.send("PATCH", f"Condition/{name}", deep, PATCH).status in (400, 422)


def test_the_ledger_says_created_changed_and_removed_once_each(pair: Pair) -> None:
    door = everyone()
    resource = {**condition(pair.mine), "id": "told"}
    door.send("PUT", "Condition/told", resource)
    door.send("PUT", "Condition/told", {**resource, "note": [{"text": "n"}]})
    door.send("DELETE", "Condition/told")
    door.send("DELETE", "Condition/told")
    said = [e.action for e in ledger.for_person(pair.me.id) if e.object == "Condition/told"]
    assert sorted(said) == ["record.create", "record.delete", "record.update"]


def test_entries_of_a_batch_say_where_and_when_they_were_stored(pair: Pair) -> None:
    put = entry("PUT", "Condition/batched", {**condition(pair.mine), "id": "batched"})
    again = entry("PUT", "Condition/batched", {**condition(pair.mine), "id": "batched", "note": [{"text": "n"}]})
    answer = everyone().post(
        "", transaction(put, again, entry("POST", "Condition", condition(pair.mine)), kind="batch")
    )
    for one in answer.json["entry"]:
        stored, response = one["resource"], one["response"]
        place = f"/fhir/Condition/{stored['id']}/_history/{stored['meta']['versionId']}"
        assert response["location"].endswith(place)
        assert response["lastModified"] == stored["meta"]["lastUpdated"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_an_entry_nested_too_deep_is_refused_as_alone(pair: Pair, kind: str) -> None:
    deep = b'{"resourceType":"Organization","x":' + b'{"a":' * 300 + b"1" + b"}" * 301
    assert everyone().post("Organization", deep).status == 422
    asked = b'{"method":"POST","url":"Organization"}'
    bundle = b'{"resourceType":"Bundle","type":"%b","entry":[{"resource":%b,"request":%b}]}'
    answer = everyone().post("", bundle % (kind.encode(), deep, asked))
    told = answer.json["entry"][0]["response"] if kind == "batch" else {"status": str(answer.status)}
    assert told["status"] == "422", answer.body
