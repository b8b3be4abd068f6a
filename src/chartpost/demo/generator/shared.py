"""Resources that belong to no person: organisations, locations, clinicians."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from uuid import NAMESPACE_URL, uuid5

from chartpost.demo.generator.coding import OFFICE, hl7
from chartpost.demo.generator.data.places import CLINICIANS, FACILITIES, ORGANIZATIONS
from chartpost.demo.generator.values import Resource

NPI = "http://hl7.org/fhir/sid/us-npi"
PLANS = ("golden", "lonestar", "senior")


def shared_resource(resource_type: str, key: str) -> Resource:
    """A fresh copy of a shared resource; its id is the same in every bundle and for every seed."""
    return deepcopy(_built(resource_type, key))


@cache
def _built(resource_type: str, key: str) -> Resource:
    head = {"resourceType": resource_type, "id": _shared_id(resource_type, key)}
    return head | _BUILDERS[resource_type](key)


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
    if home:
        fields["address"] = [_address(home.key)]
    return fields


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


_BUILDERS: dict[str, Callable[[str], Resource]] = {
    "Organization": _organization,
    "Location": _location,
    "Practitioner": _practitioner,
}
