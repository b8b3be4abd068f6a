"""What a file says about its patient, from a FHIR Patient or a CDA header, in the words of `matching`."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chartpost.formats.ccda import Header
from chartpost.records import matching
from chartpost.records.ingest.places import state_code
from chartpost.records.matching import Incoming

SHARED_TYPES = frozenset({"MB", "SN", "NIIP", "FN"})
"""Identifier types (HL7 v2-0203) of member, subscriber and family numbers, which a family may share."""
_NAME_ORDER = ("official", "usual", "", "anonymous", "temp", "nickname", "old", "maiden")
_LENGTHS = {"given": 120, "family": 120, "address_line": 250, "city": 120, "postal_code": 12, "phone": 40}
_OUR_CODES = {"given", "family", "sex", "address_line", "city", "state", "postal_code", "phone", "email", "language"}


def from_resource(patient: Mapping[str, Any]) -> Incoming:
    """A FHIR R4 Patient (https://hl7.org/fhir/R4/patient.html) that was found valid."""
    name = _best_name(patient.get("name", ()))
    address = _best_address(patient.get("address", ()))
    telecom = patient.get("telecom", ())
    own, shared = _identifiers(patient.get("identifier", ()))
    return Incoming(
        given=" ".join(filter(None, name.get("given", ()))),
        family=name.get("family", "") or ("" if name.get("given") else name.get("text", "")),
        birth_date=patient.get("birthDate", ""),
        sex=patient.get("gender", ""),
        address_line=", ".join(filter(None, address.get("line", ()))),
        city=address.get("city", ""),
        state=state_code(address.get("state", "")),
        postal_code=address.get("postalCode", ""),
        phone=_telecom(telecom, "phone"),
        email=_telecom(telecom, "email"),
        language=_language(patient.get("communication", ())),
        deceased_on=_day(patient.get("deceasedDateTime", "")),
        identifiers=own,
        shared_identifiers=shared,
    )


def whose(patient: Mapping[str, Any]) -> int | None:
    """The person a FHIR R4 Patient that was found valid describes; None for a new one, or where that is not sure."""
    return matching.find(from_resource(patient)).person_id


def from_header(header: Header) -> Incoming:
    """The patient of a CDA header; an identifier without extension is its root alone."""
    address = header.addresses[0] if header.addresses else None
    phones = [t.removeprefix("tel:") for t in header.telecoms if t.startswith("tel:")]
    mails = [t.removeprefix("mailto:") for t in header.telecoms if t.startswith("mailto:")]
    return Incoming(
        given=" ".join(header.name.given),
        family=header.name.family,
        birth_date=header.birth_date or "",
        sex=header.sex,
        address_line=", ".join(address.lines) if address else "",
        city=address.city if address else "",
        state=state_code(address.state) if address else "",
        postal_code=address.postal_code if address else "",
        phone=phones[0] if phones else "",
        email=mails[0] if mails else "",
        identifiers=tuple((f"urn:oid:{root}", value) for root, value in header.identifiers if root and value),
    )


def person_fields(incoming: Incoming) -> dict[str, Any]:
    """The fields of a new person, cut to the lengths that are kept."""
    fields = {name: getattr(incoming, name)[: _LENGTHS.get(name, 250)] for name in _OUR_CODES}
    fields["language"] = incoming.language[:8]
    return {**fields, "birth_date": incoming.born, "deceased_on": incoming.deceased_on}


def shown(incoming: Incoming) -> dict[str, Any]:
    """What staff see of the file's patient beside the candidates."""
    return {
        "name": incoming.name,
        "birth_date": incoming.birth_date,
        "sex": incoming.sex,
        "address": ", ".join(
            filter(None, (incoming.address_line, incoming.city, incoming.state, incoming.postal_code))
        ),
        "identifiers": [list(pair) for pair in incoming.identifiers],
    }


def _identifiers(values: Iterable[Any]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for value in values:
        system, number = value.get("system", "").strip(), value.get("value", "").strip()
        if not system or not number or len(system) > 200 or len(number) > 200 or value.get("use") == "old":
            continue
        codes = {coding.get("code") for coding in value.get("type", {}).get("coding", ())}
        (shared if codes & SHARED_TYPES else own).append((system, number))
    return tuple(dict.fromkeys(own)), tuple(dict.fromkeys(shared))


def _best_name(names: Iterable[Any]) -> Mapping[str, Any]:
    """The name in use now: without an end, by use; FHIR lists them in no order."""

    def rank(name: Mapping[str, Any]) -> tuple[bool, int]:
        use = name.get("use", "")
        ended = "end" in name.get("period", {})
        return ended, _NAME_ORDER.index(use) if use in _NAME_ORDER else len(_NAME_ORDER)

    found = sorted((n for n in names if n.get("family") or n.get("given") or n.get("text")), key=rank)
    return found[0] if found else {}


def _best_address(addresses: Iterable[Any]) -> Mapping[str, Any]:
    def rank(address: Mapping[str, Any]) -> tuple[bool, bool, bool]:
        old = address.get("use") == "old" or "end" in address.get("period", {})
        return old, address.get("use", "home") != "home", not address.get("line")

    found = sorted(addresses, key=rank)
    return found[0] if found else {}


def _telecom(values: Iterable[Any], system: str) -> str:
    found = [v["value"] for v in values if v.get("system") == system and v.get("value") and v.get("use") != "old"]
    return found[0] if found else ""


def _language(values: Iterable[Any]) -> str:
    ordered = sorted(values, key=lambda v: not v.get("preferred", False))
    codes = [c.get("code", "") for v in ordered for c in v.get("language", {}).get("coding", ())]
    return next((code.partition("-")[0] for code in codes if code), "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
