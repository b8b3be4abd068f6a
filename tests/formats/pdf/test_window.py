"""What is seen through the windows of a #10 envelope, measured on the page: the addresses, whole, and nothing else."""

from dataclasses import replace

import pypdfium2
import pytest
from tests.formats.pdf.samples import LETTER
from tests.formats.pdf.samples import SHEET as COVER

from chartpost.formats.pdf import render_address_sheet, render_letter
from chartpost.formats.pdf.types import Office
from chartpost.formats.pdf.window import ADDRESS, CLEAR, FOLD, SENDER, SHEET, Box, always, ever

MM = 72 / 25.4
LONG = (
    "Maximiliana Featherstonehaugh-Wolfeschlegelstein",
    "in care of the Home for Retired Cartographers",
    "12345 Northwest Boulevard of the Allies, Apt 4B",
    "Building C, third floor, behind the old library",
    "Rancho Santa Margarita Heights, CA 92688-1234",
)
OFFICE = Office(
    "Lakeside Family Health of Northern California", "1200 Harbor Bay Parkway, Alameda, CA 94502", "555-0100"
)


def characters(data: bytes) -> list[tuple[str, Box]]:
    """Each printed character of the first page with its place in mm from the left and the top of the sheet."""
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[0]
        assert page.get_size() == pytest.approx((SHEET[0] * MM, SHEET[1] * MM), abs=0.5)
        text = page.get_textpage()
        found = []
        for index in range(text.count_chars()):
            sign = text.get_text_range(index, 1)
            left, bottom, right, top = text.get_charbox(index)
            if sign.strip("\u200b").strip():
                high, low = SHEET[1] - top / MM, SHEET[1] - bottom / MM
                found.append((sign, Box(left / MM, high, right / MM, low)))
    return found


def seen(found: list[tuple[str, Box]], box: Box) -> str:
    """The characters of which any part lies in a box."""
    return "".join(
        sign
        for sign, at in found
        if at.right > box.left and at.left < box.right and at.bottom > box.top and at.top < box.bottom
    )


def inside(found: list[tuple[str, Box]], box: Box) -> str:
    """The characters that lie whole in a box, clear of its edges."""
    beside, above = CLEAR
    return "".join(
        sign
        for sign, at in found
        if at.left >= box.left + beside
        and at.right <= box.right - beside
        and at.top >= box.top + above
        and at.bottom <= box.bottom - above
    )


def joined(*lines: str) -> str:
    return "".join("".join(lines).split())


@pytest.mark.parametrize("address", [LETTER.address, LONG, LONG[:1]], ids=["usual", "five long lines", "one line"])
@pytest.mark.parametrize("kind", ["letter", "cover"])
def test_the_address_is_seen_whole_wherever_the_sheet_lies_and_nothing_else_is(
    kind: str, address: tuple[str, ...]
) -> None:
    if kind == "letter":
        data = render_letter(replace(LETTER, address=address))
    else:
        data = render_address_sheet(replace(COVER, address=address, contents=("Copies of health records",)))
    found = characters(data)
    assert seen(found, ever(ADDRESS)) == joined(*address)
    assert inside(found, always(ADDRESS)) == joined(*address)


def test_the_sender_is_seen_in_the_upper_window_of_an_envelope_with_two() -> None:
    found = characters(render_address_sheet(replace(COVER, office=OFFICE)))
    name = joined(OFFICE.name, "1200 Harbor Bay Parkway", "Alameda, CA 94502")
    assert seen(found, ever(SENDER)) == name
    assert inside(found, always(SENDER)) == name


def test_the_folded_sheet_fits_the_envelope_and_the_windows_do_not_meet() -> None:
    assert SHEET[1] - 2 * FOLD <= FOLD
    for window in (ADDRESS, SENDER):
        small, large = always(window), ever(window)
        assert large.left < small.left < small.right < large.right
        assert large.top < small.top < small.bottom < large.bottom < FOLD
    assert ever(SENDER).bottom < ever(ADDRESS).top
