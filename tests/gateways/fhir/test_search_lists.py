"""Searches by List and by the order of codes."""

from typing import Any

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_writes import condition, everyone

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
Json = dict[str, Any]


def listed(writer: Door, patient: str, *keys: str, crossed: str = "") -> str:
    entries: list[Json] = [{"item": {"reference": key}} for key in keys]
    entries += [{"deleted": True, "item": {"reference": crossed}}] if crossed else []
    resource = {"resourceType": "List", "status": "current", "mode": "changes", "entry": entries}
    answer = writer.post("List", {**resource, "subject": {"reference": f"Patient/{patient}"}})
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def test_a_list_chooses_what_it_holds(pair: Pair) -> None:
    writer, door = everyone(), pair.door()
    names = [writer.post("Condition", condition(pair.mine)).json["id"] for _ in range(4)]
    keys = [f"Condition/{name}" for name in names]
    one = listed(writer, pair.mine, keys[0], f"Patient/{pair.mine}", crossed=keys[3])
    two = listed(writer, pair.mine, keys[1])
    assert door.get(f"Condition?_list={one}").ids == keys[:1]
    assert sorted(door.get(f"Condition?_list={one},{two}").ids) == sorted(keys[:2])
    assert door.get(f"Condition?_list={one}&code=0000").ids == []
    assert door.get(f"Patient?_list={one}").ids == [f"Patient/{pair.mine}"]
    assert door.get("Condition?_list=nothing").ids == []
    assert door.get("Condition?_list=$current-problems").status == 400
    assert pair.door("patient/Condition.rs").get(f"Condition?_list={one}").status in (400, 403)


def test_a_list_of_somebody_else_shows_nothing(pair: Pair) -> None:
    writer = everyone()
    name = writer.post("Condition", condition(pair.mine)).json["id"]
    theirs = listed(writer, pair.others, f"Condition/{name}")
    assert pair.door().get(f"Condition?_list={theirs}").ids == []


def test_codes_below_a_code(pair: Pair) -> None:
    writer, door = everyone(), pair.door()
    made = {}
    for code in ("relapse", "resolved"):
        status = {"coding": [{"system": CLINICAL, "code": code}]}
        made[code] = f"Condition/{writer.post('Condition', condition(pair.mine, clinicalStatus=status)).json['id']}"
    found = door.get(f"Condition?_count=500&clinical-status:below={CLINICAL}|active").ids
    assert made["relapse"] in found
    assert made["resolved"] not in found
    assert made["resolved"] in door.get(f"Condition?_count=500&clinical-status:below={CLINICAL}|inactive").ids
    refused = door.get("Condition?code:below=http://snomed.info/sct|73211009")
    assert (refused.status, "not held" in refused.json["issue"][0]["diagnostics"]) == (400, True)
