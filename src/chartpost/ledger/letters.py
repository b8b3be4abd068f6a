"""Bytes and numbers as the ledger's texts write them: one way each, so that no other text says the same."""

import base64

_MOST_DIGITS = 18


def encode(data: bytes) -> str:
    """Base64 with its padding (RFC 4648 4)."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """The bytes of what `encode` gave; ValueError for any other text, other forms of the same bytes included."""
    found = base64.b64decode(text, validate=True)
    if encode(found) != text:
        message = "not base64 in its canonical form (RFC 4648 3.5)"
        raise ValueError(message)
    return found


def number(text: str) -> int:
    """A count of leaves or the place of one, in decimal digits without leading zeros; ValueError for any other text."""
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not plain or (text[0] == "0" and text != "0"):
        message = f"not a number of at most {_MOST_DIGITS} digits"
        raise ValueError(message)
    return int(text)
