"""Our own look at a CCD before it is released: does it hold together?

This is no replacement for the CDA schema or the Schematron (tests run those where they are present); it
finds what would make a document useless to its reader, in a few milliseconds, without outside files.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from chartpost.formats.ccda.codesystems import is_oid
from chartpost.formats.ccda.errors import CcdaError
from chartpost.formats.ccda.fhirvalues import is_real_date
from chartpost.formats.ccda.reading import parse
from chartpost.formats.ccda.xmlnode import NS, V3

_US_REALM = "2.16.840.1.113883.10.20.22.1.1"
_CCD = "2.16.840.1.113883.10.20.22.1.2"
_R21 = "2015-08-01"
_OWN_ELEMENTS = 3_000_000


@dataclass(frozen=True)
class Issue:
    """One thing wrong: a short name, where (an XPath without content), and what to expect there."""

    rule: str
    where: str
    expected: str


_ROLE = "v3:recordTarget/v3:patientRole"
_ORGANIZATION = "v3:custodian/v3:assignedCustodian/v3:representedCustodianOrganization"
_EVENT = "v3:documentationOf/v3:serviceEvent[@classCode='PCPR']/v3:effectiveTime"
_AUTHOR = "v3:author/v3:assignedAuthor"

_REQUIRED: tuple[tuple[str, int], ...] = (
    ("v3:realmCode[@code='US']", 1),
    ("v3:typeId[@root='2.16.840.1.113883.1.3'][@extension='POCD_HD000040']", 1),
    (f"v3:templateId[@root='{_US_REALM}'][@extension='{_R21}']", 1),
    (f"v3:templateId[@root='{_CCD}'][@extension='{_R21}']", 1),
    ("v3:id[@root]", 1),
    ("v3:code[@code='34133-9'][@codeSystem='2.16.840.1.113883.6.1']", 1),
    ("v3:title[normalize-space()]", 1),
    ("v3:effectiveTime[string-length(@value) >= 17]", 1),
    ("v3:confidentialityCode[@code]", 1),
    ("v3:languageCode[@code]", 1),
    ("v3:recordTarget", 1),
    (f"{_ROLE}/v3:id[@root]", 0),
    (f"{_ROLE}/v3:addr", 0),
    (f"{_ROLE}/v3:telecom", 0),
    (f"{_ROLE}/v3:patient", 1),
    (f"{_ROLE}/v3:patient/v3:name", 0),
    (f"{_ROLE}/v3:patient/v3:administrativeGenderCode", 1),
    (f"{_ROLE}/v3:patient/v3:birthTime", 1),
    (f"{_ROLE}/v3:patient/v3:raceCode", 1),
    (f"{_ROLE}/v3:patient/v3:ethnicGroupCode", 1),
    ("v3:author/v3:time[@value]", 0),
    (f"{_AUTHOR}/v3:id", 0),
    (f"{_AUTHOR}/v3:addr", 0),
    (f"{_AUTHOR}/v3:telecom", 0),
    (f"{_AUTHOR}/v3:assignedPerson/v3:name | {_AUTHOR}/v3:assignedAuthoringDevice/v3:softwareName", 0),
    (f"{_ORGANIZATION}/v3:id", 0),
    (f"{_ORGANIZATION}/v3:name[normalize-space()]", 1),
    (f"{_ORGANIZATION}/v3:telecom", 1),
    (f"{_ORGANIZATION}/v3:addr", 1),
    (f"{_EVENT}/v3:low", 1),
    (f"{_EVENT}/v3:high", 1),
    ("v3:component/v3:structuredBody", 1),
)
"""Header parts (C-CDA R2.1 1.1 and 1.2): XPath and exact count, 0 meaning one or more."""

_SECTIONS = {
    "48765-2": "2.16.840.1.113883.10.20.22.2.6.1",
    "10160-0": "2.16.840.1.113883.10.20.22.2.1.1",
    "11450-4": "2.16.840.1.113883.10.20.22.2.5.1",
    "30954-2": "2.16.840.1.113883.10.20.22.2.3.1",
    "29762-2": "2.16.840.1.113883.10.20.22.2.17",
    "8716-3": "2.16.840.1.113883.10.20.22.2.4.1",
}
"""Sections a CCD must have: LOINC code and template."""

_TS = re.compile(r"(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2})(\d{2})?(?:\.\d{1,4})?([+-]\d{4}))?")
_ROOT_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TIMES = (
    "//v3:effectiveTime[@value] | //v3:effectiveTime/v3:low | //v3:effectiveTime/v3:high"
    " | //v3:time[@value] | //v3:time/v3:low | //v3:time/v3:high | //v3:birthTime | //sdtc:deceasedTime"
)


def check_document(data: bytes) -> list[Issue]:
    """What is wrong with a CCD that we are about to release; an empty list means nothing was found.

    Looks at well-formedness, DOCTYPE, header parts, template ids, required sections, narrative references,
    dates, identifiers and codes. Never raises for bad input; an issue holds no document content.
    """
    try:
        root = parse(data, max_elements=_OWN_ELEMENTS)
    except CcdaError as error:
        return [Issue("readable", "/", error.expected)]
    checks = (_header, _sections, _templates, _references, _dates, _identifiers, _codes)
    return [issue for check in checks for issue in check(root)]


def _header(root: etree._Element) -> Iterator[Issue]:
    for path, count in _REQUIRED:
        found = len(_nodes(root, path))
        if (count and found != count) or not found:
            yield Issue("header", path, f"{count or 'at least 1'} of these, {found} seen")


def _sections(root: etree._Element) -> Iterator[Issue]:
    codes = Counter(code.get("code") for code in _nodes(root, "//v3:section/v3:code"))
    for code, template in _SECTIONS.items():
        path = f"//v3:section[v3:code/@code='{code}'][v3:templateId/@root='{template}']"
        if codes[code] != 1 or not _nodes(root, path):
            yield Issue("section", path, "this section once, with its template")
    for section in _nodes(root, "//v3:section"):
        if not _nodes(section, "v3:title[normalize-space()]") or not _nodes(section, "v3:text[normalize-space()]"):
            yield Issue("section", _where(section), "a title and words to read")
        if not section.get("nullFlavor") and _is_entries_required(section) and not _nodes(section, "v3:entry"):
            yield Issue("section", _where(section), "entries, or nullFlavor NI")


def _is_entries_required(section: etree._Element) -> bool:
    required = set(_SECTIONS.values()) - {"2.16.840.1.113883.10.20.22.2.17"}
    return any(t.get("root") in required for t in _nodes(section, "v3:templateId"))


def _templates(root: etree._Element) -> Iterator[Issue]:
    for template in _nodes(root, "//v3:templateId[@extension]"):
        siblings = _nodes(template, "../v3:templateId[not(@extension)]")
        if not any(s.get("root") == template.get("root") for s in siblings):
            yield Issue("template", _where(template), "the same root once more without extension (R1.1)")
    for statement in _nodes(root, "//v3:entry/*"):
        if not _nodes(statement, "v3:templateId"):
            yield Issue("template", _where(statement), "a templateId")


def _references(root: etree._Element) -> Iterator[Issue]:
    ids = Counter(node.get("ID") for node in _nodes(root, "//*[@ID]"))
    for name, count in ids.items():
        if count > 1:
            yield Issue("reference", f"//*[@ID][{count} times]", f"an ID once in the document ({name})")
    for node in _nodes(root, "//v3:reference[@value]"):
        if not (node.get("value") or "").startswith("#") or (node.get("value") or "")[1:] not in ids:
            yield Issue("reference", _where(node), "# and the ID of a piece of narrative")
    for entry in _nodes(root, "//v3:section/v3:entry"):
        if not _nodes(entry, ".//v3:reference"):
            yield Issue("reference", _where(entry), "a reference to the narrative")


def _dates(root: etree._Element) -> Iterator[Issue]:
    for node in _nodes(root, _TIMES):
        value = node.get("value")
        if value is None and not node.get("nullFlavor"):
            yield Issue("date", _where(node), "a value or a nullFlavor")
        elif value is not None and not _is_timestamp(value):
            yield Issue("date", _where(node), "YYYY[MM[DD]] or YYYYMMDDHHMM[SS] with a zone")


def _is_timestamp(value: str) -> bool:
    found = _TS.fullmatch(value)
    if not found or not value.isascii():
        return False
    year, month, day, hour, minute, second, zone = found.groups()
    if hour and not day:
        return False
    clock = int(hour or 0) < 24 and int(minute or 0) < 60 and int(second or 0) <= 60
    return clock and abs(int(zone or 0)) <= 1400 and is_real_date(f"{year}{month or '01'}{day or '01'}")


def _identifiers(root: etree._Element) -> Iterator[Issue]:
    for node in _nodes(root, "//v3:id[@root] | //v3:templateId | //v3:typeId"):
        value = node.get("root") or ""
        if not is_oid(value) and not _ROOT_UUID.fullmatch(value):
            yield Issue("identifier", _where(node), "a root that is an OID or a UUID")
    for node in _nodes(root, f"{_ROLE}/v3:id[not(@root)] | //v3:entry/*/v3:id[not(@root)][not(@nullFlavor)]"):
        yield Issue("identifier", _where(node), "a root or a nullFlavor")


def _codes(root: etree._Element) -> Iterator[Issue]:
    for node in _nodes(root, "//*[@codeSystem]"):
        if not is_oid(node.get("codeSystem") or "") or not node.get("code"):
            yield Issue("code", _where(node), "a code, and its system as an OID")
    for node in _nodes(root, "//v3:code | //v3:value[@xsi:type='CD']"):
        if not node.get("nullFlavor") and not (node.get("code") and node.get("codeSystem")):
            yield Issue("code", _where(node), "a code with its system, or a nullFlavor")


def _nodes(node: etree._Element, path: str) -> list[etree._Element]:
    found = node.xpath(path, namespaces=NS)
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []


def _where(node: etree._Element) -> str:
    return node.getroottree().getelementpath(node).replace(f"{{{V3}}}", "")
