"""How soon an own password would be guessed: an estimate from its patterns, offline.

The estimate is the cheapest way to put the password together out of common words, repeats, rows of the keyboard, dates
and single letters. It asks for length and a block list rather than for mixed kinds of characters (NIST SP 800-63B-4
3.1.1.2). `frontend/src/sealed/send_password.ts` is the same rule; docs/sealed-format-vectors.json holds both to it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from math import log2

from chartpost.formats.sealedbox.errors import WeakPasswordError
from chartpost.formats.sealedbox.words import word_list

SHORTEST = 12
ENOUGH_BITS = 48.0
"""Between a clever human password (40) and four random words (52)."""
LONGEST_SEEN = 128
LONGEST_PIECE = 24
_COMMON_BITS, _NEAR_BITS, _REPEAT_BITS, _JOIN_BITS = 8.0, 2.0, 4.0, 1.0
_WORD_BITS = log2(7776)
_JOINS = " -_."
_ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertzuiop", "azertyuiop"),
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_TURNED = {**dict(zip("0134578@$!", "oleastbasi", strict=True))}
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_DATE = re.compile(r"\d{1,2}[-./]?\d{1,2}[-./]?(?:19|20)?\d\d", re.ASCII)
_KINDS = (("[a-z]", 26), ("[A-Z]", 26), ("[0-9]", 10), ("[^a-zA-Z0-9\u0080-\U0010ffff]", 33), ("[^\0-\x7f]", 64))


def check_password(password: str, near: Iterable[str] = ()) -> None:
    """Refuse an own password under 12 characters or about 48 bits; raises WeakPasswordError.

    `near` are texts a guesser knows, such as names and titles.
    """
    text = unicodedata.normalize("NFC", password)
    if len(text) < SHORTEST:
        raise _weak(f"a password of {len(text)} characters")
    if bits(text, near) < ENOUGH_BITS:
        raise _weak("a password made of common words, repeats or runs")


def bits(password: str, near: Iterable[str] = ()) -> float:
    """About how many bits somebody who knows people's habits needs to guess the first 128 characters of `password`."""
    letters = unicodedata.normalize("NFC", password)[:LONGEST_SEEN]
    plain = [_plain(letter) for letter in letters]
    close = {word for text in near for word in _words(text) if len(word) > 2}
    each = log2(sum(size for kind, size in _KINDS if re.search(kind, letters)) or 10)
    best, seen = [0.0], set[str]()
    for end in range(1, len(letters) + 1):
        least = best[-1] + (_JOIN_BITS if letters[end - 1] in _JOINS else each)
        for start in range(max(0, end - LONGEST_PIECE), end - 1):
            piece = letters[start:end]
            cost = _cost(piece, "".join(plain[start:end]), close, piece in seen)
            if cost is not None:
                least = min(least, best[start] + cost)
        best.append(least)
        seen.update(letters[start:end] for start in range(max(0, end - SHORTEST), end - 2))
    return best[-1]


def _cost(piece: str, plain: str, close: set[str], repeated: bool) -> float | None:
    """Bits of a piece that is a pattern, the cheapest one; None for one that is none."""
    turned = 0.0 if piece == plain else 1.0
    found = [
        (plain in close, _NEAR_BITS + turned),
        (repeated, _REPEAT_BITS),
        (plain in _common(), _COMMON_BITS + turned),
        (len(plain) > 2 and plain in _known(), _WORD_BITS + turned),
        (len(set(piece)) == 1, 4 + log2(len(piece))),
        (_YEAR.fullmatch(piece) is not None, 7.0),
        (_DATE.fullmatch(piece) is not None, 15.0),
        (len(piece) > 2 and _in_row(piece.lower()), 5 + log2(len(piece))),
    ]
    return min((cost for holds, cost in found if holds), default=None)


def _in_row(piece: str) -> bool:
    return any(piece in row or piece[::-1] in row for row in _ROWS)


def _plain(letter: str) -> str:
    """A letter as a guesser sees it: small, without accents, `0` for what it stands for."""
    low = "".join(c for c in unicodedata.normalize("NFD", letter.lower()) if unicodedata.category(c)[0] != "M")
    return _TURNED.get(low, low)


def _words(text: str) -> Sequence[str]:
    plain = "".join(c if unicodedata.category(c)[0] == "L" else " " for c in unicodedata.normalize("NFC", text))
    return "".join(_plain(c) for c in plain).split(" ")


@cache
def _common() -> frozenset[str]:
    """What people choose first (common.txt)."""
    return frozenset(files(__package__).joinpath("common.txt").read_text(encoding="ascii").split())


@cache
def _known() -> frozenset[str]:
    return frozenset(word_list())


def _weak(seen: str) -> WeakPasswordError:
    return WeakPasswordError(
        seen=seen,
        expected="12 characters or more that nobody can guess",
        todo="take the five words offered, or add more words that do not belong together",
    )
