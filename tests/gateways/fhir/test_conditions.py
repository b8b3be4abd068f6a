"""Conditions on which something is written: searches that find it, and versions it must have or must not have."""

from collections.abc import Callable
from typing import Any

import pytest

from chartpost.gateways.fhir import writes
from chartpost.gateways.fhir.conditions import Met, named_by
from chartpost.records.changes import Written
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import PATCH, Json, condition, entry, everyone, rows, transaction

NOTE = [{"op": "add", "path": "/language", "value": "en"}]


def organization(**more: Any) -> Json:
    return {"resourceType": "Organization", "name": "Clinic", "active": True, **more}


def numbered(value: str, **more: Any) -> Json:
    return organization(identifier=[{"system": "urn:o", "value": value}], **more)


SLOT = {
    "resourceType": "Slot",
    "schedule": {"display": "x"},
    "status": "free",
    "start": "2020-01-01T10:00:00Z",
    "end": "2020-01-01T11:00:00Z",
}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("PUT", {"If-None-Match": "*"}),
        ("PUT", {"If-None-Match": 'W/"1"'}),
        ("PUT", {"If-Match": 'W/"2", W/"3"'}),
        ("PATCH", {"If-None-Match": "*"}),
        ("PATCH", {"If-Match": 'W/"2"'}),
        ("DELETE", {"If-Match": 'W/"2"'}),
    ],
)
def test_a_version_that_is_not_as_asked_stays(pair: Pair, method: str, headers: dict[str, str]) -> None:
    door = everyone()
    name = door.post("Organization", organization()).json["id"]
    body: Any = NOTE if method == "PATCH" else {**organization(name="Lost"), "id": name}
    answer = door.send(method, f"Organization/{name}", body, {**headers, **(PATCH if method == "PATCH" else {})})
    assert answer.status == 412, answer.body
    assert next(iter(headers)) in answer.json["issue"][0]["diagnostics"]
    if method != "PATCH":
        asked = {"ifMatch" if "If-Match" in headers else "ifNoneMatch": next(iter(headers.values()))}
        one = entry(method, f"Organization/{name}", body if method == "PUT" else None, **asked)
        assert door.post("", transaction(one)).status == 412
        assert door.post("", transaction(one, kind="batch")).json["entry"][0]["response"]["status"] == "412"
    assert door.get(f"Organization/{name}").headers["ETag"] == 'W/"1"'


def test_a_version_as_asked_is_changed(pair: Pair) -> None:
    door = everyone()
    first = door.send("PUT", "Organization/own", organization(id="own"), {"If-None-Match": "*"})
    assert first.status == 201
    second = door.send("PUT", "Organization/own", organization(id="own", name="B"), {"If-Match": '"7", W/"1"'})
    assert (second.status, second.headers["ETag"]) == (200, 'W/"2"')
    third = door.send("PUT", "Organization/own", organization(id="own", name="C"), {"If-Match": "*"})
    assert (third.status, third.headers["ETag"]) == (200, 'W/"3"')
    assert door.send("DELETE", "Organization/own", b"", {"If-Match": 'W/"3"'}).status == 204
    assert door.send("PUT", "Organization/own", organization(id="own"), {"If-Match": "*"}).status == 412
    assert door.send("PUT", "Organization/own", organization(id="own"), {"If-None-Match": "*"}).status == 201


def test_any_version_is_none_where_nothing_is(pair: Pair) -> None:
    door, before = everyone(), rows()
    assert door.send("PUT", "Organization/new", organization(id="new"), {"If-Match": "*"}).status == 412
    one = entry("PUT", "Organization/new", organization(id="new"), ifMatch="*")
    assert door.post("", transaction(one)).status == 412
    assert door.send("PUT", "Organization/new", organization(id="new"), {"If-None-Match": "soon"}).status == 400
    assert rows() == before


def test_what_a_condition_finds_must_be_the_version_asked_for(pair: Pair) -> None:
    door = everyone()
    name = door.post("Organization", numbered("1")).json["id"]
    found = "Organization?identifier=urn:o|1"
    assert door.send("DELETE", found, b"", {"If-Match": 'W/"9"'}).status == 412
    assert door.send("PUT", found, numbered("1", name="Lost"), {"If-Match": 'W/"9"'}).status == 412
    assert door.post("", transaction(entry("DELETE", found, ifMatch='W/"9"'))).status == 412
    assert door.get(f"Organization/{name}").headers["ETag"] == 'W/"1"'
    assert door.send("DELETE", found, b"", {"If-Match": 'W/"1"'}).status == 204


@pytest.mark.parametrize("query", ["_count=5", "_sort=_lastUpdated", "_summary=true", "_format=json", "_total=none"])
def test_how_results_are_shown_tells_no_resource(pair: Pair, query: str) -> None:
    door = everyone()
    name = door.post("Slot", SLOT).json["id"]
    assert door.send("DELETE", f"Slot?{query}").status == 412
    assert door.send("PUT", f"Slot?{query}", {**SLOT, "status": "busy"}).status == 412
    assert door.post("Slot", SLOT, if_none_exist=query).status == 412
    for one in (entry("DELETE", f"Slot?{query}"), entry("POST", "Slot", SLOT, ifNoneExist=query)):
        assert door.post("", transaction(one)).status == 412
    assert door.get(f"Slot/{name}").json["status"] == "free"
    assert door.get("Slot").ids == [f"Slot/{name}"]


@pytest.mark.parametrize(
    "start", ["", "?", "Organization?", "/Organization?", "https://localhost:8443/fhir/Organization?"]
)
def test_if_none_exist_may_be_a_whole_address(pair: Pair, start: str) -> None:
    door = everyone()
    name = door.post("Organization", numbered("2")).json["id"]
    asked = f"{start}identifier=urn:o|2"
    again = door.post("Organization", numbered("2"), if_none_exist=asked)
    assert (again.status, again.json["id"]) == (200, name)
    answer = door.post("", transaction(entry("POST", "Organization", numbered("2"), ifNoneExist=asked)))
    assert answer.json["entry"][0]["response"]["status"] == "200"
    assert door.post("Organization", numbered("2"), if_none_exist=f"Patient{asked[len(start) :]}").status == 400


@pytest.mark.parametrize("whole", [True, False])
def test_a_conditional_update_and_the_id_of_its_body(pair: Pair, whole: bool) -> None:
    """https://hl7.org/fhir/R4/http.html#cond-update"""
    door = everyone()

    def update(value: str, **more: str) -> int:
        url, body = f"Organization?identifier=urn:o|{value}", numbered(value, **more)
        if not whole:
            return door.send("PUT", url, body).status
        answer = door.post("", transaction(entry("PUT", url, body)))
        return int(answer.json["entry"][0]["response"]["status"]) if answer.status == 200 else answer.status

    assert update("3", id="mine") == 201
    assert door.get("Organization?identifier=urn:o|3").ids == ["Organization/mine"]
    assert update("3", name="Same") == 200
    assert update("3", id="mine", name="Again") == 200
    before = rows()
    assert update("3", id="other") == 400
    assert update("4", id="mine") == 409
    assert [update("4", id=wrong) for wrong in ("not an id", "x" * 65, "")] == [400] * 3
    assert rows() == before
    assert door.get("Organization/mine").json["identifier"][0]["value"] == "3"


def test_a_condition_is_looked_at_after_the_deletions(pair: Pair) -> None:
    """https://hl7.org/fhir/R4/http.html#trules"""
    door = everyone()
    marked = condition(pair.mine, identifier=[{"system": "urn:t", "value": "5"}])
    name = door.post("Condition", marked).json["id"]
    for deleted in (f"Condition/{name}", "Condition?identifier=urn:t|5"):
        again = entry("POST", "Condition", marked, ifNoneExist="identifier=urn:t|5")
        answer = door.post("", transaction(again, entry("DELETE", deleted)))
        assert [e["response"]["status"] for e in answer.json["entry"]] == ["201", "204"], answer.body
        (place,) = door.get("Condition?identifier=urn:t|5").ids
        assert place in answer.json["entry"][0]["response"]["location"]
    name = place.partition("/")[2]
    update = entry("PUT", "Condition?identifier=urn:t|5", marked)
    answer = door.post("", transaction(update, entry("DELETE", f"Condition/{name}")))
    assert [e["response"]["status"] for e in answer.json["entry"]] == ["201", "204"], answer.body
    assert len(door.get("Condition?identifier=urn:t|5").ids) == 1


def test_a_conditional_create_and_update_of_one_thing_are_refused_whole(pair: Pair) -> None:
    door, before = everyone(), rows()
    create = entry("POST", "Organization", numbered("6"), ifNoneExist="identifier=urn:o|6")
    update = entry("PUT", "Organization?identifier=urn:o%7C6", numbered("6", name="B"))
    answer = door.post("", transaction(update, create))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (400, ["Bundle.entry[0]"]), answer.body
    assert rows() == before
    both = transaction(entry("DELETE", "Organization?identifier=urn:o|6"), create)
    assert [e["response"]["status"] for e in door.post("", both).json["entry"]] == ["204", "201"]


OBSERVED = "http://terminology.hl7.org/CodeSystem/observation-category"
PART = f"system/Observation.cu system/Observation.rs?category={OBSERVED}|laboratory"
"""Scopes that write every Observation, and find and read those of the laboratory alone."""


def observation(patient: str, category: str, value: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "category": [{"coding": [{"system": OBSERVED, "code": category}]}],
        "subject": {"reference": f"Patient/{patient}"},
        "identifier": [{"system": "urn:x", "value": value}],
    }


def test_what_a_stored_transaction_found_is_told_though_it_is_out_of_reach(pair: Pair) -> None:
    """The second of two equal creates finds what the first makes, which the token may not find by itself."""
    once = entry("POST", "Observation", observation(pair.mine, "vital-signs", "twin"), ifNoneExist="identifier=twin")
    answer = everyone(PART).post("", transaction(once, once))
    first, second = (one["response"] for one in answer.json["entry"])
    assert (answer.status, first["status"], second["status"]) == (200, "201", "200")
    assert first["location"] == second["location"]
    assert len(everyone().get("Observation?identifier=twin").ids) == 1


def test_what_a_transaction_found_and_changed_itself_is_told_as_it_left_it(pair: Pair) -> None:
    name = everyone().post("Observation", observation(pair.mine, "laboratory", "moved")).json["id"]
    moved = {**observation(pair.mine, "vital-signs", "moved"), "id": name}
    found = entry("POST", "Observation", observation(pair.mine, "laboratory", "moved"), ifNoneExist="identifier=moved")
    fresh = entry("POST", "Observation", observation(pair.mine, "laboratory", "fresh"))
    answer = everyone(PART).post("", transaction(found, entry("PUT", f"Observation/{name}", moved), fresh))
    assert [one["response"]["status"] for one in answer.json["entry"]] == ["200", "200", "201"]
    assert answer.json["entry"][0]["response"]["location"].endswith(f"/fhir/Observation/{name}/_history/2")


def test_what_a_stored_transaction_found_may_be_gone_by_then(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    name = everyone().post("Observation", observation(pair.mine, "laboratory", "gone")).json["id"]
    made = writes.made

    def made_and_then_deleted(*given: Any) -> list[Written]:
        done = made(*given)
        monkeypatch.undo()
        everyone().send("DELETE", f"Observation/{name}")
        return done

    monkeypatch.setattr(writes, "made", made_and_then_deleted)
    found = entry("POST", "Observation", observation(pair.mine, "laboratory", "gone"), ifNoneExist="identifier=gone")
    answer = everyone().post(
        "", transaction(found, entry("POST", "Condition", condition(pair.mine))), Prefer="return=representation"
    )
    assert [one["response"]["status"] for one in answer.json["entry"]] == ["200", "201"]
    assert answer.json["entry"][0] == {
        "response": {"status": "200", "location": f"https://localhost:8443/fhir/Observation/{name}"}
    }


def test_a_create_that_finds_what_is_deleted_at_this_moment_is_to_be_sent_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = observation(pair.mine, "laboratory", "going")
    name = everyone().post("Observation", one).json["id"]

    def found_and_then_deleted(*given: Any) -> list[Met]:
        there = named_by(*given)
        monkeypatch.undo()
        everyone().send("DELETE", f"Observation/{name}")
        return there

    monkeypatch.setattr("chartpost.gateways.fhir.writes.named_by", found_and_then_deleted)
    condition_ = {"If-None-Exist": "identifier=going"}
    assert everyone().send("POST", "Observation", one, condition_).status == 409
    assert everyone().send("POST", "Observation", one, condition_).status == 201


def preliminary(patient: str, **more: Any) -> Json:
    found = {**observation(patient, "laboratory", "o-1"), "status": "preliminary"}
    return {**found, **more}


WAITING = "Observation?identifier=urn:x|o-1&status=preliminary"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have somebody else send something once a change was worked out and before it is made, as often as said."""

    def send(method: str, address: str, bodies: list[Json]) -> None:
        real, left = writes.made, list(bodies)

        def late(*given: Any) -> list[Written]:
            if left:
                monkeypatch.setattr(writes, "made", real)
                assert everyone().send(method, address, left.pop(0)).status in (200, 204)
                monkeypatch.setattr(writes, "made", late)
            return real(*given)

        monkeypatch.setattr(writes, "made", late)

    return send


def test_what_a_condition_no_longer_finds_is_not_deleted(pair: Pair, meanwhile: Callable[..., None]) -> None:
    name = everyone().post("Observation", preliminary(pair.mine)).json["id"]
    meanwhile("PUT", f"Observation/{name}", [preliminary(pair.mine, id=name, status="final")])
    assert everyone().send("DELETE", WAITING).status == 204
    assert everyone().get(f"Observation/{name}").json["status"] == "final"


def test_what_a_condition_no_longer_finds_is_not_updated(pair: Pair, meanwhile: Callable[..., None]) -> None:
    name = everyone().post("Observation", preliminary(pair.mine)).json["id"]
    meanwhile("PUT", f"Observation/{name}", [preliminary(pair.mine, id=name, status="final")])
    answer = everyone().send("PUT", WAITING, preliminary(pair.mine, status="amended"))
    assert (answer.status, answer.json["id"] == name) == (201, False)
    assert everyone().get(f"Observation/{name}").json["status"] == "final"


def test_what_was_deleted_since_it_was_found_stays_deleted(pair: Pair, meanwhile: Callable[..., None]) -> None:
    name = everyone().post("Observation", preliminary(pair.mine)).json["id"]
    meanwhile("DELETE", f"Observation/{name}", [{}])
    answer = everyone().send("PUT", WAITING, preliminary(pair.mine))
    assert (answer.status, answer.json["id"] == name) == (201, False)
    assert everyone().get(f"Observation/{name}").status == 410


def test_what_a_condition_still_finds_is_changed(pair: Pair, meanwhile: Callable[..., None]) -> None:
    name = everyone().post("Observation", preliminary(pair.mine)).json["id"]
    meanwhile("PUT", f"Observation/{name}", [preliminary(pair.mine, id=name, note=[{"text": "n"}])])
    answer = everyone().send("PUT", WAITING, preliminary(pair.mine, status="final"))
    assert (answer.json["id"], answer.json["status"], answer.headers["ETag"]) == (name, "final", 'W/"3"')


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_transaction_overtaken_in_what_it_found_is_refused_whole(
    pair: Pair, meanwhile: Callable[..., None], method: str
) -> None:
    name = everyone().post("Observation", preliminary(pair.mine)).json["id"]
    meanwhile("PUT", f"Observation/{name}", [preliminary(pair.mine, id=name, status="final")])
    one = entry(method, WAITING, preliminary(pair.mine) if method == "PUT" else None)
    answer = everyone().post("", transaction(one, entry("POST", "Organization", numbered("lost"))))
    assert (answer.status, answer.json["issue"][0]["expression"]) == (409, ["Bundle.entry[0]"]), answer.body
    assert everyone().get("Organization?identifier=urn:o|lost").ids == []
    assert everyone().get(f"Observation/{name}").json["status"] == "final"


@pytest.mark.parametrize(("times", "status"), [(1, 200), (3, 200), (4, 409)])
def test_a_patch_is_applied_to_what_somebody_else_just_wrote(
    pair: Pair, meanwhile: Callable[..., None], times: int, status: int
) -> None:
    name = everyone().post("Organization", organization()).json["id"]
    meanwhile("PUT", f"Organization/{name}", [organization(id=name, name=f"{n}") for n in range(times)])
    answer = everyone().send("PATCH", f"Organization/{name}", NOTE, PATCH)
    there = everyone().get(f"Organization/{name}").json
    assert (answer.status, there["name"], "language" in there) == (status, f"{times - 1}", status == 200)


def test_a_patch_for_one_version_is_for_no_later_one(pair: Pair, meanwhile: Callable[..., None]) -> None:
    name = everyone().post("Organization", organization()).json["id"]
    meanwhile("PUT", f"Organization/{name}", [organization(id=name, name="B")])
    answer = everyone().send("PATCH", f"Organization/{name}", NOTE, {**PATCH, "If-Match": 'W/"1"'})
    assert (answer.status, "If-Match" in answer.json["issue"][0]["diagnostics"]) == (412, True)
