"""What the office threw away and somebody brings again: never told as in the record already."""

import io

import pytest

from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor, PersonView
from chartpost.records import models, services
from chartpost.records.ingest import import_stream
from tests.records.builders import bundle, condition, patient, person, take
from tests.records.test_wrong_person import bring, entries, summary, the_item

pytestmark = pytest.mark.django_db
TOLD = "the office decided before that it belongs in no record"


@pytest.fixture
def karl() -> PersonView:
    return person([], given="Karl", family="Berg", birth_date="1950-01-01")


@pytest.mark.parametrize("data", [bundle(patient(), condition("c1")), summary("44054006")])
def test_a_file_brought_without_a_name_is_told_as_thrown_away(data: bytes) -> None:
    person([], address_line="1 Elm", city="Ely", postal_code="55731")
    person([], given="Ada", family="Reyes", birth_date="1970-05-01")
    take(data, "file")
    services.discard(the_item().ref, "mistake", SYSTEM)
    report = take(data, "file")
    assert (report.unchanged, report.created, report.discarded) == (0, 0, 1)
    assert report.skipped == [("file", TOLD)]
    assert models.InboxItem.objects.get().state == "discarded"


def test_who_adds_to_their_own_record_is_told_too(karl: PersonView) -> None:
    data = summary("44054006")
    me = Actor(kind="person", own_persons=frozenset({karl.id}))
    import_stream(io.BytesIO(data), "mine.xml", me, karl.ref)
    services.discard(the_item().ref, "mistake", SYSTEM)
    report = import_stream(io.BytesIO(data), "mine.xml", me, karl.ref)
    assert (report.unchanged, report.inbox, report.discarded) == (0, 0, 1)
    assert models.InboxItem.objects.get().state == "discarded"


def test_what_staff_bring_again_for_somebody_waits_again(karl: PersonView) -> None:
    data = summary("44054006")
    bring(data, karl)
    first = the_item()
    services.discard(first.ref, "mistake", SYSTEM)
    report = bring(data, karl)
    assert (report.inbox, report.discarded, report.unchanged) == (1, 0, 0)
    again = the_item()
    assert (again.ref, again.settled_at) == (first.ref, None)
    services.settle(again.ref, karl.id, SYSTEM)
    assert entries(karl) > 2


def test_what_fits_by_now_is_filed_without_asking_again() -> None:
    someone = person([], given="Karl", family="Berg", birth_date="1950-01-01")
    data = summary("44054006")
    bring(data, someone)
    services.discard(the_item().ref, "mistake", SYSTEM)
    persons.edit_person(someone.id, {"given": "Ada", "family": "Reyes", "birth_date": "1970-05-01"}, SYSTEM)
    assert bring(data, someone).inbox == 0
    assert entries(someone) > 2
    assert models.ImportFile.objects.get().state == "done"
