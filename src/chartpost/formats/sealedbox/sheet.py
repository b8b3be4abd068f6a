"""The recovery sheet: 32 bytes as eight printed lines, each with a check of its own, so that a slip is found at once.

Letters are Crockford's base 32; I and L are read as 1, O as 0, small letters as capitals.
"""

import re
from hashlib import sha256

from chartpost.formats.sealedbox.errors import WordsError

SECRET = 32
LINES = 8
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")


def sheet_lines(secret: bytes) -> list[str]:
    """Eight lines like `1 ABCD-EFGH` of a 32-byte secret."""
    if len(secret) != SECRET:
        message = f"{len(secret)} bytes; expected {SECRET}"
        raise ValueError(message)
    return [_line(number, secret[number * 4 : number * 4 + 4]) for number in range(LINES)]


def read_sheet(text: str) -> bytes:
    """The secret of eight typed lines, with or without their numbers; raises WordsError naming the line to look at."""
    lines = [line for line in text.upper().splitlines() if line.strip()]
    if len(lines) != LINES:
        raise _mistyped(f"{len(lines)} lines", "eight lines")
    return b"".join(_read_line(number, line) for number, line in enumerate(lines))


def _line(number: int, data: bytes) -> str:
    value = int.from_bytes(data + _check(number, data), "big")
    letters = "".join(_LETTERS[value >> shift & 31] for shift in range(35, -1, -5))
    return f"{number + 1} {letters[:4]}-{letters[4:]}"


def _read_line(number: int, line: str) -> bytes:
    plain = re.sub(rf"^\s*{number + 1}[\s.:)]+", "", line)
    letters = re.sub(r"[\s-]", "", plain).translate(_READ_AS)
    if len(letters) != LINES or any(letter not in _LETTERS for letter in letters):
        raise _mistyped(f"line {number + 1} of another shape", "eight letters or digits")
    value = 0
    for letter in letters:
        value = value << 5 | _LETTERS.index(letter)
    data = value.to_bytes(5, "big")
    if _check(number, data[:4]) != data[4:]:
        raise _mistyped(f"a slip in line {number + 1}", "the line as printed")
    return data[:4]


def _check(number: int, data: bytes) -> bytes:
    return sha256(b"chartpost/sheet/v1/" + bytes([number]) + data).digest()[:1]


def _mistyped(seen: str, expected: str) -> WordsError:
    return WordsError(seen=seen, expected=expected, todo="compare with the printed sheet letter by letter")
