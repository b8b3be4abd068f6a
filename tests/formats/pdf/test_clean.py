"""A foreign PDF comes out readable and inert."""

import contextlib
import io
from collections.abc import Iterator

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String

from chartpost.formats.pdf import clean as clean_module
from chartpost.formats.pdf.clean import clean_bytes
from chartpost.formats.pdf.errors import EncryptedPdfError, PdfTooLargeError, UnreadablePdfError
from chartpost.formats.pdf.sandbox import clean_pdf

from .foreign import hostile, link, plain, saved, script, uri

BANNED = [
    b"JavaScript",
    b"/JS",
    b"Launch",
    b"SubmitForm",
    b"ImportData",
    b"GoToR",
    b"GoToE",
    b"XFA",
    b"RichMedia",
]
BANNED += [
    b"EmbeddedFile",
    b"/EF",
    b"/AA",
    b"OpenAction",
    b"payload",
    b"evil.example",
    b"file:",
    b"alert",
    b"/Print",
]
BANNED += [b"/BrandNew", b"forged", b"cmd.exe"]


def uncompressed(data: bytes) -> bytes:
    """The same PDF with nothing packed, so that bytes can be searched."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return saved(
            pdf,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )


def test_the_hostile_sample_does_hold_what_we_look_for() -> None:
    before = uncompressed(saved(hostile()))
    assert [word for word in BANNED if word not in before] == []


def test_nothing_that_acts_is_left() -> None:
    result = clean_pdf(saved(hostile()))
    after = uncompressed(result.data)
    assert [word for word in BANNED if word in after] == []
    assert result.pages == 2
    said = " ".join(result.removed)
    for what in ("script", "attached file", "XFA form", "unsafe link", "Launch action", "action on opening"):
        assert what in said


def test_pages_text_and_harmless_links_stay() -> None:
    cleaned = clean_pdf(saved(hostile())).data
    with pypdfium2.PdfDocument(cleaned) as pdf:
        assert [page.get_textpage().get_text_bounded() for page in pdf] == ["Keep me", "Keep me"]
    after = uncompressed(cleaned)
    assert b"https://good.example/page" in after
    assert b"/NextPage" in after
    opened = pikepdf.open(io.BytesIO(cleaned))
    annotations = opened.pages[0].obj.Annots
    widgets = [a for a in annotations if a.Subtype == "/Widget"]
    assert len(widgets) == 1
    assert str(widgets[0].T) == "f"
    jumps = [a.A for a in annotations if "/A" in a and a.A.S == "/GoTo"]
    assert len(jumps) == 1
    assert "/Next" not in jumps[0] or len(jumps[0].Next) == 0


def test_a_harmless_pdf_loses_nothing() -> None:
    pdf = plain(pages=3)
    pdf.pages[0].obj.Annots = Array([link(uri("mailto:office@example.org")), link(uri("https://a.example"))])
    result = clean_pdf(saved(pdf))
    assert (result.removed, result.pages) == ((), 3)


def test_cleaning_twice_changes_nothing() -> None:
    once, _, _ = clean_bytes(saved(hostile()))
    twice, removed, _ = clean_bytes(once)
    assert removed == ()
    assert uncompressed(twice) == uncompressed(once)


def test_a_font_that_is_called_like_an_action_is_kept() -> None:
    pdf = plain()
    fonts = pdf.pages[0].obj.Resources.Font
    fonts["/AA"] = fonts.F1
    fonts["/JS"] = fonts.F1
    result = clean_bytes(saved(pdf))
    assert result[1] == ()
    with pikepdf.open(io.BytesIO(result[0])) as kept:
        assert {"/AA", "/JS"} <= set(kept.pages[0].obj.Resources.Font.keys())


def test_an_attachment_is_removed_even_when_it_pretends_to_be_a_font() -> None:
    pdf = plain()
    stream = pdf.make_stream(b"payload")
    pdf.Root.Hidden = Dictionary(F=String("a.exe"), EF=Dictionary(Type=Name.Font, F=stream))
    assert b"payload" not in uncompressed(clean_bytes(saved(pdf))[0])


def test_a_script_nested_in_unknown_places_is_found() -> None:
    pdf = plain()
    pdf.Root.Odd = Array([Array([Dictionary(Deep=Dictionary(X=script("nested")))])])
    data, removed, _ = clean_bytes(saved(pdf))
    assert b"nested" not in uncompressed(data)
    assert any("script" in what for what in removed)


TRICKS = [
    "javascript:x",
    " javascript:x",
    "JAVASCRIPT:x",
    "vbscript:x",
    "data:text/html,x",
    "file:x",
    "x.exe",
    "",
]
TRICKS += ["//evil.example", "java\tscript:x", "https://a.example/\x00", "smb://evil.example", "ms-msdt:/id"]


@pytest.mark.parametrize("target", TRICKS)
def test_only_web_mail_and_telephone_links_stay(target: str) -> None:
    pdf = plain()
    pdf.pages[0].obj.Annots = Array([link(uri(target))])
    data, removed, _ = clean_bytes(saved(pdf))
    assert removed == ("unsafe link (1)",)
    with pikepdf.open(io.BytesIO(data)) as cleaned:
        assert "/A" not in cleaned.pages[0].obj.Annots[0]


def test_a_password_is_asked_for_plainly() -> None:
    locked = saved(plain(), encryption=pikepdf.Encryption(owner="o", user="u", R=6))
    with pytest.raises(EncryptedPdfError, match="password"):
        clean_pdf(locked)


def test_a_pdf_that_readers_open_without_a_password_is_cleaned() -> None:
    locked = saved(hostile(), encryption=pikepdf.Encryption(owner="o", user="", R=6))
    result = clean_pdf(locked)
    assert not pikepdf.open(io.BytesIO(result.data)).is_encrypted
    assert b"JavaScript" not in uncompressed(result.data)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"<html>", b"\x00" * 4096, b"%PDF-1.4\n" + b"1 0 obj<<" * 99])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePdfError):
        clean_pdf(data)


def test_too_many_objects_or_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(plain(pages=5))
    monkeypatch.setattr(clean_module, "MAX_OBJECTS", 10)
    with pytest.raises(PdfTooLargeError, match="at most 10,000 and 10 are taken"):
        clean_bytes(data)
    monkeypatch.setattr(clean_module, "MAX_BYTES", 100)
    with pytest.raises(PdfTooLargeError, match="at most 100"):
        clean_bytes(data)


def test_deep_nesting_is_refused_not_a_crash() -> None:
    pdf = plain()
    inner: Array = Array([])
    for _ in range(200):
        inner = Array([inner])
    pdf.Root.Deep = inner
    with pytest.raises(UnreadablePdfError):
        clean_bytes(saved(pdf))


SAMPLE = saved(hostile(), object_stream_mode=pikepdf.ObjectStreamMode.disable)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_damaged_files_are_cleaned_or_refused(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SAMPLE)
    for place, value in changes:
        damaged[place] = value
    try:
        data, _, _ = clean_bytes(bytes(damaged))
    except (UnreadablePdfError, EncryptedPdfError, PdfTooLargeError):
        return
    with pikepdf.open(io.BytesIO(data)) as pdf:
        kinds = {kind for obj in pdf.objects for kind in action_kinds(obj)}
    assert not kinds & {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR"}


def action_kinds(obj: pikepdf.Object) -> Iterator[str]:
    """The `/S` of an object and of all dictionaries directly inside it."""
    if isinstance(obj, Dictionary):
        kind = obj.get("/S")
        with contextlib.suppress(UnicodeDecodeError):  # a name no reader knows
            yield str(kind) if isinstance(kind, Name) else ""
    if isinstance(obj, Dictionary | Array):
        for child in list(obj.as_dict().values()) if isinstance(obj, Dictionary) else list(obj):
            if isinstance(child, Dictionary | Array) and not child.is_indirect:
                yield from action_kinds(child)
