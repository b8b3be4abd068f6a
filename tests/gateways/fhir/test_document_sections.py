"""Documents that staff filed under a section: apps that may have another section never get them."""

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import policies
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import services as records
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_binary import facts, in_step
from tests.gateways.fhir.test_writes import PATCH, entry, everyone, transaction

DESCRIBED = [{"op": "add", "path": "/description", "value": "Seen by the clinic"}]


@dataclass(frozen=True)
class Filed:
    """A document filed under IMAGING: its address, that of its file, itself."""

    place: str
    file: str
    resource: dict[str, Any]


@pytest.fixture
def filed(pair: Pair) -> Filed:
    source, day = records.source_id("test", "Test"), date(2024, 2, 3)
    stream = io.BytesIO(b"A picture in words")
    view = records.file_document(
        pair.me.id, "Scan", "text/plain", stream, day, Label.NONE, source, SYSTEM, category=Category.IMAGING
    )
    row = raw.django().one("SELECT fhir_id FROM records_resource WHERE rid = ?", [view.rid])
    assert row is not None
    resource = everyone().get(f"DocumentReference/{row[0]}").json
    url = str(resource["content"][0]["attachment"]["url"])
    return Filed(f"DocumentReference/{row[0]}", "Binary/" + url.rpartition("/")[2], resource)


def of_section(pair: Pair, category: Category) -> Door:
    """The app of a representative who may have this section alone."""
    rows = RowFilter(categories=policies.mask(category, Category.PEOPLE))
    return Door(access("patient/*.rs", pair.me.id, pair.mine, {pair.me.id: rows}))


def seen(door: Door, filed: Filed) -> set[bool]:
    """Whether a door gives the document, by each way to it."""
    ways = (filed.place, f"{filed.place}/_history", f"{filed.place}/_history/1", filed.file)
    lists = ("DocumentReference?_count=500", "DocumentReference/_history?_count=500", "_history?_count=500")
    found = {door.get(way, Accept="*/*").status == 200 for way in ways}
    return found | {filed.place in door.get(each).ids for each in lists}


def change(door: Door, how: str, filed: Filed) -> int:
    if how == "PATCH":
        return door.send("PATCH", filed.place, DESCRIBED, PATCH).status
    changed = {**filed.resource, "description": "Seen by the clinic"}
    if how == "PUT":
        return door.send("PUT", filed.place, changed).status
    return door.post("", transaction(entry("PUT", filed.place, changed))).status


def test_its_versions_are_of_its_section(pair: Pair, filed: Filed) -> None:
    assert seen(of_section(pair, Category.IMAGING), filed) == {True}
    assert seen(of_section(pair, Category.DOCUMENTS), filed) == {False}


@pytest.mark.parametrize("how", ["PATCH", "PUT", "transaction"])
def test_it_stays_in_its_section_when_an_app_changes_it(pair: Pair, filed: Filed, how: str) -> None:
    assert change(everyone(), how, filed) == 200
    assert facts(*filed.place.split("/"))[1] == Category.IMAGING
    assert seen(of_section(pair, Category.IMAGING), filed) == {True}
    assert seen(of_section(pair, Category.DOCUMENTS), filed) == {False}
    assert in_step()


@pytest.mark.parametrize("how", ["PATCH", "PUT", "transaction"])
def test_who_has_its_section_alone_may_change_it(pair: Pair, filed: Filed, how: str) -> None:
    rows = RowFilter(categories=policies.mask(Category.IMAGING, Category.PEOPLE))
    assert change(Door(access("user/*.cruds", everyone=rows)), how, filed) == 200


def test_it_comes_back_in_its_section_after_a_deletion(pair: Pair, filed: Filed) -> None:
    everyone().send("DELETE", filed.place)
    assert change(everyone(), "PUT", filed) == 201
    assert facts(*filed.place.split("/"))[1] == Category.IMAGING
    assert in_step()


@pytest.mark.parametrize(
    ("scopes", "status"),
    [("patient/DocumentReference.rs", 200), ("patient/Binary.rs", 404), ("patient/Condition.rs", 403)],
)
def test_its_file_is_for_whoever_may_read_its_entry(pair: Pair, filed: Filed, scopes: str, status: int) -> None:
    """As any Binary's: a scope for Binary alone gives none that belongs to something else than a Patient."""
    assert pair.door(scopes).get(filed.file, Accept="*/*").status == status
    if status != 200:
        assert pair.door(scopes).get("Binary/unknown", Accept="*/*").status == status
