"""What a reader, a printer and a screen reader get from our own documents."""

import io
import itertools
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from chartpost.formats.pdf import (
    render,
    render_address_sheet,
    render_letter,
    render_receipt,
    render_record,
    typeset,
)
from chartpost.formats.pdf.errors import RenderError
from chartpost.formats.pdf.glyphs import BASIC
from chartpost.formats.pdf.types import Paragraph

from .samples import LETTER, PERSON, RECEIPT, SHEET, record
from .structure import fonts_embedded, structure

ALL = {
    "record": lambda: render_record(record()),
    "letter": lambda: render_letter(LETTER),
    "receipt": lambda: render_receipt(RECEIPT),
    "address_sheet": lambda: render_address_sheet(SHEET),
}


def words_of(data: bytes) -> str:
    """All text of a PDF with spaces evened out."""
    with pypdfium2.PdfDocument(data) as pdf:
        pages = [page.get_textpage().get_text_bounded() for page in pdf]
    return re.sub(r"\s+", " ", " ".join(pages))


def page_texts(data: bytes) -> list[str]:
    """The text of each page."""
    with pypdfium2.PdfDocument(data) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


@pytest.mark.parametrize("name", ALL)
def test_every_document_is_tagged_named_and_claims_ua1_and_a2a(name: str) -> None:
    pdf = pikepdf.open(io.BytesIO(ALL[name]()))
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang).lower().startswith("en")
    assert pdf.Root.StructTreeRoot.K is not None
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    with pdf.open_metadata() as meta:
        assert meta["dc:title"]
        assert meta["pdfuaid:part"] == "1"
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "A")
    assert fonts_embedded(pdf)


def test_a_table_over_many_pages_is_one_table_whose_header_is_printed_on_each() -> None:
    data = render_record(replace(record(rows=150), sections=record(rows=150).sections[:1]))
    tags = structure(pikepdf.open(io.BytesIO(data)))
    medicines = [table for table in tags.tables if "TH" in table and table.count("TR") > 100]
    assert len(medicines) == 1
    assert medicines[0].count("TR") == 151
    assert medicines[0].count("TH") == 4
    printed = [text for text in page_texts(data) if "How to take it" in text]
    assert len(printed) >= 4


def test_header_cells_say_that_they_head_a_column() -> None:
    tags = structure(pikepdf.open(io.BytesIO(render_record(record()))))
    assert tags.header_scopes
    assert set(tags.header_scopes) == {"/Column"}
    assert all("TH" in table for table in tags.tables)


def test_headings_go_down_one_step_at_a_time() -> None:
    tags = structure(pikepdf.open(io.BytesIO(render_record(record()))))
    levels = [int(tag[1]) for tag in tags.order if re.fullmatch(r"H[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_record_starts_with_the_summary_then_contents_then_sections() -> None:
    text = words_of(render_record(record()))
    places = [text.index(words) for words in ("Health record", "Summary", "Contents", "Medicines in your record")]
    assert places == sorted(places)
    assert "Some parts are not included" in text
    assert "▲ High" in text
    assert "Where this record came from" in text
    assert "DEMONSTRATION" in text


def test_every_page_names_the_person_and_counts_the_pages() -> None:
    pages = page_texts(render_record(record(rows=140)))
    assert len(pages) > 3
    for number, text in enumerate(pages, start=1):
        assert PERSON.name in text
        assert PERSON.birth_date in text
        assert f"Page {number} of {len(pages)}" in text


@pytest.mark.parametrize("rows", [1, 14, 27, 40, 53, 66, 79, 110, 140])
def test_page_numbers_and_contents_are_right_whatever_the_length(rows: int) -> None:
    pages = page_texts(render_record(record(rows=rows)))
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text
    for title, sentence in (("Vaccines", "No vaccines are recorded"), ("Notes", "You came in for")):
        listed = re.search(rf"{title}[ .]+(\d+)", pages[0])
        assert listed
        assert sentence in "".join(pages[int(listed[1]) - 1 : int(listed[1]) + 1])
        assert title in pages[int(listed[1]) - 1]


def test_parts_that_are_not_there_leave_no_empty_headings() -> None:
    bare = replace(record(), withheld_notice=None, legal_notice=None, insurance=(), bills=(), sources=(), demo=False)
    text = words_of(render_record(bare))
    for absent in ("Some parts are not included", "A special law", "Insurance", "Bills", "came from", "DEMONSTRATION"):
        assert absent not in text


def test_spanish_uses_spanish_words_and_language() -> None:
    data = render_letter(replace(LETTER, lang="es", greeting="", body=(Paragraph("¿Ñandú, pingüino?"),)))
    text = words_of(data)
    for words in (
        "21 de noviembre de 2026",
        "Hola:",
        "Atentamente,",
        "Documentos adjuntos",
        "¿Ñandú, pingüino?",
    ):
        assert words in text
    assert re.search(r"Página 1 de \d", text)
    assert str(pikepdf.open(io.BytesIO(data)).Root.Lang).lower().startswith("es")
    assert "Expediente de salud" in words_of(render_record(record(lang="es")))


@pytest.mark.skipif(not typeset.FONTS.is_dir(), reason="run scripts/build_fonts.py first")
def test_letters_and_symbols_of_english_and_spanish_all_print() -> None:
    needed = "áéíóúüñÁÉÍÓÚÜÑ¿¡ºª“”‘’–—… łčŽş ½¼²³%&€£§©®™• αβγΔ"
    needed += " ≤ ≥ < > ± × µ μ ° → ← ↑ ↓ ✓ ✗ ▲ ▼ ● ☐ ☑ ⚠"
    data = render_letter(replace(LETTER, body=(Paragraph(needed),)))
    assert set(needed) <= set("".join(page_texts(data))) | {" "}
    assert not missing_glyphs(data)
    assert not missing_glyphs(render_record(record(lang="es")))


def missing_glyphs(data: bytes) -> int:
    """How many characters on the pages are drawn as .notdef (glyph 0)."""
    count = 0
    for page in pikepdf.open(io.BytesIO(data)).pages:
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) not in {"Tj", "TJ"}:
                continue
            parts = operands[0] if str(operator) == "TJ" else operands
            codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            count += sum(codes[at : at + 2] == b"\0\0" for at in range(0, len(codes), 2))
    return count


def test_scripts_without_a_font_become_boxes_and_the_reader_is_told() -> None:
    odd = "王小明 \ue123 한국 a\x00b\x07\ufffe c\td"
    data = render_letter(replace(LETTER, body=(Paragraph(odd),)))
    text = words_of(data)
    assert "□□□" in text
    assert "ab" in text
    assert "c d" in text
    assert "has no print for" in text
    assert not missing_glyphs(data)
    assert "has no print for" not in words_of(render_letter(LETTER))


def test_data_is_printed_never_run(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("found-it")
    attack = f'#read("{secret}") #import "@preview/cetz:0.3.4" $x$ *b* `c` <l> @r = H \\ // x'
    text = words_of(render_letter(replace(LETTER, body=(Paragraph(attack),))))
    assert "#read(" in text
    assert '#import "@preview' in text
    assert "*b*" in text
    assert "found-it" not in text


def test_the_same_input_gives_the_same_bytes() -> None:
    when = datetime(2026, 11, 21, 16, 22, tzinfo=UTC)
    assert render_letter(LETTER, created=when) == render_letter(LETTER, created=when)
    assert b"2026-11-21" in render_letter(LETTER, created=when)


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(RenderError, match="expected one of address_sheet, letter, receipt, record"):
        render("../../secret", {})


def test_errors_of_a_template_do_not_quote_the_data() -> None:
    with pytest.raises(RenderError) as caught:
        render("letter", {"subject": "Very private", "office": {"name": "X"}, "date": "Very private"})
    assert "Very private" not in str(caught.value)
    assert ".typ:" in str(caught.value)


def test_documents_are_set_with_typsts_own_fonts_where_ours_were_not_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(typeset, "FONTS", tmp_path / "absent")
    typeset._fonts.cache_clear()
    signs = "".join(sorted(BASIC - {"\n"}))
    try:
        data = render_letter(replace(LETTER, body=(Paragraph(signs),)))
    finally:
        typeset._fonts.cache_clear()
    assert "María Núñez-O’Brien" in words_of(data)
    assert not missing_glyphs(data)


def test_a_receipt_is_one_page_with_its_number() -> None:
    pages = page_texts(render_receipt(RECEIPT))
    assert len(pages) == 1
    assert "REQ-2026-00417" in pages[0]
    assert "Page 1 of 1" in pages[0]


def test_a_very_long_word_stays_on_the_page() -> None:
    key = "x" * 400
    data = render_letter(replace(LETTER, body=(Paragraph(key),)))
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[0].get_textpage()
        right = max(page.get_charbox(i)[2] for i in range(page.count_chars()))
    assert right <= 7.5 * 72 + 1


@pytest.mark.skipif(os.name != "posix", reason="paths of fonts differ")
def test_no_font_of_the_system_is_used() -> None:
    names = {str(name) for name in fonts_of(render_record(record()))}
    assert names
    assert all(re.search(r"SourceSans3|DejaVu|Libertinus", name) for name in names)


def fonts_of(data: bytes) -> list[str]:
    """The base names of all fonts in a PDF."""
    pdf = pikepdf.open(io.BytesIO(data))
    return [str(o.BaseFont) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o]
