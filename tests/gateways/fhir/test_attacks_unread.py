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
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
NARROW = f"system/Condition.cus system/Condition.r?category={CATEGORY}|"
Json = dict[str, Any]


@pytest.fixture
def kept(pair: Pair) -> str:
    note, identifier = [{"text": SECRET}], [{"system": "urn:x", "value": "unread"}]
    made = everyone().post("Condition", condition(pair.mine, note=note, identifier=identifier))
    return str(made.json["id"])


def binary(operations: Any) -> dict[str, str]:
    data = b64encode(orjson.dumps(operations)).decode()
    return {"resourceType": "Binary", "contentType": PATCH["Content-Type"], "data": data}


OPERATIONS: list[list[Json]] = [
    [],
    [{"op": "add", "path": "/recordedDate", "value": "2020-01-01"}],
    [{"op": "test", "path": "/note/0/text", "value": SECRET}],
    [{"op": "test", "path": "/note/0/text", "value": "something else"}],
    [{"op": "move", "from": "/note", "path": "/note"}],
    [{"op": "move", "from": "/onsetString", "path": "/onsetString"}],
    [{"op": "copy", "from": "/note/0/text", "path": "/recordedDate"}],
    [{"op": "add", "path": "/category", "value": [{"coding": [{"system": CATEGORY, "code": "encounter-diagnosis"}]}]}],
]


@pytest.mark.parametrize("scopes", ["system/Condition.u", "system/Condition.cuds", NARROW + "encounter-diagnosis"])
def test_what_may_not_be_read_may_not_be_patched(pair: Pair, kept: str, scopes: str) -> None:
    """Whether a patch fits would tell what stands there, and a patch could bring it into a granular scope's reach."""
    door, headers = everyone(scopes), {**PATCH, **WHOLE, "If-Match": 'W/"9"'}
    said = {door.send("PATCH", f"Condition/{kept}", operations, headers).body for operations in OPERATIONS}
    (words,) = said
    assert orjson.loads(words)["issue"][0]["code"] == "forbidden"
    for operations in OPERATIONS:
        assert door.send("PATCH", f"Condition/{kept}", operations, PATCH).status == 403
        for kind in ("batch", "transaction"):
            answer = door.post("", transaction(entry("PATCH", f"Condition/{kept}", binary(operations)), kind=kind))
            told = answer.json["entry"][0]["response"]["status"] if kind == "batch" else str(answer.status)
            assert told == "403"
            assert SECRET not in answer.body.decode()
    assert everyone().get(f"Condition/{kept}").headers["ETag"] == 'W/"1"'


def test_with_leave_to_read_it_does(pair: Pair, kept: str) -> None:
    door = everyone("system/Condition.ru")
    assert door.send("PATCH", f"Condition/{kept}", [], PATCH).json["note"] == [{"text": SECRET}]


@pytest.mark.parametrize(("guess", "status"), [(SECRET, 200), ("something else", 422)])
def test_a_patch_tests_what_may_be_read(pair: Pair, kept: str, guess: str, status: int) -> None:
    operations = [{"op": "test", "path": "/note/0/text", "value": guess}]
    assert everyone("system/Condition.ru").send("PATCH", f"Condition/{kept}", operations, PATCH).status == status


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_patch_in_a_bundle_gives_it_back(pair: Pair, kept: str, kind: str) -> None:
    door = everyone("system/Condition.ru")
    answer = door.post("", transaction(entry("PATCH", f"Condition/{kept}", binary([])), kind=kind), **WHOLE)
    (one,) = answer.json["entry"]
    assert (one["response"]["status"], one["resource"]["note"]) == ("200", [{"text": SECRET}])


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
