"""A history at a moment, in its one order, and what it does not do."""

from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from chartpost.formats.fhirjson.dates import parse_date
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer, Door
from tests.gateways.fhir.test_conditions import OBSERVED, observation
from tests.gateways.fhir.test_writes import PATCH, everyone

HOUSE: dict[str, Any] = {"resourceType": "Organization", "id": "house"}
TIMES = ("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z", "2026-03-06T10:00:00Z")


@pytest.fixture
def versions(pair: Pair) -> None:
    """Three versions of an Organization and its end, each stored at a time of its own."""
    door = everyone()
    for name in ("one", "two", "three"):
        assert door.send("PUT", "Organization/house", {**HOUSE, "name": name}).status in (200, 201)
    assert door.send("DELETE", "Organization/house").status in (200, 204)
    moments = [parse_date(time) for time in TIMES]
    with connection.cursor() as cursor:
        for table, names in (("records_version", "rid = %s AND version = %s"), ("records_resource", "rid = %s")):
            cursor.execute("SELECT rid FROM records_resource WHERE fhir_id = 'house'")
            (rid,) = cursor.fetchone()
            for number, moment in enumerate(moments, 1):
                assert moment is not None
                if (number < len(moments)) == (table == "records_version"):
                    some = [moment.lo, rid, number] if table == "records_version" else [moment.lo, rid]
                    cursor.execute(f"UPDATE {table} SET updated_ms = %s WHERE {names}", some)


def told(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [e["response"]["etag"][3:-1] for e in answer.json.get("entry", ()) if "house" in e["fullUrl"]]


@pytest.mark.parametrize("address", ["Organization/house/_history", "Organization/_history", "_history"])
@pytest.mark.parametrize(
    ("at", "current"),
    [
        ("2026-02-28", []),
        ("2026-03-01T09:59:59Z", []),
        ("2026-03-01", ["1"]),
        ("2026-03-01T10:00:00Z", ["1"]),
        ("2026-03-02", ["2", "1"]),
        ("2026-03-02T10:00:00Z", ["2"]),
        ("2026-03-03", ["2"]),
        ("2026-03-05", ["3"]),
        ("2026-03-06", ["4", "3"]),
        ("2026-03-07", ["4"]),
        ("2026-03", ["4", "3", "2", "1"]),
    ],
)
@pytest.mark.usefixtures("versions")
def test_at_a_time_is_what_was_current_then(address: str, at: str, current: list[str]) -> None:
    assert told(everyone().get(f"{address}?_at={quote(at)}&_count=500")) == current


@pytest.mark.usefixtures("versions")
def test_at_a_time_goes_on_from_page_to_page() -> None:
    door, found = everyone(), list[str]()
    address: str | None = "Organization/house/_history?_at=2026-03&_count=1"
    while address:
        answer = door.get(address)
        found, address = [*found, *told(answer)], answer.link("next")
    assert found == ["4", "3", "2", "1"]
    assert told(door.get("Organization/house/_history?_at=2026-03&_since=2026-03-03")) == ["4", "3"]


@pytest.mark.usefixtures("versions")
def test_a_history_comes_newest_first_and_tells_no_total() -> None:
    door, address = everyone(), "Organization/house/_history"
    for order in ("-_lastUpdated", "none"):
        assert told(door.get(f"{address}?_sort={order}")) == ["4", "3", "2", "1"]
    for asked in ("_sort=_lastUpdated", "_sort=name", "_count=0", "_count=000", "_count=x", "_count=", "_at=soon"):
        answer = door.get(f"{address}?{asked}")
        assert answer.status == 400, asked
        assert answer.json["issue"][0]["diagnostics"]
    assert told(door.get(f"{address}?_count=00002")) == ["4", "3"]


def part(category: str) -> Door:
    """A program that is given the Observations of one category."""
    return everyone(f"system/Observation.rs?category={OBSERVED}|{category}")


def test_what_is_deleted_is_gone_for_a_granular_scope_that_gave_it(pair: Pair) -> None:
    name = everyone().post("Observation", observation(pair.mine, "laboratory", "h1")).json["id"]
    place = f"Observation/{name}"
    everyone().send("DELETE", place)
    mine, other = part("laboratory"), part("vital-signs")
    assert [mine.get(f"{place}{rest}").status for rest in ("", "/_history/1", "/_history/2", "/_history")] == [
        410,
        200,
        410,
        200,
    ]
    verbs = [one["request"]["method"] for one in mine.get(f"{place}/_history").json["entry"]]
    assert verbs == ["DELETE", "POST"]
    assert {other.get(f"{place}{rest}").status for rest in ("", "/_history/1", "/_history/2", "/_history")} == {404}


def test_versions_from_before_a_resource_left_a_granular_scope_stay(pair: Pair) -> None:
    """As in the histories of its type and of all: by what each version says, and the labels of today."""
    name = everyone().post("Observation", observation(pair.mine, "laboratory", "h2")).json["id"]
    place, moved = f"Observation/{name}", {**observation(pair.mine, "vital-signs", "h2"), "id": name}
    assert everyone().send("PUT", place, moved).status == 200
    for door, version, current in ((part("laboratory"), 1, 404), (part("vital-signs"), 2, 200)):
        assert door.get(place).status == current
        assert [n for n in (1, 2) if door.get(f"{place}/_history/{n}").status == 200] == [version]
        for history in (f"{place}/_history", "Observation/_history?_count=500"):
            told = [one for one in door.get(history).json["entry"] if place in one["fullUrl"]]
            assert [one["response"]["etag"] for one in told] == [f'W/"{version}"']
    assert part("survey").get(f"{place}/_history").status == 404


def test_what_was_deleted_is_written_anew_within_a_granular_scope_alone(pair: Pair) -> None:
    writer = everyone(f"system/Observation.cruds?category={OBSERVED}|laboratory")
    names = [
        everyone().post("Observation", observation(pair.mine, category, "h3")).json["id"]
        for category in ("laboratory", "vital-signs")
    ]
    for name, status in zip(names, (201, 404), strict=True):
        everyone().send("DELETE", f"Observation/{name}")
        assert writer.send("PATCH", f"Observation/{name}", [], PATCH).status == (410 if status == 201 else 404)
        again = {**observation(pair.mine, "laboratory", "h3"), "id": name}
        assert writer.send("PUT", f"Observation/{name}", again).status == status
