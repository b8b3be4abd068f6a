"""Foreign files are handled in a process that can be stopped."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest
from PIL import Image

from chartpost.formats.pdf import render_letter
from chartpost.formats.pdf.errors import RenderError, UnreadableImageError, UnreadablePdfError, WorkerStoppedError
from chartpost.formats.pdf.sandbox import Limits, clean_pdf, image_to_pdf, page_text, render_apart, thumbnail

from .foreign import plain, saved
from .samples import LETTER
from .structure import structure


def picture(size: tuple[int, int] = (300, 400), mode: str = "RGB", kind: str = "PNG", **more: object) -> bytes:
    """The bytes of a picture in one colour."""
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode == "1" else None).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def test_text_of_each_page() -> None:
    assert page_text(saved(plain("Glucose 131", pages=2))) == ("Glucose 131", "Glucose 131")
    assert page_text(saved(plain("Glucose 131", pages=2)), limit=13) == ("Glucose 131", "Gl")


def test_thumbnail_is_a_png_of_the_width_asked_for() -> None:
    png = Image.open(io.BytesIO(thumbnail(saved(plain()), width=200)))
    assert (png.format, png.width) == ("PNG", 200)
    assert abs(png.height - 200 * 792 / 612) <= 2
    darkest, lightest = png.convert("L").getextrema()
    assert darkest < 100 < 250 <= lightest


def test_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnreadablePdfError, match="no page 2; the PDF has 1"):
        thumbnail(saved(plain()), page=1)


@pytest.mark.parametrize("operation", [page_text, thumbnail])
def test_what_is_no_pdf_is_refused(operation: object) -> None:
    with pytest.raises(UnreadablePdfError):
        operation(b"%PDF-1.7 nothing")  # type: ignore[operator]


def test_a_file_that_needs_too_much_memory_is_stopped() -> None:
    large = picture((8_000, 8_000))
    assert len(large) < 1_000_000
    with pytest.raises(WorkerStoppedError):
        image_to_pdf(large, alt="x", title="x", limits=Limits(memory=250_000_000))


def test_a_file_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(WorkerStoppedError):
        clean_pdf(saved(plain()), limits=Limits(wall_seconds=0))


def test_an_image_becomes_a_tagged_page_with_its_text() -> None:
    data = image_to_pdf(picture(), alt="Page 1 of the scanned letter", title="Scan", lang="es")
    pdf = pikepdf.open(io.BytesIO(data))
    assert structure(pdf).order == ["Document", "Figure"]
    assert str(pdf.Root.StructTreeRoot.K.K[0].Alt) == "Page 1 of the scanned letter"
    assert str(pdf.Root.Lang) == "es"
    assert [float(side) for side in list(pdf.pages[0].mediabox)] == [0, 0, 612, 792]
    shown = Image.open(io.BytesIO(thumbnail(data, width=306))).convert("L")
    assert shown.getpixel((153, 198)) < 10
    assert shown.getpixel((2, 2)) == 255


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "TIFF"),
        ("L", "JPEG"),
        ("P", "GIF"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
        ("I;16", "PNG"),
    ],
)
def test_usual_kinds_of_images_become_pages(mode: str, kind: str) -> None:
    data = image_to_pdf(picture(mode=mode, kind=kind), alt="x", title="x")
    thumbnail(data, width=100)
    assert len(pikepdf.open(io.BytesIO(data)).pages) == 1


def test_a_bilevel_scan_is_kept_the_right_way_round() -> None:
    data = image_to_pdf(picture(mode="1", kind="TIFF"), alt="x", title="x")
    shown = Image.open(io.BytesIO(thumbnail(data, width=306))).convert("L")
    assert shown.getpixel((153, 198)) > 250


def test_all_pages_of_a_fax_are_kept_and_wide_ones_lie_across() -> None:
    out = io.BytesIO()
    pages = [Image.new("1", (300, 400)), Image.new("1", (400, 300))]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    with pikepdf.open(io.BytesIO(image_to_pdf(out.getvalue(), alt="x", title="x"))) as pdf:
        boxes = [[float(side) for side in list(page.mediabox)[2:]] for page in pdf.pages]
    assert boxes == [[612, 792], [792, 612]]


def test_camera_data_is_left_behind_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at 48 Elm Street"
    exif[0x0112] = 6  # turn by 90 degrees
    data = image_to_pdf(picture((400, 300), kind="JPEG", exif=exif), alt="x", title="x")
    assert b"48 Elm" not in data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [float(side) for side in list(pdf.pages[0].mediabox)[2:]] == [612, 792]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%!PS-Adobe", b"\xff\xd8\xff\xe0junk"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match="expected JPEG"):
        image_to_pdf(data, alt="x", title="x")


def test_a_document_set_apart_is_the_same_document() -> None:
    when = datetime(2026, 11, 21, 16, 22, tzinfo=UTC)
    apart = render_apart("letter", LETTER.to_json(), lang="en", created=when)
    assert apart == render_letter(LETTER, created=when)


def test_errors_of_a_template_come_back_without_the_data() -> None:
    with pytest.raises(RenderError) as caught:
        render_apart("letter", {"subject": "Very private"})
    assert "Very private" not in str(caught.value)
