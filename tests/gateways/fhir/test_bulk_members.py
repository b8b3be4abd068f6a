"""Whom and what an export holds: members of Groups, patients that are named, filters, what became a person's since."""

import time
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import bulk
from chartpost.records import services as records
from chartpost.records.models import BulkExport, BulkFile
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access
from tests.gateways.fhir.test_binary import binary
from tests.gateways.fhir.test_bulk import _grant as _grant
from tests.gateways.fhir.test_bulk import begun, door, finished, work
from tests.gateways.fhir.test_provenances import provenance
from tests.gateways.fhir.test_writes import condition, everyone


def test_a_lenient_export_leaves_out_what_it_does_not_know_of_a_filter(pair: Pair) -> None:
    asked = "$export?_type=Condition&_typeFilter=Condition%3Ffoo%3D1%26code%3D44054006"
    refused = door().get(asked)
    assert (refused.status, b"handling=lenient" in refused.body) == (400, True)
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "44054006"}]}
    wanted = everyone().post("Condition", condition(pair.mine, code=code)).json["id"]
    other = everyone().post("Condition", condition(pair.mine, code={"text": "another"})).json["id"]
    answer = door().get(asked, Prefer="respond-async, handling=lenient")
    assert answer.status == 202, answer.body
    work()
    (part,) = door().get(answer.headers["Content-Location"]).json["output"]
    body = door().get(part["url"]).body
    assert (wanted.encode() in body, other.encode() in body) == (True, False)


@pytest.mark.parametrize("where", ["Practitioner", "http://other.example/fhir/Patient"])
def test_an_export_is_not_bound_by_what_names_no_patient_here(pair: Pair, where: str) -> None:
    assert door().get(f"Patient/$export?patient={where}/{pair.mine}").status == 400
    for name in (pair.mine, f"Patient/{pair.mine}", f"https://localhost:8443/fhir/Patient/{pair.mine}"):
        assert door().get(f"Patient/$export?patient={name}").status == 202


@pytest.mark.parametrize("query", ["_type=AuditEvent", "_type=Patient,Subscription", "_since=2024-01-01T00:00:00Z"])
def test_what_no_export_holds_and_what_is_said_twice_is_refused(pair: Pair, query: str) -> None:
    asked = f"$export?{query}&{query}"
    assert door().get(asked).status == 400


def group_of(*members: dict[str, Any]) -> str:
    resource = {"resourceType": "Group", "type": "person", "actual": True, "member": list(members)}
    return str(everyone().post("Group", resource).json["id"])


@pytest.mark.parametrize("way", ["version", "nested", "around"])
def test_a_group_export_has_all_members(pair: Pair, way: str) -> None:
    inner = group_of({"entity": {"reference": f"Patient/{pair.mine}"}})
    named = f"Patient/{pair.mine}/_history/1" if way == "version" else f"Group/{inner}"
    outer = group_of({"entity": {"reference": named}})
    if way == "around":
        members = [{"entity": {"reference": one}} for one in (f"Patient/{pair.mine}", f"Group/{outer}")]
        body = {"resourceType": "Group", "id": inner, "type": "person", "actual": True, "member": members}
        assert everyone().send("PUT", f"Group/{inner}", body).status == 200
    _, found = finished(door(), f"Group/{outer}/$export?_type=Patient")
    assert [one["id"] for one in found["Patient"]] == [pair.mine]


@pytest.mark.parametrize("period", [{"end": "2001-01-01"}, {"start": "2091-01-01"}])
def test_who_is_no_member_now_is_not_exported_with_a_group(pair: Pair, period: dict[str, str]) -> None:
    members = [{"entity": {"reference": f"Patient/{pair.mine}"}, "period": period}]
    members += [{"entity": {"reference": f"Patient/{pair.others}"}, "period": {"start": "2001-01-01"}}]
    _, found = finished(door(), f"Group/{group_of(*members)}/$export?_type=Patient")
    assert [one["id"] for one in found["Patient"]] == [pair.others]


def test_a_group_within_that_is_gone_is_told(pair: Pair) -> None:
    inner = group_of({"entity": {"reference": f"Patient/{pair.mine}"}})
    outer = group_of({"entity": {"reference": f"Group/{inner}"}})
    everyone().send("DELETE", f"Group/{inner}")
    assert door().get(f"Group/{outer}/$export").status == 404


def test_what_becomes_a_persons_with_its_target_is_in_the_next_export(pair: Pair) -> None:
    writer = everyone()
    pump = {"resourceType": "Device", "status": "active", "type": {"text": "pump"}}
    device = writer.post("Device", pump).json["id"]
    told = provenance(f"Device/{device}")
    names = {writer.post("Provenance", told).json["id"], writer.post("Binary", binary(f"Device/{device}")).json["id"]}
    types = "_type=Device,Provenance,Binary"
    manifest, found = finished(door(), f"Patient/$export?{types}")
    assert not names & {one["id"] for some in found.values() for one in some}
    time.sleep(0.01)
    mine = {**pump, "id": device, "patient": {"reference": f"Patient/{pair.mine}"}}
    assert writer.send("PUT", f"Device/{device}", mine).status == 200
    since = manifest["transactionTime"].replace("+", "%2B")
    manifest, found = finished(door(), f"Patient/$export?{types}&_since={since}")
    assert names <= {one["id"] for some in found.values() for one in some}
    time.sleep(0.01)
    since = manifest["transactionTime"].replace("+", "%2B")
    assert finished(door(), f"Patient/$export?{types}&_since={since}")[1] == {}


def test_an_export_does_not_tell_who_is_hidden(pair: Pair) -> None:
    records.label(pair.me.id, "Patient", pair.mine, Label.HIV, SYSTEM)
    client = door("system/*.rs", RowFilter(hidden_labels=int(Label.HIV)))
    asked = [client.get(f"Patient/$export?patient=Patient/{name}") for name in (pair.mine, "nobody")]
    assert [answer.status for answer in asked] == [400, 400]
    assert asked[0].body == asked[1].body
    assert client.get(f"Patient/$export?patient=Patient/{pair.others}").status == 202


def test_a_token_that_reaches_less_gets_no_status(pair: Pair) -> None:
    where = begun(door(), "$export?_type=Observation")
    narrow = Door(access("system/Patient.rs", everyone=RowFilter()))
    assert narrow.get(where).status == 403
    work()
    assert narrow.get(where).status == 403
    assert door().get(where).status == 200


def test_a_failed_export_leaves_no_files(pair: Pair) -> None:
    client = door()
    where = begun(client, "$export?_type=Patient")
    work()
    ref = where.rpartition("/")[2]
    BulkExport.objects.filter(ref=ref).update(state="running", ended_at=None)
    bulk.failed(ref)
    assert client.get(where).status == 500
    assert not BulkFile.objects.exists()
