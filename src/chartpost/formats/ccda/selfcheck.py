"""Our own look at a document before it is released: HL7's schema, the rule tables, and whether it holds together.

It needs no outside files and takes milliseconds. HL7's Schematron is no part of it; tests run that where it is present.
"""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import is_oid
from chartpost.formats.ccda.errors import CcdaError, UnsoundDocumentError
from chartpost.formats.ccda.fhirvalues import is_real_date
from chartpost.formats.ccda.reading import parse
from chartpost.formats.ccda.rules import Fault, schema_faults, template_faults
from chartpost.formats.ccda.rules.fault import where
from chartpost.formats.ccda.xmlnode import NS

_OWN_ELEMENTS = 3_000_000
_ROLE = "v3:recordTarget/v3:patientRole"

_TS = re.compile(r"(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2})(\d{2})?(?:\.\d{1,4})?([+-]\d{4}))?")
_ROOT_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TIMES = (
    "//v3:effectiveTime[@value] | //v3:effectiveTime/v3:low | //v3:effectiveTime/v3:high"
    " | //v3:time[@value] | //v3:time/v3:low | //v3:time/v3:high | //v3:birthTime | //sdtc:deceasedTime"
)


def check_document(data: bytes) -> list[Fault]:
    """What is wrong with a document that we are about to release; an empty list means nothing was found.

    Looks at well-formedness, DOCTYPE, the CDA schema, template rules, narrative references, dates, identifiers and
    codes. Never raises for bad input; a fault holds no document content.
    """
    try:
        root = parse(data, max_elements=_OWN_ELEMENTS)
    except CcdaError as error:
        return [Fault("readable", "/", error.expected)]
    checks = (schema_faults, template_faults, _templates, _references, _dates, _identifiers, _codes)
    return [fault for check in checks for fault in check(root)]


def require_sound(data: bytes) -> None:
    """Raise UnsoundDocumentError when the check finds a fault."""
    faults = check_document(data)
    if faults:
        first = faults[0]
        raise UnsoundDocumentError(
            f"{len(faults)} fault(s) in a document just made, the first at {first.where} ({first.rule})",
            first.expected,
            "report it to the administrator with this message; leave C-CDA out for now",
        )


def _templates(root: etree._Element) -> Iterator[Fault]:
    for template in _nodes(root, "//v3:templateId[@extension]"):
        siblings = _nodes(template, "../v3:templateId[not(@extension)]")
        if not any(s.get("root") == template.get("root") for s in siblings):
            yield Fault("template", where(template), "the same root once more without extension (R1.1)")
    for statement in _nodes(root, "//v3:entry/*[not(self::v3:templateId)]"):
        if not _nodes(statement, "v3:templateId"):
            yield Fault("template", where(statement), "a templateId")


def _references(root: etree._Element) -> Iterator[Fault]:
    ids = Counter(node.get("ID") for node in _nodes(root, "//*[@ID]"))
    for name, count in ids.items():
        if count > 1:
            yield Fault("reference", f"//*[@ID][{count} times]", f"an ID once in the document ({name})")
    for node in _nodes(root, "//v3:reference[@value]"):
        if not (node.get("value") or "").startswith("#") or (node.get("value") or "")[1:] not in ids:
            yield Fault("reference", where(node), "# and the ID of a piece of narrative")
    for entry in _nodes(root, "//v3:section/v3:entry"):
        if not _nodes(entry, ".//v3:reference"):
            yield Fault("reference", where(entry), "a reference to the narrative")


def _dates(root: etree._Element) -> Iterator[Fault]:
    for node in _nodes(root, _TIMES):
        value = node.get("value")
        if value is None and not node.get("nullFlavor"):
            yield Fault("date", where(node), "a value or a nullFlavor")
        elif value is not None and not _is_timestamp(value):
            yield Fault("date", where(node), "YYYY[MM[DD]] or YYYYMMDDHHMM[SS] with a zone")


def _is_timestamp(value: str) -> bool:
    found = _TS.fullmatch(value)
    if not found or not value.isascii():
        return False
    year, month, day, hour, minute, second, zone = found.groups()
    if hour and not day:
        return False
    clock = int(hour or 0) < 24 and int(minute or 0) < 60 and int(second or 0) <= 60
    return clock and abs(int(zone or 0)) <= 1400 and is_real_date(f"{year}{month or '01'}{day or '01'}")


def _identifiers(root: etree._Element) -> Iterator[Fault]:
    for node in _nodes(root, "//v3:id[@root] | //v3:templateId | //v3:typeId"):
        value = node.get("root") or ""
        if not is_oid(value) and not _ROOT_UUID.fullmatch(value):
            yield Fault("identifier", where(node), "a root that is an OID or a UUID")
    for node in _nodes(root, f"{_ROLE}/v3:id[not(@root)] | //v3:entry/*/v3:id[not(@root)][not(@nullFlavor)]"):
        yield Fault("identifier", where(node), "a root or a nullFlavor")


def _codes(root: etree._Element) -> Iterator[Fault]:
    for node in _nodes(root, "//*[@codeSystem]"):
        if not is_oid(node.get("codeSystem") or "") or not node.get("code"):
            yield Fault("code", where(node), "a code, and its system as an OID")
    for node in _nodes(root, "//v3:code | //v3:value[@xsi:type='CD']"):
        if not node.get("nullFlavor") and not (node.get("code") and node.get("codeSystem")):
            yield Fault("code", where(node), "a code with its system, or a nullFlavor")


def _nodes(node: etree._Element, path: str) -> list[etree._Element]:
    found = node.xpath(path, namespaces=NS)
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []
