"""Whole numbers in texts of others."""

DIGITS = 9
"""Digits of a number at most: what is longer fits no integer of FHIR (https://hl7.org/fhir/R4/datatypes.html#integer)."""


def whole(text: str) -> int | None:
    """The whole number a text is, written with at most `DIGITS` ASCII digits and nothing else; None for all else.

    `int` alone fails at thousands of digits, and `isdigit` holds for signs such as ² that `int` does not read.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None
