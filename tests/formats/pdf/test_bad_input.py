"""Foreign PDFs that are broken or made to hurt: refused or made harmless, within the limits, in little time."""

import functools
import io
import time
import zlib
from collections.abc import Callable

import pikepdf
import pytest

from chartpost.formats.pdf import sandbox
from chartpost.formats.pdf.errors import EncryptedPdfError, PdfError, UnreadablePdfError, WorkerStoppedError

from .foreign import hostile, plain, saved

TIGHT = sandbox.Limits(memory=400_000_000, seconds=2, wall_seconds=20)
MIB = 1024 * 1024


@functools.cache
def packed(size: int, rounds: int = 1) -> bytes:
    """So many zero bytes, packed once or more."""
    maker = zlib.compressobj(6)
    data = b"".join([*(maker.compress(bytes(MIB)) for _ in range(size // MIB)), maker.flush()])
    for _ in range(rounds - 1):
        data = zlib.compress(data, 9)
    return data


def stream_bomb(rounds: int) -> bytes:
    """A page whose content grows to 600 MiB."""
    pdf = plain()
    filters = pikepdf.Array([pikepdf.Name.FlateDecode] * rounds)
    pdf.pages[0].obj.Contents = pdf.make_stream(packed(600 * MIB, rounds), Filter=filters)
    return saved(pdf, compress_streams=False)


def object_bomb() -> bytes:
    """A cross-reference stream that grows to 600 MiB."""
    body = packed(600 * MIB)
    head = b"%PDF-1.7\n"
    entry = b"1 0 obj\n<</Type/XRef/Size 400000000/W[1 4 0]/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(
        body
    )
    return head + entry + body + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def image_bomb() -> bytes:
    """A picture of 60,000 by 60,000 points in a few kilobytes."""
    pdf = plain()
    image = pdf.make_stream(packed(450 * MIB), Filter=pikepdf.Name.FlateDecode)
    image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    image.Width = image.Height = 60_000
    image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceGray, 1
    pdf.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"q 600 0 0 700 0 0 cm /Im Do Q")
    return saved(pdf, compress_streams=False)


@pytest.mark.parametrize(
    ("make", "work"),
    [
        (lambda: stream_bomb(1), sandbox.clean_pdf),
        (lambda: stream_bomb(2), sandbox.clean_pdf),
        (lambda: stream_bomb(1), sandbox.page_text),
        (object_bomb, sandbox.clean_pdf),
        (image_bomb, sandbox.thumbnail),
    ],
    ids=["stream", "packed twice", "read", "cross references", "picture"],
)
def test_bombs_end_at_the_limits_and_never_take_the_program_with_them(
    make: Callable[[], bytes], work: Callable[..., object]
) -> None:
    data = make()
    assert len(data) < 2 * MIB
    started = time.monotonic()
    try:
        work(data, limits=TIGHT)
    except PdfError as error:
        assert isinstance(error, UnreadablePdfError | WorkerStoppedError)
    assert time.monotonic() - started < TIGHT.wall_seconds + 5


def test_a_file_cut_off_anywhere_is_mended_or_refused() -> None:
    whole = saved(hostile())
    for share in (0.02, 0.3, 0.6, 0.9, 0.99):
        cut = whole[: int(len(whole) * share)]
        try:
            cleaned = sandbox.clean_pdf(cut).data
        except PdfError:
            continue
        with pikepdf.open(io.BytesIO(cleaned)) as pdf:
            assert len(pdf.pages) <= 2
        assert b"JavaScript" not in cleaned


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_every_kind_of_password_is_asked_for(revision: int) -> None:
    locked = saved(
        plain(), encryption=pikepdf.Encryption(owner="o", user="u", R=revision, metadata=revision > 3, aes=revision > 3)
    )  # type: ignore[arg-type]
    with pytest.raises(EncryptedPdfError):
        sandbox.clean_pdf(locked)
    with pytest.raises(UnreadablePdfError):
        sandbox.page_text(locked)


def test_pages_that_hold_themselves_are_no_endless_work() -> None:
    pdf = plain()
    pages = pdf.Root.Pages
    pages.Kids.append(pages)
    pages.Count = 10_000_000
    data = saved(pdf)
    try:
        assert sandbox.clean_pdf(data, limits=TIGHT).pages >= 1
    except PdfError as error:
        assert isinstance(error, UnreadablePdfError | WorkerStoppedError)
