"""A history at a moment, in its one order, and what it does not do."""

from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from chartpost.formats.fhirjson.dates import parse_date
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Answer
from tests.gateways.fhir.test_writes import everyone

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
