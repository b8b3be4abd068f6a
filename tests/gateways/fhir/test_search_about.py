"""Whom a search by patient or subject finds things about: not who only took part in them, and places as well."""

from typing import Any

import orjson
import pytest

from chartpost.identity.types import SYSTEM
from chartpost.kernel.db import raw
from chartpost.records import reindex, services
from chartpost.records.types import Incoming, kind_of
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import entry, everyone, transaction

PLACE = {"resourceType": "Location", "name": "Ward 7"}


def observation(number: str, **more: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}
    identifier = [{"system": "urn:test", "value": number}]
    return {"resourceType": "Observation", "status": "final", "code": code, "identifier": identifier, **more}


def document(number: str, **more: Any) -> dict[str, Any]:
    content = [{"attachment": {"contentType": "text/plain", "data": "QUJD"}}]
    identifier = [{"system": "urn:test", "value": number}]
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "identifier": identifier,
        "content": content,
        **more,
    }


@pytest.fixture
def beside(pair: Pair) -> dict[str, str]:
    """What I have a part in and am not the patient of, and one that I am the patient of and performed as well."""
    door, me = everyone(), {"reference": f"Patient/{pair.mine}"}
    ward = door.post("Location", PLACE).json["id"]
    made = {
        "of-ward": observation("of-ward", subject={"reference": f"Location/{ward}"}, performer=[me]),
        "of-nothing": observation("of-nothing", performer=[me]),
        "of-me": observation("of-me", subject=me, performer=[me]),
        "written": document("written", author=[me]),
        "written-of-me": document("written-of-me", subject=me, author=[me]),
    }
    answers = {name: door.post(str(one["resourceType"]), one) for name, one in made.items()}
    assert {answer.status for answer in answers.values()} == {201}
    return {"ward": ward, **{name: f"{a.json['resourceType']}/{a.json['id']}" for name, a in answers.items()}}


@pytest.mark.parametrize("by", ["patient={}", "subject=Patient/{}", "subject={}", "subject:Patient={}"])
def test_what_has_another_subject_is_not_about_the_patient(pair: Pair, beside: dict[str, str], by: str) -> None:
    asked = by.format(pair.mine)
    for door in (pair.door(), everyone()):
        for number in ("of-ward", "of-nothing"):
            found = f"Observation?{asked}&identifier=urn:test|{number}"
            assert door.get(found).ids == []
            assert door.get(f"{found}&_summary=count").json["total"] == 0
            assert door.get(f"{found}&_sort=value-string").ids == []
            assert door.get(f"Observation?{asked}&_id={beside[number].partition('/')[2]}").ids == []
        assert door.get(f"DocumentReference?{asked}&identifier=urn:test|written").ids == []
        assert door.get(f"Observation?{asked}&identifier=urn:test|of-me").ids == [beside["of-me"]]
        assert door.get(f"DocumentReference?{asked}&identifier=urn:test|written-of-me").ids == [beside["written-of-me"]]
        assert door.get(f"Observation?{asked}&_id={beside['of-me'][12:]}").ids == [beside["of-me"]]


def test_it_is_in_the_patients_compartment_still(pair: Pair, beside: dict[str, str]) -> None:
    door = pair.door()
    assert door.get(beside["of-ward"]).status == 200
    performed = door.get(f"Observation?performer=Patient/{pair.mine}&_count=1000").ids
    assert {beside["of-ward"], beside["of-nothing"], beside["of-me"]} <= set(performed)
    assert beside["written"] in door.get(f"Patient/{pair.mine}/$everything?_count=1000").ids


def test_reverse_includes_bring_what_is_about_the_patient(pair: Pair, beside: dict[str, str]) -> None:
    door = pair.door()
    for name in ("Observation:subject", "Observation:patient"):
        brought = door.get(f"Patient?_id={pair.mine}&_revinclude={name}").ids
        assert beside["of-me"] in brought
        assert not {beside["of-ward"], beside["of-nothing"]} & set(brought)
    brought = door.get(f"Patient?_id={pair.mine}&_revinclude=Observation:*").ids
    assert {beside["of-ward"], beside["of-nothing"], beside["of-me"]} <= set(brought)


def test_a_reverse_include_of_a_type_filed_for_what_it_targets_looks_at_the_reference(pair: Pair) -> None:
    door = pair.door()
    about = door.get(f"Provenance?patient={pair.mine}&_count=1000").ids
    assert 0 < len(about) < len(door.get("Provenance?_count=1000").ids)
    brought = door.get(f"Patient?_id={pair.mine}&_revinclude=Provenance:patient").ids
    assert brought == [f"Patient/{pair.mine}", *about]


def test_whose_it_is_follows_a_change_of_its_subject(pair: Pair, beside: dict[str, str]) -> None:
    door, me = everyone(), {"reference": f"Patient/{pair.mine}"}
    kept = door.get(beside["of-ward"]).json
    address = f"Observation?patient={pair.mine}&identifier=urn:test|of-ward"
    assert door.send("PUT", beside["of-ward"], {**kept, "subject": me}).status == 200
    assert door.get(address).ids == [beside["of-ward"]]
    assert door.send("PUT", beside["of-ward"], kept).status == 200
    assert door.get(address).ids == []


def test_an_index_made_anew_says_it_too(pair: Pair, beside: dict[str, str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rid, kind, person_id, date_ms, deleted, body FROM records_resource"
            " WHERE kind = %s AND person_id = %s",
            [kind_of("Observation"), pair.me.id],
        )
        rows = cursor.fetchall()
        cursor.execute("UPDATE records_terms SET terms = %s WHERE person_id = %s", [b"", pair.me.id])
    address = f"Observation?patient={pair.mine}&_count=1000"
    assert beside["of-ward"] in pair.door().get(address).ids
    reindex._anew(rows)
    found = pair.door().get(address).ids
    assert beside["of-ward"] not in found
    assert beside["of-me"] in found


def test_a_bare_id_is_of_anything_that_may_be_the_subject(pair: Pair, beside: dict[str, str]) -> None:
    door = everyone()
    assert door.get(f"Observation?subject={beside['ward']}").ids == [beside["of-ward"]]
    assert door.get(f"Observation?subject=Location/{beside['ward']}").ids == [beside["of-ward"]]
    both = f"Observation?subject={beside['ward']},{pair.mine}&identifier=urn:test|of-ward,urn:test|of-me"
    assert set(door.get(both).ids) == {beside["of-ward"], beside["of-me"]}
    assert door.get(f"Observation?subject:Patient={beside['ward']}").ids == []
    assert door.get(f"Observation?patient={beside['ward']}").ids == []
    assert door.get("Observation?subject=no-such-thing").ids == []


def test_what_has_no_terms_at_all_is_the_patients(pair: Pair) -> None:
    made = everyone().post("Device", {"resourceType": "Device", "patient": {"reference": f"Patient/{pair.mine}"}})
    row = raw.django().one("SELECT t.terms FROM records_terms t ORDER BY t.rid DESC LIMIT 1")
    assert row is not None
    assert bytes(row[0]) == b""
    assert f"Device/{made.json['id']}" in pair.door().get(f"Device?patient={pair.mine}").ids


def test_a_device_filed_with_a_person_is_theirs_where_it_names_them(pair: Pair) -> None:
    mine = {"reference": f"Patient/{pair.mine}"}
    made = {"writer": {"type": {"text": "Program"}}, "implant": {"patient": mine}}
    some = [Incoming({"resourceType": "Device", "id": name, **more}, name, pair.me.id) for name, more in made.items()]
    services.save(some, services.source_id("file"), SYSTEM)
    for door in (pair.door(), everyone()):
        assert "Device/implant" in door.get(f"Device?patient={pair.mine}").ids
        assert "Device/writer" not in door.get(f"Device?patient={pair.mine}").ids
    assert pair.door().get("Device/writer").status == 200


def test_a_transaction_files_them_alike(pair: Pair) -> None:
    ward, me = "urn:uuid:11111111-1111-1111-1111-111111111111", {"reference": f"Patient/{pair.mine}"}
    about = observation("at-once", subject={"reference": ward}, performer=[me])
    sent = transaction(entry("POST", "Location", PLACE, ward), entry("POST", "Observation", about))
    assert everyone().post("", sent).status == 200
    assert pair.door().get(f"Observation?patient={pair.mine}&identifier=urn:test|at-once").ids == []
    bodies = raw.django().all("SELECT body FROM records_resource WHERE kind = ?", [kind_of("Observation")])
    assert any(orjson.loads(body).get("identifier", [{}])[0].get("value") == "at-once" for (body,) in bodies)
