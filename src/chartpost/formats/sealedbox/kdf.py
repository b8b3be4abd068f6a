"""From a password to 32 bytes: PBKDF2-HMAC-SHA-256 (RFC 8018 5.2) or Argon2id (RFC 9106).

The server names the parameters before the reader can check anything, so that every reader holds a floor (weak
parameters would make passwords cheap to guess) and a ceiling (dear ones would stall it). Suites are never removed.
"""

import re
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from chartpost.formats.sealedbox.errors import ParamsError

SALT = 16
KEY = 32
_PBKDF2 = (600_000, 10_000_000)
_MEMORY, _TIMES, _LANES = (19_456, 1_048_576), (2, 16), (1, 8)
_TEXT = re.compile(r"1\.([1-9][0-9]{0,9})|2\.([1-9][0-9]{0,9})\.([1-9][0-9]{0,9})\.([1-9][0-9]{0,9})", re.ASCII)


@dataclass(frozen=True)
class Params:
    """How a password becomes a key: suite 1 with `cost` iterations, or suite 2 with KiB, passes and lanes."""

    suite: int = 1
    cost: int = 1_000_000
    passes: int = 0
    lanes: int = 0

    def render(self) -> str:
        """`1.<iterations>` or `2.<KiB>.<passes>.<lanes>`."""
        return f"1.{self.cost}" if self.suite == 1 else f"2.{self.cost}.{self.passes}.{self.lanes}"


PBKDF2_DEFAULT = Params()
ARGON2_DEFAULT = Params(2, 65_536, 3, 1)


def parse_params(text: str) -> Params:
    """Read the text of parameters; raises ParamsError below the floor, above the ceiling and for other suites."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise _refused("parameters of an unknown suite or shape")
    if found[1]:
        params = Params(1, int(found[1]))
        fits = _within(params.cost, _PBKDF2)
    else:
        params = Params(2, int(found[2]), int(found[3]), int(found[4]))
        fits = _within(params.cost, _MEMORY) and _within(params.passes, _TIMES) and _within(params.lanes, _LANES)
    if not fits:
        raise _refused(f"parameters {params.render()}")
    return params


def derive(password: str, salt: bytes, params: Params) -> bytes:
    """The 32-byte key of a password in Unicode's NFC form; `salt` is 16 bytes. Raises ParamsError."""
    parse_params(params.render())
    if len(salt) != SALT:
        raise _refused(f"a salt of {len(salt)} bytes")
    secret = unicodedata.normalize("NFC", password).encode()
    if params.suite == 1:
        return PBKDF2HMAC(algorithm=hashes.SHA256(), length=KEY, salt=salt, iterations=params.cost).derive(secret)
    return Argon2id(
        salt=salt, length=KEY, iterations=params.passes, lanes=params.lanes, memory_cost=params.cost
    ).derive(secret)


def _within(value: int, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _refused(seen: str) -> ParamsError:
    return ParamsError(
        seen=seen,
        expected="salt of 16 bytes; PBKDF2 with 600,000 to 10,000,000 iterations, or Argon2id with 19,456 to "
        "1,048,576 KiB, 2 to 16 passes and 1 to 8 lanes",
        todo="do not type the password; ask the sender for a new link, and update this program if it is old",
    )
