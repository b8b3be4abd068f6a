"""Who a resource is about, and how its references are rewritten when a bundle is taken apart."""

from functools import cache
from typing import Any

from chartpost.formats.fhirjson.errors import NotAResourceError
from chartpost.formats.fhirjson.paths import Path, paths, walk
from chartpost.formats.fhirjson.tables import Json, table

_FIRST = ("patient", "subject", "beneficiary", "individual")


def resolve_references(resource: Json, mapping: dict[str, str]) -> Json:
    """A copy whose `reference` values (and `urn:` addresses) found in `mapping` are replaced; the rest is kept.

    Keys are references as received: a fullUrl, `urn:uuid:...`, or `Practitioner?identifier=system|value`
    (https://hl7.org/fhir/R4/http.html#trules); values are relative references such as `Practitioner/abc`.
    """
    try:
        copy: Json = _rewrite(resource, mapping)
    except RecursionError as error:
        raise NotAResourceError("nesting without end", "a FHIR resource", "send FHIR R4 JSON") from error
    return copy


def references_of(resource: Json) -> list[str]:
    """Every distinct `reference` text in the resource, in order, contained ones (`#...`) left out."""
    found: dict[str, None] = {}
    waiting: list[Any] = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("reference")
            if isinstance(reference, str) and not reference.startswith("#"):
                found[reference] = None
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
    return list(found)


def subject_of(resource: Json) -> str | None:
    """The reference to the patient the resource belongs to, as received, or None.

    Follows the patient compartment (https://hl7.org/fhir/R4/compartmentdefinition-patient.html): patient, subject
    and beneficiary first, then the other parameters where they name a Patient. A Patient is its own subject.
    """
    kind = resource.get("resourceType")
    if kind == "Patient":
        identity = resource.get("id")
        return f"Patient/{identity}" if isinstance(identity, str) else None
    if not isinstance(kind, str):
        return None
    for path in _compartment(kind):
        for value in walk(resource, path.steps):
            reference = value.get("reference") if isinstance(value, dict) else None
            if isinstance(reference, str) and _may_be_patient(reference, path, value):
                return reference
    return None


def target_type(reference: str) -> str:
    """The resource type that `Patient/1`, `http://x/fhir/Patient/1/_history/2` or `Patient?...` names, or ''."""
    if "?" in reference:
        return reference.partition("?")[0].rpartition("/")[2]
    parts = reference.partition("/_history/")[0].split("/")
    return parts[-2] if len(parts) > 1 else ""


def _may_be_patient(reference: str, path: Path, value: Json) -> bool:
    if reference.startswith("#"):
        return False
    named = target_type(reference) or value.get("type")
    return named == "Patient" or (not named and path.parameter in _FIRST)


@cache
def _compartment(kind: str) -> tuple[Path, ...]:
    parameters: list[str] = table("compartment").get(kind, [])
    if not parameters and kind != "Device":
        return ()
    order = [p for p in _FIRST if p in (*parameters, "patient", "subject")] + parameters
    known = paths(kind)
    return tuple(path for name in dict.fromkeys(order) for path in known if path.parameter == name)


def _rewrite(value: Any, mapping: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {k: _address(k, v, mapping) if isinstance(v, str) else _rewrite(v, mapping) for k, v in value.items()}
    if isinstance(value, list):
        return [_rewrite(item, mapping) for item in value]
    return value


def _address(key: str, text: str, mapping: dict[str, str]) -> str:
    if key == "reference" or (text.startswith("urn:") and key in ("url", "valueUri", "valueUrl")):
        return mapping.get(text, text)
    return text
