"""How hard a text is to read: the Flesch-Kincaid grade, with syllables counted by rule of thumb."""

import re

GIVEN = (
    "Department of Health and Human Services",
    "Office for Civil Rights",
    "Trusted Root Certification Authorities",
    "Certificate Trust Settings",
    "VPN & Device Management",
    "Keychain Access",
    "Chartpost local authority",
    "HIPAA",
    "C-CDA",
    "FHIR",
    "PDF",
    "health information",
    "health care",
    "medical records",
    "medical record",
    "licensed professional",
    "laboratory",
    "authenticator",
    "representative",
    "certificate",
    "JavaScript",
)
"""Names of laws and offices, and terms that are given: each counts as one short word."""

_GIVEN = re.compile("|".join(re.escape(term) for term in sorted(GIVEN, key=len, reverse=True)), re.IGNORECASE)
_CITATION = re.compile(r"\b\d+ (?:CFR|U\.S\.C\.) (?:[\d(][\w.()§-]*(?:, )?)+")
_FILLED = re.compile(r"%\(\w+\)[sd]|%%?\w|\{\w*\}|https?://\S+|\S+@\S+")
_ABBREVIATED = re.compile(r"\b(?:U\.S\.|e\.g\.|i\.e\.|Dr\.|No\.)")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|\d+")
_SENTENCE = re.compile(r"[.!?:;]+(?=\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")


def plain(text: str) -> str:
    """The text without citations, addresses and things filled in later; given terms become one short word."""
    text = _FILLED.sub("it", _CITATION.sub("", text))
    return _ABBREVIATED.sub("US", _GIVEN.sub("term", text))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence; a colon or semicolon ends one too."""
    parts = _SENTENCE.split(plain(text).replace("\n", " "))
    return [words for part in parts if (words := _WORD.findall(part))]


def syllables(word: str) -> int:
    """Syllables of an English word: groups of vowels, without a silent e at its end; at least one."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    if not word.isalpha():
        return 1
    count = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee", "ye")):
        count -= 1
    if word.endswith("ed") and len(word) > 3 and word[-3] not in "td":
        count -= 1
    if word.endswith("es") and len(word) > 3 and word[-3] not in "sxzcg":
        count -= 1
    return max(count, 1)


def grade(text: str) -> float:
    """The school grade of a text (Kincaid and others, 1975); 0 for a text without words."""
    found = sentences(text)
    words = [word for sentence in found for word in sentence]
    if not words:
        return 0.0
    return 0.39 * len(words) / len(found) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def is_long_enough(text: str) -> bool:
    """Whether there is enough to grade: a hundred words, or five sentences of at least six words on average."""
    found = sentences(text)
    words = sum(map(len, found))
    return words >= 100 or (len(found) >= 5 and words >= 30)
