"""What comes in is filed with the right person, once, whole, or not at all."""

import gzip
import io
import zipfile
from pathlib import Path

import orjson
import pytest

from chartpost.formats.fhirjson.canonical import parse
from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import blobs
from chartpost.kernel.config import config
from chartpost.ledger import queries as ledger
from chartpost.records import models, queries, services
from chartpost.records.errors import NotStored
from chartpost.records.ingest import import_path, import_stream
from chartpost.records.types import kind_of
from tests.records.builders import MRN, bundle, condition, ndjson, patient, person, take

pytestmark = pytest.mark.django_db
OPEN = RowFilter()


def keys(person_id: int) -> set[str]:
    return {item.key for item in queries.timeline(person_id, OPEN).items}


def only_person() -> int:
    (found,) = identity.find_people("Lopez")
    return found.id


def test_a_new_patient_becomes_a_person_with_all_that_is_known() -> None:
    report = take(bundle(patient(), condition("c1")))
    found = identity.person_by_id(only_person())
    assert (report.created, report.inbox, report.refused) == (3, 0, [])
    assert (found.name, found.sex, found.state) == ("Ana Maria Lopez", "female", "MN")
    assert (MRN, "p1") in found.identifiers
    assert found.sources == ("p1",)
    assert keys(found.id) == {"Condition/c1"}


def test_the_original_is_kept_byte_for_byte_and_belongs_to_the_person() -> None:
    data = bundle(patient(), condition("c1"))
    take(data)
    file = models.ImportFile.objects.get()
    assert blobs.read(file.blob) == data
    assert list(blobs.iter_ids(f"person:{only_person()}")) == [file.blob]


def test_twice_is_once_and_the_ledger_names_the_import() -> None:
    data = bundle(patient(), condition("c1"))
    take(data)
    again = take(data, name="copy.json")
    assert (again.created, again.updated) == (0, 0)
    assert models.Resource.objects.count() == 3
    assert any(e.action == "record.import" for e in ledger.for_person(only_person()))


def test_a_newer_file_changes_what_changed() -> None:
    take(bundle(patient(), condition("c1"), condition("c2")))
    report = take(bundle(patient(), condition("c1"), condition("c2", recordedDate="2026-02-02")))
    assert (report.created, report.updated, report.unchanged) == (1, 1, 2)  # 1 created: provenance of this file
    assert queries.item(only_person(), "Condition", "c2", OPEN).stored.version == 2


def test_the_ledger_counts_what_an_import_changed() -> None:
    take(bundle(patient(), condition("c1")))
    take(bundle(patient(), condition("c1"), condition("c2")), name="newer.json")
    told = [e.detail["count"] for e in ledger.for_person(only_person()) if e.action == "record.import"]
    assert sorted(told) == [2, 3], "the newer file added an entry and its Provenance"


def test_provenance_names_the_original_and_its_targets() -> None:
    take(bundle(patient(), condition("c1")))
    row = models.Resource.objects.get(kind=kind_of("Provenance"))
    found = parse(bytes(row.body))
    assert [t["reference"] for t in found["target"]] == ["Patient/p1", "Condition/c1"]
    assert found["entity"][0]["what"]["identifier"]["value"].startswith("ni:///sha-256;")
    assert row.person_id == only_person()


def test_references_inside_a_bundle_are_resolved() -> None:
    uuid = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    doctor = {"resourceType": "Practitioner", "id": "d1", "identifier": [{"system": "npi", "value": "9"}]}
    entries = [
        {"fullUrl": uuid, "resource": patient()},
        {"resource": doctor},
        {"resource": condition("c1", uuid, asserter={"reference": "Practitioner?identifier=npi|9"})},
    ]
    take(orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    found = parse(queries.item(only_person(), "Condition", "c1", OPEN).stored.body)
    assert found["subject"] == {"reference": "Patient/p1"}
    assert found["asserter"] == {"reference": "Practitioner/d1"}


@pytest.mark.parametrize("together", [True, False])
def test_a_conditional_reference_finds_what_is_stored_or_in_the_file(together: bool) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d1", "identifier": [{"system": "npi", "value": "9"}]}
    two = {"asserter": {"reference": "Practitioner?identifier=npi|9"}}
    two |= {"recorder": {"reference": "Practitioner?identifier=npi%7C9"}}
    if not together:
        take(bundle(doctor))
    take(bundle(*[doctor] * together, patient(), condition("c1", **two)), name="second.json")
    found = parse(queries.item(only_person(), "Condition", "c1", OPEN).stored.body)
    assert [found[name] for name in two] == [{"reference": "Practitioner/d1"}] * 2


@pytest.mark.parametrize(
    ("query", "identifier"),
    [
        ("identifier=npi|9", {"system": "npi", "value": "9"}),
        ("identifier=http://x.example/npi%7C9", {"system": "http://x.example/npi", "value": "9"}),
        ("identifier=9", {"value": "9"}),
        ("name=Zed", None),
        ("identifier=npi|", None),
        ("identifier=npi|9%2Cnpi|8", None),
        ("identifier=npi|9%00", None),
    ],
)
def test_a_conditional_reference_to_nothing_names_it_by_its_identifier(
    query: str, identifier: dict[str, str] | None
) -> None:
    asked = {"reference": f"Practitioner?{query}", "display": "Dr. Zed"}
    take(bundle(patient(), condition("c1", asserter=asked)))
    found = parse(queries.item(only_person(), "Condition", "c1", OPEN).stored.body)
    named = {"type": "Practitioner", "identifier": identifier, "display": "Dr. Zed"}
    assert found["asserter"] == (asked if identifier is None else named)


def test_this_servers_own_address_in_a_reference_becomes_relative() -> None:
    take(bundle({"resourceType": "Practitioner", "id": "d9", "name": [{"family": "Okafor"}]}, patient()))
    base = f"{config().base_url}/fhir"
    here, gone = ({"reference": f"{base}/Practitioner/{name}"} for name in ("d9", "d0"))
    take(bundle(patient(), condition("c1", recorder=here, asserter=gone)), name="later.json")
    row = models.Resource.objects.get(kind=kind_of("Condition"))
    found = parse(bytes(row.body))
    assert (found["recorder"]["reference"], found["asserter"]["reference"]) == ("Practitioner/d9", gone["reference"])


def test_views_name_the_practitioner_a_reference_does_not_name() -> None:
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Stone", "given": ["Ruth"]}]}
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "Metformin 500 mg"}}
    order = {
        "resourceType": "MedicationRequest", "id": "o1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "requester": {"reference": "Practitioner/d1"},
        "medicationReference": {"reference": "Medication/m1"}, "authoredOn": "2026-01-01",
    }  # fmt: skip
    take(bundle(patient(), doctor, drug, order))
    shown = queries.item(only_person(), "MedicationRequest", "o1", OPEN).view
    assert shown.title == "Metformin 500 mg"
    assert "Stone" in str(shown)


def test_an_id_that_is_another_persons_gets_a_new_one() -> None:
    take(bundle(patient(), condition("c1", note=[{"text": "first"}])))
    other = patient("p1", identifier=[{"system": MRN, "value": "zz"}], name=[{"family": "Berg", "given": ["Karl"]}])
    other |= {"birthDate": "1950-01-01", "address": [], "gender": "male"}
    data = bundle(other, condition("c1", note=[{"text": "second"}]))
    report = take(data)
    assert (report.refused, report.inbox) == ([], 0)
    (karl,) = identity.find_people("Berg")
    (item,) = queries.timeline(karl.id, OPEN).items
    body = parse(item.stored.body)
    assert item.stored.id != "c1"
    assert body["id"] == item.stored.id
    assert body["subject"]["reference"] == f"Patient/{karl.sources[0]}" != "Patient/p1"
    assert keys(only_person()) == {"Condition/c1"}
    assert (take(data).created, models.ImportFile.objects.count()) == (0, 2)


def test_resources_without_id_are_stored_once() -> None:
    nameless = condition("x")
    del nameless["id"]
    take(bundle(patient(), nameless))
    take(bundle(patient(), nameless, condition("c2")))
    assert len(keys(only_person())) == 2


def test_same_name_and_birth_date_with_another_number_waits_for_staff() -> None:
    known = person([(MRN, "old")])
    report = take(bundle(patient(), condition("c1")))
    (item,) = queries.inbox()
    assert (report.created, report.inbox) == (0, 1)
    assert item.candidates[0]["person"] == known.id
    assert item.candidates[0]["parts"]["name"] == "same"
    assert models.Resource.objects.count() == 0
    assert take(bundle(patient(), condition("c1"))).inbox == 1
    assert len(queries.inbox()) == 1


def test_settling_files_what_waited_and_twice_is_once() -> None:
    known = person([(MRN, "old")])
    take(bundle(patient(), condition("c1")))
    (item,) = queries.inbox()
    services.settle(item.ref, known.id, SYSTEM)
    services.settle(item.ref, known.id, SYSTEM)
    assert queries.inbox() == []
    assert keys(known.id) == {"Condition/c1"}
    assert (MRN, "p1") in identity.person_by_id(known.id).identifiers
    with pytest.raises(NotStored):
        services.settle(item.ref, person(family="Other").id, SYSTEM)


def test_settling_with_nobody_known_makes_one_new_person() -> None:
    known = person([(MRN, "old")])
    take(bundle(patient(), condition("c1")))
    (item,) = queries.inbox()
    services.settle(item.ref, None, SYSTEM)
    services.settle(item.ref, None, SYSTEM)
    people = {p.id for p in identity.find_people("Lopez")}
    (new,) = people - {known.id}
    assert keys(new) == {"Condition/c1"}
    assert keys(known.id) == set()


def test_discarding_keeps_the_original_and_never_asks_again() -> None:
    person([(MRN, "old")])
    data = bundle(patient(), condition("c1"))
    take(data)
    (item,) = queries.inbox()
    services.discard(item.ref, "sent by mistake", SYSTEM)
    services.discard(item.ref, "sent by mistake", SYSTEM)
    again = take(data)
    assert (queries.inbox(), again.created, again.inbox) == ([], 0, 0)
    assert blobs.read(models.ImportFile.objects.get().blob) == data
    with pytest.raises(NotStored):
        services.settle(item.ref, None, SYSTEM)


def test_one_doubtful_patient_does_not_hold_up_the_others() -> None:
    known = person([(MRN, "old")])
    karl = patient("p2", name=[{"family": "Berg", "given": ["Karl"]}], birthDate="1950-01-01", address=[])
    doctor = {"resourceType": "Practitioner", "id": "d1"}
    data = ndjson(patient(), karl, doctor, condition("c1"), condition("c2", "Patient/p2"))
    report = take(data, "all.ndjson")
    (berg,) = identity.find_people("Berg")
    assert (keys(berg.id), report.inbox) == ({"Condition/c2"}, 1)
    take(bundle(karl, condition("c2", "Patient/p2", recordedDate="2026-09-09")))
    (item,) = queries.inbox()
    services.settle(item.ref, known.id, SYSTEM)
    assert keys(known.id) == {"Condition/c1"}
    newest = parse(queries.item(berg.id, "Condition", "c2", OPEN).stored.body)
    assert newest["recordedDate"] == "2026-09-09"  # settling later does not bring old content back


def test_a_named_person_gets_the_file_unless_its_number_is_somebody_elses() -> None:
    known = person(family="Zimmer")
    take(bundle(patient(), condition("c1")), person=known.ref)
    assert keys(known.id) == {"Condition/c1"}
    other = person([(MRN, "p9")], family="Quist")
    report = take(bundle(patient("p9"), condition("c9", "Patient/p9")), person=known.ref)
    (item,) = queries.inbox()
    assert (report.inbox, keys(other.id), keys(known.id)) == (1, set(), {"Condition/c1"})
    assert "another person" in item.reason


def test_a_folder_of_ndjson_files_hangs_together(tmp_path: Path) -> None:
    (tmp_path / "Condition.ndjson").write_bytes(ndjson(condition("c1"), condition("c2")))
    (tmp_path / "Patient.ndjson.gz").write_bytes(gzip.compress(ndjson(patient())))
    (tmp_path / "notes.txt").write_text("not for us")
    report = import_path(tmp_path, SYSTEM)
    assert (report.refused, report.inbox, report.skipped[0][0]) == ([], 0, "notes.txt")
    assert keys(only_person()) == {"Condition/c1", "Condition/c2"}


def test_a_lone_file_about_a_patient_it_does_not_describe_waits() -> None:
    take(bundle(patient()))
    report = take(ndjson(condition("c1"), condition("c2")), "Condition.ndjson")
    assert (report.inbox, report.created) == (1, 0)
    services.settle(queries.inbox()[0].ref, only_person(), SYSTEM)
    assert keys(only_person()) == {"Condition/c1", "Condition/c2"}


def test_a_zip_is_taken_in_file_by_file() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/patient.json", bundle(patient(), condition("c1")))
        archive.writestr("b/readme.txt", "hello")
    report = import_stream(io.BytesIO(packed.getvalue()), "all.zip", SYSTEM)
    assert report.refused == []
    assert keys(only_person()) == {"Condition/c1"}
    assert report.skipped[0][0] == "all.zip/b/readme.txt"
