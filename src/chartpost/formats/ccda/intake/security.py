"""Confidentiality codes and DS4P privacy annotations as security labels of meta.

http://hl7.org/v3/ISO DS4P: HL7 Implementation Guide for CDA R2, Data Segmentation for Privacy, release 1.
"""

from chartpost.formats.ccda.intake.nodes import Node, V, attr, has_template, kid, kids, statement
from chartpost.formats.ccda.intake.types import Json

_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PURPOSES = frozenset(
    {"TREAT", "ETREAT", "CAREMGT", "COORD", "HPAYMT", "HOPERAT", "HRESCH", "PUBHLTH", "PATRQT", "FAMRQT", "HMARKT"}
)
_LEVELS = frozenset({"U", "L", "M", "N", "R", "V"})
_TOLD = frozenset({"R", "V"})
ANNOTATION = "2.16.840.1.113883.3.3251.1.4"
_OBSERVATION = "2.16.840.1.113883.3.445.21"
_LEVEL = "2.16.840.1.113883.3.445.12"
PRIVACY_SECTION = "2.16.840.1.113883.3.3251.1.5"


def confidentiality(holder: Node) -> list[Json] | None:
    """The label of a confidentialityCode child: none for normal, None where there is no such element."""
    code = attr(kid(holder, "confidentialityCode"), "code").upper()
    if code not in _LEVELS:
        return None
    return [{"system": _CONFIDENTIALITY, "code": code}] if code in _TOLD else []


def annotations(holder: Node) -> list[Json]:
    """The labels of all privacy annotations below an element, each once."""
    found: list[Json] = []
    for organizer in holder.iter(V + "organizer"):
        if has_template(organizer, ANNOTATION):
            for component in kids(organizer, "component"):
                made = _label(statement(component))
                if made and made not in found:
                    found.append(made)
    return found


def _label(observation: Node | None) -> Json | None:
    if observation is None or not has_template(observation, _OBSERVATION, _LEVEL):
        return None
    value = kid(observation, "value")
    code = attr(value, "code")
    if not code:
        return None
    if has_template(observation, _LEVEL) or attr(kid(observation, "code"), "code") == "SECCLASSOBS":
        return {"system": _CONFIDENTIALITY, "code": code} if code in _TOLD else None
    system = _REASON if code in _PURPOSES else _ACT
    return {"system": system, "code": code, "display": attr(value, "displayName") or None}


def apply(resource: Json, labels: list[Json]) -> None:
    """Add labels to meta.security, each once."""
    if labels:
        meta = resource.setdefault("meta", {})
        held = meta.setdefault("security", [])
        held += [label for label in labels if label not in held]
