"""A running export ends with what let it run, and follows what happens to rows meanwhile."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from django.db import transaction

from chartpost.identity import aliases, services, tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.identity.types import SYSTEM
from chartpost.kernel import blobs, clock
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.records import bulk, bulk_files, bulk_rows, bulk_spans, store
from chartpost.records.models import BulkExport
from chartpost.records.types import kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door
from tests.gateways.fhir.test_bulk import ASYNC, begun
from tests.gateways.fhir.test_writes import condition, entry, everyone
from tests.gateways.fhir.test_writes import transaction as bundle

Json = dict[str, Any]


@pytest.fixture
def grant(pair: Pair) -> AppGrant:
    app = App.objects.create(client_id="nightly", name="Nightly", kind="backend")
    return AppGrant.objects.create(app=app, scopes="system/*.rs")


def door(grant: AppGrant) -> Door:
    return Door(tokens.access_of_grant(grant.ref, raw.django()), dict(ASYNC))


def run(where: str) -> None:
    with raw.reading(raw.django()):
        bulk.run(where.rpartition("/")[2])


def lines(client: Door, where: str, kind: str) -> list[Json]:
    manifest = client.get(where).json
    files = [item["url"] for item in manifest["output"] if item["type"] == kind]
    return [orjson.loads(line) for url in files for line in client.get(url).body.splitlines()]


def meanwhile(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object], portion: int = 0) -> None:
    """Have something happen after so many portions of an export were read; portions are small."""
    monkeypatch.setattr(bulk_spans, "AT_ONCE", 5)
    monkeypatch.setattr(bulk, "LOOK_SECONDS", 0.0)
    real, count = bulk_rows.portions, [0]

    def watched(*given: Any) -> Iterator[Any]:
        for one in real(*given):
            if count[0] == portion:
                happen()
            count[0] += 1
            yield one

    monkeypatch.setattr(bulk, "portions", watched)


def left(where: str) -> list[str]:
    return list(blobs.iter_ids(f"export:{where.rpartition('/')[2]}"))


@pytest.mark.parametrize("way", ["grant", "app", "cancel"])
def test_a_running_export_stops_within_a_file(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    client = door(grant)
    where = begun(client, "$export?_type=Observation")
    happen = {
        "grant": lambda: services.end_grant(grant.ref, SYSTEM),
        "app": lambda: App.objects.filter(pk=grant.app_id).update(disabled_at=clock.now()),
        "cancel": lambda: client.send("DELETE", where),
    }[way]
    meanwhile(monkeypatch, happen, portion=2)
    portions = []
    took = bulk_files.Files.add

    def counted(self: bulk_files.Files, portion: bulk_rows.Portion) -> None:
        portions.append(portion)
        took(self, portion)

    monkeypatch.setattr(bulk_files.Files, "add", counted)
    run(where)
    assert len(portions) <= 4
    assert left(where) == []
    assert client.get(where).status == 404
    state = BulkExport.objects.get(ref=where.rpartition("/")[2]).state
    assert state == "gone"
    stops = list(ledger.search(Filter(action="export.stop"), None, 10))
    assert len(stops) == 1


@pytest.mark.parametrize("when", ["_row"])
def test_what_ends_a_grant_while_the_last_file_is_named_ends_the_export(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    client = door(grant)
    where = begun(client, "$export?_type=Patient")
    real = getattr(bulk, when)

    def ending(*given: Any) -> Any:
        services.end_grant(grant.ref, SYSTEM)
        return real(*given)

    monkeypatch.setattr(bulk, when, ending)
    run(where)
    assert (client.get(where).status, left(where)) == (404, [])


def test_a_running_export_stops_when_its_app_may_read_less(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = door(grant)
    where = begun(client, "$export?_type=Observation")
    less = "system/Patient.rs system/Observation.r"
    meanwhile(monkeypatch, lambda: App.objects.filter(pk=grant.app_id).update(allowed_scopes=less), portion=1)
    run(where)
    assert left(where) == []
    assert client.get(where).status == 404


def test_an_export_goes_on_when_what_it_reads_is_still_allowed(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    App.objects.filter(pk=grant.app_id).update(allowed_scopes="system/Observation.rs system/Patient.rs")
    client = door(grant)
    where = begun(client, "$export?_type=Observation")
    more = App.objects.filter(pk=grant.app_id)
    meanwhile(monkeypatch, lambda: more.update(allowed_scopes="system/*.rs"), portion=1)
    run(where)
    assert lines(client, where, "Observation")


def test_an_export_begun_after_the_grant_ended_never_runs(pair: Pair, grant: AppGrant) -> None:
    client = door(grant)
    where = begun(client)
    services.end_grant(grant.ref, SYSTEM)
    run(where)
    assert client.get(where).status == 404


def test_a_row_changed_after_the_kick_off_leaves_as_it_was(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, client = everyone(), door(grant)
    names = [writer.post("Condition", condition(pair.mine, note=[{"text": "first"}])).json["id"] for _ in range(12)]
    where = begun(client, "$export?_type=Condition")
    moment = client_time(where)

    def change() -> None:
        with clock.at(clock.of_ms(moment + 5_000)):
            for name in names:
                new = {**condition(pair.mine, note=[{"text": "second"}]), "id": name}
                assert writer.send("PUT", f"Condition/{name}", new).status == 200
            writer.post("Condition", condition(pair.mine, note=[{"text": "third"}]))

    meanwhile(monkeypatch, change, portion=1)
    run(where)
    found = lines(client, where, "Condition")
    mine = [one for one in found if one["id"] in names]
    assert sorted(one["id"] for one in mine) == sorted(names)
    assert {one["note"][0]["text"] for one in mine} == {"first"}
    assert not [one for one in found if one.get("note") == [{"text": "third"}]]


def test_what_a_filter_or_scope_asks_for_holds_for_earlier_versions_too(
    pair: Pair, grant: AppGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    AppGrant.objects.filter(pk=grant.pk).update(
        scopes="system/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item"
    )
    listed = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category",
                           "code": "problem-list-item"}]}]  # fmt: skip
    writer, client = everyone(), door(grant)
    was, other = (writer.post("Condition", condition(pair.mine, **more)).json["id"] for more in (
        {"category": listed}, {}))  # fmt: skip
    where = begun(client, "$export?_type=Condition")
    moment = client_time(where)
    with clock.at(clock.of_ms(moment + 5_000)):
        writer.send("PUT", f"Condition/{was}", {**condition(pair.mine), "id": was})
        writer.send("PUT", f"Condition/{other}", {**condition(pair.mine, category=listed), "id": other})
    run(where)
    found = {one["id"] for one in lines(client, where, "Condition")}
    assert was in found
    assert other not in found


def test_a_row_deleted_after_the_kick_off_is_told_to_the_next_export(pair: Pair, grant: AppGrant) -> None:
    writer, client = everyone(), door(grant)
    name = writer.post("Condition", condition(pair.mine)).json["id"]
    where = begun(client, "$export?_type=Condition")
    at = client_time(where)
    with clock.at(clock.of_ms(at + 5_000)):
        writer.send("DELETE", f"Condition/{name}")
        run(where)
        assert name not in [one["id"] for one in lines(client, where, "Condition")]
        since = client.get(where).json["transactionTime"]
    with clock.at(clock.of_ms(at + 10_000)):
        where = begun(client, f"$export?_type=Condition&_since={since.replace('+', '%2B')}")
        run(where)
        [item] = client.get(where).json["deleted"]
        assert f"Condition/{name}" in client.get(item["url"]).body.decode()


def client_time(where: str) -> int:
    return BulkExport.objects.get(ref=where.rpartition("/")[2]).moment_ms


def test_deletions_name_patients_by_the_id_apps_know(pair: Pair, grant: AppGrant) -> None:
    """Of a person with two Patients apps know one: the deletion of the other tells them nothing."""
    writer, client = everyone(), door(grant)
    first, second = (writer.post("Patient", person()).json["id"] for _ in range(2))
    time.sleep(aliases.POLL_SECONDS)
    since = f"{clock.now():%Y-%m-%dT%H:%M:%S.000Z}"
    soon = clock.now_ms() + 3_000
    with clock.at(clock.of_ms(soon)):
        gone = bundle(entry("DELETE", f"Patient/{second}"))
        assert writer.post("", gone).status == 200
    with clock.at(clock.of_ms(soon + 2_000)):
        assert told(client, since) == []
        assert writer.post("", bundle(entry("DELETE", f"Patient/{first}"))).status == 200
    with clock.at(clock.of_ms(soon + 4_000)):
        assert told(client, since) == [f"Patient/{first}"]


def person() -> Json:
    from tests.gateways.fhir.test_writes import patient

    return patient()


def told(client: Door, since: str) -> list[str]:
    where = begun(client, f"$export?_type=Patient&_since={since}")
    run(where)
    files = [item["url"] for item in client.get(where).json["deleted"]]
    bundles = [orjson.loads(line) for url in files for line in client.get(url).body.splitlines()]
    return [one["request"]["url"] for each in bundles for one in each["entry"]]


def test_a_granular_scope_is_told_its_own_deletions(pair: Pair, grant: AppGrant) -> None:
    row = raw.django().one(
        "SELECT r.rid, r.fhir_id FROM records_resource r WHERE r.kind = ? AND r.body LIKE '%vital-signs%' LIMIT 1",
        [kind_of("Observation")],
    )
    assert row
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    AppGrant.objects.filter(pk=grant.pk).update(scopes=f"system/Observation.rs?category={system}|vital-signs")
    since = f"{clock.now():%Y-%m-%dT%H:%M:%S.000Z}"
    with clock.at(clock.of_ms(clock.now_ms() + 2_000)):
        with transaction.atomic():
            store.delete(row[0])
        client = door(grant)
    with clock.at(clock.of_ms(clock.now_ms() + 4_000)):
        where = begun(client, f"$export?_since={since}")
        run(where)
        [item] = client.get(where).json["deleted"]
        assert f"Observation/{row[1]}" in client.get(item["url"]).body.decode()


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("Observation?subject:Patient.gender={gender}", lambda p, one: True),
        ("Observation?patient=Patient/{mine}", lambda p, one: one["subject"]["reference"] == f"Patient/{p.mine}"),
    ],
)  # fmt: skip
def test_filters_may_be_chains(pair: Pair, grant: AppGrant, query: str, fits: Callable[[Pair, Json], bool]) -> None:
    client = door(grant)
    people = {one["id"]: one["gender"] for one in (client.get(f"Patient/{i}").json for i in (pair.mine, pair.others))}
    text = query.format(mine=pair.mine, gender=people[pair.mine])
    where = begun(client, f"$export?_type=Observation&_typeFilter={text.replace('?', '%3F').replace('=', '%3D')}")
    run(where)
    found = lines(client, where, "Observation")
    wanted = {i for i, gender in people.items() if "gender" not in query or gender == people[pair.mine]}
    expected = client.get("Observation?_count=1000&patient=" + ",".join(sorted(wanted))).ids if "gender" in query else (
        client.get(f"Observation?_count=1000&patient={pair.mine}").ids)  # fmt: skip
    assert found
    assert {f"Observation/{one['id']}" for one in found} == set(expected)
    assert all(fits(pair, one) for one in found)


@pytest.mark.parametrize("text", ["Observation?_sort=date", "Observation?_include=*", "Observation?x.y=1"])
def test_filters_only_choose(pair: Pair, grant: AppGrant, text: str) -> None:
    answer = door(grant).get(f"$export?_typeFilter={text.replace('?', '%3F').replace('=', '%3D')}")
    assert (answer.status, answer.json["resourceType"]) == (400, "OperationOutcome")


def test_the_time_files_are_kept_is_a_setting(pair: Pair, grant: AppGrant) -> None:
    client = door(grant)
    where = begun(client, "$export?_type=Patient")
    run(where)
    from dataclasses import replace
    from datetime import timedelta

    longer = replace(config(), export_hours=48)
    with patch("chartpost.records.bulk.config", lambda: longer), clock.at(clock.now() + timedelta(hours=47)):
        assert client.get(where).status == 200
    with clock.at(clock.now() + timedelta(hours=24)):
        assert client.get(where).status == 404
