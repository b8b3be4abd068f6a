"""Filed pictures are printed in the record PDF and filed PDFs attached to it; what is left out stays out."""

import io
from datetime import date

import pikepdf
import pytest
from PIL import Image

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import services as records
from tests.delivery.support import data, make
from tests.formats.pdf.foreign import hostile, saved
from tests.formats.pdf.structure import structure
from tests.support import world as worlds

pytestmark = pytest.mark.django_db


def image(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 80), "navy").save(out, kind)
    return out.getvalue()


WHO = "rosa-alvarado"
HIDDEN = RowFilter(hidden_labels=int(Label.PSYCHOTHERAPY))


def file(world: worlds.World, title: str, media_type: str, given: bytes, labels: Label = Label.NONE) -> None:
    person = world.people[WHO]
    source = records.source_id("test", "Riverside Clinic")
    records.file_document(person.id, title, media_type, io.BytesIO(given), date(2026, 3, 5), labels, source, SYSTEM)


def words_of_figures(pdf: pikepdf.Pdf) -> list[str]:
    return [str(o.Alt) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]


def test_pictures_are_printed_and_pdfs_attached_without_what_acts_and_what_is_hidden() -> None:
    world = worlds.build(WHO)
    file(world, "X-ray of the hand", "image/jpeg", image("JPEG"))
    file(world, "Secret drawing", "image/png", image("PNG"), Label.PSYCHOTHERAPY)
    file(world, "Broken", "image/png", b"\x89PNG\r\n\x1a\nnothing")
    file(world, "Letter", "application/pdf", saved(hostile()))
    package = make(world, WHO, "pdf", rows=HIDDEN)
    (record,) = [part for part in package.parts if part.format == "pdf"]
    with pikepdf.open(io.BytesIO(data(package, record.name))) as pdf:
        assert [alt for alt in words_of_figures(pdf) if alt.startswith("Picture")] == ["Picture: X-ray of the hand"]
        (name,) = pdf.attachments
        attached = pdf.attachments[name].get_file().read_bytes()
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfuaid:part"]) == ("3", "1")
        assert "Figure" in structure(pdf).order
    assert b"JavaScript" not in attached
    assert name in {part.name for part in package.parts}
    assert "Secret drawing" not in str(package)


def test_a_record_without_files_stays_pdf_a_2() -> None:
    package = make(worlds.build(WHO), WHO, "pdf")
    (record,) = [part for part in package.parts if part.format == "pdf"]
    with pikepdf.open(io.BytesIO(data(package, record.name))) as pdf, pdf.open_metadata() as meta:
        assert meta["pdfaid:part"] == "2"
        assert not pdf.attachments
