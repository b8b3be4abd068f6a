"""How soon an own password would be guessed: an estimate from its patterns, offline.

The estimate looks for the cheapest way to spell the password out of common words, repeats, runs of the alphabet,
of digits or of the keyboard, years and plain letters. It is deliberately stingy: NIST SP 800-63B-4 3.1.1.2 asks for
length and a block list rather than for mixed kinds of characters.
"""

import re
import unicodedata
from functools import cache
from math import log2

from chartpost.formats.sealedbox.errors import WeakPasswordError
from chartpost.formats.sealedbox.words import word_list

SHORTEST = 12
ENOUGH_BITS = 40.0
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb")
# Words that people begin passwords with, beside the word list; most of all those a thief of medical records would try.
_FAVOURITES = (
    "password passwort contraseña letmein welcome admin login secret master monkey dragon football baseball iloveyou"
    " princess sunshine shadow superman batman trustno michael jordan jennifer hunter thomas robert charlie daniel"
    " maria jesus medical records health hospital doctor patient clinic nurse chart chartpost summer winter spring"
    " autumn january february march april may june july august september october november december monday tuesday"
    " wednesday thursday friday saturday sunday love hello test user guest changeme default access account share"
    " my your his her the and is was for with not you that this name named dog cat baby mom dad"
    " home car red blue green"
)
_LEET = str.maketrans("0134578@$!", "oleastbasi")
_YEAR = re.compile(r"(?:19|20)\d\d")


def check_password(password: str) -> None:
    """Refuse an own password under 12 characters or about 40 bits; raises WeakPasswordError."""
    text = unicodedata.normalize("NFC", password)
    if len(text) < SHORTEST:
        raise _weak(f"a password of {len(text)} characters")
    if bits(text) < ENOUGH_BITS:
        raise _weak("a password made of common words, repeats or runs")


def bits(password: str) -> float:
    """About how many bits an attacker who knows people's habits needs to guess `password`."""
    text = unicodedata.normalize("NFC", password)[:128]
    low = text.lower().translate(_LEET) if not text.isdigit() else text
    cheapest = [0.0] + [float("inf")] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(end):
            cost = cheapest[start] + _cost(text[start:end], low[start:end], text[max(0, start - 1) : start])
            cheapest[end] = min(cheapest[end], cost)
    period = _period(text)
    return min(cheapest[-1], bits(text[:period]) + log2(len(text) / period) + 1 if period < len(text) else cheapest[-1])


def _cost(piece: str, low: str, before: str) -> float:
    if len(piece) == 1:
        return 1.0 if piece == before else _letter(piece)
    best = float("inf")
    place = _common().get(low)
    if place is not None:
        best = log2(place + 2) + 1 + (0 if piece == low else 2)
    if len(piece) >= 3 and _is_run(piece.lower()):
        best = min(best, 6 + log2(len(piece)))
    if _YEAR.fullmatch(piece):
        best = min(best, 6.5)
    return best


def _letter(letter: str) -> float:
    """Bits of a letter that belongs to no pattern; people's letters are never spread evenly."""
    if letter.isdigit():
        return 3.3
    if letter.isascii() and letter.isalpha():
        return 3.5 if letter.islower() else 4.5
    return 5.0 if letter.isascii() else 6.5


def _is_run(piece: str) -> bool:
    return any(piece in row or piece[::-1] in row for row in _ROWS)


def _period(text: str) -> int:
    return next(
        (n for n in range(1, len(text) // 2 + 1) if (text[:n] * (len(text) // n + 1))[: len(text)] == text), len(text)
    )


@cache
def _common() -> dict[str, int]:
    favourites = _FAVOURITES.split()
    found = {word.translate(_LEET): len(favourites) + place for place, word in enumerate(word_list())}
    return found | {word.translate(_LEET): place for place, word in enumerate(favourites)}


def _weak(seen: str) -> WeakPasswordError:
    return WeakPasswordError(
        seen=seen,
        expected="12 characters or more that nobody can guess",
        todo="take the five words offered, or add more words that do not belong together",
    )
