"""Opaque identifiers that sort by time and are safe in URLs and as FHIR ids."""

import os
import secrets
from functools import lru_cache

from chartpost.kernel import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_LETTERS = bytes(ord(_ALPHABET[byte % 32]) for byte in range(256))
"""A letter for each byte; every letter stands for eight, so random bytes give random letters."""
_RANDOM, _AT_ONCE = 16, 128
_pool: list[str] = []
"""Random letters that wait to be used; a child process draws its own."""
os.register_at_fork(after_in_child=_pool.clear)


def new_id(moment_ms: int | None = None) -> str:
    """A 26-character identifier: 48 bits of time (now, unless given), 80 random bits (ULID layout, lower case)."""
    moment = _letters_of(clock.now_ms() if moment_ms is None else moment_ms)
    while True:
        try:
            return moment + _pool.pop()
        except IndexError:
            drawn = os.urandom(_RANDOM * _AT_ONCE).translate(_LETTERS).decode("ascii")
            _pool.extend(drawn[start : start + _RANDOM] for start in range(0, len(drawn), _RANDOM))


@lru_cache(maxsize=8)
def _letters_of(moment_ms: int) -> str:
    """The first ten letters: identifiers come many to a millisecond."""
    return "".join([_PAIRS[(moment_ms >> shift) & 1023] for shift in range(40, -10, -10)])


def new_code(groups: int = 3, length: int = 4) -> str:
    """A code people can read aloud and type: groups of characters without look-alikes, 5 bits each."""
    letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "-".join("".join(secrets.choice(letters) for _ in range(length)) for _ in range(groups))
