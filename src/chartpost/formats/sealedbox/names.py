"""File names in a manifest: relative paths that no reader can be led astray with."""

import unicodedata
from collections.abc import Iterable

SEGMENT, PATH = 1024, 4096
"""Bytes of UTF-8 that a name may have between two slashes, and in all."""
_CUT = 255
# Marks that turn the direction of writing make "exe.pdf" of "fdp.exe".
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_REFUSED = {"Cc", "Cs", "Zl", "Zp"}


def is_safe_name(name: str) -> bool:
    """Whether `name` is a relative path in NFC with `/` between its segments, without `..`, `\\` or control marks."""
    if unicodedata.normalize("NFC", name) != name or any(_is_bad(letter) for letter in name):
        return False
    segments = name.split("/")
    return len(name.encode()) <= PATH and all(_is_safe_segment(segment) for segment in segments)


def safe_name(raw: str) -> str:
    """A safe name as near to `raw` as can be; `file` when nothing of it can stay."""
    text = unicodedata.normalize("NFC", raw.replace("\\", "/"))
    text = "".join("_" if _is_bad(letter) else letter for letter in text)
    segments = [_cut(segment, _CUT) for segment in text.split("/") if segment not in {"", ".", ".."}]
    name = "/".join(segments) or "file"
    return name if len(name.encode()) <= PATH else segments[-1]


def tidy_names(raw: Iterable[str]) -> list[str]:
    """A safe name for each, all different even where capitals count for nothing; `(2)` is added where needed."""
    seen: set[str] = set()
    found: list[str] = []
    for given in raw:
        name, number = safe_name(given), 2
        plain = name
        while fold(name) in seen:
            name = _numbered(plain, number)
            number += 1
        seen.add(fold(name))
        found.append(name)
    return found


def fold(name: str) -> str:
    """The name as disks see it that do not tell capitals from small letters."""
    return unicodedata.normalize("NFC", name.lower())


def _is_bad(letter: str) -> bool:
    return letter == "\\" or letter in _TURNING or unicodedata.category(letter) in _REFUSED


def _is_safe_segment(segment: str) -> bool:
    return segment not in {"", ".", ".."} and len(segment.encode()) <= SEGMENT


def _numbered(name: str, number: int) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, ending = last.rpartition(".")
    if not stem:
        stem, dot, ending = last, "", ""
    mark = f" ({number}){dot}{ending}"
    if len(mark.encode()) > _CUT // 2:
        stem, mark = last, f" ({number})"
    return f"{folder}{slash}{_cut(stem, _CUT - len(mark.encode()))}{mark}"


def _cut(text: str, size: int) -> str:
    return unicodedata.normalize("NFC", text.encode()[:size].decode(errors="ignore"))
