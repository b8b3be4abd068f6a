"""Documents refuse what could not be printed rightly, and carry plain JSON."""

from dataclasses import replace

import pytest

from chartpost.formats.pdf.types import Section

from .samples import LETTER, SHEET, record


def test_rows_that_would_slide_under_wrong_headings_are_refused() -> None:
    with pytest.raises(ValueError, match="row 2 has 1 texts, expected 2"):
        Section("Vaccines", columns=("Vaccine", "Date"), rows=(("Tdap", "2019"), ("private text",)))
    with pytest.raises(ValueError, match="3 widths, expected 2"):
        Section("Vaccines", columns=("Vaccine", "Date"), widths=(1, 2, 3))


@pytest.mark.parametrize("lines", [0, 6])
def test_an_address_that_does_not_fit_the_window_is_refused(lines: int) -> None:
    for document in (LETTER, SHEET):
        with pytest.raises(ValueError, match=f"{lines} lines, expected 1 to 5"):
            replace(document, address=("a line",) * lines)


def test_json_has_dates_as_iso_texts_and_blocks_that_say_their_kind() -> None:
    plain = LETTER.to_json()
    assert plain["date"] == "2026-11-21"
    body = plain["body"]
    assert isinstance(body, list)
    assert [block["kind"] for block in body][:4] == ["paragraph", "heading", "definitions", "heading"]
    assert record().to_json()["withheld_notice"] is not None
