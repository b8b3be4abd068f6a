"""$validate says what would keep a resource from being stored, and what is wrong with what is."""

import pytest

from chartpost.ledger import queries as ledger
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer
from tests.gateways.fhir.test_transaction_links import observation
from tests.gateways.fhir.test_writes import Json, condition, everyone, rows

PROFILE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"


def errors(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [one.get("expression", [""])[0] for one in answer.json["issue"] if one["severity"] == "error"]


@pytest.mark.parametrize("subject", ["Patient/nonesuch", "Patient?identifier=no", "urn:uuid:none"])
@pytest.mark.parametrize("mode", ["create", "update"])
def test_a_reference_that_points_nowhere_is_told_as_a_write_tells_it(pair: Pair, subject: str, mode: str) -> None:
    door, before = everyone(), rows()
    wrong = condition(pair.mine, id="a", subject={"reference": subject})
    said = door.post(f"Condition/a/$validate?mode={mode}", wrong)
    written = door.send("PUT", "Condition/a", wrong)
    assert said.json["issue"] == written.json["issue"]
    assert written.status in (412, 422)
    assert errors(door.post(f"Condition/a/$validate?mode={mode}", condition(pair.mine, id="a"))) == []
    assert errors(door.post("Condition/$validate", wrong)) == [], "without a mode the content alone is checked"
    assert rows() == before


def test_who_may_not_write_is_not_told_what_is_here(pair: Pair) -> None:
    for name in ("nonesuch", pair.others):
        said = pair.door().post("Condition/$validate?mode=create", condition(name))
        assert errors(said) == [], name


def test_who_does_not_reach_what_is_stored_is_not_told_of_it(pair: Pair) -> None:
    """An update may go on pointing at what was deleted; that it does tells what is there."""
    door, system = everyone(), "http://terminology.hl7.org/CodeSystem/observation-category"
    visit = {"status": "finished", "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{pair.mine}"}}
    visited = door.post("Encounter", {"resourceType": "Encounter", **visit}).json["id"]

    def measured(category: str, **more: str) -> Json:
        coded = [{"coding": [{"system": system, "code": category}]}]
        pointing = {"encounter": {"reference": f"Encounter/{visited}"}}
        return observation(f"Patient/{pair.mine}", category=coded, **pointing, **more)

    names = [door.post("Observation", measured(each)).json["id"] for each in ("laboratory", "vital-signs")]
    assert door.send("DELETE", f"Encounter/{visited}").status == 204
    scopes = f"system/Observation.cruds?category={system}|laboratory system/Patient.rs system/Encounter.rs"
    said = [
        everyone(scopes).post(f"Observation/{name}/$validate?mode=update", measured("laboratory", id=name))
        for name in (*names, "nonesuch")
    ]
    assert [errors(each) for each in said] == [[], *[["Observation.encounter.reference"]] * 2]


def test_an_update_stays_with_its_patient(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    moved = {**condition(pair.others), "id": name}
    assert door.send("PUT", f"Condition/{name}", moved).status == 422
    said = door.post(f"Condition/{name}/$validate?mode=update", moved)
    assert [one["code"] for one in said.json["issue"]] == ["business-rule"]


def test_an_update_has_the_id_of_its_address(pair: Pair) -> None:
    door = everyone()
    assert errors(door.post("Condition/a/$validate?mode=update", condition(pair.mine, id="b"))) == ["Condition.id"]
    assert errors(door.post("Condition/a/$validate?mode=update", condition(pair.mine, id="a"))) == []


def test_what_is_stored_is_checked_and_that_is_a_read(pair: Pair) -> None:
    door = everyone()
    name = door.post("Condition", condition(pair.mine)).json["id"]
    before = len([e for e in ledger.for_person(pair.me.id) if e.action == "record.read"])
    assert errors(door.post(f"Condition/{name}/$validate?mode=profile")) == []
    assert "Condition.category" in errors(door.post(f"Condition/{name}/$validate?mode=profile&profile={PROFILE}"))
    assert len([e for e in ledger.for_person(pair.me.id) if e.action == "record.read"]) == before + 2
    assert everyone("system/Condition.cud").post(f"Condition/{name}/$validate?mode=profile").status == 403
    assert door.post("Condition/nonesuch/$validate?mode=profile").status == 404
    assert door.post(f"Condition/{name}/$validate?mode=create").status == 400
    door.send("DELETE", f"Condition/{name}")
    assert door.post(f"Condition/{name}/$validate?mode=profile").status == 410
