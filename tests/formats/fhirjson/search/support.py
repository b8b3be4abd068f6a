"""Short ways to ask one resource."""

from typing import Any

from chartpost.formats.fhirjson.search import Criterion, parse
from chartpost.formats.fhirjson.tables import Json

BASE = "https://records.example.org/fhir"


def criterion(resource_type: str, name: str, value: str, **more: Any) -> Criterion:
    """The one criterion of a search."""
    (found,) = parse(resource_type, [(name, value)], base_url=BASE, **more).criteria
    return found


def asks(resource: Json, name: str, value: str, **more: Any) -> bool:
    """Whether a resource is found by one parameter."""
    return criterion(resource["resourceType"], name, value, **more).matches(resource)


def concept(*codings: tuple[str, str], text: str = "") -> Json:
    """A CodeableConcept of (system, code)."""
    found: Json = {"coding": [{"system": s, "code": c} if s else {"code": c} for s, c in codings]}
    return {**found, "text": text} if text else found
