"""Characters nobody sees, in names people go by."""

import unicodedata

_IGNORED = frozenset(
    [
        "\u034f",  # combining grapheme joiner
        *"\u115f\u1160\u3164\uffa0",  # fillers of Hangul
        *"\u17b4\u17b5",  # inherent vowels of Khmer
        *map(chr, (*range(0x180B, 0x180E), 0x180F)),  # variation selectors of Mongolian
        *map(chr, range(0xFE00, 0xFE10)),  # variation selectors
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt) but for those `str.isprintable` knows: formats,
what is not assigned and the like. Where no font has a use for them they leave no trace."""

_BLANK = frozenset("\u2800\ufffc\U00013441\U00013442\U00016fe4\U0001d159")
"""Seen by their properties and drawn as nothing: a Braille cell without dots, the place of an object, the blanks of
hieroglyphs, the filler of Khitan, the notehead of music that has none."""


def unseen(text: str) -> str:
    """The first character of a text nobody sees, as U+ and its name; empty when all are seen. A plain space is seen."""
    for letter in text:
        if not letter.isprintable() or letter in _IGNORED or letter in _BLANK:
            return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".strip()
    return ""
