"""Versions of Binaries: histories and exports, for tokens as they are."""

import time
from urllib.parse import quote

import orjson
import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies, scopes
from chartpost.identity import services as identity
from chartpost.identity.app_models import AppGrant
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock
from chartpost.records import services as records
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_binary import PSY, binary, hiding, whole_condition
from tests.gateways.fhir.test_bulk import begun
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_bulk_stops import door, lines, run
from tests.gateways.fhir.test_bulk_stops import grant as grant
from tests.gateways.fhir.test_writes import Json, everyone

HIDDEN = Label.MENTAL_HEALTH


def program(given: str = "system/*.rs") -> Door:
    """A backend client with the row filter a token of its own has."""
    actor = Actor("app", ref="program", name="Program")
    persons, rows = policies.app_reach(actor, scopes.resources(given.split()), None)
    return Door(access(given, everyone=rows, actor=actor, persons=persons))


def seen(client: Door, name: str) -> list[str | None]:
    """The data of both versions as a door gives them by number, and of those in the history of the Binary."""
    alone = [client.get(f"Binary/{name}/_history/{number}") for number in (1, 2)]
    listed = client.get(f"Binary/{name}/_history")
    whole = [one.json["data"] if one.status == 200 else None for one in alone]
    return [*whole, *(one["resource"]["data"] for one in listed.json["entry"])]


def changed(made: Json, **more: object) -> None:
    assert everyone().send("PUT", f"Binary/{made['id']}", {**made, "data": "REVG", **more}).status == 200


def test_versions_with_the_same_context_are_seen_as_the_binary_is(pair: Pair) -> None:
    kept = whole_condition(pair)
    for context in (f"Patient/{pair.mine}", f"Condition/{kept}"):
        made = everyone().post("Binary", binary(context)).json
        changed(made)
        for client in (program(), pair.door(), hiding(pair)):
            assert seen(client, made["id"]) == ["QUJD", "REVG", "REVG", "QUJD"]
            for address in ("Binary/_history?_count=500", "_history?_count=500"):
                assert f"Binary/{made['id']}" in client.get(address).ids
    records.label(pair.me.id, "Condition", kept, HIDDEN, SYSTEM)
    client = hiding(pair)
    assert [client.get(f"Binary/{made['id']}/_history{n}").status for n in ("", "/1", "/2")] == [404] * 3


def test_a_version_with_another_context_is_seen_as_that_is_now(pair: Pair) -> None:
    hidden, shown = whole_condition(pair, meta=PSY), whole_condition(pair)
    made = everyone().post("Binary", binary(f"Condition/{hidden}")).json
    changed(made, securityContext={"reference": f"Condition/{shown}"})
    for client in (program(), pair.door()):
        assert seen(client, made["id"]) == ["QUJD", "REVG", "REVG", "QUJD"]
    assert seen(hiding(pair), made["id"]) == [None, "REVG", "REVG"]
    records.delete(pair.me.id, "Condition", hidden, SYSTEM)
    assert seen(program(), made["id"]) == [None, "REVG", "REVG"]


def test_a_version_that_was_nobodys_is_for_programs(pair: Pair) -> None:
    made = everyone().post("Binary", binary()).json
    changed(made, securityContext={"reference": f"Condition/{whole_condition(pair)}"})
    assert seen(program(), made["id"]) == ["QUJD", "REVG", "REVG", "QUJD"]
    assert seen(pair.door(), made["id"]) == [None, "REVG", "REVG"]


def test_a_version_that_belonged_to_a_patient_stays_with_that_person(pair: Pair, clerk: Actor) -> None:
    made = everyone().post("Binary", binary(f"Patient/{pair.others}")).json
    kept = whole_condition(pair)
    merge = identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    changed(made, securityContext={"reference": f"Condition/{kept}"})
    identity.unmerge(merge, clerk)
    assert seen(pair.door(), made["id"]) == [None, "REVG", "REVG"]


@pytest.mark.parametrize("given", ["system/Binary.rs", "system/Binary.rs system/Observation.rs"])
def test_versions_are_not_for_who_may_not_have_the_type_they_name(pair: Pair, given: str) -> None:
    made = everyone().post("Binary", binary(f"Condition/{whole_condition(pair)}")).json
    changed(made, securityContext={"reference": f"Patient/{pair.mine}"})
    assert seen(program(given), made["id"]) == [None, "REVG", "REVG"]


def moment() -> str:
    time.sleep(0.005)
    now = quote(clock.now().isoformat())
    time.sleep(0.005)
    return now


def exported(client: Door, where: str) -> tuple[set[str], str]:
    """The ids of Binaries of an export, and what it says is gone."""
    run(where)
    found = {one["id"] for one in lines(client, where, "Binary")}
    gone = [client.get(each["url"]).body for each in client.get(where).json.get("deleted", ())]
    told = [
        entry["request"]["url"] for line in gone for each in line.splitlines() for entry in orjson.loads(each)["entry"]
    ]
    return found, " ".join(told)


def test_a_binary_changed_since_the_export_was_asked_for_leaves(pair: Pair, grant: AppGrant) -> None:
    client = door(grant)
    made = everyone().post("Binary", binary(f"Condition/{whole_condition(pair)}")).json
    where = begun(client, "$export?_type=Binary")
    moment()
    changed(made)
    assert made["id"] in exported(client, where)[0]


def test_who_asks_with_since_hears_of_binaries_deleted_hidden_and_shown(pair: Pair, grant: AppGrant) -> None:
    AppGrant.objects.filter(pk=grant.pk).update(hidden_labels=int(HIDDEN))
    client, contexts = door(grant), [whole_condition(pair) for _ in range(4)]
    deleted, with_context, hidden, shown = (
        everyone().post("Binary", binary(f"Condition/{kept}")).json["id"] for kept in contexts
    )
    records.label(pair.me.id, "Condition", contexts[3], HIDDEN, SYSTEM)
    since = moment()
    assert everyone().send("DELETE", f"Binary/{deleted}").status == 204
    records.delete(pair.me.id, "Condition", contexts[1], SYSTEM)
    records.label(pair.me.id, "Condition", contexts[2], HIDDEN, SYSTEM)
    records.label(pair.me.id, "Condition", contexts[3], Label.NONE, SYSTEM)
    found, gone = exported(client, begun(client, f"$export?_type=Binary&_since={since}"))
    assert found == {shown}
    assert set(gone.split()) == {f"Binary/{name}" for name in (deleted, with_context, hidden)}
