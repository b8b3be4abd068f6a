"""The days of a row filter: an app sees of its first and last day what pages show, each entry with its own day."""

from datetime import date

import pytest

from chartpost.identity.types import RowFilter
from chartpost.records.bulk_types import Asked, kept
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_bulk_reading import read
from tests.gateways.fhir.test_writes import everyone
from tests.records.test_days import DAY, SPANS, STEP, WRITTEN


def within(pair: Pair, first: date | None, last: date | None) -> Door:
    """An app of somebody who may see these days of my record."""
    days = RowFilter(date_from=first, date_to=last)
    return Door(access("patient/*.cruds", pair.me.id, pair.mine, {pair.me.id: days}))


def ways(door: Door, me: str, kind: str, name: str) -> list[bool]:
    """By which ways a door gives an entry."""
    told = f'"id":"{name}"'.encode()
    assert door.access is not None
    asked = Asked("https://localhost/fhir/$export", "system", (kind,), kept(door.access), {})
    return [
        door.get(f"{kind}/{name}").status == 200,
        *(told in door.get(each).body for each in (f"{kind}?patient={me}&_count=500", f"Patient/{me}/$everything")),
        door.get(f"{kind}?patient={me}&_id={name}&_summary=count").json["total"] == 1,
        any(told in line for line in read(asked)),
    ]


@pytest.mark.parametrize("written", [name for name, said in WRITTEN.items() if "meta" not in said])
def test_an_app_sees_the_entries_of_the_days_it_may_see(pair: Pair, written: str) -> None:
    said = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **WRITTEN[written]}
    made = everyone().post("Observation", {**said, "subject": {"reference": f"Patient/{pair.mine}"}})
    assert made.status == 201, made.body
    name = made.json["id"]
    file = everyone().post("Binary", binary(f"Observation/{name}")).json["id"]
    for first, last, there in SPANS:
        door = within(pair, first, last)
        assert ways(door, pair.mine, "Observation", name) == [there] * 5, (first, last)
        assert (door.get(f"Binary/{file}", Accept="*/*").status == 200) == there
        assert b'"total":1' not in door.get(f"Binary?_id={file}&_summary=count").body or there
        assert door.get(f"Observation/{name}/_history/1").status == (200 if there else 404)


def test_what_could_not_be_read_is_not_written(pair: Pair) -> None:
    said = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    said |= {"subject": {"reference": f"Patient/{pair.mine}"}, "effectiveDateTime": "2025-03-05T23:30:00-08:00"}
    for first, status in ((DAY + STEP, 403), (DAY, 201)):
        assert (
            Door(access("system/*.cruds", everyone=RowFilter(date_from=first))).post("Observation", said).status
            == status
        )
