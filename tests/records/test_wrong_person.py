"""C-CDA files about somebody else than they were brought for: nothing goes to the wrong person, nothing is lost."""

import io

import pytest

from chartpost.formats.fhirjson.canonical import parse
from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.kernel import blobs
from chartpost.records import models, services
from chartpost.records.ingest import ImportReport, import_stream
from chartpost.records.types import kind_of
from tests.formats.ccda_intake.papers import PERSON, PROBLEMS, paper, problem, section
from tests.records.builders import person

pytestmark = pytest.mark.django_db

NUMBER = [("urn:oid:2.16.840.1.113883.19.5", "998")]
ADA = {"given": "Ada", "family": "Reyes", "sex": "female"}
BEA = PERSON.replace("Ada", "Bea")


def summary(*codes: str, who: str = PERSON, **header: str) -> bytes:
    """A document with problems, about the person of `papers` or another."""
    text = paper(section(PROBLEMS, *(problem(code) for code in codes)), person=who)
    for old, new in header.items():
        text = text.replace(old, new)
    return text.encode()


def bring(data: bytes, to: PersonView | None = None, name: str = "summary.xml") -> ImportReport:
    return import_stream(io.BytesIO(data), name, SYSTEM, to.ref if to else None)


def entries(of: PersonView) -> int:
    return models.Resource.objects.filter(person_id=of.id, deleted=False).count()


def the_item() -> models.InboxItem:
    (item,) = models.InboxItem.objects.filter(state="waiting")
    return item


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"given": "Karl", "family": "Berg", "birth_date": "1950-01-01"}, "another name and birth date"),
        ({"given": "Ada", "family": "Reyes", "birth_date": "1950-01-01"}, "another birth date"),
        ({"given": "Karl", "family": "Berg", "birth_date": "1970-05-01"}, "another name than"),
    ],
)
def test_a_document_about_somebody_else_waits_whole(fields: dict[str, str], reason: str) -> None:
    brought_for = person([], **fields)
    data = summary("44054006")
    report = bring(data, brought_for)
    assert (report.created, report.inbox, report.refused) == (0, 1, [])
    assert entries(brought_for) == 0
    item = the_item()
    assert reason in item.reason
    assert brought_for.id in {candidate["person"] for candidate in item.candidates}
    assert blobs.read(item.file.blob) == data


def test_the_one_it_is_about_is_offered_and_gets_it() -> None:
    ada, karl = person([], **ADA, birth_date="1970-05-01"), person(given="Karl", family="Berg", birth_date="1950-01-01")
    bring(summary("44054006"), karl)
    item = the_item()
    assert {ada.id, karl.id} <= {candidate["person"] for candidate in item.candidates}
    services.settle(item.ref, ada.id, SYSTEM)
    assert (entries(ada) > 2, entries(karl)) == (True, 0)


def test_staff_may_say_that_it_is_theirs_all_the_same() -> None:
    married = person(given="Rosa", family="Vega", birth_date="1970-05-01")
    bring(summary("44054006"), married)
    services.settle(the_item().ref, married.id, SYSTEM)
    assert entries(married) > 2


def test_what_does_not_contradict_is_filed_at_once() -> None:
    ada = person([], **{**ADA, "family": "Vega"}, birth_date="1970-05-01")
    assert bring(summary("44054006"), ada).inbox == 0
    assert entries(ada) > 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"given": "Karl", "family": "Berg", "birth_date": "1950-01-01"}, "another name and birth date"),
        ({"given": "Bea", "family": "Reyes", "birth_date": "1970-05-01"}, "another name"),
        ({"given": "Ada", "family": "Reyes", "birth_date": "1931-11-30"}, "another birth date"),
    ],
)
def test_a_number_used_again_for_somebody_else_names_nobody(fields: dict[str, str], reason: str) -> None:
    """A twin with the number of the other, a parent of the same name, a stranger."""
    first = person(NUMBER, **fields)
    report = bring(summary("44054006"))
    assert (report.created, report.inbox, entries(first)) == (0, 1, 0)
    assert the_item().reason.endswith(reason)
    services.settle(the_item().ref, None, SYSTEM)
    (new,) = [found for found in identity.find_people("Ada Reyes") if found.id != first.id]
    assert (entries(new) > 2, entries(first)) == (True, 0)


def test_ids_of_documents_and_entries_used_again_for_other_people_mix_nothing() -> None:
    """One template of a vendor, filled in for two people: every id in it is the same."""
    bring(summary("44054006", "38341003"))
    bea = summary("195967001", "73211009", who=BEA, **{"998": "777", "19700501": "19990101"})
    assert bring(bea, name="other.xml").inbox == 0
    (ada,), (other,) = identity.find_people("Ada Reyes"), identity.find_people("Bea Reyes")
    assert codes(ada) == {"44054006", "38341003"}
    assert codes(other) == {"195967001", "73211009"}
    told = [bytes(row.body).decode() for row in conditions(other)]
    assert all(any(f"Patient/{source}" in body for source in other.sources) for body in told)


def test_two_patients_in_one_document_are_refused_and_the_file_is_kept() -> None:
    both = PERSON + BEA.replace("998", "999")
    data = summary("44054006", who=both)
    report = bring(data)
    assert "2 patients" in report.refused[0][1]
    assert "one document for each patient" in report.refused[0][1]
    assert models.Resource.objects.count() == 0
    assert blobs.read(models.ImportFile.objects.get(state="refused").blob) == data


def test_one_patient_told_twice_is_one() -> None:
    assert bring(summary("44054006", who=PERSON + PERSON)).refused == []


def conditions(of: PersonView) -> list[models.Resource]:
    return list(models.Resource.objects.filter(person_id=of.id, kind=kind_of("Condition"), deleted=False))


def codes(of: PersonView) -> set[str]:
    return {parse(bytes(row.body))["code"]["coding"][0]["code"] for row in conditions(of)}
