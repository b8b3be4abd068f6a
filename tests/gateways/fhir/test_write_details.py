"""Writes whose details are easily got wrong."""

import errno
import gzip
from datetime import date

import orjson
import pytest
from django.db import OperationalError

from chartpost.identity import tokens
from chartpost.identity.types import RowFilter
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.ledger import spool
from chartpost.ledger.errors import SpoolUnavailableError
from chartpost.records import store
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_writes import PATCH, Json, condition, entry, everyone, patient, rows, transaction


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


def test_what_was_left_as_it_was_is_no_change_in_the_ledger(pair: Pair) -> None:
    door = everyone()
    same = {**condition(pair.mine), "id": "still"}
    moved = {**same, "id": "moved"}
    for each in (same, moved):
        door.send("PUT", f"Condition/{each['id']}", each)
    newest = ledger.for_person(pair.me.id)[0].ref
    assert door.send("PUT", "Condition/still", same).headers["ETag"] == 'W/"1"'
    changed = entry("PUT", "Condition/moved", {**moved, "note": [{"text": "n"}]})
    door.post("", transaction(entry("PUT", "Condition/still", same), changed))
    told = [(e.action, e.objects) for e in ledger.for_person(pair.me.id) if e.ref > newest]
    assert sorted(told) == [
        ("record.read", ("Condition/still",)),
        ("record.read", ("bundle", "Condition/still")),
        ("record.update", ("bundle", "Condition/moved")),
    ]


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


@pytest.mark.parametrize("how", [{"Accept": "text/turtle"}, {"Accept": "application/pdf"}, {}])
def test_what_cannot_be_answered_in_the_format_asked_for_is_not_done(pair: Pair, how: dict[str, str]) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    before, wanted = rows(), "" if how else "?_format=text/turtle"
    changed = {**condition(pair.mine), "id": name, "note": [{"text": "Better"}]}
    for method, url, body in (
        ("POST", f"Condition{wanted}", condition(pair.mine)),
        ("POST", wanted, transaction(entry("POST", "Condition", condition(pair.mine)))),
        ("POST", wanted, transaction(entry("POST", "Condition", condition(pair.mine)), kind="batch")),
        ("PUT", f"Condition/{name}{wanted}", changed),
        ("DELETE", f"Condition/{name}{wanted}", b""),
    ):
        answer = door.send(method, url, body, how)
        assert (answer.status, answer.json["resourceType"]) == (406, "OperationOutcome"), (method, url)
    assert rows() == before


def test_provenance_sent_along_points_as_any_other(pair: Pair) -> None:
    door = everyone()
    made = door.post("Organization", {"resourceType": "Organization", "name": "Clinic by the sea"}).json["id"]

    def sent(reference: str) -> str:
        agent = [{"who": {"reference": reference}}]
        return orjson.dumps({"resourceType": "Provenance", "recorded": "2026-01-01T00:00:00Z", "agent": agent}).decode()

    for text in (f"https://localhost:8443/fhir/Organization/{made}", "Organization?name=clinic%20by"):
        name = door.post("Condition", condition(pair.mine), X_Provenance=sent(text)).json["id"]
        found = door.get(f"Provenance?agent=Organization/{made}&target=Condition/{name}")
        assert len(found.ids) == 1, text
    before = rows()
    answer = door.post("Condition", condition(pair.mine), X_Provenance=sent("Organization/nowhere"))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, ["Provenance.agent[0].who.reference"])
    assert rows() == before


def test_provenance_sent_along_with_several_people_is_one_for_each(pair: Pair) -> None:
    door = everyone()
    sent = '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"A clinic"}}]}'
    new = {"resourceType": "Patient", "name": [{"family": "Nova", "given": ["Ada"]}], "birthDate": "1971-02-03"}
    made = [entry("POST", "Condition", condition(who)) for who in (pair.mine, pair.mine, pair.others)]
    made += [
        entry("POST", "Patient", new),
        entry("POST", "Organization", {"resourceType": "Organization", "name": "A"}),
    ]
    answer = door.post("", transaction(*made), X_Provenance=sent)
    assert answer.status == 200, answer.body
    names = [one["response"]["location"].split("/fhir/")[1].partition("/_h")[0] for one in answer.json["entry"]]
    told = [door.get(f"Provenance?target={name}").json["entry"] for name in names]
    targets = [[one["reference"] for one in entries[0]["resource"]["target"]] for entries in told]
    assert targets == [names[:2], names[:2], names[2:3], names[3:4], names[4:5]]
    assert [len(entries) for entries in told] == [1] * 5
    assert len(pair.door().get(f"Provenance?target={names[0]}").ids) == 1


def test_binaries_have_the_provenance_of_what_they_belong_to(pair: Pair) -> None:
    door = everyone()
    sent = '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"A clinic"}}]}'
    there = door.post("Condition", condition(pair.mine)).json["id"]
    urns = [f"urn:uuid:0000000{number}-0000-4000-8000-000000000000" for number in range(2)]
    made = [entry("POST", "Condition", condition(who), urns[n]) for n, who in enumerate((pair.mine, pair.others))]
    made += [entry("POST", "Binary", binary(context)) for context in (urns[0], urns[1], f"Condition/{there}")]
    answer = door.post("", transaction(*made), X_Provenance=sent)
    assert answer.status == 200, answer.body
    names = [one["response"]["location"].split("/fhir/")[1].partition("/_h")[0] for one in answer.json["entry"]]
    told = [door.get(f"Provenance?target={name}").json["entry"] for name in names]
    targets = [[one["reference"] for one in entries[0]["resource"]["target"]] for entries in told]
    mine, others = [names[0], names[2], names[4]], [names[1], names[3]]
    assert targets == [mine, others, mine, others, mine]
    assert [len(entries) for entries in told] == [1] * 5


def test_what_is_nobodys_may_become_a_patients(pair: Pair) -> None:
    door = everyone()
    pump = {"resourceType": "Device", "status": "active", "type": {"text": "pump"}}
    name = door.post("Device", pump).json["id"]
    mine = {**pump, "id": name, "patient": {"reference": f"Patient/{pair.mine}"}}
    other = {**mine, "patient": {"reference": f"Patient/{pair.others}"}}
    assert door.send("PUT", f"Device/{name}", mine).status == 200
    assert pair.door().get(f"Device?patient={pair.mine}&_id={name}").ids == [f"Device/{name}"]
    assert raw.django().all("SELECT person_id, filed_person_id FROM records_resource WHERE fhir_id = ?", [name]) == [
        (pair.me.id, pair.me.id)
    ]
    assert door.send("PUT", f"Device/{name}", other).status == 422
    assert door.send("PUT", f"Device/{name}", {**pump, "id": name}).status == 422
    second = door.post("Device", pump).json["id"]
    narrow = Door(access("system/*.cruds", persons={pair.other.id: RowFilter()}))
    assert narrow.send("PUT", f"Device/{second}", {**mine, "id": second}).status in (403, 404)
    assert "patient" not in door.get(f"Device/{second}").json


def test_an_update_goes_on_pointing_at_what_was_deleted(pair: Pair) -> None:
    door = everyone()
    who = {"resourceType": "Practitioner", "name": [{"family": "Zed"}]}
    gone, never = (door.post("Practitioner", who).json["id"] for _ in range(2))
    by = {"asserter": {"reference": f"Practitioner/{gone}"}}
    name = door.post("Condition", condition(pair.mine, **by)).json["id"]
    for each in (gone, never):
        assert door.send("DELETE", f"Practitioner/{each}").status == 204
    noted = {**condition(pair.mine, **by), "id": name, "note": [{"text": "Better"}]}
    assert door.send("PUT", f"Condition/{name}", noted).status == 200
    assert door.send("PATCH", f"Condition/{name}", [{"op": "remove", "path": "/note"}], PATCH).status == 200
    again = entry("PUT", f"Condition/{name}", noted)
    assert door.post("", transaction(again)).status == 200
    before = rows()
    wrong = {**noted, "recorder": {"reference": f"Practitioner/{never}"}}
    answer = door.send("PUT", f"Condition/{name}", wrong)
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, ["Condition.recorder.reference"])
    assert door.post("", transaction(again, entry("POST", "Condition", noted))).status == 422
    assert rows() == before
    assert door.send("DELETE", f"Condition/{name}").status == 204
    assert door.send("PUT", f"Condition/{name}", noted).status == 422


def test_a_stamp_an_app_sends_is_no_clinical_date(pair: Pair) -> None:
    door = everyone()
    stamped = condition(pair.mine, meta={"lastUpdated": "1950-01-01T00:00:00Z", "versionId": "9"})
    made = door.post("Condition", stamped).json
    assert date_of(made["id"]) == 0
    assert door.send("PUT", f"Condition/{made['id']}", {**made, "language": "en"}).status == 200
    assert date_of(made["id"]) == 0
    early = Door(access("patient/*.rs", pair.me.id, pair.mine, {pair.me.id: RowFilter(date_to=date(1999, 1, 1))}))
    assert early.get(f"Condition/{made['id']}").status == 200
    assert early.get(f"Condition/{made['id']}/_history/1").status == 200


def date_of(name: str) -> int:
    row = raw.django().one("SELECT date_ms FROM records_resource WHERE fhir_id = ?", [name])
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("address", ["Organization", "Organization/$validate", ""])
def test_a_body_that_says_one_thing_twice_is_refused(pair: Pair, address: str) -> None:
    sent = b'{"resourceType":"Organization","name":"first","name":"second"}'
    answer = everyone().post(address, sent)
    assert (answer.status, answer.json["issue"][0]["expression"]) == (400, ["Organization.name"])


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"onsetDateTime": "2021-02-30"}, "Condition.onsetDateTime"),
        ({"onsetDateTime": "2021-02-03", "onsetString": "last year"}, "Condition.onset"),
        ({"note": []}, "Condition.note"),
    ],
)
def test_what_r4_refuses_is_refused_with_its_place(pair: Pair, wrong: Json, path: str) -> None:
    sent = condition(pair.mine, **wrong)
    answer = everyone().post("Condition", sent)
    assert (answer.status, answer.json["issue"][0]["expression"]) == (422, [path])
    told = everyone().post("Condition/$validate", sent).json["issue"]
    assert [one["expression"] for one in told] == [[path]]


def test_a_packed_body_is_refused_with_what_is_taken(pair: Pair) -> None:
    sent = gzip.compress(b'{"resourceType":"Organization","name":"x"}')
    answer = everyone().post("Organization", sent, **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.headers["Accept-Encoding"]) == (415, "identity")


def test_what_is_stored_is_told_though_a_read_beside_it_cannot_be_noted(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SpoolUnavailableError(seen="a full disk", expected="room", todo="Make room.")

    once = condition(pair.mine, identifier=[{"system": "urn:k", "value": "1"}])
    door = everyone()
    name = door.post("Condition", once).json["id"]
    both = transaction(
        entry("POST", "Condition", once, ifNoneExist="identifier=urn:k|1"),
        entry("POST", "Condition", condition(pair.mine)),
    )
    monkeypatch.setattr(spool.Writer, "write", full)
    answer = door.post("", both, Prefer="return=representation")
    assert answer.status == 200, answer.body
    place = {"status": "200", "location": f"https://localhost:8443/fhir/Condition/{name}"}
    assert answer.json["entry"][0] == {"response": place}, "what cannot be noted is not given"
    assert answer.json["entry"][1]["response"]["status"] == "201"


def test_what_is_stored_is_told_though_the_use_of_the_grant_cannot_be_noted(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_grant: str) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(tokens, "touch", locked)
    answer = everyone().post("Condition", condition(pair.mine))
    assert answer.status == 201
    assert everyone().get(f"Condition/{answer.json['id']}").status == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("database or disk is full"), 507),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OperationalError("disk I/O error"), 500),
    ],
)
def test_a_full_disk_is_told_as_one(pair: Pair, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store, "put", full)
    before = rows()
    post = entry("POST", "Condition", condition(pair.mine))
    alone, whole = everyone().post("Condition", condition(pair.mine)), everyone().post("", transaction(post))
    assert (alone.status, whole.status) == (status, status)
    assert ("disk" in alone.json["issue"][0]["diagnostics"]) == (status == 507)
    batch = everyone().post("", transaction(post, kind="batch")).json["entry"][0]["response"]
    assert batch["status"] == str(status)
    assert rows() == before


def test_one_person_has_one_provenance_beside_a_second_patient(pair: Pair) -> None:
    door = everyone()
    own = {k: v for k, v in door.get(f"Patient/{pair.mine}").json.items() if k not in ("id", "meta")}
    sent = '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"A clinic"}}]}'
    made = transaction(entry("POST", "Patient", own), entry("POST", "Condition", condition(pair.mine)))
    answer = door.post("", made, X_Provenance=sent)
    names = [one["response"]["location"].split("/fhir/")[1].partition("/_h")[0] for one in answer.json["entry"]]
    assert len({name for one in names for name in door.get(f"Provenance?target={one}").ids}) == 1


def test_a_provenance_sent_along_names_what_is_written_with_it(pair: Pair) -> None:
    door, urn = everyone(), "urn:uuid:00000009-0000-4000-8000-000000000000"
    sent = {"resourceType": "Provenance", "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"reference": urn}}]}
    made = [
        entry("POST", "Practitioner", {"resourceType": "Practitioner", "name": [{"family": "A"}]}, urn),
        entry("POST", "Condition", condition(pair.mine)),
    ]
    answer = door.post("", transaction(*made), X_Provenance=orjson.dumps(sent).decode())
    assert answer.status == 200, answer.body
    names = [one["response"]["location"].split("/fhir/")[1].partition("/_h")[0] for one in answer.json["entry"]]
    (kept,) = door.get(f"Provenance?target={names[1]}").json["entry"]
    assert kept["resource"]["agent"][0]["who"]["reference"] == names[0]
