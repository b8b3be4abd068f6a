"""National Provider Identifiers: the example of the standard, and what is none."""

import pytest

from chartpost.formats.npi import good


@pytest.mark.parametrize("text", ["1234567893", *(f"2{n:08d}{d}" for n in (0, 7, 31415926) for d in range(10))])
def test_the_last_digit_proves_the_others(text: str) -> None:
    assert good(text) is _by_hand(text)


@pytest.mark.parametrize(
    "text", ["", "1234567890", "123456789", "12345678933", "3234567893", "12345e7893", "１234567893"]
)
def test_anything_else_is_none(text: str) -> None:
    assert not good(text)


def test_each_other_last_digit_is_wrong() -> None:
    assert [digit for digit in "0123456789" if good("123456789" + digit)] == ["3"]


def _by_hand(text: str) -> bool:
    """The sum as 45 CFR 162.406 has it: 24 for the prefix, every other digit doubled, its digits added."""
    total = 24
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10 == 0
