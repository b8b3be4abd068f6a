"""Names on a disc: short ones every system reads, long ones (Joliet) beside them."""

import re
from collections.abc import Iterable

from chartpost.formats.iso.errors import IsoError

MOST_JOLIET = 64
"""Characters of a Joliet name (Joliet specification 1995, File and directory name length)."""
_FORBIDDEN = re.compile(r"[\x00-\x1f*/:;?\\]")
_OTHER = re.compile(r"[^A-Z0-9_]")
VERSION = ";1"


def checked(path: str) -> tuple[str, ...]:
    """The folders and the name of a path with `/`; raises IsoError for what Joliet does not allow."""
    parts = tuple(path.split("/"))
    if (
        not all(0 < len(p) <= MOST_JOLIET and not _FORBIDDEN.search(p) and p.strip(". ") for p in parts)
        or len(parts) > 7
    ):
        raise IsoError(
            "a name that a disc cannot carry",
            f"at most {MOST_JOLIET} characters in each part, none of * / : ; ? \\",
            "give the file another name",
        )
    if any(ord(char) > 0xFFFF for part in parts for char in part):
        raise IsoError("a name with signs outside UCS-2", "letters of the basic plane", "give the file another name")
    return parts


def joliet(name: str) -> bytes:
    """A name in UCS-2, most significant byte first; without a version, as every writer of discs leaves it."""
    return name.encode("utf-16-be")


def short_names(names: Iterable[str], folders: frozenset[str]) -> dict[str, bytes]:
    """A name of ISO 9660 level 1 for each: eight capitals and three, each once in its folder (ECMA-119 10.1)."""
    taken: set[str] = set()
    found = {}
    for name in names:
        stem, ending = _split(name, folder=name in folders)
        number = 0
        while (short := _numbered(stem, number) + (f".{ending}" if ending or name not in folders else "")) in taken:
            number += 1
        taken.add(short)
        found[name] = (short if name in folders else short + VERSION).encode("ascii")
    return found


def _split(name: str, *, folder: bool) -> tuple[str, str]:
    stem, dot, ending = ("", "", "") if folder else name.rpartition(".")
    if not dot or not stem:
        stem, ending = name, ""
    return _OTHER.sub("_", stem.upper())[:8], _OTHER.sub("_", ending.upper())[:3]


def _numbered(stem: str, number: int) -> str:
    digits = str(number) if number else ""
    return stem[: 8 - len(digits)] + digits
