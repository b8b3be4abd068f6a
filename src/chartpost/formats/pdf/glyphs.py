"""Which characters our fonts can draw, and what stands for the others.

PDF/UA-1 (ISO 14289-1 7.21.8) forbids characters without a glyph, and typst refuses to set them; a name in a
script we have no font for must still not stop a record.
"""

import functools
import struct
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

BOX: Final = "□"
# Printable ASCII, Latin-1, Latin Extended-A and common signs: every font set we use has these.
BASIC: Final = frozenset(
    [*map(chr, range(0x20, 0x7F)), *map(chr, range(0xA0, 0x180)), *"\n–—‘’“”•…€™≤≥→✓▲▼●□·×±°µ\u200b"]
)
_DROPPED: Final = {"Cc", "Cf", "Cs", "Mn", "Me"}


def printable(value: object, fonts: Path) -> tuple[object, bool]:
    """Replace what cannot be drawn in all texts of a JSON value; also says whether a box stands anywhere.

    Line ends become newlines, tabs spaces; control and format characters go; other characters without a
    glyph in the TrueType files of the folder `fonts` become a box.
    """
    texts = set().union(*map(set, _texts(value)))
    if texts <= BASIC:
        return value, False
    drawable = BASIC | coverage(fonts)
    table = {ord(char): _stand_in(char) for char in texts - drawable}
    return _translate(value, table), BOX in table.values()


def _stand_in(char: str) -> str:
    if char in "\t\u2028\u2029\x0b\x0c\x85":
        return " "
    return "" if unicodedata.category(char) in _DROPPED else BOX


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _translate(value: object, table: dict[int, str]) -> object:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, dict):
        return {key: _translate(item, table) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_translate(item, table) for item in value]
    return value


@functools.lru_cache(maxsize=4)
def coverage(fonts: Path) -> frozenset[str]:
    """Characters that every style of at least one family in the folder can draw."""
    families: dict[str, list[set[int]]] = {}
    for file in sorted(fonts.glob("*.ttf")):
        family = file.stem.split("_")[0].split("-")[0]
        families.setdefault(family, []).append(_character_map(file.read_bytes()))
    return frozenset(chr(code) for styles in families.values() for code in set.intersection(*styles))


def _character_map(font: bytes) -> set[int]:
    """Code points with a glyph, from the Unicode subtables of `cmap` (ISO/IEC 14496-22 5.2.1)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * index) for index in range(tables))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    codes: set[int] = set()
    for index in range(struct.unpack_from(">H", font, start + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * index)
        kind = struct.unpack_from(">H", font, start + offset)[0]
        if platform in (0, 3) and kind == 4:
            codes |= _segments(font, start + offset)
        elif platform in (0, 3) and kind == 12:
            codes |= _groups(font, start + offset)
    return codes


def _segments(font: bytes, at: int) -> set[int]:
    """Format 4: segments of the basic plane; a code may still lead to glyph 0."""
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    column = struct.Struct(f">{count}H")
    ends = column.unpack_from(font, at + 14)
    starts = column.unpack_from(font, at + 16 + 2 * count)
    deltas = column.unpack_from(font, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets = column.unpack_from(font, offsets_at)
    codes = set()
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            if offset == 0:
                glyph = (code + delta) & 0xFFFF
            else:
                place = offsets_at + 2 * index + offset + 2 * (code - first)
                glyph = struct.unpack_from(">H", font, place)[0]
            if glyph:
                codes.add(code)
    return codes


def _groups(font: bytes, at: int) -> set[int]:
    """Format 12: groups of consecutive codes and glyphs."""
    count = struct.unpack_from(">I", font, at + 12)[0]
    groups = (struct.unpack_from(">III", font, at + 16 + 12 * index) for index in range(count))
    return {code for first, last, glyph in groups for code in range(first, last + 1) if glyph + code - first}
