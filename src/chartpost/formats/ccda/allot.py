"""Which section of a document a resource belongs to, so that none is written twice and none is left out."""

from chartpost.formats.ccda.fhirvalues import Fhir, code_of, has_code

_SOCIAL = {"social-history", "sdoh"}
_FUNCTIONAL = {"functional-status", "disability-status"}
_MENTAL = {"cognitive-status", "mental-status"}
_NUTRITION = ("75305-3", "75303-8")
_DIRECTIVES = ("42348-3", "75320-2", "acd", "dnr", "polst", "hcd")
_REFERRAL = ("3457005", "306206005", "103696004", "57133-1")

TEXT_TYPES = (
    "51848-0", "8648-8", "10154-3", "10164-2", "11348-0", "10187-3", "29545-1", "10210-3", "8653-8",
    "10184-0", "11493-4", "18841-7", "42349-1",
)  # fmt: skip
"""LOINC types of documents whose words make a section of their own (`sections.texts`, `sections.referral`)."""


def observation_section(item: Fhir) -> str:
    """vitals, social, functional, mental, nutrition, directives or results."""
    found = {
        str(coding.get("code")) for concept in item.get("category") or () for coding in concept.get("coding") or ()
    }
    if "vital-signs" in found:
        return "vitals"
    if has_code(item.get("code"), _NUTRITION):
        return "nutrition"
    if found & _SOCIAL or has_code(item.get("code"), ("72166-2",)):
        return "social"
    if found & _FUNCTIONAL:
        return "functional"
    if found & _MENTAL:
        return "mental"
    return "directives" if has_code(item.get("code"), _DIRECTIVES) else "results"


def condition_section(condition: Fhir) -> str:
    """Concerns or problems: a health concern that stands on no problem list has a section of its own."""
    found = {code_of(category) for category in condition.get("category") or ()}
    return "concerns" if "health-concern" in found and "problem-list-item" not in found else "problems"


def is_directive(resource: Fhir) -> bool:
    """Whether a Consent or DocumentReference is about an advance directive."""
    concepts = [resource.get("type") or {}, *(resource.get("category") or ())]
    return any(has_code(concept, _DIRECTIVES) for concept in concepts) or (
        resource.get("resourceType") == "Consent" and code_of(resource.get("scope")) == "adr"
    )


def is_referral(order: Fhir) -> bool:
    """Whether a ServiceRequest asks somebody else to see the person."""
    return any(has_code(c, _REFERRAL) for c in [order.get("code"), *(order.get("category") or ())])
