"""What is written without leave to read is not read by writing it."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_writes import PATCH, condition, entry, everyone, transaction

SECRET = "Encounter/told-in-confidence"
WHOLE = {"Prefer": "return=representation"}
NARROW = "system/Condition.cus system/Condition.r?category=http://terminology.hl7.org/CodeSystem/condition-category|"


@pytest.fixture
def kept(pair: Pair) -> str:
    note, identifier = [{"text": SECRET}], [{"system": "urn:x", "value": "unread"}]
    made = everyone().post("Condition", condition(pair.mine, note=note, identifier=identifier))
    return str(made.json["id"])


def binary(operations: Any) -> dict[str, str]:
    data = b64encode(orjson.dumps(operations)).decode()
    return {"resourceType": "Binary", "contentType": PATCH["Content-Type"], "data": data}


@pytest.mark.parametrize("scopes", ["system/Condition.u", "system/Condition.cuds", NARROW + "encounter-diagnosis"])
def test_a_patch_gives_nothing_back_without_leave_to_read(pair: Pair, kept: str, scopes: str) -> None:
    door = everyone(scopes)
    for operations in ([], [{"op": "add", "path": "/recordedDate", "value": "2020-01-01"}]):
        answer = door.send("PATCH", f"Condition/{kept}", operations, {**PATCH, **WHOLE})
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["ETag"]
    said = door.send("PATCH", f"Condition/{kept}", [], {**PATCH, "Prefer": "return=OperationOutcome"})
    assert said.json["resourceType"] == "OperationOutcome"
    assert everyone().get(f"Condition/{kept}").json["recordedDate"] == "2020-01-01"


def test_with_leave_to_read_it_does(pair: Pair, kept: str) -> None:
    door = everyone("system/Condition.ru")
    assert door.send("PATCH", f"Condition/{kept}", [], PATCH).json["note"] == [{"text": SECRET}]


@pytest.mark.parametrize(("letters", "right", "wrong"), [("u", 403, 403), ("ru", 200, 422)])
def test_a_patch_tests_only_what_may_be_read(pair: Pair, kept: str, letters: str, right: int, wrong: int) -> None:
    """Each test would tell whether a guess is right."""
    door = everyone(f"system/Condition.{letters}")
    for guess, status in ((SECRET, right), ("something else", wrong)):
        operations = [{"op": "test", "path": "/note/0/text", "value": guess}]
        assert door.send("PATCH", f"Condition/{kept}", operations, PATCH).status == status
        bundle = transaction(entry("PATCH", f"Condition/{kept}", binary(operations)), kind="batch")
        assert door.post("", bundle).json["entry"][0]["response"]["status"].startswith(str(status))


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize(("letters", "told"), [("u", False), ("ru", True)])
def test_nor_does_a_patch_in_a_bundle(pair: Pair, kept: str, kind: str, letters: str, told: bool) -> None:
    door = everyone(f"system/Condition.{letters}")
    answer = door.post("", transaction(entry("PATCH", f"Condition/{kept}", binary([])), kind=kind), **WHOLE)
    (one,) = answer.json["entry"]
    assert one["response"]["status"] == "200"
    assert ("resource" in one, SECRET in answer.body.decode()) == (told, told)


@pytest.mark.parametrize("kind", ["alone", "batch", "transaction"])
@pytest.mark.parametrize(
    "path", ["/clinicalStatus/coding/0/code", "/recordedDate", "/encounter/reference", "/language", "/id"]
)
def test_no_error_quotes_what_was_moved_there(pair: Pair, kept: str, kind: str, path: str) -> None:
    operations = [
        {"op": "add", "path": "/encounter", "value": {}},
        {"op": "copy", "from": "/note/0/text", "path": path},
    ]
    door = everyone("system/Condition.u")
    if kind == "alone":
        answer = door.send("PATCH", f"Condition/{kept}", operations, PATCH)
        assert answer.status in (200, 422)
    else:
        answer = door.post("", transaction(entry("PATCH", f"Condition/{kept}", binary(operations)), kind=kind))
    assert SECRET not in answer.body.decode()


@pytest.mark.parametrize(("letters", "told"), [("cs", False), ("crs", True)])
def test_a_create_that_finds_one_gives_its_content_to_readers_alone(
    pair: Pair, kept: str, letters: str, told: bool
) -> None:
    door, same = everyone(f"system/Condition.{letters}"), "identifier=urn:x|unread"
    alone = door.send("POST", "Condition", condition(pair.mine), {"If-None-Exist": same, **WHOLE})
    assert (alone.status, alone.headers["ETag"]) == (200, 'W/"1"')
    assert (SECRET in alone.body.decode()) is told
    for kind in ("batch", "transaction"):
        found = entry("POST", "Condition", condition(pair.mine), ifNoneExist=same)
        asked = transaction(found, entry("POST", "Condition", condition(pair.mine)), kind=kind)
        answer = door.post("", asked, **WHOLE)
        assert answer.json["entry"][0]["response"]["status"] == "200"
        assert (SECRET in answer.body.decode()) is told


def test_what_an_app_sent_itself_it_gets_back(pair: Pair, kept: str) -> None:
    """As it sent it, with id, version and moment: nothing of what stood there, or of what the office noted."""
    door: Door = everyone("system/Condition.cu")
    made = door.post("Condition", condition(pair.mine)).json
    sent = {**condition(pair.mine), "id": kept}
    for _ in range(2):
        changed = door.send("PUT", f"Condition/{kept}", sent, WHOLE)
        assert changed.status == 200
        assert {**changed.json, "meta": None} == {**sent, "meta": None}
        assert set(changed.json["meta"]) == set(made["meta"]) == {"versionId", "lastUpdated"}
