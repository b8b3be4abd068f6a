"""Opaque identifiers that sort by time and are safe in URLs and as FHIR ids."""

import secrets

from chartpost.kernel import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """A 26-character identifier: 48 bits of time, 80 random bits (ULID layout, lower case)."""
    number = (clock.now_ms() << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def new_code(groups: int = 3, length: int = 4) -> str:
    """A code people can read aloud and type: groups of characters without look-alikes, 5 bits each."""
    letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "-".join("".join(secrets.choice(letters) for _ in range(length)) for _ in range(groups))
