"""Provenances are hidden, filed, merged and parted with what they are about."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import facts as settings
from chartpost.kernel.db import raw
from chartpost.records import reindex
from chartpost.records import services as records
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_binary import PSY, URN, binary, facts, hiding, in_step, whole_condition
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_writes import Json, condition, entry, everyone, transaction

HIDDEN = Label.MENTAL_HEALTH
RESULT: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


def provenance(*targets: str, **more: Any) -> Json:
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target} for target in targets],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"display": "A clinic whose name says all"}}],
        **more,
    }


def stored(*targets: str) -> str:
    return str(everyone().post("Provenance", provenance(*targets)).json["id"])


def seen(pair: Pair, name: str, target: str) -> list[bool]:
    """Whether an app from which a label is kept has a Provenance by its id, by its target, and with that."""
    kind, _, key = target.partition("/")
    lists = (f"Provenance?target={target}", f"{kind}?_id={key}&_revinclude=Provenance:target")
    door = hiding(pair)
    return [door.get(f"Provenance/{name}").status == 200, *(f"Provenance/{name}" in door.get(one).ids for one in lists)]


def test_a_provenance_is_hidden_with_its_only_target(pair: Pair) -> None:
    kept = whole_condition(pair, meta=PSY)
    name = stored(f"Condition/{kept}")
    assert seen(pair, name, f"Condition/{kept}") == [False] * 3
    assert pair.door().get(f"Provenance/{name}").status == 200
    assert facts("Provenance", name)[2] == HIDDEN


def test_a_provenance_follows_the_labels_of_its_target(pair: Pair) -> None:
    kept = whole_condition(pair)
    name = stored(f"Condition/{kept}")
    assert all(seen(pair, name, f"Condition/{kept}"))
    records.label(pair.me.id, "Condition", kept, HIDDEN, SYSTEM)
    assert not any(seen(pair, name, f"Condition/{kept}"))
    records.label(pair.me.id, "Condition", kept, Label.NONE, SYSTEM)
    assert all(seen(pair, name, f"Condition/{kept}"))
    new = {**condition(pair.mine, meta=PSY), "id": kept}
    assert everyone().send("PUT", f"Condition/{kept}", new).status == 200
    assert not any(seen(pair, name, f"Condition/{kept}"))
    assert in_step()


def test_a_provenance_is_seen_while_one_of_its_targets_is(pair: Pair) -> None:
    shown, hidden = (f"Condition/{whole_condition(pair, **more)}" for more in ({}, {"meta": PSY}))
    name = stored(shown, hidden)
    assert seen(pair, name, shown) == [True] * 3
    records.label(pair.me.id, "Condition", shown.partition("/")[2], HIDDEN, SYSTEM)
    assert not any(seen(pair, name, shown))


@pytest.mark.parametrize("more", [{}, {"meta": PSY}])
def test_a_provenance_has_the_labels_of_what_is_written_beside_it(pair: Pair, more: Json) -> None:
    entries = [
        entry("POST", "Provenance", provenance(URN)),
        entry("POST", "Condition", condition(pair.mine, **more), URN),
    ]
    made = everyone().post("", transaction(*entries)).json["entry"]
    name, kept = (one["response"]["location"].split("/")[-3] for one in made)
    assert all(seen(pair, name, f"Condition/{kept}")) == (not more)
    assert facts("Provenance", name)[2] == facts("Condition", kept)[2]
    both = transaction(
        entry("PUT", f"Condition/{kept}", {**condition(pair.mine, meta=PSY), "id": kept}),
        entry("POST", "Provenance", provenance(f"Condition/{kept}")),
    )
    again = everyone().post("", both).json["entry"][1]["response"]["location"].split("/")[-3]
    assert facts("Provenance", name)[2] == facts("Provenance", again)[2] == HIDDEN


def test_a_provenance_that_came_before_its_target_has_its_labels(pair: Pair) -> None:
    source = records.source_id("test", "Test")
    records.save([Incoming({**provenance("Condition/late"), "id": "early"}, "early", pair.me.id)], source, SYSTEM)
    assert facts("Provenance", "early")[2] == 0
    late = {**condition(pair.mine, meta=PSY), "id": "late"}
    records.save([Incoming(late, "late", pair.me.id)], source, SYSTEM)
    assert facts("Provenance", "early")[2] == HIDDEN


def test_provenances_of_an_earlier_release_get_the_labels_of_their_targets(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "PAUSE_SECONDS", 0)
    kept = whole_condition(pair, meta=PSY)
    name = stored(f"Condition/{kept}")
    raw.django().run("UPDATE records_resource SET labels = 0 WHERE fhir_id = ?", [name])
    settings.record(reindex.FACT, "0")
    reindex.go_on()
    assert facts("Provenance", name)[2] == HIDDEN


def test_a_provenance_made_while_persons_were_one_is_parted_with_its_target(pair: Pair, clerk: Actor) -> None:
    kept = whole_condition(pair)
    merge = identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    name = stored(f"Condition/{kept}")
    both = transaction(
        entry("PUT", f"Condition/{kept}", {**condition(pair.mine), "id": kept, "recordedDate": "2020-01-01"}),
        entry("POST", "Provenance", provenance(f"Condition/{kept}")),
    )
    beside = everyone().post("", both).json["entry"][1]["response"]["location"].split("/")[-3]
    assert facts("Provenance", name)[0] == facts("Provenance", beside)[0] == pair.other.id
    identity.unmerge(merge, clerk)
    assert facts("Provenance", name)[0] == facts("Provenance", beside)[0] == pair.me.id
    assert in_step()


def test_a_provenance_that_was_nobodys_becomes_its_targets_persons(pair: Pair, clerk: Actor) -> None:
    made = everyone().post("Observation", RESULT).json
    name = everyone().post("Binary", binary(f"Observation/{made['id']}")).json["id"]
    early = [stored(f"Observation/{made['id']}"), stored(f"Binary/{name}")]
    whose = {**made, "subject": {"reference": f"Patient/{pair.mine}"}}
    both = transaction(
        entry("PUT", f"Observation/{made['id']}", whose), entry("POST", "Provenance", provenance(f"Binary/{name}"))
    )
    late = everyone().post("", both).json["entry"][1]["response"]["location"].split("/")[-3]
    assert [facts("Provenance", one)[0] for one in (*early, late)] == [pair.me.id] * 3
    assert f"Provenance/{late}" in pair.door().get(f"Provenance?target=Binary/{name}").ids
    merge = identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    identity.unmerge(merge, clerk)
    assert [facts("Provenance", one)[0] for one in (*early, late)] == [pair.me.id] * 3
    assert in_step()
