"""Numbers others write: what is none, or too large, is told as none."""

import pytest

from chartpost.formats.numbers import LONG_DIGITS, whole


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("999999999", 999_999_999)])
def test_whole_numbers_are_read(text: str, number: int) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1_0", "²", "\u0661", "1234567890", "9" * 5000, "\x00"])
def test_all_else_is_none(text: str) -> None:
    assert whole(text) is None


def test_longer_ones_are_read_where_they_fit() -> None:
    assert whole("9" * LONG_DIGITS, LONG_DIGITS) == 10**LONG_DIGITS - 1 < 2**63
    assert whole("9" * (LONG_DIGITS + 1), LONG_DIGITS) is None
