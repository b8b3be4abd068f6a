"""Whole numbers in texts of others."""

DIGITS = 9
"""Digits of a number that fits an integer of FHIR (https://hl7.org/fhir/R4/datatypes.html#integer)."""
LONG_DIGITS = 18
"""Digits of one that fits 64 bits: of bytes, or of a row."""


def whole(text: str, digits: int = DIGITS) -> int | None:
    """The whole number a text is, written with at most so many ASCII digits and nothing else; None for all else.

    `int` alone fails at thousands of digits, and `isdigit` holds for signs such as ² that `int` does not read.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
