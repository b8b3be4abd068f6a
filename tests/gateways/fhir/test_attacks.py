"""What a hostile client tries at the door: each attempt once."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import Actor, RowFilter
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_writes import PATCH, condition, everyone


def test_an_id_used_again_for_another_person_is_refused(pair: Pair) -> None:
    door = everyone()
    mine = {**condition(pair.mine), "id": "used-again"}
    assert door.send("PUT", "Condition/used-again", mine).status == 201
    assert door.send("DELETE", "Condition/used-again").status == 204
    theirs = {**condition(pair.others), "id": "used-again"}
    assert door.send("PUT", "Condition/used-again", theirs).status == 422
    stranger = Door(access("patient/*.rs", pair.other.id, pair.others))
    assert stranger.get("Condition/used-again/_history/1").status == 404
    assert door.send("PUT", "Condition/used-again", mine).status == 201


def test_a_patch_that_copies_itself_ends(pair: Pair) -> None:
    door = everyone()
    extension = [{"url": "urn:x", "valueString": "x" * 100}]
    name = door.post("Condition", condition(pair.mine, extension=extension)).json["id"]
    doubling = [{"op": "copy", "from": "/extension", "path": "/extension/-"}] * 40
    assert door.send("PATCH", f"Condition/{name}", doubling, PATCH).status == 413
    few = [{"op": "copy", "from": "/extension/0", "path": "/extension/-"}] * 100
    assert door.send("PATCH", f"Condition/{name}", few, PATCH).status == 413
    assert door.get(f"Condition/{name}").json["extension"] == extension


def test_an_earlier_version_is_judged_by_what_it_was(pair: Pair) -> None:
    door = everyone()
    old = door.post("Condition", condition(pair.mine, recordedDate="2001-01-01")).json
    now = {**old, "recordedDate": "2026-01-01"}
    assert door.send("PUT", f"Condition/{old['id']}", now).status == 200
    from datetime import date

    since = pair.door(persons={pair.me.id: RowFilter(date_from=date(2020, 1, 1))})
    assert since.get(f"Condition/{old['id']}").status == 200
    assert since.get(f"Condition/{old['id']}/_history/1").status == 404
    assert len(since.get(f"Condition/{old['id']}/_history").json["entry"]) == 1


def test_what_a_token_could_not_read_it_does_not_write(pair: Pair) -> None:
    hiding = Door(access("system/*.cruds", everyone=RowFilter(hidden_labels=int(Label.HIV))))
    secret = condition(pair.mine, code={"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]})
    assert hiding.post("Condition", secret).status == 403
    narrow = Door(access("system/*.cruds", everyone=RowFilter(categories=Category.RESULTS.bit)))
    assert narrow.post("Condition", condition(pair.mine)).status == 403


def test_a_token_for_one_person_changes_nothing_that_is_everybodys(pair: Pair) -> None:
    office = {"resourceType": "Organization", "name": "North", "identifier": [{"system": "urn:o", "value": "1"}]}
    name = everyone().post("Organization", office).json["id"]
    clerk = Actor("staff", account_id=1, ref="s", name="Robin Clerk", roles=frozenset({"clerk"}))
    mine = Door(access("patient/*.cruds", pair.me.id, pair.mine, actor=clerk))
    changed = {**office, "id": name, "name": "South"}
    assert mine.get(f"Organization/{name}").status == 200
    assert mine.send("PUT", f"Organization/{name}", changed).status == 403
    rename = [{"op": "replace", "path": "/name", "value": "South"}]
    assert mine.send("PATCH", f"Organization/{name}", rename, PATCH).status == 404
    assert mine.send("DELETE", f"Organization/{name}").status == 403
    assert mine.send("DELETE", "Organization?identifier=urn:o|1").status == 403
    entry = {"request": {"method": "DELETE", "url": f"Organization/{name}"}}
    assert mine.post("", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).status == 403
    assert mine.get(f"Organization/{name}").json["name"] == "North"
    assert everyone().send("DELETE", f"Organization/{name}").status == 204


@pytest.mark.parametrize("kind", ["text/html\r\nX: y", "text/plain\u2028", "<script>", "a/b; c=\x7f", "ü/ö"])
def test_a_media_type_never_becomes_a_header_of_its_own(pair: Pair, kind: str) -> None:
    door = everyone()
    made = door.post("Binary", {"resourceType": "Binary", "contentType": kind, "data": "AAAA"})
    if made.status != 201:
        assert made.status == 422
        return
    answer = door.get(f"Binary/{made.json['id']}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    "address",
    ["Patient/%2e%2e", "Patient/..%2fmetadata", "Patient/a%0d%0aX:y", "Patient/%252e", "//metadata", "Patient//x"],
)
def test_strange_paths_lead_nowhere(pair: Pair, address: str) -> None:
    answer = pair.door().get(address)
    assert answer.status in (200, 404)
    assert "X" not in answer.headers
    body: Any = answer.json
    assert body["resourceType"] in ("OperationOutcome", "CapabilityStatement")
