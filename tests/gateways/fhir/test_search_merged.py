"""A person with several Patient ids is one Patient to every search, by whichever id stored references name them."""

from collections.abc import Iterator
from typing import Any

import pytest

from chartpost.identity import aliases
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import services as records
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.records.test_store import condition


def reference(text: str) -> dict[str, str]:
    return {"reference": text}


def resources() -> list[dict[str, Any]]:
    """A second Patient, and what names it: as subject, as performer, as target."""
    said = {"code": {"text": "x"}, "subject": reference("Patient/twin")}
    measured = {"status": "final", "performer": [reference("Patient/twin")], **said}
    return [
        {"resourceType": "Patient", "id": "twin", "name": [{"family": "Twin"}]},
        {**condition("of-twin", "2026-01-01"), "subject": reference("Patient/twin")},
        {"resourceType": "Observation", "id": "by-twin", **measured},
        {
            "resourceType": "Provenance",
            "id": "on-twin",
            "target": [reference("Patient/twin")],
            "recorded": "2026-01-01T00:00:00Z",
            "agent": [{"who": reference("Patient/twin")}],
        },
    ]


@pytest.fixture
def twin(pair: Pair) -> Iterator[Pair]:
    """Me with a second Patient, as after a merge."""
    some = resources()
    records.save([Incoming(r, r["id"], pair.me.id) for r in some], records.source_id("test"), SYSTEM)
    identity.add_source(pair.me.id, "other", "twin", [])
    aliases.forget()
    yield pair
    aliases.forget()


def system() -> Door:
    return Door(access("system/*.cruds", everyone=RowFilter()))


def test_what_names_another_patient_of_the_person_brings_the_one_apps_know(twin: Pair) -> None:
    mine = f"Patient/{twin.mine}"
    for door in (twin.door(), system()):
        assert door.get("Condition?_id=of-twin&_include=Condition:subject").ids == ["Condition/of-twin", mine]
        assert door.get("Condition?_id=of-twin&_include=Condition:patient:Patient").ids == ["Condition/of-twin", mine]
        assert mine in door.get("Observation?_id=by-twin&_include=*").ids
        assert "Provenance/on-twin" in door.get(f"Patient?_id={twin.mine}&_revinclude=Provenance:target").ids
        assert "Observation/by-twin" in door.get(f"Patient?_id={twin.mine}&_revinclude=Observation:performer").ids
        further = "_include=Condition:subject&_revinclude:iterate=Provenance:target"
        assert "Provenance/on-twin" in door.get(f"Condition?_id=of-twin&{further}").ids
        again = door.get("Provenance?_id=on-twin&_include:iterate=Provenance:target&_include=Provenance:agent").ids
        assert again == ["Provenance/on-twin", mine]


@pytest.mark.parametrize("name", ["mine", "twin"])
def test_any_reference_is_found_by_any_id_of_the_person(twin: Pair, name: str) -> None:
    asked = twin.mine if name == "mine" else "twin"
    wanted = ["Observation/by-twin"]
    for door in (twin.door(), system()):
        for query in (
            f"performer=Patient/{asked}",
            f"performer={asked}",
            f"performer:Patient={asked}",
            f"performer=Practitioner/none,Patient/{asked}",
            f"performer=https://localhost:8443/fhir/Patient/{asked}",
            f"subject=Patient/{asked}&performer=Patient/{asked}",
        ):
            assert door.get(f"Observation?{query}").ids == wanted, query
        assert door.get(f"Observation?_id=by-twin&performer=Patient/{asked}").ids == wanted
        assert door.get(f"Observation?performer=Patient/{asked}&_summary=count").json["total"] == 1
        assert "Provenance/on-twin" in door.get(f"Provenance?target=Patient/{asked}").ids
    assert twin.door().get(f"Observation?performer=Practitioner/{asked}").ids == []
    assert twin.door().get(f"Observation?performer=Patient/{twin.others}").ids == []


def test_chains_and_reverse_chains_follow_the_one_apps_know(twin: Pair) -> None:
    door = twin.door()
    assert door.get(f"Observation?performer:Patient._id={twin.mine}").ids == ["Observation/by-twin"]
    assert door.get(f"Observation?performer:Patient.family={twin.me.family}").ids == ["Observation/by-twin"]
    assert door.get("Patient?_has:Observation:performer:_id=by-twin").ids == [f"Patient/{twin.mine}"]
    found = door.get(f"Patient?_has:Observation:subject:performer=Patient/{twin.mine}").ids
    assert found == [f"Patient/{twin.mine}"]


def test_a_search_asked_before_and_after_the_second_patient_came(pair: Pair) -> None:
    door, address = pair.door(), f"Observation?performer=Patient/{pair.mine}"
    aliases.forget()
    assert door.get(address).ids == []
    some = resources()
    records.save([Incoming(r, r["id"], pair.me.id) for r in some], records.source_id("test"), SYSTEM)
    identity.add_source(pair.me.id, "other", "twin", [])
    aliases.forget()
    assert door.get(address).ids == ["Observation/by-twin"]
    aliases.forget()


def test_hidden_patients_are_not_counted(twin: Pair) -> None:
    for door, number in ((twin.door(), 1), (system(), 2)):
        assert len(door.get("Patient").ids) == number
        for query in ("_summary=count", "_count=0", "_total=accurate", "gender:not=other&_summary=count"):
            assert door.get(f"Patient?{query}").json["total"] == number, query
        assert door.get(f"Patient?_id=twin,{twin.mine}&_total=accurate").json["total"] == 1
        assert door.get("Patient?name=twin&_summary=count").json["total"] == 0


def test_a_person_is_found_by_each_of_their_patient_ids(twin: Pair) -> None:
    for door in (twin.door(), system()):
        assert door.get("Patient?_id=twin").ids == [f"Patient/{twin.mine}"]
        assert door.get("Condition?patient._id=twin").ids == door.get(f"Condition?patient._id={twin.mine}").ids
        assert "Condition/of-twin" in door.get("Condition?patient._id=twin").ids
