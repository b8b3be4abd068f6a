"""Coded entries of a section that its text does not name: the two can disagree, and people read the text."""

import re
from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.narrative import nodes, words
from chartpost.formats.ccda.xmlnode import V3, XSI

MOST = 40
"""Names listed for one section."""

_WORD = re.compile(r"[^\W\d_]{2,}|\d+(?:\.\d+)?", re.UNICODE)
_DESCENT = 6
_HOLDERS = frozenset({"act", "organizer"})
_STATEMENTS = frozenset({"substanceAdministration", "observation", "procedure", "encounter", "supply"})
_SUBJECT = {
    "substanceAdministration": "v3:consumable//v3:manufacturedMaterial/v3:code",
    "supply": "v3:product//v3:manufacturedMaterial/v3:code",
    "observation": "v3:participant[@typeCode='CSM']/v3:participantRole/v3:playingEntity/v3:code",
}
_GENERIC = frozenset(
    {"oral", "tablet", "tablets", "capsule", "solution", "injectable", "disorder", "finding", "procedure", "situation"}
    | {"the", "and", "for", "with", "not", "nos", "unspecified", "product", "substance", "actuat", "inhaler", "acute"}
    | {"ml", "mg", "per", "film", "coated", "suspension", "injection", "type", "due", "other", "allergy", "in", "of"}
    | {"or", "to", "an", "by", "on", "mcg", "unt", "metered", "dose", "drug"}
)
_NOTHING = frozenset({"unk", "unknown", "none", "other", "code", "null"})


def unnamed(section: etree._Element) -> tuple[str, ...]:
    """Names of coded statements (numbers with their names) that do not occur in the section's own text, each once.

    Statements that say no (negationInd) or that a value is missing (nullFlavor) are left out.
    """
    known = {word for text in nodes(section, "v3:text") for word in _said(text)}
    stems = {word[:5] for word in known}
    found: dict[str, None] = {}
    for statement in _statements(section, "v3:entry", 0):
        found |= dict.fromkeys(filter(None, [_missing(statement, known, stems)]))
    return tuple(found)[:MOST]


def _said(text: etree._Element) -> set[str]:
    """The words of a text; cells and lines stand apart, and what is marked within a word does not cut it."""
    apart = " ".join(map(str, text.itertext()))
    return {word for one in (words(text), apart) for word in _WORD.findall(one.casefold())}


def _statements(above: etree._Element, link: str, depth: int) -> Iterator[etree._Element]:
    """The statements of a section; what only describes another statement (status, severity, reaction) is left out."""
    for statement in nodes(above, f"{link}/*"):
        name = etree.QName(statement).localname
        if statement.get("negationInd") == "true" or statement.get("nullFlavor"):
            continue
        if name in _HOLDERS and depth < _DESCENT:
            yield from _statements(statement, "(v3:component | v3:entryRelationship[@typeCode='SUBJ'])", depth + 1)
        elif name in _STATEMENTS:
            yield statement


def _missing(statement: etree._Element, known: set[str], stems: set[str]) -> str:
    """What a statement says and the text does not; empty where the text says it."""
    amount = next(iter(nodes(statement, "v3:value[@value]")), None)
    if amount is not None:
        number = (amount.get("value") or "").strip()
        said = number in known or number.removesuffix(".0") in known
        return "" if said else f"{_name(statement)}: {number} {amount.get('unit') or ''}".strip(" :")
    name = _name(statement)
    wanted = [w for w in _WORD.findall(name.casefold()) if w not in _GENERIC]
    if name.casefold() in _NOTHING or all(w in known or (len(w) > 5 and w[:5] in stems) for w in wanted):
        return ""
    return name


def _name(statement: etree._Element) -> str:
    """What a statement is about: the medicine, the allergen, the coded value, else (where it has none) its code."""
    path = _SUBJECT.get(etree.QName(statement).localname, "")
    subjects = [name for code in (nodes(statement, path) if path else []) if (name := _display(code))]
    if subjects:
        return subjects[0]
    values = [v for v in nodes(statement, "v3:value") if v.get(f"{{{XSI}}}type", "").endswith(("CD", "CE"))]
    codes = values or nodes(statement, "v3:code")
    return _display(codes[0]) if codes else ""


def _display(code: etree._Element) -> str:
    """The printed name of a code, or of its first translation that has one."""
    for node in (code, *code.findall(f"{{{V3}}}translation")):
        name = " ".join((node.get("displayName") or "").split())
        if name:
            return name
    return ""
