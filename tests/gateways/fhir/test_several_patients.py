"""Several Patients of one person: who stores them means each by its id, who reads sees one that lives."""

from collections.abc import Iterator

import pytest

from chartpost.identity import aliases
from chartpost.identity.aliases import canonical_patient
from chartpost.kernel.db import raw
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import Json, condition, everyone


@pytest.fixture
def second(pair: Pair) -> Iterator[tuple[Pair, str, Json]]:
    """Me with a second Patient, which a backend stored: its id and what is written of it."""
    own = {
        key: value for key, value in everyone().get(f"Patient/{pair.mine}").json.items() if key not in ("id", "meta")
    }
    name = everyone().post("Patient", {**own, "language": "es"}).json["id"]
    aliases.forget()
    yield pair, name, {**own, "id": name}
    aliases.forget()


def test_who_writes_patients_reads_the_one_it_stored(second: tuple[Pair, str, Json]) -> None:
    pair, name, own = second
    door = everyone()
    there = door.get(f"Patient/{name}")
    assert (there.json["id"], there.json["language"], there.headers["ETag"]) == (name, "es", 'W/"1"')
    changed = door.send("PUT", f"Patient/{name}", {**own, "language": "fr"}, {"If-Match": there.headers["ETag"]})
    assert (changed.status, door.get(f"Patient/{name}").json["language"]) == (200, "fr")
    assert door.send("DELETE", f"Patient/{name}").status == 204
    assert door.get(f"Patient/{name}").status == 410
    assert door.get(f"Patient/{pair.mine}").status == 200


@pytest.mark.parametrize("scopes", ["system/*.rs", "system/Patient.rs system/Condition.cud"])
def test_who_only_reads_patients_sees_one(second: tuple[Pair, str, Json], scopes: str) -> None:
    pair, name, _ = second
    for door in (everyone(scopes), pair.door()):
        assert door.get(f"Patient/{name}").json["id"] == pair.mine
        assert door.get("Patient").ids.count(f"Patient/{name}") == 0


def test_a_person_is_known_by_a_patient_that_lives(second: tuple[Pair, str, Json]) -> None:
    pair, name, _ = second
    first = {key: value for key, value in everyone().get(f"Patient/{pair.mine}").json.items() if key != "meta"}
    filed = everyone().post("Condition", condition(name)).json["id"]
    epoch = raw.django().one("SELECT value FROM identity_tokenepoch")
    assert everyone().send("DELETE", f"Patient/{pair.mine}").status == 204
    assert raw.django().one("SELECT value FROM identity_tokenepoch") != epoch
    aliases.forget()
    assert canonical_patient(pair.me.id, raw.django()) == name
    mine = pair.door()
    assert mine.get("Patient").ids == [f"Patient/{name}"]
    assert mine.get(f"Patient/{pair.mine}").json["id"] == name
    assert mine.get(f"Patient/{pair.mine}/$everything?_count=1").ids[0] == f"Patient/{name}"
    assert mine.get(f"Condition/{filed}").json["subject"] == {"reference": f"Patient/{name}"}
    assert everyone().get(f"Patient/{pair.mine}").status == 410
    assert everyone().send("PUT", f"Patient/{pair.mine}", first).status == 201
    aliases.forget()
    assert mine.get("Patient").ids == [f"Patient/{pair.mine}"]


def test_the_last_patient_of_a_person_is_gone_when_it_is_deleted(second: tuple[Pair, str, Json]) -> None:
    pair, name, _ = second
    for each in (name, pair.mine):
        assert everyone().send("DELETE", f"Patient/{each}").status == 204
        aliases.forget()
    assert canonical_patient(pair.me.id, raw.django()) == pair.mine
    assert [pair.door().get(f"Patient/{each}").status for each in (pair.mine, name)] == [410, 410]
