"""The header of a received CDA document: enough to file it with the right person."""

from dataclasses import dataclass
from functools import cache

from lxml import etree

from chartpost.formats.ccda.xmlnode import NS

_SEXES = {"M": "male", "F": "female", "UN": "other"}
_RELEASES = {"2013-01-31": "R1.1", "2014-06-09": "R2.0", "2015-08-01": "R2.1"}
_US_REALM = "2.16.840.1.113883.10.20.22.1.1"


@dataclass(frozen=True)
class PatientName:
    """A name as the sender wrote it."""

    given: tuple[str, ...]
    family: str
    suffix: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (*self.given, self.family, self.suffix) if part)


@dataclass(frozen=True)
class PostalAddress:
    """An address as the sender wrote it; empty strings where a part is absent."""

    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    country: str


@dataclass(frozen=True)
class Code:
    """A code with its code system's OID and printed name."""

    code: str
    system: str
    display: str


@dataclass(frozen=True)
class Header:
    """What a CDA header says about the document and its patient.

    `birth_date` is YYYY, YYYY-MM or YYYY-MM-DD (None where absent or not a date); `sex` is a FHIR
    administrative gender; `effective_time` is the CDA TS as written; `release` is the C-CDA release whose
    US Realm Header the document claims, or an empty string.
    """

    title: str
    document_id: tuple[str, str]
    set_id: tuple[str, str] | None
    version: str
    code: Code
    effective_time: str
    languages: tuple[str, ...]
    release: str
    names: tuple[PatientName, ...]
    birth_date: str | None
    sex: str
    identifiers: tuple[tuple[str, str], ...]
    addresses: tuple[PostalAddress, ...]
    telecoms: tuple[str, ...]
    custodian: str

    @property
    def name(self) -> PatientName:
        """The first patient name; empty where there is none."""
        return self.names[0] if self.names else PatientName((), "")


def header_of(root: etree._Element) -> Header:
    """The header of a document already parsed."""
    role = _first(root, "v3:recordTarget/v3:patientRole")
    patient = _first(role, "v3:patient")
    set_id = _first(root, "v3:setId")
    gender = _attribute(patient, "v3:administrativeGenderCode", "code")
    languages = [_attribute(root, "v3:languageCode", "code")]
    languages += [c.get("code", "") for c in _all(patient, "v3:languageCommunication/v3:languageCode")]
    return Header(
        title=_text(_first(root, "v3:title")),
        document_id=_ii(_first(root, "v3:id")),
        set_id=_ii(set_id) if set_id is not None else None,
        version=_attribute(root, "v3:versionNumber", "value"),
        code=_code(_first(root, "v3:code")),
        effective_time=_attribute(root, "v3:effectiveTime", "value"),
        languages=tuple(dict.fromkeys(filter(None, languages))),
        release=_release(root),
        names=tuple(map(_name, _all(patient, "v3:name[not(@nullFlavor)]"))),
        birth_date=_date(_attribute(patient, "v3:birthTime", "value")),
        sex=_SEXES.get(gender, "unknown"),
        identifiers=tuple(i for i in map(_ii, _all(role, "v3:id[not(@nullFlavor)]")) if i[0]),
        addresses=tuple(map(_address, _all(role, "v3:addr[not(@nullFlavor)]"))),
        telecoms=tuple(t.get("value", "") for t in _all(role, "v3:telecom[@value]")),
        custodian=_text(_first(root, _CUSTODIAN_NAME)),
    )


_CUSTODIAN_NAME = "v3:custodian/v3:assignedCustodian/v3:representedCustodianOrganization/v3:name"


def _all(node: etree._Element | None, path: str) -> list[etree._Element]:
    found = _compiled(path)(node) if node is not None else []
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=NS)


def _first(node: etree._Element | None, path: str) -> etree._Element | None:
    return next(iter(_all(node, path)), None)


def _attribute(node: etree._Element | None, path: str, name: str) -> str:
    found = _first(node, path)
    return (found.get(name) or "").strip() if found is not None else ""


def _text(node: etree._Element | None) -> str:
    return " ".join("".join(map(str, node.itertext())).split()) if node is not None else ""


def _ii(node: etree._Element | None) -> tuple[str, str]:
    return ((node.get("root") or "").strip(), (node.get("extension") or "").strip()) if node is not None else ("", "")


def _code(node: etree._Element | None) -> Code:
    if node is None:
        return Code("", "", "")
    return Code(node.get("code") or "", node.get("codeSystem") or "", node.get("displayName") or "")


def _name(node: etree._Element) -> PatientName:
    family = " ".join(filter(None, map(_text, _all(node, "v3:family"))))
    given = tuple(without_null(list(filter(None, map(_text, _all(node, "v3:given"))))))
    plain = "" if family or given else _text(node)
    return PatientName(given, family or plain, _text(_first(node, "v3:suffix")))


def without_null(given: list[str]) -> list[str]:
    """Given names without the word some programs write for none; a name that is nothing else stays."""
    return [name for name in given if name != "null"] or given


def _address(node: etree._Element) -> PostalAddress:
    lines = tuple(filter(None, map(_text, _all(node, "v3:streetAddressLine"))))
    rest = [_text(_first(node, f"v3:{part}")) for part in ("city", "state", "postalCode", "country")]
    return PostalAddress(lines, *rest)


def _date(value: str) -> str | None:
    digits = value[:8]
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (4, 6, 8) or digits[:4] == "0000":
        return None
    return "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)


def _release(root: etree._Element) -> str:
    claims = [t.get("extension") or "" for t in _all(root, "v3:templateId") if t.get("root") == _US_REALM]
    if not claims:
        return ""
    newest = max(claims)
    return _RELEASES.get(newest, f"after R2.1 ({newest})" if newest > "2015-08-01" else "R1.1")
