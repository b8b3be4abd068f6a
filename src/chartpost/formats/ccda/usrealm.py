"""US Realm parts of a header: names, addresses, telecoms, and the patient (C-CDA R2.1 1.1)."""

from collections.abc import Iterable

from lxml import etree

from chartpost.formats.ccda.codesystems import NULL_FLAVOR, code_system
from chartpost.formats.ccda.datatypes import fixed, identifier, point
from chartpost.formats.ccda.fhirvalues import Fhir, code_of, extension, first
from chartpost.formats.ccda.parties import Address, Organization
from chartpost.formats.ccda.record import unique_id
from chartpost.formats.ccda.xmlnode import el, null

_GENDER = "2.16.840.1.113883.5.1"
_GENDERS = {"male": ("M", "Male"), "female": ("F", "Female"), "other": ("UN", "Undifferentiated")}
_TELECOM_PREFIX = {"phone": "tel:", "fax": "fax:", "sms": "sms:", "email": "mailto:", "pager": "tel:"}
_TELECOM_USE = {"home": "HP", "work": "WP", "mobile": "MC"}
_ADDRESS_USE = {"home": "HP", "work": "WP", "temp": "TMP", "old": "BAD"}
_NAME_USE = {"official": "L", "usual": "L", "nickname": "P", "anonymous": "A"}
_LEFT_OUT = {"SS", "DL", "PPN"}
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def patient_role(person: Fhir, custodian: Organization) -> etree._Element:
    """`recordTarget/patientRole` of a FHIR Patient.

    Social Security, driver's licence and passport numbers are left out: a record needs none of them.
    """
    ids = [i for i in map(_patient_id, person.get("identifier") or ()) if i is not None]
    own = el("id", {"root": unique_id(person, custodian.identifier)})
    return el(
        "patientRole",
        None,
        own,
        ids,
        addresses(person.get("address")),
        telecoms(person.get("telecom")),
        _patient(person),
    )


def _patient_id(value: Fhir) -> etree._Element | None:
    if _LEFT_OUT & {c.get("code") for c in (value.get("type") or {}).get("coding") or ()}:
        return None
    if str(value.get("system", "")).endswith(("us-ssn", "2.16.840.1.113883.4.1")):
        return None
    return identifier(value)


def _patient(person: Fhir) -> etree._Element:
    races = _omb(person, "race")
    groups = _omb(person, "ethnicity")
    return el(
        "patient",
        None,
        names(person.get("name")),
        _gender(person.get("gender")),
        point("birthTime", person.get("birthDate")),
        _deceased(person),
        _marital(person.get("maritalStatus")),
        _race_code("raceCode", first(races)),
        [_race_code("sdtc:raceCode", race) for race in races[1:]],
        _race_code("ethnicGroupCode", first(groups)),
        [_race_code("sdtc:ethnicGroupCode", group) for group in groups[1:]],
        [_language(c) for c in person.get("communication") or () if _language_tag(c)],
    )


def _gender(gender: str | None) -> etree._Element:
    known = _GENDERS.get(gender or "")
    return (
        fixed("administrativeGenderCode", known[0], _GENDER, known[1])
        if known
        else null("administrativeGenderCode", "UNK")
    )


def _deceased(person: Fhir) -> list[etree._Element]:
    when, flag = person.get("deceasedDateTime"), person.get("deceasedBoolean")
    if when is None and flag is None:
        return []
    dead = el("sdtc:deceasedInd", {"value": "true" if when or flag else "false"})
    return [dead, point("sdtc:deceasedTime", when)] if when else [dead]


def _marital(concept: Fhir | None) -> etree._Element | None:
    coding = first((concept or {}).get("coding"))
    system = code_system(str(coding.get("system", "")))
    if not system or not code_of(concept) or coding.get("system") == NULL_FLAVOR:
        return None
    return el("maritalStatusCode", {"code": code_of(concept), "codeSystem": system.oid,
                                    "displayName": coding.get("display")})  # fmt: skip


def _omb(person: Fhir, name: str) -> list[Fhir]:
    parts = extension(person, _US_CORE + name).get("extension") or ()
    ranked = sorted((p for p in parts if p.get("valueCoding")), key=lambda p: str(p.get("url")) != "ombCategory")
    return [p["valueCoding"] for p in ranked]


def _race_code(tag: str, coding: Fhir) -> etree._Element:
    system = code_system(str(coding.get("system", "")))
    if not system or not coding.get("code"):
        return null(tag, str(coding.get("code", "UNK")) if coding.get("system") == NULL_FLAVOR else "UNK")
    return el(tag, {"code": coding.get("code"), "codeSystem": system.oid,
                    "codeSystemName": system.name or None, "displayName": coding.get("display")})  # fmt: skip


def _language_tag(communication: Fhir) -> str:
    coding = first((communication.get("language") or {}).get("coding"))
    return str(coding.get("code", ""))


def _language(communication: Fhir) -> etree._Element:
    preferred = communication.get("preferred")
    return el(
        "languageCommunication",
        None,
        el("languageCode", {"code": _language_tag(communication)}),
        el("preferenceInd", {"value": str(preferred).lower()}) if preferred is not None else None,
    )


def names(values: Iterable[Fhir] | None) -> list[etree._Element]:
    """Patient names (PTN.US.FIELDED): given and family always, with nullFlavor where not known."""
    return [_name(value) for value in values or ()] or [_name({})]


def _name(value: Fhir) -> etree._Element:
    family = value.get("family") or (value.get("text") if not value.get("given") else None)
    given = [el("given", None, g) for g in value.get("given") or ()] or [null("given")]
    return el(
        "name",
        {"use": _NAME_USE.get(value.get("use", ""))},
        [el("prefix", None, p) for p in value.get("prefix") or ()],
        given,
        el("family", None, family) if family else null("family"),
        [el("suffix", None, s) for s in value.get("suffix") or ()],
    )


def addresses(values: Iterable[Fhir] | None) -> list[etree._Element]:
    """FHIR addresses as AD.US.FIELDED; one with nullFlavor NI where there is none."""
    found = [
        _address(
            Address(
                tuple(a.get("line") or ()),
                a.get("city", ""),
                a.get("state", ""),
                a.get("postalCode", ""),
                a.get("country", ""),
            ),
            _ADDRESS_USE.get(a.get("use", "")),
        )
        for a in values or ()
    ]
    return found or [null("addr")]


def _address(value: Address, use: str | None = None) -> etree._Element:
    lines = [el("streetAddressLine", None, line) for line in value.lines[:4] if line]
    return el(
        "addr",
        {"use": use},
        lines or [null("streetAddressLine")],
        _part("city", value.city),
        _part("state", value.state),
        _part("postalCode", value.postal_code),
        _part("country", value.country),
    )


def _part(tag: str, text: str) -> etree._Element:
    return el(tag, None, text) if text else null(tag)


def telecoms(values: Iterable[Fhir] | None) -> list[etree._Element]:
    """FHIR contact points as TEL; one with nullFlavor NI where there is none."""
    found = [
        el(
            "telecom",
            {
                "use": _TELECOM_USE.get(t.get("use", "")),
                "value": _TELECOM_PREFIX.get(t.get("system", ""), "") + "".join(str(t["value"]).split()),
            },
        )
        for t in values or ()
        if t.get("value")
    ]
    return found or [null("telecom")]


def organization_contact(organization: Organization) -> list[etree._Element]:
    """`telecom` and `addr` of an organisation, one each."""
    phone = telecoms([{"system": "phone", "use": "work", "value": organization.phone}])
    place = _address(organization.address, "WP") if organization.address.lines else null("addr")
    return [*phone, place]
