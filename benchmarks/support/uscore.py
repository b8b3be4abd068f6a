"""The searches a US Core 6.1.0 server SHALL answer, with values from a person's own record.

https://hl7.org/fhir/us/core/STU6.1/CapabilityStatement-us-core-server.html
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

SHALL: dict[str, tuple[str, ...]] = {
    "Patient": ("_id", "identifier", "name", "birthdate name", "gender name"),
    "AllergyIntolerance": ("patient",),
    "CarePlan": ("patient category",),
    "CareTeam": ("patient status",),
    "Condition": ("patient", "patient category"),
    "Coverage": ("patient",),
    "Device": ("patient",),
    "DiagnosticReport": ("patient", "patient category", "patient category date", "patient code"),
    "DocumentReference": ("_id", "patient", "patient type", "patient category", "patient category date"),
    "Encounter": ("_id", "patient", "date patient"),
    "Goal": ("patient",),
    "Immunization": ("patient",),
    "MedicationDispense": ("patient",),
    "MedicationRequest": ("patient intent", "patient intent status"),
    "Observation": ("patient category", "patient category date", "patient code"),
    "Procedure": ("patient", "patient date"),
    "RelatedPerson": ("_id",),
    "ServiceRequest": ("_id", "patient", "patient category", "patient category authored", "patient code"),
}
WITH_PROVENANCE = ("Observation?patient category", "Encounter?patient")
_DATES = {"DiagnosticReport": "effectiveDateTime", "DocumentReference": "date", "Observation": "effectiveDateTime"}
_CONSTANT = {
    "category": "assess-plan",
    "status": "active",
    "code": "unknown",
    "type": "unknown",
    "intent": "order",
    "date": "ge2015-01-01",
    "authored": "ge2015-01-01",
}


def searches() -> list[str]:
    """The name of each search: Type?parameter parameter."""
    plain = [f"{kind}?{names}" for kind, combinations in SHALL.items() for names in combinations]
    return [*plain, *(f"{name} _revinclude" for name in WITH_PROVENANCE)]


def address(search: str, resources: Sequence[dict[str, Any]]) -> str:
    """The address of a search about one person, Patient first in `resources`."""
    kind, _, names = search.partition("?")
    found = next((r for r in resources if r["resourceType"] == kind), {})
    pairs = [(name, _value(name, kind, found, resources[0])) for name in names.split()]
    return f"/fhir/{kind}?{urlencode(pairs, quote_via=quote)}"


def _value(name: str, kind: str, resource: dict[str, Any], patient: dict[str, Any]) -> str:
    if name == "patient":
        return str(patient["id"])
    if name == "_revinclude":
        return "Provenance:target"
    own = next(_own(name, kind, resource), "")
    return own or _CONSTANT.get(name, "none")


def _own(name: str, kind: str, resource: dict[str, Any]) -> Iterator[str]:
    """The value of a parameter in a resource, if it has one."""
    if name == "_id" and resource:
        yield resource["id"]
    if name == "identifier":
        yield from (f"{i['system']}|{i['value']}" for i in resource.get("identifier", ()) if i.get("system"))
    if name == "name":
        yield resource["name"][0]["family"]
    if name == "birthdate":
        yield resource["birthDate"]
    if name in ("gender", "status", "intent") and resource.get(name):
        yield resource[name]
    if name == "date" and resource.get(_DATES.get(kind, "")):
        yield f"ge{resource[_DATES[kind]][:4]}-01-01"
    if name in ("category", "code", "type"):
        yield from _codes(resource.get(name))


def _codes(value: Any) -> Iterator[str]:
    concepts = value if isinstance(value, list) else [value]
    for concept in concepts:
        for coding in (concept or {}).get("coding", ()):
            if coding.get("code"):
                yield f"{coding['system']}|{coding['code']}" if coding.get("system") else coding["code"]
