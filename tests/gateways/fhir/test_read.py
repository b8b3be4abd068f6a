"""read, vread and history within what a token reaches."""

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.ledger import queries as ledger
from chartpost.records import queries as records
from chartpost.records import services
from chartpost.records.types import Incoming
from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.door import Door, access


def first(pair: Pair, category: Category, kind: str) -> str:
    page = records.section(pair.me.id, category, RowFilter(), limit=500)
    return next(item.stored.id for item in page.items if item.stored.type == kind)


def test_a_patient_is_read_with_its_version(pair: Pair) -> None:
    answer = pair.door().get(f"Patient/{pair.mine}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.json["id"] == pair.mine


def test_another_persons_rows_are_not_there(pair: Pair) -> None:
    door = pair.door()
    for address in (
        f"Patient/{pair.others}",
        f"Patient/{pair.others}/_history",
        f"Patient/{pair.others}/_history/1",
        f"Patient/{pair.others}/$everything",
    ):
        answer = door.get(address)
        assert answer.status == 404, address
        assert answer.json["resourceType"] == "OperationOutcome"
        assert pair.others not in answer.body.decode()


def test_a_type_without_a_scope_is_refused(pair: Pair) -> None:
    door = pair.door("patient/Condition.rs")
    assert door.get(f"Patient/{pair.mine}").status == 403
    assert door.get(f"Patient/{pair.mine}/$everything").status == 403


def test_an_app_reads_the_user_it_was_told_of(pair: Pair) -> None:
    address = f"Patient/{pair.mine}"
    assert pair.door("patient/Condition.rs", fhir_user=address).get(address).status == 200
    assert pair.door("patient/Condition.rs", fhir_user=address).get(f"Patient/{pair.others}").status == 403
    assert pair.door("patient/Condition.rs", fhir_user=address).get("Patient").status == 403


def test_read_and_search_are_two_letters(pair: Pair) -> None:
    assert pair.door("patient/Patient.s").get(f"Patient/{pair.mine}").status == 403
    assert pair.door("patient/Patient.r").get(f"Patient/{pair.mine}").status == 200


def test_a_granular_scope_shows_its_category_only(pair: Pair) -> None:
    vital, lab = first(pair, Category.VITALS, "Observation"), first(pair, Category.RESULTS, "Observation")
    code = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
    door = pair.door(f"patient/Observation.rs?category={code}")
    assert door.get(f"Observation/{vital}").status == 200
    assert door.get(f"Observation/{vital}/_history/1").status == 200
    assert door.get(f"Observation/{lab}").status == 404
    assert door.get(f"Observation/{lab}/_history").status == 404
    assert door.get(f"Observation/{lab}/_history/1").status == 404
    seen = door.get("Observation/_history?_count=500").json["entry"]
    assert {e["resource"]["category"][0]["coding"][0]["code"] for e in seen} == {"vital-signs"}


def test_a_hidden_label_hides_from_every_way(pair: Pair) -> None:
    name = first(pair, Category.PROBLEMS, "Condition")
    services.label(pair.me.id, "Condition", name, Label.HIV, SYSTEM)
    door = pair.door(persons={pair.me.id: RowFilter(hidden_labels=int(Label.HIV))})
    for address in (f"Condition/{name}", f"Condition/{name}/_history", f"Condition/{name}/_history/1"):
        assert door.get(address).status == 404, address
    for address in (
        "Condition/_history?_count=500",
        "_history?_count=500",
        f"Patient/{pair.mine}/$everything?_count=1000",
    ):
        assert f"Condition/{name}" not in door.get(address).ids, address
    assert pair.door().get(f"Condition/{name}").status == 200


def test_an_earlier_version_is_read_by_its_number(pair: Pair) -> None:
    patient = pair.door().get(f"Patient/{pair.mine}").json
    changed = {**patient, "maritalStatus": {"text": "Married"}}
    services.save([Incoming(changed, pair.mine, pair.me.id)], services.source_id("test"), SYSTEM)
    door = pair.door()
    assert "maritalStatus" not in door.get(f"Patient/{pair.mine}/_history/1").json or patient.get("maritalStatus")
    assert door.get(f"Patient/{pair.mine}/_history/2").json["maritalStatus"]["text"] == "Married"
    assert door.get(f"Patient/{pair.mine}/_history/3").status == 404
    assert door.get(f"Patient/{pair.mine}/_history/x").status == 404
    entries = door.get(f"Patient/{pair.mine}/_history").json["entry"]
    assert [e["response"]["etag"] for e in entries] == ['W/"2"', 'W/"1"']
    assert [e["request"]["method"] for e in entries] == ["PUT", "POST"]


def test_a_deleted_resource_is_gone_but_its_versions_stay(pair: Pair) -> None:
    name = first(pair, Category.PROBLEMS, "Condition")
    services.delete(pair.me.id, "Condition", name, SYSTEM)
    door = pair.door()
    assert door.get(f"Condition/{name}").status == 410
    assert door.get(f"Condition/{name}/_history/1").status == 200
    entries = door.get(f"Condition/{name}/_history").json["entry"]
    assert [e["request"]["method"] for e in entries] == ["DELETE", "POST"]
    assert "resource" not in entries[0]


def test_history_pages_run_to_the_end_without_double(pair: Pair) -> None:
    door = pair.door()
    whole = door.get("Observation/_history?_count=500").ids
    seen: list[str] = []
    address: str | None = "Observation/_history?_count=7"
    while address:
        answer = door.get(address)
        seen += answer.ids
        address = answer.link("next")
    assert seen == whole
    assert len(seen) == len(set(seen)) > 20


def test_a_page_link_changed_or_taken_elsewhere_is_refused(pair: Pair) -> None:
    link = pair.door().get("Observation/_history?_count=3").link("next")
    assert link is not None
    wrong = link[:-3] + ("AAA" if not link.endswith("AAA") else "BBB")
    assert pair.door().get(wrong).status == 400
    stranger = access("patient/*.rs", pair.other.id, pair.others)
    elsewhere = Door(type(stranger)(**{**stranger.__dict__, "grant_ref": "g2", "worked_out": {}}))
    assert elsewhere.get(link).status == 400


def test_nothing_changed_is_told_by_the_tag(pair: Pair) -> None:
    answer = pair.door().get(f"Patient/{pair.mine}", If_None_Match='W/"1"')
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ('"1"', 304),
        ('W/"5", W/"1"', 304),
        ('"a,b","1"', 304),
        ("*", 304),
        ('W/"2"', 200),
        ("1", 200),
        ("", 200),
        ('"11", "*"', 200),
    ],
)
def test_tags_are_compared_weakly_and_one_of_several_is_enough(pair: Pair, header: str, status: int) -> None:
    assert pair.door().get(f"Patient/{pair.mine}", If_None_Match=header).status == status


def test_a_version_is_cut_to_what_is_asked_for(pair: Pair) -> None:
    door, address = pair.door(), f"Patient/{pair.mine}/_history/1"
    short = door.get(f"{address}?_elements=gender").json
    assert "gender" in short
    assert "birthDate" not in short
    assert short["meta"]["tag"][-1]["code"] == "SUBSETTED"
    assert "name" not in door.get(f"{address}?_summary=text").json
    assert door.get(f"{address}?_summary=perhaps").status == 400
    assert door.get(f"{address}?colour=red").status == 400
    assert door.get(f"{address}?_format=json").json == door.get(address).json


def test_every_read_is_in_the_ledger_under_the_apps_name(pair: Pair) -> None:
    pair.door().get(f"Patient/{pair.mine}")
    pair.door().get(f"Patient/{pair.mine}/$everything")
    entries = ledger.for_person(pair.me.id)[:2]
    assert [(e.who, e.action) for e in entries] == [("Test app", "record.read")] * 2
    assert entries[1].object == f"Patient/{pair.mine}"


def test_the_ledger_is_read_as_audit_events(pair: Pair) -> None:
    door = pair.door()
    door.get(f"Patient/{pair.mine}")
    answer = door.get(f"AuditEvent?patient={pair.mine}")
    entry = answer.json["entry"][0]["resource"]
    assert entry["agent"][0]["who"]["display"] == "Test app"
    assert entry["entity"][0]["what"]["reference"] == f"Patient/{pair.mine}"
    assert door.get(f"AuditEvent/{entry['id']}").json == entry
    assert Door(access("patient/*.rs", pair.other.id, pair.others)).get(f"AuditEvent/{entry['id']}").status == 404
    assert door.get(f"AuditEvent?patient={pair.others}").ids == []


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "Nobody", 404),
        ("GET", "Patient/a/b/c/d", 404),
        ("GET", "Patient/%00", 404),
        ("GET", "Patient/" + "x" * 5000, 404),
        ("GET", "$nothing", 404),
        ("PUT", "metadata", 405),
        ("GET", "Patient/1?nonsense=1", 404),
    ],
)
def test_wrong_addresses_are_told_as_outcomes(pair: Pair, method: str, address: str, status: int) -> None:
    answer = pair.door().send(method, address)
    assert answer.status == status
    assert answer.json["resourceType"] == "OperationOutcome"


def test_formats(pair: Pair) -> None:
    door = pair.door()
    address = f"Patient/{pair.mine}"
    assert door.get(address, Accept="application/fhir+xml").body.startswith(b"<?xml")
    assert door.get(f"{address}?_format=xml").headers["Content-Type"] == "application/fhir+xml"
    assert door.get(address, Accept="text/csv").status == 406
    assert door.get(f"{address}?_format=text/csv").status == 406
    assert door.get(address, Accept="text/csv, application/json;q=0.1").status == 200
    assert b"\n  " in door.get(f"{address}?_pretty=true").body


def test_without_a_token_nothing_but_metadata(pair: Pair) -> None:
    door = Door(None)
    answer = door.get(f"Patient/{pair.mine}")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not any(name.startswith("Access-Control") for name in answer.headers)
    asked = door.get(f"Patient/{pair.mine}", Origin="https://app.example")
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" in asked.headers["Access-Control-Expose-Headers"]


def test_a_token_too_narrow_is_told_so_in_the_header(pair: Pair) -> None:
    """RFC 6750 3.1: `insufficient_scope`; without an error in the header an app takes it for a refusal for good."""
    narrow = pair.door("patient/Patient.rs")
    for answer in (
        narrow.get(f"Condition/{pair.mine}"),
        narrow.get("Condition"),
        narrow.get("Patient?_has:Condition:patient:code=x"),
        narrow.get("Condition/_history"),
        narrow.get("$export", Accept="application/fhir+json", Prefer="respond-async"),
        pair.door("patient/Patient.u").get("_history"),
    ):
        assert answer.status == 403, answer.body
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fhir", error="insufficient_scope"'
    refused = pair.door("patient/*.cruds").post("Condition", {"resourceType": "Condition"})
    assert (refused.status, "WWW-Authenticate" in refused.headers) == (403, False), "no scope would help"
