"""What people add themselves changes nothing that came from elsewhere, and nothing of anybody else."""

import io
from datetime import date
from typing import Any

import pytest

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import models as identity_models
from chartpost.identity import queries as identity
from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor, PersonView
from chartpost.kernel import blobs
from chartpost.records import documents, models, services
from chartpost.records.ingest import given, import_stream, rebuild
from chartpost.records.types import kind_of
from tests.formats.ccda_intake.papers import PERSON, PROBLEMS, paper, problem, section
from tests.records.builders import person
from tests.records.test_documents import pdf

pytestmark = pytest.mark.django_db


def account_of(someone: PersonView) -> Actor:
    account, _ = identity_models.Account.objects.get_or_create(email=f"p{someone.id}@people.example")
    persons.link_own(account, someone.id, "invitation_code", SYSTEM)
    return identity.actor_of(account)


def bodies(kind: str, who: int | None = None) -> list[dict[str, Any]]:
    rows = models.Resource.objects.filter(kind=kind_of(kind), deleted=False).order_by("rid")
    return [parse(bytes(row.body)) for row in (rows if who is None else rows.filter(person_id=who))]


def document(*codes: str) -> bytes:
    return paper(section(PROBLEMS, *(problem(code) for code in codes))).encode()


def test_entries_of_the_office_stay_as_they_are() -> None:
    """A document edited at home names the same document and entries."""
    import_stream(io.BytesIO(document("44054006")), "summary.xml", SYSTEM)
    who = models.Document.objects.get().person_id
    before = {row.rid: (row.source_id, bytes(row.body)) for row in models.Resource.objects.all()}
    someone = identity.person_by_id(who)
    edited = document("44054006").replace(b'value="20200102"', b'value="19990102"')
    given.take_given(io.BytesIO(edited), "summary.xml", account_of(someone), someone.ref)
    after = {row.rid: (row.source_id, bytes(row.body)) for row in models.Resource.objects.filter(rid__in=before)}
    assert after == before
    assert sorted(body["onsetDateTime"] for body in bodies("Condition")) == ["1999-01-02", "2020-01-02"]
    assert sorted(row.source.name for row in models.Resource.objects.filter(kind=kind_of("Condition"))) == [
        given.SOURCE,
        "Files brought in",
    ]


def test_what_people_add_says_nothing_in_the_record_of_others() -> None:
    """Doctors with a number are one for all documents of a sender; people are no sender that others believe."""
    author = (
        '<author><time value="20240101"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>'
        "<addr><streetAddressLine>{}</streetAddressLine></addr>"
        "<assignedPerson><name><given>Eve</given><family>Stone</family></name></assignedPerson>"
        "</assignedAuthor></author>"
    )
    for name, street in (("Reyes", "1 Good St"), ("Royce", "9 Wrong St")):
        someone = person(given="Ada", family=name, birth_date=date(1970, 5, 1))
        told = paper(section(PROBLEMS, problem()), person=PERSON.replace("Reyes", name), head=author.format(street))
        report = given.take_given(io.BytesIO(told.encode()), "a.xml", account_of(someone), someone.ref)
        assert report.created
    assert sorted(body["address"][0]["line"][0] for body in bodies("Practitioner")) == ["1 Good St", "9 Wrong St"]


def test_a_paper_the_office_has_already_is_known() -> None:
    someone = person()
    data = pdf("Discharge")
    source = services.source_id("desk", "Records desk")
    documents.file_document(someone.id, "Scan", "application/pdf", data, date(2026, 1, 2), Label.NONE, source, SYSTEM)
    for _ in range(2):
        report = given.take_given(io.BytesIO(data), "mine.pdf", account_of(someone), someone.ref)
        assert (report.refused, report.inbox, report.created) == ([], 0, 0)
    (kept,) = models.Document.objects.all()
    assert blobs.read(kept.blob) == data
    assert {row.state for row in models.ImportFile.objects.all()} == {"done"}


def test_an_original_that_was_lost_is_kept_when_it_comes_again() -> None:
    someone = person()
    data = pdf("Discharge")
    given.take_given(io.BytesIO(data), "mine.pdf", account_of(someone), someone.ref)
    file = models.ImportFile.objects.get()
    blobs.delete(file.blob)
    given.take_given(io.BytesIO(data), "mine.pdf", account_of(someone), someone.ref)
    assert blobs.read(models.ImportFile.objects.get().blob) == data


def test_the_same_document_from_both_sides_can_be_read_anew() -> None:
    import_stream(io.BytesIO(document("44054006")), "summary.xml", SYSTEM)
    someone = identity.person_by_id(models.Document.objects.get().person_id)
    given.take_given(io.BytesIO(document("44054006")), "mine.xml", account_of(someone), someone.ref)
    models.ClinicalDocument.objects.update(intake_version=0)
    done = rebuild.rebuild(SYSTEM)
    assert (done.documents, done.failed) == (2, [])
    assert rebuild.rebuild(SYSTEM).documents == 0


def test_one_lost_original_holds_no_other_up() -> None:
    for name, born in (("Reyes", "19700501"), ("Stone", "19830227")):
        whose = PERSON.replace("Reyes", name).replace("998", name).replace("Ada", f"A{name}").replace("19700501", born)
        told = paper(section(PROBLEMS, problem()), person=whose)
        import_stream(io.BytesIO(told.encode()), "a.xml", SYSTEM)
    first, second = models.ImportFile.objects.order_by("pk")
    blobs.delete(first.blob)
    models.ClinicalDocument.objects.update(intake_version=0)
    done = rebuild.rebuild(SYSTEM)
    assert (done.documents, [name for name, _ in done.failed]) == (2, ["a.xml"])
    assert rebuild.rebuild(SYSTEM).documents == 0
    assert models.ClinicalDocument.objects.get(file=second).made
