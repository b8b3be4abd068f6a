"""Who a resource is about, and how its references are rewritten when a bundle is taken apart."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.paths import Path, paths, walk
from chartpost.formats.fhirjson.tables import Json, table

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""What may be the id of a resource (https://hl7.org/fhir/R4/datatypes.html#id)."""
_URIS = frozenset({"url", "uri", "valueUri", "valueUrl", "source", "implicitRules", "address", "endpoint"})
"""Elements of type uri or url that may name another resource; `system` names none, and an oid or uuid never could."""
_LISTED = frozenset({"policy", "instantiatesUri"})
"""Those of them of which a resource may have several."""
_ADDRESSES = _URIS | _LISTED | {"reference", "div"}
_LINK = re.compile(r"""(<(?:a|img)\b[^<>]*?\b(?:href|src)\s*=\s*)(["'])(urn:[^"'<>]+)\2""")
"""A link or an image of a narrative."""
_FIRST = ("patient", "subject", "beneficiary", "individual")
OF_PATIENTS = frozenset(
    {"AllergyIntolerance", "CarePlan", "CareTeam", "ClinicalImpression", "Condition", "Coverage", "DiagnosticReport"}
    | {"Claim", "DocumentReference", "Encounter", "EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory"}
    | {"Goal", "ImagingStudy", "Immunization", "MedicationAdministration", "MedicationDispense", "MedicationRequest"}
    | {"MedicationStatement", "Observation", "Procedure", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest"}
    | {"Specimen", "Device"}
)
"""Types that are the patient's whom their one patient or subject names, but for what is `filed_beside`."""


class Address(NamedTuple):
    """A place in a resource that holds the address of another: `holder[key]` is `text`; a holder may be a list."""

    holder: Any
    key: str | int
    text: str


def addresses(resource: Json) -> list[Address]:
    """Every `reference` of a resource, every uri that is a `urn:`, every narrative that may link to one.

    Those of contained resources too. These are the places a transaction rewrites
    (https://hl7.org/fhir/R4/http.html#trules). Nesting may be of any depth; outer places come first.
    """
    found: list[Address] = []
    waiting: list[Any] = [resource]
    for value in waiting:  # grows while it is read
        if type(value) is dict:
            for key, child in value.items():
                kind = type(child)
                if kind is dict or kind is list:
                    waiting.append(child)
                    if key in _LISTED and kind is list:
                        found += [Address(child, n, one) for n, one in enumerate(child) if _is_urn(one)]
                elif kind is str and key in _ADDRESSES and (key == "reference" or _names_urn(key, child)):
                    found.append(Address(value, key, child))
        elif type(value) is list:
            waiting.extend(value)
    return found


def resolve(places: Iterable[Address], mapping: Mapping[str, str]) -> None:
    """Put what `mapping` says in these places; others are left alone.

    Keys are references as received: a fullUrl, `urn:uuid:...`, or `Practitioner?identifier=system|value`; values are
    relative references such as `Practitioner/abc`.
    """
    for holder, key, text in places:
        if key == "div":
            holder[key] = _LINK.sub(lambda link: link[1] + link[2] + mapping.get(link[3], link[3]) + link[2], text)
        elif text in mapping:
            holder[key] = mapping[text]


def _is_urn(value: object) -> bool:
    return isinstance(value, str) and value.startswith("urn:")


def _names_urn(key: str, text: str) -> bool:
    return "urn:" in text if key == "div" else text.startswith("urn:")


def references_of(resource: Json) -> list[str]:
    """Every distinct `reference` text in the resource, contained ones (`#...`) left out."""
    return texts_of(addresses(resource))


def texts_of(places: Iterable[Address]) -> list[str]:
    """The distinct `reference` texts in these places, contained ones (`#...`) left out."""
    return list(dict.fromkeys(text for _, key, text in places if key == "reference" and text[:1] != "#"))


def subject_of(resource: Json) -> str | None:
    """The reference to the patient the resource belongs to, as received, or None.

    Follows the patient compartment (https://hl7.org/fhir/R4/compartmentdefinition-patient.html): patient, subject
    and beneficiary first, then the other parameters where they name a Patient. A Patient is its own subject, and a
    Binary belongs to the one its securityContext names.
    """
    kind = resource.get("resourceType")
    if kind == "Patient":
        identity = resource.get("id")
        return f"Patient/{identity}" if isinstance(identity, str) else None
    if not isinstance(kind, str):
        return None
    if kind == "Binary":
        context = context_of(resource)
        return context if target_type(context) == "Patient" else None
    for path in _compartment(kind):
        for value in walk(resource, path.steps):
            reference = value.get("reference") if isinstance(value, dict) else None
            if isinstance(reference, str) and _may_be_patient(reference, path, value):
                return reference
    return None


def pointed_at(reference: str) -> tuple[str, str]:
    """Type and id that a relative reference names, its version left out; the type is empty for what is none."""
    kind, _, name = reference.partition("/_history/")[0].rpartition("/")
    return kind, name


def filed_beside(resource: Json) -> bool:
    """Whether one of `OF_PATIENTS` belongs to a Patient who is not its patient or subject.

    Its subject is a place or a group, or it has none, and another element names a Patient: who performed it, or wrote
    it. It is in the patient's compartment, yet no search by `patient` or `subject` finds it; nor a Device that names no
    patient, such as the program that wrote an imported document.
    """
    kind = resource.get("resourceType")
    if kind not in OF_PATIENTS:
        return False
    about = resource.get(_patient_key(kind))
    text = about.get("reference") if isinstance(about, dict) else None
    if isinstance(about, dict) and isinstance(text, str) and text[:1] != "#":
        return not text.startswith("Patient/") and (target_type(text) or about.get("type", "Patient")) != "Patient"
    return (kind == "Device" and not about) or subject_of(resource) is not None


def context_of(resource: Mapping[str, Any]) -> str:
    """The reference to what a Binary's securityContext names, without a version; '' when it names nothing.

    https://hl7.org/fhir/R4/binary-definitions.html#Binary.securityContext
    """
    context = resource.get("securityContext")
    reference = context.get("reference") if isinstance(context, dict) else None
    return reference.partition("/_history/")[0] if isinstance(reference, str) else ""


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
def _patient_key(kind: str) -> str:
    """The element that says whose a resource is."""
    return next(path.steps[0].key for path in paths(kind) if path.parameter == "patient")


@cache
def _compartment(kind: str) -> tuple[Path, ...]:
    parameters: list[str] = table("compartment").get(kind, [])
    if not parameters and kind != "Device":
        return ()
    order = [p for p in _FIRST if p in (*parameters, "patient", "subject")] + parameters
    known = paths(kind)
    return tuple(path for name in dict.fromkeys(order) for path in known if path.parameter == name)
