"""What was thrown away or taken out and somebody brings again: never told as in the record already."""

import base64
import io

import pytest

from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor, PersonView, RowFilter
from chartpost.kernel import blobs
from chartpost.records import documents, models, queries, services
from chartpost.records.ingest import import_stream, originals
from tests.formats.ccda_intake.papers import paper
from tests.records.builders import bundle, condition, patient, person, take
from tests.records.test_clinical import codes
from tests.records.test_documents import file, pdf
from tests.records.test_wrong_person import bring, entries, summary, the_item

pytestmark = pytest.mark.django_db
LETTER = pdf()
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


def papers(of: PersonView) -> list[str]:
    """The titles of the documents in a record."""
    return [item.view.title for item in queries.timeline(of.id, RowFilter()).items if item.document]


def take_out(of: PersonView, rid: int) -> None:
    services.delete(of.id, "DocumentReference", models.Resource.objects.get(pk=rid).fhir_id, SYSTEM)


def test_a_document_taken_out_and_filed_again_is_in_the_record_with_what_is_said_now(karl: PersonView) -> None:
    first = file(karl.id, LETTER)
    take_out(karl, first.rid)
    kept = set(blobs.iter_ids())
    again = file(karl.id, LETTER, title="The letter")
    assert (again.rid, again.title, papers(karl)) == (first.rid, "The letter", ["The letter"])
    (found,) = queries.search_text(karl.id, "appendectomy", RowFilter()).items
    assert (found.stored.version, set(blobs.iter_ids())) == (3, kept)
    assert documents.open_document(karl.id, again.rid, RowFilter(), original=True)[0].read() == LETTER
    assert file(karl.id, LETTER, title="once more") == again


@pytest.mark.parametrize("data", [LETTER, summary("44054006")])
def test_what_was_taken_out_comes_back_only_when_staff_say_whose_it_is(data: bytes, karl: PersonView) -> None:
    fits = person([], given="Ada", family="Reyes", birth_date="1970-05-01", sex="female")
    bring(data, fits, "a.file")
    (original,) = models.Document.objects.all()
    take_out(fits, original.rid)
    me = Actor(kind="person", own_persons=frozenset({fits.id}))
    for _ in range(2):
        report = import_stream(io.BytesIO(data), "mine", me, fits.ref)
        assert (report.discarded, report.created, report.unchanged, papers(fits)) == (1, 0, 0, [])
        assert report.skipped == [("mine", originals.TAKEN_OUT)]
    report = bring(data, fits)
    assert (report.discarded, report.created, len(papers(fits))) == (0, 1, 1)


def test_a_clinical_document_taken_out_stays_out_when_it_comes_without_a_name() -> None:
    fits = person([], given="Ada", family="Reyes", birth_date="1970-05-01", sex="female")
    bring(summary("44054006"), fits)
    take_out(fits, models.Document.objects.get().rid)
    for row in models.Resource.objects.filter(deleted=False, category=1):
        services.delete(fits.id, "Condition", row.fhir_id, SYSTEM)
    for _ in range(2):
        report = bring(summary("44054006"))
        assert (report.discarded, report.created, report.unchanged, papers(fits)) == (1, 0, 0, [])
    assert codes() == []


def test_a_file_inside_a_document_that_was_taken_out_stays_out_with_the_next_document() -> None:
    data = base64.b64encode(LETTER).decode()
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{data}</text></nonXMLBody>'
    first = paper().replace("<structuredBody></structuredBody>", body)
    fits = person([], given="Ada", family="Reyes", birth_date="1970-05-01", sex="female")
    bring(first.encode(), fits)
    take_out(fits, models.Document.objects.get(media_type="application/pdf").rid)
    report = bring(first.replace("<title>Summary</title>", "<title>Next</title>").encode(), fits)
    assert report.notes[0][1] == originals.TAKEN_OUT
    live = models.Resource.objects.filter(deleted=False).values("rid")
    assert not models.Document.objects.filter(media_type="application/pdf", rid__in=live).exists()
