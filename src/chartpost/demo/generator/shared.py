"""Resources that belong to no person: organisations, locations, clinicians."""

from collections.abc import Callable
from functools import cache
from uuid import NAMESPACE_URL, uuid5

from chartpost.demo.generator.claims import claim
from chartpost.demo.generator.coding import OFFICE, Code, hl7
from chartpost.demo.generator.data.places import CLINICIANS, FACILITIES, ORGANIZATIONS
from chartpost.demo.generator.values import Resource

NPI = "http://hl7.org/fhir/sid/us-npi"
PLANS = ("golden", "lonestar", "senior")


@cache
def shared_resource(resource_type: str, key: str) -> Resource:
    """A shared resource, with one id in every bundle and for every seed; one object for all, so copy what you keep."""
    head = {"resourceType": resource_type, "id": _shared_id(resource_type, key)}
    return claim(head | _BUILDERS[resource_type](key))


def _shared_id(resource_type: str, key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{OFFICE}shared/{resource_type}/{key}"))


def _npi(number: int) -> str:
    """A number shaped like an NPI whose first digit no real one has, with its Luhn digit (45 CFR 162.406)."""
    digits = f"80840{9_999_000_00 + number:09d}"
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return f"{digits[5:]}{-total % 10}"


def _organization(key: str) -> Resource:
    number = list(ORGANIZATIONS).index(key) + 1
    home = next((one for one in FACILITIES.values() if one.organization == key), None)
    kind = ("pay", "Payer") if key in PLANS else ("prov", "Healthcare Provider")
    fields: Resource = {
        "identifier": [{"system": NPI, "value": _npi(number)}],
        "active": True,
        "type": [hl7("organization-type", *kind)],
        "name": ORGANIZATIONS[key],
        "telecom": [{"system": "phone", "value": home.phone if home else "800-555-0190", "use": "work"}],
    }
    fields["address"] = [_address(home.key) if home else _PLAN_ADDRESS]
    return fields


_PLAN_ADDRESS = {
    "line": ["PO Box 1000"],
    "city": "Sacramento",
    "state": "CA",
    "postalCode": "95814",
    "country": "US",
}


def _address(facility_key: str) -> Resource:
    place = FACILITIES[facility_key]
    where = {"line": [place.line], "city": place.city, "state": place.state}
    return where | {"postalCode": place.zip, "country": "US"}


def _location(key: str) -> Resource:
    place = FACILITIES[key]
    return {
        "status": "active",
        "name": place.name,
        "telecom": [{"system": "phone", "value": place.phone, "use": "work"}],
        "address": _address(key),
        "managingOrganization": {
            "reference": f"Organization/{_shared_id('Organization', place.organization)}",
            "display": ORGANIZATIONS[place.organization],
        },
    }


def _practitioner(key: str) -> Resource:
    who = CLINICIANS[key]
    number = list(CLINICIANS).index(key) + 101
    text = f"{who.given} {who.family}, {who.suffix}"
    return {
        "identifier": [{"system": NPI, "value": _npi(number)}],
        "active": True,
        "name": [{"use": "official", "text": text, "family": who.family, "given": [who.given], "suffix": [who.suffix]}],
        "telecom": [{"system": "email", "value": f"{who.given}.{who.family}@example.org".lower(), "use": "work"}],
        "qualification": [{"code": {"text": who.speciality}}],
    }


def _practitioner_role(key: str) -> Resource:
    """What a clinician does, and where (US Core PractitionerRole)."""
    who = CLINICIANS[key]
    place = FACILITIES[who.facility]
    return {
        "active": True,
        "practitioner": _link("Practitioner", key, f"{who.given} {who.family}, {who.suffix}"),
        "organization": _link("Organization", place.organization, ORGANIZATIONS[place.organization]),
        "code": [_PHYSICIAN.concept()],
        "specialty": [{"coding": [_SPECIALTIES[key].coding()], "text": who.speciality}],
        "location": [_link("Location", who.facility, place.name)],
        "telecom": [{"system": "phone", "value": place.phone, "use": "work"}],
        "endpoint": [_link("Endpoint", "direct", "Direct messages")],
    }


def _endpoint(_key: str) -> Resource:
    """Where the office takes Direct messages."""
    return {
        "status": "active",
        "connectionType": hl7("endpoint-connection-type", "direct-project", "Direct Project")["coding"][0],
        "name": "Direct messages of Lakeside Family Health",
        "managingOrganization": _link("Organization", "lakeside", ORGANIZATIONS["lakeside"]),
        "payloadType": [{"text": "C-CDA and FHIR documents"}],
        "address": "mailto:records@direct.lakeside.example.org",
    }


def _link(resource_type: str, key: str, display: str) -> Resource:
    return {"reference": f"{resource_type}/{_shared_id(resource_type, key)}", "display": display}


def linked(resource_type: str, key: str) -> list[tuple[str, str]]:
    """The shared resources a shared resource names, as (type, key)."""
    if resource_type == "Location":
        return [("Organization", FACILITIES[key].organization)]
    if resource_type == "Endpoint":
        return [("Organization", "lakeside")]
    if resource_type == "PractitionerRole":
        return [("Practitioner", key), ("Location", CLINICIANS[key].facility), ("Endpoint", "direct")]
    return []


_PHYSICIAN = Code("http://nucc.org/provider-taxonomy", "208D00000X", "General Practice Physician")
_SPECIALTIES = {
    "ca": Code("http://nucc.org/provider-taxonomy", "207Q00000X", "Family Medicine Physician"),
    "tx": Code("http://nucc.org/provider-taxonomy", "207Q00000X", "Family Medicine Physician"),
    "obstetrician": Code("http://nucc.org/provider-taxonomy", "207V00000X", "Obstetrics & Gynecology Physician"),
}

_BUILDERS: dict[str, Callable[[str], Resource]] = {
    "Organization": _organization,
    "Location": _location,
    "Practitioner": _practitioner,
    "PractitionerRole": _practitioner_role,
    "Endpoint": _endpoint,
}
