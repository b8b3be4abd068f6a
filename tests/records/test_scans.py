"""Scanned documents are read in the background and found; what a machine read is marked; stopping loses nothing."""

import io
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from chartpost.formats.fhirjson.terms import Label
from chartpost.formats.pdf import scan, typeset
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import blobs
from chartpost.records import checks, documents, models, queries, scans, services
from chartpost.records.types import DocumentView
from tests.records.builders import person

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(scan.reader() is None, reason="Tesseract with English is not installed"),
]
OPEN = RowFilter()
FONT = Path(typeset.FONTS) / "SourceSans3_400Regular.ttf"


def picture(words: str) -> Image.Image:
    drawn = Image.new("L", (1240, 400), "white")
    ImageDraw.Draw(drawn).text((80, 120), words, "black", ImageFont.truetype(str(FONT), 64))
    return drawn


def png(words: str) -> bytes:
    out = io.BytesIO()
    picture(words).save(out, "PNG", dpi=(150, 150))
    return out.getvalue()


def pages(*words: str) -> bytes:
    out = io.BytesIO()
    first, *rest = [picture(w) for w in words]
    first.save(out, "PDF", save_all=True, append_images=rest, resolution=150)
    return out.getvalue()


def file(person_id: int, data: bytes, media_type: str, labels: Label = Label.NONE) -> DocumentView:
    source = services.source_id("office", "The office")
    return services.file_document(
        person_id, "Scan", media_type, io.BytesIO(data), date(2026, 3, 5), labels, source, SYSTEM
    )


def found(person_id: int, words: str, rows: RowFilter = OPEN) -> list[int]:
    return [item.stored.rid for item in queries.search_text(person_id, words, rows).items]


def again(view: DocumentView) -> DocumentView:
    return queries.document_view(models.Document.objects.get(rid=view.rid))


def test_the_words_of_a_scan_are_found_once_it_was_read() -> None:
    who = person().id
    view = file(who, png("Appendectomy in Duluth"), "image/png")
    assert (view.scan, found(who, "appendectomy")) == ("waiting", [])
    assert scans.go_on() == 1
    assert found(who, "appendectomy") == [view.rid]
    assert again(view).machine_read
    assert "Appendectomy in Duluth" in scans.words(who, view.rid)[0]
    assert scans.go_on() == 0


def test_a_lost_file_holds_no_other_up() -> None:
    who = person().id
    lost, kept = (file(who, png(words), "image/png") for words in ("Lost in a flood", "Appendectomy"))
    blobs.delete(models.Document.objects.get(rid=lost.rid).blob)
    assert scans.go_on() == 2
    assert (again(lost).scan, found(who, "appendectomy")) == ("none", [kept.rid])


def test_a_pdf_of_pictures_is_read_page_by_page_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    who = person().id
    view = file(who, pages("Cholesterol first", "Hemoglobin second", "Potassium third"), "application/pdf")
    assert view.scan == "waiting"
    asked: list[list[int]] = []
    real = scans.sandbox.scanned_words

    def counted(data: bytes, some: list[int]) -> dict[int, str | None]:
        asked.append(some)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(data, some)

    monkeypatch.setattr(scans.sandbox, "scanned_words", counted)
    with pytest.raises(KeyboardInterrupt):
        scans.go_on()
    assert models.ScanPage.objects.filter(rid=view.rid).count() == 2
    assert scans.go_on() == 1
    assert asked == [[0, 1], [2], [2]]
    assert found(who, "hemoglobin") == found(who, "potassium") == [view.rid]
    assert [words.split()[1] for words in scans.words(who, view.rid)] == ["first", "second", "third"]


def test_a_pdf_with_text_needs_no_reading_and_one_with_both_keeps_both() -> None:
    who = person().id
    written = pikepdf.new()
    written.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    written.pages[0].obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    line = b"BT /F1 12 Tf 72 700 Td (Discharge letter of the surgery ward) Tj ET"
    written.pages[0].obj.Contents = written.make_stream(line)
    text = io.BytesIO()
    written.save(text)
    assert file(who, text.getvalue(), "application/pdf").scan == ""
    with pikepdf.open(io.BytesIO(pages("Sonogram attached"))) as scanned:
        written.pages.extend(scanned.pages)
        both = io.BytesIO()
        written.save(both)
    view = file(who, both.getvalue(), "application/pdf")
    scans.go_on()
    assert view.rid in found(who, "surgery ward")
    assert found(who, "sonogram") == [view.rid]
    assert len(scans.words(who, view.rid)) == 1


def test_hidden_scans_stay_hidden_and_other_people_find_nothing() -> None:
    who, other = person().id, person(family="Other").id
    view = file(who, png("Appendectomy"), "image/png", Label.PSYCHOTHERAPY)
    scans.go_on()
    assert found(who, "appendectomy", RowFilter(hidden_labels=int(Label.PSYCHOTHERAPY))) == []
    assert found(other, "appendectomy") == []
    assert scans.words(other, view.rid) == []


def test_a_page_without_words_is_no_trouble_and_without_the_reader_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    who = person().id
    view = file(who, png(""), "image/png")
    for module in (scans, checks):
        monkeypatch.setattr(module, "reader", lambda: None)
    assert scans.go_on() == 0
    assert (checks.scans().ok, "1 wait" in checks.scans().text) == (False, True)
    assert again(view).scan == "waiting"
    monkeypatch.undo()
    assert checks.scans().ok
    scans.go_on()
    assert (again(view).scan, again(view).machine_read) == ("none", False)
    assert documents.open_document(who, view.rid, OPEN, original=False)[1] == "image/png"
