"""National Provider Identifiers: ten digits with a check digit (45 CFR 162.406)."""

PREFIX = "80840"
"""What the check digit also counts in: the issuer and country of ISO/IEC 7812 cards."""


def good(text: str) -> bool:
    """Whether a text is a National Provider Identifier: ten digits that begin with 1 or 2 and pass the Luhn check."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()) or text[0] not in "12":
        return False
    digits = [int(digit) for digit in reversed(PREFIX + text)]
    doubled = (2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
