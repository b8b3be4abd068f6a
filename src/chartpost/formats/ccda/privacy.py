"""Privacy labels of documents and sections, after HL7's DS4P guide for CDA (Data Segmentation for Privacy, R1).

The strictest confidentiality of what is written stands on its section and on the document; a document above N says
so in a section of its own, with the notice that 42 CFR 2.32 asks for where records fall under that law.
"""

from collections.abc import Iterable

from lxml import etree

from chartpost.formats.ccda.datatypes import fixed
from chartpost.formats.ccda.fhirvalues import Fhir
from chartpost.formats.ccda.xmlnode import el

PART2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The short notice, word for word (42 CFR 2.32(a)(2))."""

SEGMENTED = "2.16.840.1.113883.3.3251.1.1"
"""templateId of a document that carries privacy markings."""

AUTHOR = "2.16.840.1.113883.3.3251.1.2"
ASSIGNED_AUTHOR = "2.16.840.1.113883.3.3251.1.3"
_SECTION = "2.16.840.1.113883.3.3251.1.5"
_ENTRY = "2.16.840.1.113883.3.3251.1.9"
_ORGANIZER = "2.16.840.1.113883.3.3251.1.4"
_SECURITY = "2.16.840.1.113883.3.445.21"
_CLASSIFICATION = "2.16.840.1.113883.3.445.12"
_REFRAIN = "2.16.840.1.113883.3.445.23"
_OBSERVATION_TYPE = "2.16.840.1.113883.1.11.20457"
_OBSERVATION_VALUE = "2.16.840.1.113883.5.1063"
_CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_ORDER = "NRV"
_WORDS = {"N": "normal", "R": "restricted", "V": "very restricted"}


def confidentiality_of(resource: Fhir) -> str:
    """N, R or V: the strictest HL7 v3 Confidentiality label of a resource; Part 2 records are R at least."""
    codes = {code for system, code in _labels(resource) if system.endswith("v3-Confidentiality")}
    return "V" if "V" in codes else "R" if "R" in codes or is_part2(resource) else "N"


def is_part2(resource: Fhir) -> bool:
    """Whether a resource is labelled as a record of a 42 CFR part 2 program."""
    return any(code == "42CFRPart2" for _, code in _labels(resource))


def strictest(codes: Iterable[str]) -> str:
    """The strictest of N, R and V; N for none."""
    return max(codes, key=_ORDER.index, default="N")


def confidentiality(code: str) -> etree._Element:
    """`confidentialityCode` of a document or section."""
    return fixed("confidentialityCode", code, _CONFIDENTIALITY, _WORDS[code])


def _labels(resource: Fhir) -> list[tuple[str, str]]:
    if "meta" not in resource and "securityLabel" not in resource:
        return []
    given = [*((resource.get("meta") or {}).get("security") or ())]
    given += [c for label in resource.get("securityLabel") or () for c in label.get("coding") or ()]
    return [(str(c.get("system", "")), str(c.get("code", ""))) for c in given]


def privacy_section(code: str, *, part2: bool, author: etree._Element) -> etree._Element | None:
    """The Privacy Markings section; None for a document of normal confidentiality.

    `author` is the document's author, who answers for the markings.
    """
    if code == "N":
        return None
    words = [f"Parts of this document are {_WORDS[code]}. Share it only as the law and the person allow."]
    words += [PART2_NOTICE] if part2 else []
    lines = [el("paragraph", {"ID": f"privacy-{n}"}, line) for n, line in enumerate(words, 1)]
    return el(
        "section",
        None,
        el("templateId", {"root": _SECTION, "assigningAuthorityName": "HL7 Security"}),
        fixed("code", "57017-6", "2.16.840.1.113883.6.1", "Privacy policy Organization"),
        el("title", None, "Privacy"),
        el("text", None, lines),
        confidentiality(code),
        author,
        _markings(code, part2=part2),
    )


def _markings(code: str, *, part2: bool) -> etree._Element:
    level = fixed("value", code, _CONFIDENTIALITY, _WORDS[code], "CE")
    found = [_observation(_CLASSIFICATION, "SECCLASSOBS", "Security classification", level, "privacy-1")]
    if part2:
        refrain = fixed("value", "NORDSCLCD", _OBSERVATION_VALUE, "no redisclosure without consent directive", "CE")
        found.append(_observation(_REFRAIN, "SECCONOBS", "Security control", refrain, "privacy-2"))
    organizer = el(
        "organizer",
        {"classCode": "CLUSTER", "moodCode": "EVN"},
        el("templateId", {"root": _ORGANIZER, "assigningAuthorityName": "HL7 Security"}),
        el("statusCode", {"code": "active"}),
        [el("component", {"typeCode": "COMP"}, observation) for observation in found],
    )
    marked = el("templateId", {"root": _ENTRY, "assigningAuthorityName": "HL7 Security"})
    return el("entry", {"typeCode": "COMP"}, marked, organizer)


def _observation(template: str, code: str, words: str, value: etree._Element, line: str) -> etree._Element:
    return el(
        "observation",
        {"classCode": "OBS", "moodCode": "EVN"},
        el("templateId", {"root": _SECURITY, "assigningAuthorityName": "HL7 CBCC"}),
        el("templateId", {"root": template, "assigningAuthorityName": "HL7 CBCC"}),
        fixed("code", code, _OBSERVATION_TYPE, words),
        el("text", None, el("reference", {"value": f"#{line}"})),
        value,
    )
