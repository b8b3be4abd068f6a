"""Bulk exports under attack: files of others, tokens that shrank, grants that ended, members nobody may see."""

from datetime import date
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import Actor, RowFilter
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_bulk import ASYNC, begun, door, work
from tests.gateways.fhir.test_writes import condition, everyone

HIV = {"coding": [{"system": "http://snomed.info/sct", "code": "86406008"}]}
LAB = "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"


def run(client: Door) -> None:
    """The worker's turn, while the grant stands."""
    with patch("chartpost.identity.tokens.access_of_grant", lambda _ref, _db: client.access):
        work()


def exported(client: Door, path: str = "$export?_type=Observation") -> tuple[str, list[str]]:
    where = begun(client, path)
    run(client)
    return where, [item["url"] for item in client.get(where).json["output"]]


@pytest.mark.parametrize("asked", ["{big}-", "-{big}", "0-{big}", "5-1", "-", "1-2,4-5", "\u0663-", "0x1-"])
def test_ranges_that_make_no_sense_are_answered_whole(pair: Pair, asked: str) -> None:
    """Also numbers of thousands of digits, which Python refuses to read."""
    client = door()
    _, (url,) = exported(client, "$export?_type=Patient")
    answer = client.get(url, Range="bytes=" + asked.format(big="9" * 5000))
    assert (answer.status, answer.body) == (200, client.get(url).body)


@pytest.mark.parametrize(
    ("address", "name"),
    [("$export", "_elements"), ("$export", "_typeFilter"), ("DocumentReference/$docref", "patient")],
)
def test_a_character_that_is_no_text_is_refused(pair: Pair, address: str, name: str) -> None:
    """PostgreSQL keeps no NUL in texts."""
    sent = {"resourceType": "Parameters", "parameter": [{"name": name, "valueString": "Patient?name=a\0"}]}
    assert door().post(address, sent).status == 400


def test_another_client_sees_nothing_of_an_export(pair: Pair) -> None:
    where, urls = exported(door())
    actor = Actor("app", ref="other", name="Other")
    stranger = Door(access("system/*.cruds", everyone=RowFilter(), actor=actor), dict(ASYNC))
    for address in (where, *urls):
        assert stranger.get(address).status == 404
    assert stranger.send("DELETE", where).status == 404
    assert door().get(urls[0]).status == 200


@pytest.mark.parametrize(
    ("scopes", "rows"),
    [
        (f"system/Observation.rs?{LAB}", RowFilter()),
        ("system/Patient.rs", RowFilter()),
        ("system/Observation.s", RowFilter()),
        ("system/*.rs", RowFilter(hidden_labels=int(Label.HIV))),
        ("system/*.rs", RowFilter(categories=Category.IMAGING.bit)),
        ("system/*.rs", RowFilter(date_from=date(2020, 1, 1))),
        ("system/*.rs", None),
    ],
)
def test_a_token_that_reaches_less_gets_no_file(pair: Pair, scopes: str, rows: RowFilter | None) -> None:
    _, (url,) = exported(door())
    less = Door(access(scopes, everyone=rows), dict(ASYNC))
    assert less.get(url).status == 403
    assert door("system/*.cruds").get(url).status == 200


def test_deletions_are_told_to_those_who_may_read_the_type(pair: Pair) -> None:
    office = everyone()
    name = office.post("Condition", condition(pair.mine)).json["id"]
    office.send("DELETE", f"Condition/{name}")
    client = door()
    where = begun(client, "$export?_since=2020-01-01T00:00:00Z&_type=Condition")
    run(client)
    (gone,) = client.get(where).json["deleted"]
    assert name.encode() in client.get(gone["url"]).body
    assert Door(access("system/Patient.rs", everyone=RowFilter()), dict(ASYNC)).get(gone["url"]).status == 403


def test_type_filters_find_nothing_beyond_the_reach(pair: Pair) -> None:
    made = everyone().post("Condition", condition(pair.mine, code=HIV)).json["id"]
    part = door(rows=RowFilter(hidden_labels=int(Label.HIV)))
    for query in ("code=86406008", f"_id={made}", f"patient={pair.mine}"):
        where = begun(part, f"$export?_type=Condition&_typeFilter={quote('Condition?' + query)}")
        run(part)
        for item in part.get(where).json["output"]:
            assert made.encode() not in part.get(item["url"]).body


def test_members_of_a_group_are_no_way_around_the_reach(pair: Pair) -> None:
    group = {
        "resourceType": "Group",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{pair.others}"}}],
    }
    name = everyone().post("Group", group).json["id"]
    mine = Door(access("patient/*.rs user/*.rs", pair.me.id, pair.mine), dict(ASYNC))
    assert mine.get(f"Group/{name}").status == 404
    assert mine.get("Group").ids == []
    assert mine.get(f"Group?member=Patient/{pair.others}").ids == []
    assert mine.get(f"Patient?_has:Group:member:_id={name}").ids == []
    assert mine.get(f"Group?_id={name}&_total=accurate").json["total"] == 0
    assert mine.get(f"Group/{name}/$export").status == 403
    assert mine.get(f"Group/{name}/_history").status == 404
    assert mine.get(f"Group/{name}/_history/1").status == 404


def test_staff_get_their_files_only_while_they_work_here(pair: Pair) -> None:
    def clerk(*roles: str) -> Door:
        actor = Actor("staff", account_id=9, ref="nine", name="Staff", roles=frozenset(roles))
        rows: Any = RowFilter() if roles else None
        return Door(access("user/*.rs", everyone=rows, actor=actor), dict(ASYNC))

    group = {"resourceType": "Group", "type": "person", "actual": True}
    group |= {"member": [{"entity": {"reference": f"Patient/{pair.mine}"}}]}
    name = everyone().post("Group", group).json["id"]
    _, urls = exported(clerk("clerk"), f"Group/{name}/$export?_type=Observation")
    assert clerk("clerk").get(urls[0]).status == 200
    assert clerk().get(urls[0]).status == 403
