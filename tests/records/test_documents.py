"""Documents are kept as received and shown as a safe copy."""

import hashlib
import io
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.formats.fhirjson.validate import validate
from chartpost.identity.models import Office
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import blobs
from chartpost.kernel.models import Blob
from chartpost.records import documents, models, queries, services
from chartpost.records.errors import NotStored, Refused
from chartpost.records.types import DocumentView, Incoming
from tests.records.builders import bundle, patient, person, take
from tests.support.shared import shared_data

pytestmark = pytest.mark.django_db
OPEN = RowFilter()
DAY = date(2026, 3, 5)


def pdf(script: bool = False, pages: int = 2) -> bytes:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    made.pages[0].obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    made.pages[0].obj.Contents = made.make_stream(b"BT /F1 12 Tf 72 700 Td (Discharge after appendectomy) Tj ET")
    if script:
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('hello')")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def image(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(out, kind)
    return out.getvalue()


def file(person_id: int, data: bytes, media_type: str = "application/pdf", **more: object) -> DocumentView:
    source = services.source_id("office", "The office")
    values = {"title": "Discharge letter", "date": DAY, "labels": Label.NONE, "category": Category.DOCUMENTS} | more
    return services.file_document(person_id, values["title"], media_type, io.BytesIO(data), values["date"],
                                  values["labels"], source, SYSTEM, values["category"])  # type: ignore[arg-type]  # fmt: skip


def test_a_pdf_with_a_script_is_shown_without_it_and_kept_as_it_came() -> None:
    who, data = person().id, pdf(script=True)
    view = file(who, data)
    assert (view.pages, view.problem, bool(view.removed)) == (2, "", True)
    stream, media_type, name = documents.open_document(who, view.rid, OPEN, original=False)
    shown = stream.read()
    assert (media_type, name) == ("application/pdf", "Discharge letter.pdf")
    assert b"JavaScript" not in shown
    stream, _, _ = documents.open_document(who, view.rid, OPEN, original=True)
    assert stream.read() == data


def test_the_text_of_a_pdf_is_found() -> None:
    who = person().id
    view = file(who, pdf())
    (found,) = queries.search_text(who, "appendectomy", OPEN).items
    assert found.stored.rid == view.rid
    assert queries.search_text(person(family="Other").id, "appendectomy", OPEN).items == ()


def test_the_document_reference_is_valid_and_points_to_the_original() -> None:
    take(bundle(patient()))
    (who,) = set(models.Resource.objects.exclude(person_id=0).values_list("person_id", flat=True))
    data = pdf()
    view = file(who, data, labels=Label.HIV)
    stored = queries.stored(who, view.rid, OPEN)
    body = parse(stored.body)
    attachment = body["content"][0]["attachment"]
    assert validate("DocumentReference", body) == []
    assert (attachment["url"], attachment["size"]) == (f"Binary/{view.blob}", len(data))
    assert body["subject"] == {"reference": "Patient/p1"}
    assert stored.labels == int(Label.HIV)
    assert view.sha256 == hashlib.sha256(data).hexdigest()


def test_the_document_reference_says_who_keeps_the_document() -> None:
    who = person().id
    custodians = []
    for npi in ("", "1234567893"):
        Office.objects.update_or_create(defaults={"name": "Lakeside Records", "npi": npi})
        custodians.append(parse(queries.stored(who, file(who, pdf() + npi.encode()).rid, OPEN).body)["custodian"])
    named = {"type": "Organization", "display": "Lakeside Records"}
    npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
    assert custodians == [named, {**named, "identifier": npi}]


def test_twice_is_once_and_leaves_no_second_file() -> None:
    who, data = person().id, pdf()
    assert file(who, data) == file(who, data, title="again")
    assert len(list(blobs.iter_ids())) == 2  # the original and its safe copy
    assert queries.counts(who, OPEN) == {Category.DOCUMENTS: 1}


def test_what_another_filed_between_the_look_and_the_writing_is_that_document(monkeypatch: pytest.MonkeyPatch) -> None:
    who, data = person().id, pdf()
    view = file(who, data)
    before, look, late = Blob.objects.count(), documents._known, [None, None]
    monkeypatch.setattr(documents, "_known", lambda *asked: late.pop() if late else look(*asked))
    described = documents.Described("Discharge letter", "application/pdf", DAY, Label.NONE, Category.DOCUMENTS)
    kept = blobs.ref(models.Document.objects.get().blob)
    again = documents.file_kept(who, described, kept, services.source_id("office", "The office"), SYSTEM)
    assert (again.rid, models.Document.objects.count(), late) == (view.rid, 1, [])
    assert Blob.objects.count() == before


def test_a_hidden_document_cannot_be_opened() -> None:
    who = person().id
    view = file(who, pdf(), labels=Label.PSYCHOTHERAPY)
    with pytest.raises(NotStored):
        documents.open_document(who, view.rid, RowFilter(hidden_labels=int(Label.PSYCHOTHERAPY)), original=False)
    with pytest.raises(NotStored):
        documents.open_document(person(family="Other").id, view.rid, OPEN, original=True)


def test_a_broken_pdf_is_kept_and_says_why_it_is_not_shown() -> None:
    who, data = person().id, b"%PDF-1.7\nthis is no pdf"
    view = file(who, data)
    assert (view.clean_blob, view.pages) == ("", None)
    assert "no readable PDF" in view.problem
    with pytest.raises(Refused, match="no readable PDF"):
        documents.open_document(who, view.rid, OPEN, original=False)
    assert documents.open_document(who, view.rid, OPEN, original=True)[0].read() == data


@pytest.mark.parametrize(("kind", "media_type", "shown"), [
    ("PNG", "image/png", "image/png"), ("JPEG", "image/jpeg", "image/jpeg"), ("TIFF", "image/tiff", "application/pdf"),
])  # fmt: skip
def test_images_are_filed_and_shown(kind: str, media_type: str, shown: str) -> None:
    who = person().id
    view = file(who, image(kind), media_type, category=Category.BILLS)
    assert (view.pages, view.problem) == (1, "")
    assert documents.open_document(who, view.rid, OPEN, original=False)[1] == shown
    assert queries.counts(who, OPEN) == {Category.BILLS: 1}


def test_a_broken_image_is_kept_and_flagged() -> None:
    view = file(person().id, b"\x89PNG\r\n\x1a\nnothing", "image/png")
    assert "no image" in view.problem


def test_an_imported_document_waits_until_somebody_says_whose_it_is() -> None:
    who, data = person().id, pdf()
    report = take(data, "scan 1.pdf")
    assert (report.inbox, report.created) == (1, 0)
    services.settle(queries.inbox()[0].ref, who, SYSTEM)
    (item,) = queries.timeline(who, OPEN).items
    assert item.document is not None
    assert (item.view.title, item.document.title) == ("scan 1", "scan 1")
    assert take(data, "again.pdf").created == 0


def test_the_same_form_may_be_filed_for_two_persons() -> None:
    one, two, data = person(), person(family="Other"), pdf()
    for who in (one, two, one):
        assert take(data, "form.pdf", person=who.ref).refused == []
    assert queries.counts(one.id, OPEN) == queries.counts(two.id, OPEN) == {Category.DOCUMENTS: 1}


@pytest.mark.shared_data
@pytest.mark.skipif(shared_data() is None, reason="the folder of third-party files is absent")
def test_a_clinical_document_is_filed_by_its_header() -> None:
    path = (shared_data() or Path()) / "ccda" / "nextgen__CCDA_Sample_NextGen_JonesIsabella.xml"
    report = take(path.read_bytes(), path.name)
    (who,) = report.persons
    (original,) = models.Document.objects.filter(person_id=who)
    item = queries.item(who, "DocumentReference", queries.stored(who, original.rid, OPEN).id, OPEN)
    assert item.document is not None
    stream, media_type, _ = documents.open_document(who, item.stored.rid, OPEN, original=False)
    assert media_type == "text/html"
    assert b"<script" not in stream.read()
    assert documents.open_document(who, item.stored.rid, OPEN, original=True)[0].read() == path.read_bytes()
    assert item.stored.source != "Files brought in"


def test_a_note_inside_a_resource_can_be_opened_and_found() -> None:
    import base64

    note = {
        "resourceType": "DocumentReference", "id": "n1", "status": "current",
        "subject": {"reference": "Patient/p1"},
        "content": [{"attachment": {"contentType": "text/plain", "title": "Visit",
                                    "data": base64.b64encode(b"Cough since Tuesday").decode()}}],
    }  # fmt: skip
    (who,) = take(bundle(patient(), note)).persons
    (item,) = queries.search_text(who, "tuesday", OPEN).items
    stream, media_type, name = documents.open_document(who, item.stored.rid, OPEN, original=False)
    assert (stream.read(), media_type, name) == (b"Cough since Tuesday", "text/plain", "Visit.txt")


def test_a_newer_version_from_a_file_stays_in_the_section_the_document_was_filed_under() -> None:
    mine, source = person(), services.source_id("office", "The office")
    view = services.file_document(
        mine.id, "Scan", "text/plain", b"abc", DAY, Label.NONE, source, SYSTEM, Category.IMAGING
    )
    row = models.Resource.objects.get(pk=view.rid)
    newer = {**parse(bytes(row.body)), "status": "superseded"}
    assert services.save([Incoming(newer, row.fhir_id, mine.id)], source, SYSTEM).updated == 1
    row.refresh_from_db()
    assert (row.version, row.category) == (2, Category.IMAGING)
    assert queries.counts(mine.id, OPEN) == {Category.IMAGING: 1}
