"""$everything of a time: what lasted into it and what has no time; and of a Patient who is no more."""

from typing import Any

import pytest

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import condition, everyone, patient

CLINICAL = "http://terminology.hl7.org/CodeSystem/"


@pytest.fixture
def kept(pair: Pair) -> dict[str, str]:
    """What I have from before, across and after the days around New Year 2020, by name."""
    me = {"reference": f"Patient/{pair.mine}"}
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}, "subject": me}
    seen = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": me}
    active = {"coding": [{"system": f"{CLINICAL}allergyintolerance-clinical", "code": "active"}]}
    made: dict[str, dict[str, Any]] = {
        "across": {**visit, "period": {"start": "2019-12-30", "end": "2020-01-05"}},
        "open": {**visit, "status": "in-progress", "period": {"start": "2015-01-01"}},
        "before": {**visit, "period": {"start": "2019-12-01", "end": "2019-12-31"}},
        "month": {**seen, "effectiveDateTime": "2020-01"},
        "day": {**seen, "effectiveDateTime": "2019-12-31"},
        "after": {**seen, "effectiveDateTime": "2020-03-01"},
        "undated": {"resourceType": "AllergyIntolerance", "patient": me, "clinicalStatus": active},
        "stamped": {
            "resourceType": "AllergyIntolerance",
            "patient": me,
            "clinicalStatus": active,
            "meta": {"lastUpdated": "1950-01-01T00:00:00Z"},
        },
    }
    answers = {name: everyone().post(one["resourceType"], one).json for name, one in made.items()}
    return {name: f"{one['resourceType']}/{one['id']}" for name, one in answers.items()}


@pytest.mark.parametrize(
    ("asked", "within"),
    [
        ("start=2020-01-01", {"across", "open", "month", "after", "undated", "stamped"}),
        ("start=2020-01-15&end=2020-01-20", {"open", "month", "undated", "stamped"}),
        ("end=2019-12-30", {"across", "open", "before", "undated", "stamped"}),
        ("start=2020-02-01&end=2020-02-28&_type=Encounter", {"open"}),
        ("", {"across", "open", "before", "month", "day", "after", "undated", "stamped"}),
    ],
)
@pytest.mark.parametrize("count", [1000, 3])
def test_a_time_takes_what_lasts_into_it_and_what_has_none(
    pair: Pair, kept: dict[str, str], asked: str, within: set[str], count: int
) -> None:
    found: list[str] = []
    address: str | None = f"Patient/{pair.mine}/$everything?_count={count}&{asked}"
    while address:
        answer = pair.door().get(address)
        found += [e["resource"]["resourceType"] + "/" + e["resource"]["id"] for e in answer.json.get("entry", ())]
        address = answer.link("next")
    assert {name for name, key in kept.items() if key in found} == within
    mine = [key for key in found if key in kept.values()]
    assert len(mine) == len(set(mine))


def test_of_a_deleted_patient_it_is_gone(pair: Pair) -> None:
    door = everyone()
    number = [{"system": "urn:test:mrn", "value": "GONE-1"}]
    sent = patient(identifier=number, name=[{"family": "Goner", "given": ["Q"]}], birthDate="1933-01-01")
    name = door.post("Patient", sent).json["id"]
    door.post("Condition", condition(name))
    assert door.get(f"Patient/{name}/$everything").status == 200
    assert door.send("DELETE", f"Patient/{name}").status in (200, 204)
    answer = door.get(f"Patient/{name}/$everything")
    assert (answer.status, answer.json["issue"][0]["code"]) == (410, "deleted")
    assert answer.headers["ETag"] == 'W/"2"'
