"""Opaque identifiers that sort by time and are safe in URLs and as FHIR ids."""

import os
import secrets

from chartpost.kernel import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = tuple(range(120, -10, -10))


def new_id() -> str:
    """A 26-character identifier: 48 bits of time, 80 random bits (ULID layout, lower case)."""
    number = (clock.now_ms() << 80) | int.from_bytes(os.urandom(10), "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def new_code(groups: int = 3, length: int = 4) -> str:
    """A code people can read aloud and type: groups of characters without look-alikes, 5 bits each."""
    letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "-".join("".join(secrets.choice(letters) for _ in range(length)) for _ in range(groups))
