"""Persons merged or parted between the kick-off of an export and its end: no row is lost without a word."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import orjson
import pytest

from chartpost.identity import models, queries, services
from chartpost.identity.aliases import canonical_patient
from chartpost.identity.app_models import AppGrant
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records.types import kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_bulk import begun, group
from tests.gateways.fhir.test_bulk_stops import door, lines, meanwhile, run
from tests.gateways.fhir.test_bulk_stops import grant as grant
from tests.gateways.fhir.test_writes import Json, condition, everyone

WAYS = ["Group/some/$export?_type=Condition", "Patient/$export?_type=Condition&patient={mine}"]


@pytest.fixture
def clerk(pair: Pair) -> Actor:
    account = models.Account.objects.create_user("merges@office.example", None)
    return queries.actor_of(account)


@pytest.fixture
def names(pair: Pair) -> set[str]:
    """The ids of my Conditions, of which there are several portions."""
    group(pair.mine)
    for _ in range(12):
        everyone().post("Condition", condition(pair.mine))
    sql = "SELECT fhir_id FROM records_resource WHERE person_id = ? AND kind = ? AND deleted = ?"
    return {str(name) for (name,) in raw.django().all(sql, [pair.me.id, kind_of("Condition"), False])}


def stranger() -> int:
    return services.add_person({"given": "Some", "family": "Body"}, [], SYSTEM).id


def ids(client: Door, where: str) -> set[str]:
    return {one["id"] for one in lines(client, where, "Condition")}


@pytest.mark.parametrize("way", WAYS)
def test_who_was_merged_before_the_export_began_is_exported_whole(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], way: str
) -> None:
    client = door(grant)
    where = begun(client, way.format(mine=pair.mine))
    services.merge(pair.other.id, pair.me.id, "same person", clerk)
    run(where)
    assert names < ids(client, where)  # and what the one kept had


@pytest.mark.parametrize("way", WAYS)
def test_who_was_parted_before_the_export_began_is_exported_whole(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], way: str
) -> None:
    merge = services.merge(pair.other.id, pair.me.id, "same person", clerk)
    client = door(grant)
    where = begun(client, way.format(mine=pair.mine))
    services.unmerge(merge, clerk)
    run(where)
    assert ids(client, where) == names


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", ["absorbed", "kept", "parted"])
def test_an_export_of_persons_merged_or_parted_meanwhile_is_to_be_asked_for_again(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], monkeypatch: pytest.MonkeyPatch, way: str, change: str
) -> None:
    merge = services.merge(pair.other.id, pair.me.id, "same person", clerk) if change == "parted" else ""
    happen: dict[str, Callable[[], object]] = {
        "absorbed": lambda: services.merge(stranger(), pair.me.id, "same person", clerk),
        "kept": lambda: services.merge(pair.me.id, stranger(), "same person", clerk),
        "parted": lambda: services.unmerge(merge, clerk),
    }
    client = door(grant)
    where = begun(client, way.format(mine=pair.mine))
    meanwhile(monkeypatch, happen[change], portion=1)
    run(where)
    answer = client.get(where)
    assert (answer.status, "ask again" in answer.body.decode()) == (500, True)
    again = begun(client, way.format(mine=pair.mine))
    monkeypatch.undo()
    run(again)
    assert names <= ids(client, again)


@pytest.mark.parametrize("way", [*WAYS, "$export?_type=Condition"])
def test_an_export_goes_on_when_others_are_merged(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    client = door(grant)
    where = begun(client, way.format(mine=pair.mine))
    meanwhile(monkeypatch, lambda: services.merge(stranger(), stranger(), "same person", clerk), portion=1)
    run(where)
    assert client.get(where).status == 200
    assert names <= ids(client, where)


def test_filters_may_be_about_whoever_is_merged(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = door(grant)
    where = begun(client, f"$export?_type=Condition&_typeFilter=Condition%3Fpatient%3D{pair.mine}")
    meanwhile(monkeypatch, lambda: services.merge(pair.other.id, pair.me.id, "same person", clerk), portion=1)
    run(where)
    assert client.get(where).status == 500


SINCE = ["$export?", "Group/some/$export?", "Patient/$export?patient={mine}&"]


def told(client: Door, where: str) -> tuple[set[str], set[str]]:
    """The Conditions an export has with what they say of whom, and what it says is gone."""
    manifest = client.get(where).json
    found = {f"{one['id']} {one['subject']['reference']}" for one in lines(client, where, "Condition")}
    bundles = [orjson.loads(line) for one in manifest["deleted"] for line in client.get(one["url"]).body.splitlines()]
    return found, {entry["request"]["url"] for bundle in bundles for entry in bundle["entry"]}


@pytest.mark.parametrize("way", SINCE)
def test_who_asks_with_since_hears_of_persons_merged_and_parted(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str], way: str
) -> None:
    """What is theirs names another Patient now, and one Patient is no longer there."""
    client, ask = door(grant), f"{way}_type=Condition,Patient&_since={{since}}"
    later = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    with clock.at(later):
        since = f"{later:%Y-%m-%dT%H:%M:%SZ}"
        assert told(client, ended(client, ask.format(mine=pair.mine, since=since))) == (set(), set())
        merge = services.merge(pair.other.id, pair.me.id, "same person", clerk)
        found, gone = told(client, ended(client, ask.format(mine=pair.mine, since=since)))
    kept = canonical_patient(pair.other.id, raw.django())
    assert kept != pair.mine
    assert {f"{name} Patient/{kept}" for name in names} <= found
    assert gone == {f"Patient/{pair.mine}"}
    with clock.at(later + timedelta(hours=1)):
        since = f"{later + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
        assert told(client, ended(client, ask.format(mine=pair.mine, since=since))) == (set(), set())
        services.unmerge(merge, clerk)
        found, gone = told(client, ended(client, ask.format(mine=pair.mine, since=since)))
    assert {f"{name} Patient/{pair.mine}" for name in names} <= found
    assert gone == set()


@pytest.mark.parametrize("way", SINCE)
def test_who_asks_with_since_hears_that_a_person_is_known_by_another_patient(
    pair: Pair, grant: AppGrant, names: set[str], way: str
) -> None:
    """The one they were known by was deleted while another lives, and comes back."""
    first = {key: value for key, value in everyone().get(f"Patient/{pair.mine}").json.items() if key != "meta"}
    second = everyone().post("Patient", {key: value for key, value in first.items() if key != "id"}).json["id"]
    client, ask = door(grant), f"{way}_type=Condition,Patient&_since={{since}}"
    changes: list[tuple[Callable[[], object], str, set[str]]] = [
        (lambda: everyone().send("DELETE", f"Patient/{pair.mine}"), second, {f"Patient/{pair.mine}"}),
        (lambda: everyone().send("PUT", f"Patient/{pair.mine}", first), pair.mine, {f"Patient/{second}"}),
    ]
    for hours, (change, known, away) in enumerate(changes, 1):
        moment = (clock.now() + timedelta(hours=hours)).replace(microsecond=0)
        with clock.at(moment):
            since = f"{moment - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
            assert told(client, ended(client, ask.format(mine=pair.mine, since=since))) == (set(), set())
            change()
            found, gone = told(client, ended(client, ask.format(mine=pair.mine, since=since)))
        assert {f"{name} Patient/{known}" for name in names} <= found
        assert gone == away


def test_who_asks_with_since_hears_that_the_patient_of_merged_persons_is_deleted(
    pair: Pair, grant: AppGrant, clerk: Actor, names: set[str]
) -> None:
    """Apps know them by that of the person kept, though it was brought later."""
    services.merge(pair.other.id, pair.me.id, "same person", clerk)
    assert canonical_patient(pair.other.id, raw.django()) == pair.others
    client = door(grant)
    found, gone = told_since(client, 1, lambda: everyone().send("DELETE", f"Patient/{pair.others}"))
    assert gone == {f"Patient/{pair.others}"}
    assert {f"{name} Patient/{pair.mine}" for name in names} <= found


def test_who_asks_with_since_hears_that_the_last_living_patient_is_deleted(
    pair: Pair, grant: AppGrant, names: set[str]
) -> None:
    second = another(pair)
    client = door(grant)
    for hours, name in enumerate((pair.mine, second), 1):
        _, gone = told_since(client, hours, partial(everyone().send, "DELETE", f"Patient/{name}"))
        assert gone == {f"Patient/{name}"}


def test_who_asks_with_since_hears_that_a_person_without_a_patient_has_one_again(
    pair: Pair, grant: AppGrant, names: set[str]
) -> None:
    client, made = door(grant), list[str]()
    body = everyone().get(f"Patient/{pair.mine}").json
    told_since(client, 1, lambda: everyone().send("DELETE", f"Patient/{pair.mine}"))
    found, _ = told_since(client, 2, lambda: made.append(everyone().post("Patient", without_id(body)).json["id"]))
    assert {f"{name} Patient/{made[0]}" for name in names} <= found


def test_an_export_knows_a_person_by_the_patient_of_its_moment(pair: Pair, grant: AppGrant, names: set[str]) -> None:
    """One that comes back before the worker runs was not there yet."""
    first = everyone().get(f"Patient/{pair.mine}").json
    second = another(pair)
    assert everyone().send("DELETE", f"Patient/{pair.mine}").status == 204
    client = door(grant)
    where = begun(client, f"Patient/$export?patient={pair.mine}&_type=Patient,Condition")
    with clock.at(clock.now() + timedelta(seconds=1)):
        assert everyone().send("PUT", f"Patient/{pair.mine}", first).status == 201
        run(where)
    assert [one["id"] for one in lines(client, where, "Patient")] == [second]
    assert {one["subject"]["reference"] for one in lines(client, where, "Condition")} == {f"Patient/{second}"}


def another(pair: Pair) -> str:
    """The id of a second Patient of mine."""
    return str(everyone().post("Patient", without_id(everyone().get(f"Patient/{pair.mine}").json)).json["id"])


def without_id(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in ("id", "meta")}


def told_since(client: Door, hours: int, change: Callable[[], object]) -> tuple[set[str], set[str]]:
    """What a change, so many hours from now, is to who has asked before it: nothing, then this."""
    moment = (clock.now() + timedelta(hours=hours)).replace(microsecond=0)
    ask = f"$export?_type=Condition,Patient&_since={moment - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    with clock.at(moment):
        assert told(client, ended(client, ask)) == (set(), set())
        change()
        return told(client, ended(client, ask))


def ended(client: Door, way: str) -> str:
    """An export that ran to its end."""
    where = begun(client, way)
    run(where)
    return where
