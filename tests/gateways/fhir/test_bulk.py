"""Bulk export: kick-off, the worker's files, status, cancel, scopes, labels, ranges, resuming after a kill."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from django.db import connection, transaction

from chartpost.identity.types import Access, RowFilter
from chartpost.kernel import clock, jobs
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.records import bulk, bulk_files, bulk_spans, store
from chartpost.records.models import Source
from chartpost.records.types import Incoming, kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer, Door, access

ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}


@pytest.fixture(autouse=True)
def _grant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grant goes on giving what the last door had; `test_bulk_stops` tests real ones."""
    monkeypatch.setattr("chartpost.identity.tokens.access_of_grant", lambda _ref, _db: _given[-1])


_given: list[Access] = []


def door(scopes: str = "system/*.rs", rows: RowFilter | None = None) -> Door:
    _given.append(access(scopes, everyone=rows or RowFilter()))
    return Door(_given[-1], dict(ASYNC))


def work() -> None:
    with raw.reading(raw.django()):
        jobs.run_waiting()


def begun(client: Door, path: str = "$export") -> str:
    answer = client.get(path)
    assert answer.status == 202, answer.body
    return answer.headers["Content-Location"]


def finished(client: Door, path: str = "$export") -> tuple[Any, dict[str, list[Any]]]:
    where = begun(client, path)
    work()
    manifest = client.get(where).json
    found: dict[str, list[Any]] = {}
    for item in manifest["output"]:
        lines = [orjson.loads(line) for line in client.get(item["url"]).body.splitlines()]
        assert len(lines) == item["count"]
        assert {line["resourceType"] for line in lines} == {item["type"]}
        found.setdefault(item["type"], []).extend(lines)
    return manifest, found


def stored(where: str, *values: Any) -> int:
    row = raw.django().one(f"SELECT count(*) FROM records_resource r WHERE r.deleted = ? AND {where}", [False, *values])
    assert row
    return int(row[0])


def test_a_system_export_holds_every_row(pair: Pair) -> None:
    client = door()
    where = begun(client)
    assert where.startswith("https://")
    waiting = client.get(where)
    assert waiting.status == 202
    assert waiting.headers["X-Progress"]
    assert waiting.headers["Retry-After"].isdigit()
    work()
    done = client.get(where)
    assert done.status == 200
    assert done.headers["Content-Type"] == "application/json"
    assert "Expires" in done.headers
    manifest = done.json
    assert manifest["requiresAccessToken"] is True
    assert manifest["error"] == []
    assert sum(item["count"] for item in manifest["output"]) == stored("1 = 1")
    assert client.get(manifest["output"][0]["url"]).headers["Content-Type"] == "application/fhir+ndjson"


def test_each_person_is_written_in_the_log_once(pair: Pair) -> None:
    finished(door())
    from chartpost.ledger import services

    services.sequence()
    for person in (pair.me, pair.other):
        entries = [e for e in ledger.for_person(person.id) if e.action == "record.export"]
        assert len(entries) == 1


def test_a_patient_export_bound_to_one_person(pair: Pair) -> None:
    _, found = finished(door(), f"Patient/$export?patient=Patient/{pair.mine}")
    assert [one["id"] for one in found["Patient"]] == [pair.mine]
    assert pair.others not in orjson.dumps(found).decode()
    assert found["Practitioner"]


def test_types_filters_and_elements(pair: Pair) -> None:
    _, found = finished(door(), "$export?_type=Observation,Patient&_typeFilter=Observation%3Fcategory%3Dvital-signs")
    assert set(found) == {"Observation", "Patient"}
    codes = {c["code"] for o in found["Observation"] for k in o["category"] for c in k["coding"]}
    assert "vital-signs" in codes
    assert len(found["Observation"]) < stored("r.kind = (SELECT max(kind) FROM records_resource WHERE fhir_id = ?)",
                                              found["Observation"][0]["id"])  # fmt: skip
    _, found = finished(door(), "$export?_type=Patient&_elements=name")
    assert all("name" in one and "birthDate" not in one for one in found["Patient"])


def test_a_filter_by_patient_takes_what_is_about_the_patient(pair: Pair) -> None:
    me = {"reference": f"Patient/{pair.mine}"}
    made = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "performer": [me]}
    some = [Incoming({**made, "id": "beside"}, "beside", pair.me.id)]
    some.append(Incoming({**made, "id": "about", "subject": me}, "about", pair.me.id))
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(key="office", defaults={"name": "Office"})
        store.save(some, source.id)
    _, found = finished(door(), f"$export?_type=Observation&_typeFilter=Observation%3Fpatient%3D{pair.mine}")
    assert {"about", "beside"} & {one["id"] for one in found["Observation"]} == {"about"}


def test_since_leaves_out_what_is_older(pair: Pair) -> None:
    later = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").replace(clock.now().strftime("%Y"), "2999", 1)
    manifest, found = finished(door(), f"$export?_since={later}")
    assert found == {}
    assert manifest["deleted"] == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "1969-12-31T23:59:59Z"])
def test_since_the_beginning_of_time_means_all(pair: Pair, moment: str) -> None:
    _, found = finished(door(), f"$export?_type=Patient&_since={moment}")
    assert {one["id"] for one in found["Patient"]} == {pair.mine, pair.others}
    _, found = finished(door(), f"$export?_type=Patient&_until={moment}")
    assert found == {}


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_until_the_end_of_time_means_all(pair: Pair, moment: str) -> None:
    _, found = finished(door(), f"$export?_type=Patient&_until={moment}")
    assert {one["id"] for one in found["Patient"]} == {pair.mine, pair.others}
    assert finished(door(), f"$export?_type=Patient&_since={moment}")[1] == {}


def test_hidden_labels_never_leave(pair: Pair) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_resource SET labels = 4 WHERE person_id = %s", [pair.me.id])
    _, found = finished(door(rows=RowFilter(hidden_labels=4)))
    assert [one["id"] for one in found["Patient"]] == [pair.others]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("$export?_type=Nothing", 400),
        ("$export?_since=yesterday", 400),
        ("$export?_outputFormat=csv", 400),
        ("$export?colour=red", 400),
        ("$export?_outputFormat=ndjson", 202),
        ("$export?_outputFormat=application/fhir%2Bndjson", 202),
        ("$export?_outputFormat=application/ndjson", 202),
        ("Group/none/$export", 404),
        ("Observation/$export", 404),
    ],
)
def test_kick_offs(pair: Pair, path: str, status: int) -> None:
    answer = door().get(path)
    assert answer.status == status
    assert answer.json["resourceType"] == "OperationOutcome"


def test_what_a_kick_off_needs(pair: Pair) -> None:
    assert door().get("$export", Prefer="").status == 400
    assert door().get("$export?colour=red", Prefer="respond-async, handling=lenient").status == 202
    assert pair.door().get("$export", **ASYNC).status == 403
    assert door("user/*.rs").get("$export").status == 403
    assert door("system/Patient.rs").get("$export?_type=Observation").status == 403
    _, found = finished(door("system/Patient.rs"))
    assert set(found) == {"Patient"}


def test_a_fourth_export_has_to_wait(pair: Pair) -> None:
    client = door()
    for _ in range(3):
        begun(client)
    answer = client.get("$export")
    assert answer.status == 429
    assert answer.headers["Retry-After"]


def test_only_so_many_exports_are_kept_for_a_client(pair: Pair) -> None:
    client = door("system/Patient.rs")
    with patch("chartpost.records.bulk.HELD_AT_MOST", 2):
        first, _ = (begun(client) for _ in range(2))
        work()
        answer = client.get("$export")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3600")
        assert client.send("DELETE", first).status == 202
        begun(client)
        assert client.get("$export").status == 429
        work()
        with clock.at(clock.now() + bulk.kept()):
            begun(client)


def test_cancelled_and_over(pair: Pair) -> None:
    client = door()
    where = begun(client)
    work()
    address = client.get(where).json["output"][0]["url"]
    assert client.send("DELETE", where).status == 202
    for gone in (client.get(where), client.get(address)):
        assert gone.status == 404
        assert gone.json["resourceType"] == "OperationOutcome"
    where = begun(client)
    assert client.send("DELETE", where).status == 202
    work()
    assert client.get(where).status == 404
    where = begun(client)
    work()
    with clock.at(clock.now() + bulk.kept()):
        assert client.get(where).status == 404
        assert bulk.sweep() == 1


def test_another_client_sees_nothing(pair: Pair) -> None:
    where = begun(door())
    work()
    other = door()
    assert other.access
    object.__setattr__(other.access, "client_id", "other")
    assert other.get(where).status == 404
    assert other.send("DELETE", where).status == 404
    assert door().get(where).status == 200


def test_ranges(pair: Pair) -> None:
    client = door()
    where = begun(client, "$export?_type=Observation")
    work()
    address = client.get(where).json["output"][0]["url"]
    whole = client.get(address)
    size = len(whole.body)

    def part(asked: str) -> Answer:
        return client.get(address, Range=asked)

    assert part("bytes=10-19").body == whole.body[10:20]
    assert part("bytes=10-19").headers["Content-Range"] == f"bytes 10-19/{size}"
    assert part("bytes=-5").body == whole.body[-5:]
    assert part(f"bytes={size - 3}-").status == 206
    assert part(f"bytes={size}-").status == 416
    assert client.get(address, Range="bytes=0-1", If_Range='"old"').status == 200


def test_goes_on_after_a_kill_without_doubling(pair: Pair) -> None:
    client = door()
    where = begun(client)
    ref = where.rpartition("/")[2]
    few = patch.object(bulk_files, "LINES_A_FILE", 20), patch.object(bulk_spans, "AT_ONCE", 30)
    with few[0], few[1], raw.reading(raw.django()):
        real, calls = bulk._row, []

        def killed(*given: Any) -> Any:
            calls.append(given)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return real(*given)

        with patch.object(bulk, "_row", killed), pytest.raises(KeyboardInterrupt):
            bulk.run(ref)
        assert client.get(where).status == 202
        bulk.run(ref)
    manifest = client.get(where).json
    seen = [
        orjson.loads(line)["resourceType"] + orjson.loads(line)["id"]
        for item in manifest["output"]
        for line in client.get(item["url"]).body.splitlines()
    ]
    assert len(seen) == len(set(seen)) == stored("1 = 1")


def group(*patients: str) -> None:
    resource = {
        "resourceType": "Group",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{one}"}} for one in patients],
    }
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(key="office", defaults={"name": "Office"})
        store.save([Incoming(resource=resource, id="some", person_id=0)], source.id)


def test_a_group_export_holds_its_members_and_nobody_else(pair: Pair) -> None:
    group(pair.mine)
    _, found = finished(door(), "Group/some/$export")
    assert [one["id"] for one in found["Patient"]] == [pair.mine]
    assert pair.others not in orjson.dumps(found).decode()
    mine = stored("r.person_id = ?", pair.me.id)
    assert mine <= sum(len(some) for some in found.values()) < stored("1 = 1")


def test_staff_may_export_a_group_with_user_scopes(pair: Pair) -> None:
    group(pair.mine, pair.others)
    _, found = finished(door("user/*.rs"), "Group/some/$export?patient=Patient/" + pair.others)
    assert [one["id"] for one in found["Patient"]] == [pair.others]


def test_deletions_since_are_told(pair: Pair) -> None:
    row = raw.django().one("SELECT rid, fhir_id FROM records_resource WHERE kind = ? LIMIT 1", [kind_of("Observation")])
    assert row
    with transaction.atomic(), clock.at(clock.now() + timedelta(seconds=-1)):
        store.delete(row[0])
    since = (clock.now() - timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    client = door()
    manifest, found = finished(client, f"$export?_since={since}&_type=Observation")
    bundle = orjson.loads(client.get(manifest["deleted"][0]["url"]).body)
    assert {"request": {"method": "DELETE", "url": f"Observation/{row[1]}"}} in bundle["entry"]
    assert row[1] not in [one["id"] for one in found.get("Observation", ())]


def test_kick_off_by_post(pair: Pair) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Patient"},
            {"name": "patient", "valueReference": {"reference": f"Patient/{pair.mine}"}},
        ],
    }
    client = door()
    answer = client.post("Patient/$export", body)
    assert answer.status == 202
    work()
    manifest = client.get(answer.headers["Content-Location"]).json
    assert [(item["type"], item["count"]) for item in manifest["output"]] == [("Patient", 1)]
