"""Lines of results over time and pictures in a record, and foreign pictures drawn anew."""

import base64
import io
from dataclasses import replace

import pikepdf
import pytest
from PIL import Image

from chartpost.formats.pdf import render_record, sandbox
from chartpost.formats.pdf.errors import PdfTooLargeError, UnreadableImageError
from chartpost.formats.pdf.pictures import LONGEST_SIDE, redraw
from chartpost.formats.pdf.types import LabGroup, LabResult, Picture, RecordDocument, Section

from .samples import record
from .structure import structure


def encoded(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 0).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def of(*sections: Section) -> RecordDocument:
    return replace(record(), sections=sections)


def alts(data: bytes) -> list[str]:
    """The words for those who do not see it of every figure."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
        return sorted(str(o.Alt) for o in found)


def test_a_trend_is_drawn_and_said_in_words() -> None:
    results = (LabResult("A1c", "6.1", "%", trend=(5.4, 5.7, 6.1), usual=(4.0, 5.6)), LabResult("Sodium", "139"))
    labs = of(Section("Test results", "labs", labs=(LabGroup("June 2, 2026", results),)))
    data = render_record(labs)
    assert alts(data) == ["Line of 3 results, from the oldest to the newest: 5.4, 5.7, 6.1."]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert structure(pdf).tables[0].count("TH") == 3
    assert alts(render_record(replace(labs, lang="es")))[0].startswith("Línea de 3 resultados")


@pytest.mark.parametrize(
    ("trend", "usual"),
    [((1.0, 1.0), (None, None)), ((0.0, -5.0), (None, 3.0)), ((1e9, 1e-9), (0.0, 0.0)), (tuple(range(99)), (1, 2))],
)  # fmt: skip
def test_odd_trends_can_be_drawn(trend: tuple[float, ...], usual: tuple[float | None, float | None]) -> None:
    results = (LabResult("T", "1", trend=trend, usual=usual),)
    assert len(alts(render_record(of(Section("R", "labs", labs=(LabGroup("D", results),)))))) == 1


def test_pictures_are_printed_once_with_their_words() -> None:
    found = sandbox.picture(encoded("JPEG", (800, 400)))
    one = Picture(
        base64.b64encode(found.data).decode(), "image/jpeg", found.width, found.height, "Picture: hand", "Hand"
    )
    data = render_record(of(Section("Pictures", "pictures", pictures=(one, replace(one, alt="Picture: again")))))
    assert alts(data) == ["Picture: again", "Picture: hand"]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        images = [o for o in pdf.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
        assert [(int(i.Width), int(i.Height), i.Filter) for i in images] == [(800, 400, "/DCTDecode")]


def test_a_foreign_picture_leaves_its_hidden_data_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at 12 Oak Street"
    exif[0x0112] = 6  # lies on its side
    drawn, media_type, width, height = redraw(encoded("JPEG", (60, 40), exif=exif))
    assert (media_type, width, height) == ("image/jpeg", 40, 60)
    assert b"Oak Street" not in drawn
    assert b"Exif" not in drawn


@pytest.mark.parametrize(("kind", "mode", "becomes"), [
    ("PNG", "RGBA", "image/png"), ("PNG", "1", "image/png"), ("GIF", "P", "image/png"), ("TIFF", "L", "image/png"),
    ("BMP", "RGB", "image/jpeg"), ("WEBP", "RGB", "image/jpeg"),
])  # fmt: skip
def test_every_kind_we_take_becomes_one_a_browser_shows(kind: str, mode: str, becomes: str) -> None:
    assert sandbox.picture(encoded(kind, mode=mode)).media_type == becomes


def test_large_pictures_become_smaller_and_giant_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _data, _kind, width, height = redraw(encoded("PNG", (LONGEST_SIDE * 2, 100), "L"))
    assert (width, height) == (LONGEST_SIDE, 50)
    monkeypatch.setattr("chartpost.formats.pdf.pictures.MAX_PIXELS", 100)
    with pytest.raises(PdfTooLargeError):
        redraw(encoded("PNG"))


@pytest.mark.parametrize("data", [b"", b"MZ", b"\x89PNG\r\n\x1a\nnothing", b"GIF89a", b"<svg onload='x()'/>"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        sandbox.picture(data)
