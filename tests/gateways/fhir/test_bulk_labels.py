"""Labels given or taken while exports run, are kept, or are asked for again: a client gets what it may see then."""

import time
from collections.abc import Callable

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import services as identity
from chartpost.identity.app_models import AppGrant
from chartpost.identity.types import SYSTEM, Actor
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.records import bulk_spans, services
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_bulk import begun, group
from tests.gateways.fhir.test_bulk_merges import SINCE, told
from tests.gateways.fhir.test_bulk_merges import clerk as clerk
from tests.gateways.fhir.test_bulk_stops import door, left, lines, meanwhile, run
from tests.gateways.fhir.test_bulk_stops import grant as grant
from tests.gateways.fhir.test_writes import condition, everyone

HIDDEN = Label.MENTAL_HEALTH
PSY = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]}


@pytest.fixture
def client(grant: AppGrant) -> Door:
    """A client from which entries of one label are kept."""
    AppGrant.objects.filter(pk=grant.pk).update(hidden_labels=int(HIDDEN))
    return door(grant)


def stored(patient: str) -> str:
    return str(everyone().post("Condition", condition(patient)).json["id"])


def label(person_id: int, name: str, labels: Label) -> None:
    services.label(person_id, "Condition", name, labels, SYSTEM)


def ended(client: Door, path: str = "$export?_type=Condition") -> str:
    where = begun(client, path)
    run(where)
    return where


def stops() -> int:
    return len(list(ledger.search(Filter(action="export.stop"), None, 10)))


def by_staff(pair: Pair, name: str) -> None:
    label(pair.me.id, name, HIDDEN)


def by_a_new_version(pair: Pair, name: str) -> None:
    new = {**condition(pair.mine), "id": name, "meta": PSY}
    assert everyone().send("PUT", f"Condition/{name}", new).status == 200


def by_an_import(pair: Pair, name: str) -> None:
    new = {**condition(pair.mine), "id": name, "meta": PSY}
    services.save([Incoming(new, name, pair.me.id)], services.source_id("test", "Test"), SYSTEM)


def test_files_end_when_a_binary_in_them_is_hidden_by_a_late_context(pair: Pair, client: Door) -> None:
    here = {"resourceType": "Binary", "id": "late", "contentType": "text/plain", "data": "QUJD"}
    source = services.source_id("test", "Test")
    one = Incoming({**here, "securityContext": {"reference": "Condition/late"}}, "late", pair.me.id)
    services.save([one], source, SYSTEM)
    where = ended(client, "$export?_type=Binary")
    assert "late" in {line["id"] for line in lines(client, where, "Binary")}
    context = {**condition(pair.mine), "id": "late", "meta": PSY}
    services.save([Incoming(context, "late", pair.me.id)], source, SYSTEM)
    assert client.get(where).status == 404


@pytest.mark.parametrize("give", [by_staff, by_a_new_version, by_an_import])
def test_files_end_when_an_entry_in_them_is_hidden(pair: Pair, client: Door, give: Callable[[Pair, str], None]) -> None:
    name, where = stored(pair.mine), ended(client)
    [item] = client.get(where).json["output"]
    assert client.get(item["url"]).status == 200
    give(pair, name)
    for address in (where, item["url"]):
        answer = client.get(address)
        assert (answer.status, answer.json["resourceType"]) == (404, "OperationOutcome")
        assert "Ask for a new one." in answer.body.decode()
    assert left(where) == []
    assert stops() == 1
    assert name not in [one["id"] for one in lines(client, ended(client), "Condition")]


@pytest.mark.parametrize("path", ["$export?_type=Practitioner", "Patient/$export?patient={others}"])
def test_files_that_do_not_hold_the_person_stay(pair: Pair, client: Door, path: str) -> None:
    name, where = stored(pair.mine), ended(client, path.format(others=pair.others))
    label(pair.me.id, name, HIDDEN)
    assert client.get(where).status == 200


def test_files_of_a_client_that_may_see_it_stay(pair: Pair, grant: AppGrant) -> None:
    name, client = stored(pair.mine), door(grant)
    where = ended(client)
    label(pair.me.id, name, HIDDEN)
    assert name in [one["id"] for one in lines(client, where, "Condition")]


def test_files_end_although_the_person_was_merged_since(pair: Pair, client: Door, clerk: Actor) -> None:
    name, where = stored(pair.mine), ended(client)
    identity.merge(pair.other.id, pair.me.id, "same person", clerk)
    label(pair.other.id, name, HIDDEN)
    assert client.get(where).status == 404


@pytest.mark.parametrize("way", ["$export?_type=Condition", "Patient/$export?_type=Condition&patient={mine}"])
def test_a_running_export_ends_when_an_entry_it_may_have_read_is_hidden(
    pair: Pair, client: Door, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    names = [stored(pair.mine) for _ in range(12)]
    where = begun(client, way.format(mine=pair.mine))
    meanwhile(monkeypatch, lambda: label(pair.me.id, names[0], HIDDEN), portion=2)
    run(where)
    assert client.get(where).status == 404
    assert left(where) == []
    assert stops() == 1


def test_an_export_that_has_read_nothing_yet_goes_on_without_it(pair: Pair, client: Door) -> None:
    hidden, seen = stored(pair.mine), stored(pair.mine)
    where = begun(client, "$export?_type=Condition")
    label(pair.me.id, hidden, HIDDEN)
    run(where)
    found = [one["id"] for one in lines(client, where, "Condition")]
    assert (hidden in found, seen in found) == (False, True)


def since(pair: Pair, client: Door, way: str) -> Callable[[], tuple[set[str], set[str]]]:
    """What an export says of the time since an export that ended now: ids of Conditions, and what is gone."""
    where = ended(client)
    moment = client.get(where).json["transactionTime"].replace("+", "%2B")
    time.sleep(0.002)

    def asked() -> tuple[set[str], set[str]]:
        path = f"{way.format(mine=pair.mine)}_type=Condition&_since={moment}"
        found, gone = told(client, ended(client, path))
        return {one.partition(" ")[0] for one in found}, gone

    return asked


@pytest.mark.parametrize("way", SINCE)
def test_who_asks_with_since_hears_of_labels_given_and_taken(pair: Pair, client: Door, way: str) -> None:
    group(pair.mine)
    shown, hidden, still, other = (stored(pair.mine) for _ in range(4))
    for name in (shown, still):
        label(pair.me.id, name, HIDDEN)
    asked = since(pair, client, way)
    assert asked() == (set(), set())
    label(pair.me.id, shown, Label.NONE)
    label(pair.me.id, hidden, HIDDEN)
    label(pair.me.id, still, HIDDEN | Label.HIV)
    label(pair.me.id, other, Label.HIV)
    assert asked() == ({shown}, {f"Condition/{hidden}"})
    assert since(pair, client, way)() == (set(), set())


def test_labels_changed_often_count_by_what_they_were_at_that_moment(pair: Pair, client: Door) -> None:
    back, gone, never = (stored(pair.mine) for _ in range(3))
    label(pair.me.id, never, HIDDEN)
    asked = since(pair, client, "$export?")
    for labels in (HIDDEN, Label.NONE, Label.HIV):
        label(pair.me.id, back, labels)
    for labels in (Label.HIV, HIDDEN, HIDDEN | Label.HIV):
        label(pair.me.id, gone, labels)
    for labels in (Label.NONE, HIDDEN):
        label(pair.me.id, never, labels)
    assert asked() == (set(), {f"Condition/{gone}"})


def test_what_was_hidden_and_then_changed_or_deleted_is_told_as_gone(pair: Pair, client: Door) -> None:
    changed, deleted = (stored(pair.mine) for _ in range(2))
    asked = since(pair, client, "$export?")
    for name in (changed, deleted):
        label(pair.me.id, name, HIDDEN)
    everyone().send("PUT", f"Condition/{changed}", {**condition(pair.mine, note=[{"text": "n"}]), "id": changed})
    everyone().send("DELETE", f"Condition/{deleted}")
    assert asked() == (set(), {f"Condition/{changed}", f"Condition/{deleted}"})


def test_filters_hold_for_what_labels_show_again(pair: Pair, client: Door) -> None:
    shown = stored(pair.mine)
    label(pair.me.id, shown, HIDDEN)
    asked = [since(pair, client, f"$export?_typeFilter=Condition%3Fcode%3D{code}&") for code in ("38341003", "1")]
    label(pair.me.id, shown, Label.NONE)
    assert [one() for one in asked] == [({shown}, set()), (set(), set())]


def test_few_rows_are_looked_up_though_labels_changed(
    pair: Pair, client: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_spans, "FEW", 0)
    names = [stored(pair.mine) for _ in range(3)]
    for name in names:
        label(pair.me.id, name, HIDDEN)
    monkeypatch.setattr(bulk_spans, "AT_ONCE", 1)
    asked = since(pair, client, "$export?")
    for name in names:
        label(pair.me.id, name, Label.NONE)
    new = {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "44054006"}]}, "id": names[0]}
    everyone().send("PUT", f"Condition/{names[0]}", {**condition(pair.mine), **new})
    assert asked() == (set(names), set())
