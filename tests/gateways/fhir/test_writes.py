"""Writing through the door: each interaction, alone and in bundles, and all that must be refused."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from chartpost.identity.aliases import person_of
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.records import on_write
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access

Json = dict[str, Any]
WHO = {"reference": "Practitioner?identifier=no"}
PATCH = {"Content-Type": "application/json-patch+json"}
DIGITS = ("1.00", "0.1234567890123456789", "3.50")


def everyone(scopes: str = "system/*.cruds") -> Door:
    return Door(access(scopes, everyone=RowFilter()))


def condition(patient: str, **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}], "text": "High blood pressure"},
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


def exact(patient: str) -> Json:
    """A Condition with numbers that lose digits where they are read as they are by most programs."""
    values = [{"url": "http://example.org/x", "valueDecimal": orjson.Fragment(text)} for text in DIGITS]
    return condition(patient, extension=values)


def patient(**more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "name": [{"family": "Nyqvist", "given": ["Tove"]}],
        "birthDate": "1971-02-03",
        "gender": "female",
        "identifier": [{"system": "urn:test:mrn", "value": "TV-1"}],
        **more,
    }


def transaction(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: Json | None = None, full: str = "", **request: str) -> Json:
    found: Json = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        found["resource"] = resource
    return {**found, "fullUrl": full} if full else found


def rows() -> tuple[int, ...]:
    counted = ("records_resource", "records_version", "records_posting", "records_terms", "identity_person")
    return tuple(raw.django().all(f"SELECT count(*) FROM {table}")[0][0] for table in counted)


def test_what_is_created_is_read_searched_and_in_the_ledger(pair: Pair) -> None:
    door = everyone()
    answer = door.post("Condition", condition(pair.mine))
    assert answer.status == 201
    assert answer.headers["ETag"] == 'W/"1"'
    name = answer.json["id"]
    assert answer.headers["Location"].endswith(f"/fhir/Condition/{name}/_history/1")
    assert pair.door().get(f"Condition/{name}").json == answer.json
    assert f"Condition/{name}" in pair.door().get(f"Condition?code=38341003&patient={pair.mine}").ids
    newest = ledger.for_person(pair.me.id)[:4]
    assert ("record.create", f"Condition/{name}", "Test app") in [(e.action, e.object, e.who) for e in newest]


def test_an_update_makes_a_version_and_the_same_again_none(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    changed = {**condition(pair.mine), "id": name, "note": [{"text": "Better"}]}
    first = door.send("PUT", f"Condition/{name}", changed, {"If-Match": 'W/"1"'})
    assert (first.status, first.headers["ETag"]) == (200, 'W/"2"')
    again = door.send("PUT", f"Condition/{name}", changed)
    assert (again.status, again.headers["ETag"]) == (200, 'W/"2"')
    stale = door.send("PUT", f"Condition/{name}", changed, {"If-Match": 'W/"1"'})
    assert stale.status == 412
    assert "note" not in door.get(f"Condition/{name}/_history/1").json


def test_a_put_to_a_free_id_creates_it(pair: Pair) -> None:
    door = everyone()
    resource = {**condition(pair.mine), "id": "my-own.id"}
    assert door.send("PUT", "Condition/my-own.id", resource).status == 201
    assert door.send("PUT", "Condition/other", resource).status == 400


def test_a_patch_changes_what_it_names(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    add = [{"op": "add", "path": "/note", "value": [{"text": "Seen"}]}]
    answer = door.send("PATCH", f"Condition/{name}", add, PATCH)
    assert (answer.status, answer.json["note"][0]["text"]) == (200, "Seen")
    for wrong, status in (
        ([{"op": "replace", "path": "/nothing/here", "value": 1}], 422),
        ([{"op": "test", "path": "/note/0/text", "value": "no"}], 422),
        ([{"op": "replace", "path": "/id", "value": "x"}], 422),
        ([{"op": "remove", "path": "/subject"}], 422),
        ({"op": "add"}, 400),
        (b'[], "patch": [{"op": "add", "path": "/note", "value": [{"text": "x"}]}]', 400),
        (b'[], "more": 1', 400),
        (b'[{"op": "test", "op": "remove", "path": "/note"}]', 400),
        (b"nonsense", 400),
        ([1, 2], 422),
        ([{"op": "add", "path": "/note", "value": []}] * 501, 400),
    ):
        assert door.send("PATCH", f"Condition/{name}", wrong, PATCH).status == status, wrong
    assert door.send("PATCH", f"Condition/{name}", add).status == 415
    assert door.send("PATCH", "Condition/nothing", add, PATCH).status == 404


def test_a_delete_is_a_tombstone_and_twice_is_once(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    assert door.send("DELETE", f"Condition/{name}").status == 204
    assert door.send("DELETE", f"Condition/{name}").status == 204
    assert door.get(f"Condition/{name}").status == 410
    assert door.get(f"Condition/{name}/_history/1").status == 200
    assert f"Condition/{name}" not in door.get(f"Condition?patient={pair.mine}&_count=500").ids
    back = door.send("PUT", f"Condition/{name}", {**condition(pair.mine), "id": name})
    assert (back.status, back.headers["ETag"]) == (201, 'W/"3"')


def test_conditions_create_update_and_delete_one(pair: Pair) -> None:
    door = everyone()
    marked = condition(pair.mine, identifier=[{"system": "urn:test", "value": "c-1"}])
    asked = {"If-None-Exist": "identifier=urn:test|c-1"}
    first = door.send("POST", "Condition", marked, asked)
    again = door.send("POST", "Condition", marked, asked)
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]
    found = door.send("PUT", f"Condition?identifier={quote('urn:test|c-1')}", {**marked, "note": [{"text": "n"}]})
    assert (found.status, found.json["id"]) == (200, first.json["id"])
    made = door.send("PUT", f"Condition?identifier={quote('urn:test|c-2')}", marked)
    assert made.status == 201
    assert door.send("POST", "Condition", marked, asked).status == 412
    assert door.send("DELETE", f"Condition?identifier={quote('urn:test|c-1')}").status == 412
    door.send("DELETE", f"Condition/{made.json['id']}")
    assert door.send("DELETE", f"Condition?identifier={quote('urn:test|c-1')}").status == 204
    assert door.get(f"Condition/{first.json['id']}").status == 410
    assert door.send("DELETE", "Condition").status == 412
    assert door.send("POST", "Condition", marked, {"If-None-Exist": "colour=red"}).status == 400


def test_a_new_patient_is_a_new_person_and_the_same_one_again_the_same(pair: Pair) -> None:
    door = everyone()
    first = door.post("Patient", patient())
    assert first.status == 201
    person = person_of(first.json["id"], raw.django())
    assert person is not None
    assert door.get("Patient?name=nyqvist").ids == [f"Patient/{first.json['id']}"]
    again = door.post("Patient", patient())
    assert person_of(again.json["id"], raw.django()) == person
    doubtful = door.post("Patient", patient(identifier=[{"system": "urn:test:mrn", "value": "TV-2"}], gender="male"))
    assert doubtful.status == 409
    assert "Tove" not in doubtful.body.decode()


def test_a_transaction_is_whole_and_its_references_are_resolved(pair: Pair) -> None:
    door = everyone()
    answer = door.post(
        "",
        transaction(
            entry("POST", "Condition", condition("x", subject={"reference": "urn:uuid:p"}, id="c"), "urn:uuid:c"),
            entry("POST", "Patient", patient(), "urn:uuid:p"),
            entry(
                "POST",
                "Provenance",
                {
                    "resourceType": "Provenance",
                    "target": [{"reference": "urn:uuid:c"}],
                    "recorded": "2026-01-01T00:00:00Z",
                    "agent": [{"who": {"display": "A clinic"}}],
                },
                "urn:uuid:v",
            ),
            entry("GET", "Patient?name=nyqvist"),
        ),
    )
    assert answer.status == 200, answer.body
    places = [e["response"].get("location", "") for e in answer.json["entry"]]
    assert ["/Condition/" in places[0], "/Patient/" in places[1], "/Provenance/" in places[2]] == [True] * 3
    name = places[1].split("/Patient/")[1].partition("/")[0]
    assert door.get(places[0].partition("/_history")[0]).json["subject"]["reference"] == f"Patient/{name}"
    assert answer.json["entry"][3]["resource"]["entry"][0]["resource"]["id"] == name
    found = door.get(f"Condition?patient={name}&_revinclude=Provenance:target")
    assert [i.partition("/")[0] for i in found.ids] == ["Condition", "Provenance"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (lambda p: entry("POST", "Condition", {**condition(p.mine), "code": 5}), 422),
        (lambda p: entry("POST", "Condition", condition("nobody")), 422),
        (lambda p: entry("POST", "Condition", condition(p.mine, encounter={"reference": "Encounter/no"})), 422),
        (lambda p: entry("POST", "Condition", condition(p.mine, encounter={"reference": "urn:uuid:no"})), 422),
        (lambda p: entry("PUT", "Condition/a", {**condition(p.mine), "id": "b"}), 400),
        (lambda p: entry("PUT", "Condition/a", {**condition(p.mine), "id": "a"}, ifMatch='W/"7"'), 412),
        (lambda p: entry("POST", "Nothing", condition(p.mine)), 404),
        (lambda p: entry("POST", "Observation", condition(p.mine)), 400),
        (lambda p: entry("POST", "Condition"), 400),
        (lambda p: {"resource": condition(p.mine)}, 400),
        (lambda p: 7, 400),
        (lambda p: entry("PUT", "Patient/a", patient(id="a", generalPractitioner=[{"reference": "X/1"}])), 422),
        (lambda p: entry("POST", "Condition", condition(p.mine, asserter=WHO)), 412),
    ],
)  # fmt: skip
def test_a_transaction_with_one_wrong_entry_leaves_nothing(pair: Pair, wrong: Any, status: int) -> None:
    door, before = everyone(), rows()
    good = entry("POST", "Patient", patient(), "urn:uuid:p")
    mine = entry("POST", "Condition", condition("x", subject={"reference": "urn:uuid:p"}))
    answer = door.post("", transaction(good, mine, wrong(pair)))
    assert answer.status == status, answer.body
    assert answer.json["resourceType"] == "OperationOutcome"
    assert rows() == before


def test_two_entries_for_one_resource_are_refused(pair: Pair) -> None:
    same = {**condition(pair.mine), "id": "twice"}
    both = transaction(entry("PUT", "Condition/twice", same), entry("DELETE", "Condition/twice"))
    assert everyone().post("", both).status == 400


def test_a_batch_does_each_by_itself(pair: Pair) -> None:
    door = everyone()
    answer = door.post(
        "",
        transaction(
            entry("POST", "Condition", condition(pair.mine)),
            entry("POST", "Condition", condition("nobody")),
            entry("GET", f"Patient/{pair.mine}"),
            entry("DELETE", "Condition/never"),
            kind="batch",
        ),
    )
    assert [e["response"]["status"] for e in answer.json["entry"]] == ["201", "422", "200", "204"]
    assert answer.json["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_broken_rules_are_named_with_their_place(pair: Pair) -> None:
    wrong = condition(pair.mine, clinicalStatus={"coding": [{"system": "urn:x", "code": "maybe"}]})
    answer = everyone().post("Condition", wrong)
    assert answer.status == 422
    issue = answer.json["issue"][0]
    assert issue["expression"][0].startswith("Condition.clinicalStatus")
    assert "binding:required" in issue["diagnostics"]


def test_validate_says_what_it_finds_and_stores_nothing(pair: Pair) -> None:
    door, before = pair.door(), rows()
    fine = door.post("Condition/$validate", condition(pair.mine))
    assert (fine.status, fine.json["issue"][0]["severity"]) == (200, "information")
    wrong = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": {"resourceType": "Condition"}}],
    }
    found = door.post("Condition/$validate", wrong)
    assert (found.status, found.json["issue"][0]["severity"]) == (200, "error")
    assert rows() == before


def test_who_may_not_write_does_not(pair: Pair) -> None:
    resource = condition(pair.mine)
    mine = pair.door("patient/*.cruds")
    assert mine.post("Condition", resource).status == 403
    assert mine.send("DELETE", f"Patient/{pair.mine}").status == 403
    assert mine.post("", transaction(entry("POST", "Condition", resource))).status == 403
    assert everyone("system/*.rs").post("Condition", resource).status == 403
    assert everyone("system/Condition.u").post("Condition", resource).status == 403
    approver = Actor("staff", account_id=1, ref="s", roles=frozenset({"approver"}))
    assert Door(access("user/*.cruds", everyone=RowFilter(), actor=approver)).post("Condition", resource).status == 403
    clerk = Actor("staff", account_id=1, ref="s", roles=frozenset({"clerk"}))
    assert Door(access("user/*.cruds", everyone=RowFilter(), actor=clerk)).post("Condition", resource).status == 201


def test_a_granular_scope_takes_in_its_category_only(pair: Pair) -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-category"
    door = everyone(f"system/Condition.cruds?category={system}|problem-list-item")
    listed = condition(pair.mine, category=[{"coding": [{"system": system, "code": "problem-list-item"}]}])
    made = door.post("Condition", listed)
    assert made.status == 201
    assert door.post("Condition", condition(pair.mine)).status == 403
    away = {**condition(pair.mine), "id": made.json["id"]}
    assert door.send("PUT", f"Condition/{made.json['id']}", away).status == 403
    other = everyone().post("Condition", condition(pair.mine)).json["id"]
    assert door.send("DELETE", f"Condition/{other}").status == 204  # as of one that is not there
    assert everyone().get(f"Condition/{other}").status == 200


def test_a_resource_does_not_move_to_another_patient(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    moved = {**condition(pair.others), "id": name}
    assert door.send("PUT", f"Condition/{name}", moved).status == 422
    assert door.get(f"Condition/{name}").json["subject"]["reference"] == f"Patient/{pair.mine}"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b'{"resourceType":"Condition"}', {}, 422),
        (b'{"resourceType":"Nothing"}', {}, 400),
        (b'{"resourceType":5}', {}, 400),
        (b"<Condition/>", {"Content-Type": "application/fhir+xml"}, 415),
        (b'{"resourceType":"Condition","contained":' + b"[" * 5000 + b"]" * 5000 + b"}", {}, 400),
        (b'{"a":' * 300 + b"1" + b"}" * 300, {}, 400),
        (b'{"resourceType":"Condition","subject":{"reference":7}}', {}, 422),
        (b'{"resourceType":"Condition","id":"\\u0000"}', {}, 400),
        (b"\xff\xfe", {}, 400),
    ],
)
def test_bodies_that_are_no_resource(pair: Pair, body: bytes, headers: dict[str, str], status: int) -> None:
    before = rows()
    answer = everyone().send("POST", "Condition", body, headers)
    assert answer.status == status, answer.body
    assert answer.json["resourceType"] == "OperationOutcome"
    assert rows() == before


def test_too_large_a_body_is_refused_before_it_is_read(pair: Pair) -> None:
    door = everyone()
    answer = door.send("POST", "Condition", b"{}", {"Content-Length": str(10**9)})
    assert answer.status in (400, 413)
    many = transaction(*({"request": {"method": "GET", "url": "Patient"}} for _ in range(10_001)))
    assert door.post("", many).status == 413


def test_prefer_says_how_much_comes_back(pair: Pair) -> None:
    door = everyone()
    assert door.post("Condition", condition(pair.mine), Prefer="return=minimal").body == b""
    said = door.post("Condition", condition(pair.mine), Prefer="return=OperationOutcome").json
    assert said["resourceType"] == "OperationOutcome"


def test_provenance_sent_along_is_kept_with_its_target(pair: Pair) -> None:
    door = everyone()
    sent = '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"A clinic"}}]}'
    name = door.post("Condition", condition(pair.mine), X_Provenance=sent).json["id"]
    found = door.get(f"Condition?_id={name}&_revinclude=Provenance:target").ids
    assert [i.partition("/")[0] for i in found] == ["Condition", "Provenance"]
    assert door.post("Condition", condition(pair.mine), X_Provenance="no").status == 400


def test_absolute_references_to_this_server_become_relative(pair: Pair) -> None:
    absolute = condition("x", subject={"reference": f"https://localhost:8443/fhir/Patient/{pair.mine}"})
    answer = everyone().post("Condition", absolute)
    assert answer.json["subject"]["reference"] == f"Patient/{pair.mine}"


def test_what_was_written_is_told_after_the_commit(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[on_write.Changed] = []
    monkeypatch.setattr(on_write, "_listeners", [heard.extend])
    door = everyone()
    with django_capture_on_commit_callbacks(execute=True):
        name = door.post("Condition", condition(pair.mine)).json["id"]
        door.send("DELETE", f"Condition/{name}")
    assert [(c.type, c.id, c.version, c.deleted) for c in heard] == [
        ("Condition", name, 1, False),
        ("Condition", name, 2, True),
    ]
