"""The recovery key: eight groups of five characters, printed once, from which a backup's keys come back.

176 random bits and a 24-bit check, in Crockford's base 32 (no I, L, O, U): a typing error is told apart
from a wrong key. At 176 bits guessing is out of reach, so HKDF suffices and no slow derivation is needed.
"""

import base64
import hashlib
import secrets
from typing import Any

from chartpost.kernel.keys import cipher
from chartpost.kernel.keys.errors import RecoveryKeyWrongError, UnwrapError

SECRET_BYTES = 22
CHECK_BYTES = 3
GROUPS, GROUP = 8, 5
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SAME = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\t": None, "\n": None, "\r": None})
_CONTEXT = b"chartpost/recovery/v1"


def new() -> str:
    """A fresh recovery key, such as `ABCDE-...` (47 characters with its dashes)."""
    secret = secrets.token_bytes(SECRET_BYTES)
    number = int.from_bytes(secret + _check(secret), "big")
    text = "".join(_LETTERS[(number >> shift) & 31] for shift in range(GROUPS * GROUP * 5 - 5, -5, -5))
    return "-".join(text[i : i + GROUP] for i in range(0, len(text), GROUP))


def parse(typed: str) -> bytes:
    """The secret bytes of a typed key; case, spaces, dashes and look-alikes do not matter."""
    text = typed.upper().translate(_SAME)
    if len(text) != GROUPS * GROUP:
        raise _wrong(f"{len(text)} characters")
    if set(text) - set(_LETTERS):
        raise _wrong("a character that recovery keys never have")
    number = 0
    for letter in text:
        number = number * 32 + _LETTERS.index(letter)
    whole = number.to_bytes(SECRET_BYTES + CHECK_BYTES, "big")
    secret, check = whole[:SECRET_BYTES], whole[SECRET_BYTES:]
    if not secrets.compare_digest(check, _check(secret)):
        raise _wrong("a key whose check characters do not fit")
    return secret


def lock(master: bytes, key: str) -> dict[str, Any]:
    """Wrap the ring's master secret under a recovery key; the result is safe to store."""
    salt = secrets.token_bytes(16)
    sealed = cipher.seal(cipher.hkdf(parse(key), "chartpost/recovery", salt=salt), master, _CONTEXT)
    return {"version": 1, "salt": _b64(salt), "sealed": _b64(sealed)}


def unlock(locked: dict[str, Any], key: str) -> bytes:
    """Undo `lock`; raises RecoveryKeyWrongError."""
    secret = parse(key)
    try:
        salt, sealed = base64.b64decode(locked["salt"]), base64.b64decode(locked["sealed"])
        return cipher.unseal(cipher.hkdf(secret, "chartpost/recovery", salt=salt), sealed, _CONTEXT)
    except (UnwrapError, KeyError, TypeError, ValueError) as error:
        raise _wrong("a well-formed key that does not open this home") from error


def _check(secret: bytes) -> bytes:
    return hashlib.sha256(b"chartpost/recovery/check" + secret).digest()[:CHECK_BYTES]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _wrong(seen: str) -> RecoveryKeyWrongError:
    return RecoveryKeyWrongError(
        seen=seen,
        expected="the newest recovery key of this home: 8 groups of 5 letters and digits",
        todo="type it again from the printed sheet",
    )
