"""Transactions whole or not at all: patches, reads that fail, deletions, very many entries, scopes of updates."""

import base64
import time
import tracemalloc
from typing import Any

import orjson
import pytest

from chartpost.ledger import queries as ledger
from chartpost.records import on_write, writing
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import DIGITS, condition, entry, everyone, exact, patient, rows, transaction

Json = dict[str, Any]
NOTE = [{"op": "add", "path": "/note", "value": [{"text": "Seen"}]}]


def binary(patch: Any, media: str = "application/json-patch+json") -> Json:
    data = base64.b64encode(patch if isinstance(patch, bytes) else orjson.dumps(patch)).decode()
    return {"resourceType": "Binary", "contentType": media, "data": data}


def test_a_patch_changes_one_resource_of_a_transaction(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    seen = [{"op": "add", "path": "/encounter", "value": {"reference": "urn:uuid:visit"}}]
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{pair.mine}"},
    }
    answer = door.post(
        "",
        transaction(
            entry("PATCH", f"Condition/{name}", binary(seen), ifMatch='W/"1"'),
            entry("POST", "Encounter", visit, "urn:uuid:visit"),
        ),
    )
    assert [e["response"]["status"] for e in answer.json["entry"]] == ["200", "201"], answer.body
    assert answer.json["entry"][0]["response"]["etag"] == 'W/"2"'
    made = answer.json["entry"][1]["response"]["location"].split("/fhir/")[1].partition("/_history")[0]
    assert door.get(f"Condition/{name}").json["encounter"]["reference"] == made
    told = [e.action for e in ledger.for_person(pair.me.id)[:5]]
    assert told.count("record.update") == 1


@pytest.mark.parametrize(
    ("resource", "request_", "status"),
    [
        (binary(b"nonsense"), {}, 400),
        (binary(NOTE, "application/json"), {}, 400),
        ({"resourceType": "Parameters"}, {}, 400),
        (None, {}, 400),
        (binary([{"op": "remove", "path": "/subject"}]), {}, 422),
        (binary([{"op": "replace", "path": "/id", "value": "x"}]), {}, 422),
        (binary([{"op": "test", "path": "/note/0/text", "value": "no"}]), {}, 422),
        (binary(NOTE), {"ifMatch": 'W/"9"'}, 412),
    ],
)  # fmt: skip
def test_a_patch_that_does_not_fit_leaves_nothing(
    pair: Pair, resource: Json | None, request_: dict[str, str], status: int
) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    before = rows()
    wrong = entry("PATCH", f"Condition/{name}", resource, **request_)
    answer = door.post("", transaction(entry("POST", "Condition", condition(pair.mine)), wrong))
    assert (answer.status, answer.json["resourceType"]) == (status, "OperationOutcome"), answer.body
    assert rows() == before
    assert "note" not in door.get(f"Condition/{name}").json


def test_a_patch_needs_the_scope_and_something_to_change(pair: Pair) -> None:
    name = everyone().post("Condition", condition(pair.mine)).json["id"]
    both = everyone("system/Condition.cr system/Patient.rs")
    assert both.post("", transaction(entry("PATCH", f"Condition/{name}", binary(NOTE)))).status == 403
    assert everyone().post("", transaction(entry("PATCH", "Condition/nothing", binary(NOTE)))).status == 404
    everyone().send("DELETE", f"Condition/{name}")
    assert everyone().post("", transaction(entry("PATCH", f"Condition/{name}", binary(NOTE)))).status == 410


@pytest.mark.parametrize(("url", "status"), [("Condition/nothing", 404), ("Condition?nonsense=1", 400)])
def test_a_read_that_fails_undoes_the_transaction(
    pair: Pair, url: str, status: int, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[on_write.Changed] = []
    monkeypatch.setattr(on_write, "_listeners", [heard.extend])
    door, before = everyone(), rows()
    with django_capture_on_commit_callbacks(execute=True):
        answer = door.post("", transaction(entry("POST", "Patient", patient()), entry("GET", url)))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (status, ["Bundle.entry[1]"]), answer.body
    assert rows() == before
    assert heard == []
    assert door.get("Patient?name=nyqvist").ids == []


def test_a_read_sees_what_the_transaction_wrote(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    read = entry("GET", f"Condition/{name}")
    answer = door.post("", transaction(read, entry("PATCH", f"Condition/{name}", binary(NOTE))))
    assert answer.json["entry"][0]["resource"]["note"][0]["text"] == "Seen"


@pytest.mark.parametrize("deleting", ["Patient/{}", "Patient?identifier=urn:test:mrn|TV-1"])
def test_nothing_points_at_what_the_same_transaction_deletes(pair: Pair, deleting: str) -> None:
    door = everyone()
    name = door.post("Patient", patient()).json["id"]
    before = rows()
    both = transaction(entry("DELETE", deleting.format(name)), entry("POST", "Condition", condition(name)))
    answer = door.post("", both)
    assert answer.status == 422, answer.body
    assert answer.json["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject.reference"]
    assert rows() == before
    assert door.get(f"Patient/{name}").status == 200
    assert door.post("", transaction(entry("DELETE", deleting.format(name)))).status == 200
    assert door.get(f"Patient/{name}").status == 410


def test_ten_thousand_entries_are_one_transaction_and_one_more_is_too_many(pair: Pair) -> None:
    small = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": f"Patient/{pair.mine}"}}
    entries = [entry("POST", "Basic", small) for _ in range(10_000)]
    door, before = everyone(), rows()
    assert door.post("", transaction(*entries, entries[0])).status == 413
    assert rows() == before
    body = orjson.dumps(transaction(*entries))
    tracemalloc.start()
    started = time.process_time()
    answer = door.send("POST", "", body)
    spent, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status == 200, answer.body[:500]
    assert {e["response"]["status"] for e in answer.json["entry"]} == {"201"}
    assert rows()[0] == before[0] + 10_000
    assert peak < 60 * len(body), f"{peak:,} bytes for a body of {len(body):,}"
    assert spent < 120


def test_an_update_of_nothing_creates_with_the_scope_to_update(pair: Pair) -> None:
    """As SMART App Launch 2.2 has it: update-as-create belongs to `u`."""
    resource = {**condition(pair.mine), "id": "by-update"}
    put = transaction(entry("PUT", "Condition/by-update-2", {**resource, "id": "by-update-2"}))
    for scopes, status in (("system/Condition.c", 403), ("system/Condition.rs", 403), ("system/Condition.u", 201)):
        door = everyone(scopes)
        assert door.send("PUT", "Condition/by-update", resource).status == status, scopes
        assert door.post("", put).status == (200 if status == 201 else 403), scopes
    assert everyone("system/Condition.u").post("Condition", condition(pair.mine)).status == 403
    category = "http://terminology.hl7.org/CodeSystem/condition-category"
    narrow = everyone(f"system/Condition.u?category={category}|problem-list-item")
    assert narrow.send("PUT", "Condition/by-update-3", {**resource, "id": "by-update-3"}).status == 403


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_the_digits_of_a_number_come_back_as_they_were_sent(pair: Pair, kind: str) -> None:
    door = everyone()
    bundle = transaction(entry("POST", "Condition", exact(pair.mine)), kind=kind)
    answer = door.post("", bundle, Prefer="return=representation")
    assert [answer.body.count(b'"valueDecimal":%b}' % text.encode()) for text in DIGITS] == [1, 1, 1]
    name = answer.json["entry"][0]["resource"]["id"]
    again = door.get(f"Condition/{name}?_pretty=true").body
    assert [again.count(b'"valueDecimal": %b\n' % text.encode()) for text in DIGITS] == [1, 1, 1]


def test_a_wrong_patch_in_a_batch_fails_alone(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    patches = [entry("PATCH", f"Condition/{name}", binary(each)) for each in (NOTE, b"nonsense")]
    wrong = entry("PATCH", f"Condition/{name}", {"resourceType": "Binary", "data": "%"})
    answer = door.post("", transaction(*patches, wrong, kind="batch"))
    assert [e["response"]["status"] for e in answer.json["entry"]] == ["200", "400", "400"]


def numbered(pair: Pair) -> Json:
    return condition(pair.mine, identifier=[{"system": "urn:c", "value": "1"}])


def test_two_conditional_updates_of_one_thing_are_refused_whole(pair: Pair) -> None:
    door, before = everyone(), rows()
    both = [entry("PUT", "Condition?identifier=urn:c|1", numbered(pair)) for _ in range(2)]
    assert door.post("", transaction(*both)).status == 400
    assert rows() == before


def test_a_conditional_update_overtaken_by_another_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    door, real = everyone(), writing.write

    def late(changes: Any, *more: Any) -> Any:
        monkeypatch.setattr(writing, "write", real)
        assert door.post("Condition", numbered(pair)).status == 201
        return real(changes, *more)

    monkeypatch.setattr(writing, "write", late)
    answer = door.post("", transaction(entry("PUT", "Condition?identifier=urn:c|1", numbered(pair))))
    assert answer.status == 409, answer.body
    assert len(door.get("Condition?identifier=urn:c|1").ids) == 1
    again = door.post("", transaction(entry("PUT", "Condition?identifier=urn:c|1", numbered(pair))))
    assert again.json["entry"][0]["response"]["status"] == "200"


def test_what_a_conditional_create_found_was_read(pair: Pair) -> None:
    door = everyone()
    assert door.post("Condition", numbered(pair), if_none_exist="identifier=urn:c|1").status == 201
    before = [e.action for e in ledger.for_person(pair.me.id)].count("record.read")
    again = door.post("Condition", numbered(pair), if_none_exist="identifier=urn:c|1")
    assert (again.status, again.json["identifier"][0]["value"]) == (200, "1")
    assert [e.action for e in ledger.for_person(pair.me.id)].count("record.read") == before + 1


def changes_of(pair: Pair) -> list[str]:
    """The changes of a record in its ledger, newest first; reads left out."""
    return [one.action for one in ledger.for_person(pair.me.id) if one.action != "record.read"]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("before", ["never there", "deleted", "there"])
def test_what_comes_beside_a_deletion_is_not_stored(pair: Pair, kind: str, before: str) -> None:
    door = everyone()
    if before != "never there":
        assert door.send("PUT", "Condition/d", {**condition(pair.mine), "id": "d"}).status == 201
    if before == "deleted":
        door.send("DELETE", "Condition/d")
    stored, changes = rows(), changes_of(pair)
    beside = {**condition(pair.mine, note=[{"text": "Beside"}]), "id": "d"}
    answer = everyone("system/Condition.d").post("", transaction(entry("DELETE", "Condition/d", beside), kind=kind))
    assert (answer.status, answer.json["entry"][0]["response"]["status"]) == (200, "204")
    assert door.get("Condition/d").status == (404 if before == "never there" else 410)
    assert b"Beside" not in door.get("Condition/d/_history").body
    if before != "there":
        assert (rows(), changes_of(pair)) == (stored, changes)
