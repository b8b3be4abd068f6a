"""CDA data types (HL7 V3 datatypes R1) made from FHIR values."""

import re
import uuid
from collections.abc import Sequence

from lxml import etree

from chartpost.formats.ccda.codesystems import NULL_FLAVOR, UCUM, UNIT_WORDS, code_system, identifier_root
from chartpost.formats.ccda.fhirvalues import Fhir, choice, concept_text, number, timestamp
from chartpost.formats.ccda.valuetext import text_of
from chartpost.formats.ccda.xmlnode import XSI, el, null

_TOKEN = re.compile(r"\S+")


def fixed(tag: str, code: str, oid: str, display: str, xsi_type: str | None = None) -> etree._Element:
    """A code that the template fixes."""
    return el(tag, {"xsi:type": xsi_type, "code": code, "codeSystem": oid, "displayName": display})


def coded(
    tag: str,
    concept: Fhir | None,
    prefer: Sequence[str],
    *,
    ref: str | None = None,
    xsi_type: str | None = None,
) -> etree._Element:
    """A CodeableConcept as CD/CE: the first coding of a preferred system, the rest as translations.

    Without a preferred system the code is nullFlavor OTH with translations (C-CDA R2.1 5.2), without any
    known code UNK; the words stand in originalText, by reference `#ref` to the narrative where given.
    """
    usable = [c for c in (concept or {}).get("coding") or () if _is_usable(c)]
    usable.sort(key=lambda c: prefer.index(c["system"]) if c["system"] in prefer else len(prefer))
    main = usable[0] if usable and (usable[0]["system"] in prefer or not prefer) else None
    others = usable[1:] if main else usable
    attributes: dict[str, str | None] = {"xsi:type": xsi_type}
    if main:
        attributes |= _code_attributes(main)
    else:
        attributes["nullFlavor"] = "OTH" if others or concept_text(concept) else "UNK"
    return el(
        tag,
        attributes,
        _original_text(concept, ref),
        (el("translation", _code_attributes(c)) for c in others),
    )


def _is_usable(coding: Fhir) -> bool:
    code, system = coding.get("code"), coding.get("system")
    return bool(
        isinstance(code, str)
        and isinstance(system, str)
        and system != NULL_FLAVOR
        and _TOKEN.fullmatch(code)
        and code_system(system)
    )


def _code_attributes(coding: Fhir) -> dict[str, str | None]:
    system = code_system(coding["system"])
    return {
        "code": coding["code"],
        "codeSystem": system.oid if system else None,
        "codeSystemName": (system.name or None) if system else None,
        "displayName": coding.get("display"),
    }


def _original_text(concept: Fhir | None, ref: str | None) -> etree._Element | None:
    if ref:
        return el("originalText", None, reference(ref))
    text = concept_text(concept)
    return el("originalText", None, text) if text else None


def reference(ref: str) -> etree._Element:
    """A pointer into the narrative (CDA R2 4.3.5.1)."""
    return el("reference", {"value": f"#{ref}"})


def text_ref(ref: str) -> etree._Element:
    """The `text` of an entry: a pointer to its row in the narrative."""
    return el("text", None, reference(ref))


def point(tag: str, value: str | None) -> etree._Element:
    """One moment (TS), or nullFlavor UNK."""
    stamp = timestamp(value)
    return el(tag, {"value": stamp} if stamp else {"nullFlavor": "UNK"})


def interval(
    tag: str, start: str | None, end: str | None, *, closed: bool = False, xsi_type: str | None = None
) -> etree._Element:
    """A stretch of time (IVL_TS): low always, high where known or where the thing is over (closed)."""
    high = point("high", end) if timestamp(end) or closed else None
    return el(tag, {"xsi:type": xsi_type}, point("low", start), high)


def moment_or_interval(start: str | None, end: str | None) -> etree._Element:
    """An effectiveTime that is one moment when there is no end."""
    return interval("effectiveTime", start, end) if end else point("effectiveTime", start)


def quantity(tag: str, value: Fhir, *, xsi_type: str | None = None, bound: bool = True) -> etree._Element:
    """A FHIR Quantity as PQ (UCUM), or IVL_PQ with a comparator where xsi_type is given and bounds may be."""
    comparator = value.get("comparator")
    if xsi_type and comparator and bound:
        side = "high" if comparator in ("<", "<=") else "low"
        edge = _pq(side, value)
        edge.set("inclusive", "true" if "=" in comparator else "false")
        return el(tag, {"xsi:type": "IVL_PQ"}, edge)
    return _pq(tag, value, xsi_type)


def _pq(tag: str, value: Fhir, xsi_type: str | None = None) -> etree._Element:
    amount = value.get("value")
    if amount is None:
        return null(tag, "UNK", xsi_type)
    unit, code = value.get("unit"), value.get("code")
    ucum = code if value.get("system") == UCUM else UNIT_WORDS.get(str(unit or code or "").lower())
    if ucum and _TOKEN.fullmatch(ucum):
        return el(tag, {"xsi:type": xsi_type, "value": number(amount), "unit": ucum})
    if not unit and not code:
        return el(tag, {"xsi:type": xsi_type, "value": number(amount)})
    words = el("originalText", None, str(unit or code))
    return el(
        tag,
        {"xsi:type": xsi_type, "nullFlavor": "OTH"},
        el("translation", {"value": number(amount), "nullFlavor": "OTH"}, words),
    )


def any_value(resource: Fhir, prefer: Sequence[str], *, ref: str | None = None) -> etree._Element | None:
    """Observation.value[x] or component.value[x] as a typed CDA `value`; None where there is none."""
    kind, value = choice(resource, "value")
    if kind == "Quantity":
        return quantity("value", value, xsi_type="PQ")
    if kind == "CodeableConcept":
        return coded("value", value, prefer, ref=ref, xsi_type="CD")
    if kind == "Boolean":
        return el("value", {"xsi:type": "BL", "value": str(value).lower()})
    if kind == "Integer":
        return el("value", {"xsi:type": "INT", "value": str(value)})
    if kind == "DateTime":
        found = point("value", value)
        found.attrib[f"{{{XSI}}}type"] = "TS"
        return found
    if kind in ("Range", "Ratio", "Period", "SampledData", "Time", "String"):
        return el("value", {"xsi:type": "ST"}, text_of(kind, value))
    return None


def identifier(value: Fhir) -> etree._Element | None:
    """A FHIR Identifier as II; a system without an OID becomes a name-based UUID root (RFC 9562 5.5)."""
    system, number_ = value.get("system"), value.get("value")
    if not isinstance(system, str) or not isinstance(number_, str):
        return None
    if system == "urn:ietf:rfc:3986":
        root = number_.removeprefix("urn:oid:").removeprefix("urn:uuid:")
        return el("id", {"root": root}) if root != number_ else None
    oid = identifier_root(system)
    root = oid or str(uuid.uuid5(uuid.NAMESPACE_URL, system))
    return el("id", {"root": root, "extension": number_, "assigningAuthorityName": None if oid else system})
