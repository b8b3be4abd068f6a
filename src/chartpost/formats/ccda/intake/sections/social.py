"""Social history: smoking and tobacco, birth sex and gender identity (on the Patient), pregnancy, occupation, other.

Templates: Smoking Status 4.78, Tobacco Use 4.85, Social History Observation 4.38, Birth Sex 4.200, Pregnancy 15.3.8,
Gender Identity 34.3.45, Sexual Orientation 4.501; HL7 C-CDA on FHIR 2.0, Social history.
"""

from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.intake.document import Scope, fit
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, kid
from chartpost.formats.ccda.intake.patient import birth_sex, gender_identity
from chartpost.formats.ccda.intake.sections.common import fixed
from chartpost.formats.ccda.intake.sections.observing import observe
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent_concept, codes_of, concept, when

_SMOKING = ("2.16.840.1.113883.10.20.22.4.78", "2.16.840.1.113883.10.22.4.78")
_TOBACCO = "2.16.840.1.113883.10.20.22.4.85"
_BIRTH_SEX, _GENDER = "2.16.840.1.113883.10.20.22.4.200", "2.16.840.1.113883.10.20.34.3.45"
_ORIENTATION = "2.16.840.1.113883.10.20.22.4.501"
_PREGNANCY = "2.16.840.1.113883.10.20.15.3.8"
_PREGNANT = "77386006"
_SEXES = {"M": "M", "F": "F", "UNK": "UNK", "OTH": "OTH", "ASKU": "ASKU", "UN": "OTH"}
_PROFILES = {
    "76690-7": "observation-sexual-orientation", "11341-5": "observation-occupation",
    "82810-3": "observation-pregnancystatus", "86645-9": "observation-pregnancyintent",
    "72166-2": "smokingstatus",
}  # fmt: skip
_ASSERTION = "ASSERTION"


def smoking(scope: Scope, node: Node) -> None:
    """Smoking status: of its time the start counts, since the profile wants a moment."""
    made = observe(scope, node, "social-history", "smokingstatus", "simple-observation")
    if codes_of(made["code"]) & {_ASSERTION, "229819007"} or not made["code"].get("coding"):
        made["code"] = fixed(LOINC, "72166-2", "Tobacco smoking status")
    _moment(scope, made, node)


def tobacco(scope: Scope, node: Node) -> None:
    """Tobacco use over a time."""
    made = observe(scope, node, "social-history", "simple-observation")
    if codes_of(made["code"]) & {_ASSERTION}:
        made["code"] = fixed(LOINC, "11367-0", "History of Tobacco use")


def other(scope: Scope, node: Node) -> None:
    """Any other observation of the social history, by its code."""
    code = attr(kid(node, "code"), "code")
    if code == "76689-9":
        sex(scope, node)
    elif code == "76691-5":
        gender(scope, node)
    else:
        profile = _PROFILES.get(code)
        made = observe(scope, node, "social-history", *([profile] if profile else []), "simple-observation")
        if profile in ("observation-pregnancystatus", "observation-pregnancyintent", "smokingstatus"):
            _moment(scope, made, node)


def pregnancy(scope: Scope, node: Node) -> None:
    """Pregnancy: asserted as a condition in older documents, as a status in newer ones."""
    made = observe(scope, node, "social-history", "observation-pregnancystatus", "simple-observation")
    if codes_of(made["code"]) & {_ASSERTION}:
        made["code"] = fixed(LOINC, "82810-3", "Pregnancy status")
        if _PREGNANT in codes_of(made.get("valueCodeableConcept")):
            made["valueCodeableConcept"]["coding"] = [{"system": SNOMED, "code": _PREGNANT, "display": "Pregnant"}]
    _moment(scope, made, node)


def sex(scope: Scope, node: Node) -> None:
    """Birth sex goes to the Patient."""
    value = kid(node, "value")
    code = _SEXES.get(attr(value, "code") or flavor(value))
    if code is None:
        raise ValueError("a birth sex that is none of the codes")
    _extend(scope, birth_sex(code))


def gender(scope: Scope, node: Node) -> None:
    """Gender identity goes to the Patient."""
    value = kid(node, "value")
    _extend(scope, gender_identity(concept(scope, value) or absent_concept(value)))


def _extend(scope: Scope, extension: Json) -> None:
    held = scope.doc.patient.setdefault("extension", [])
    if all(e["url"] != extension["url"] for e in held):
        held.append(extension)
        fit_patient(scope)


def fit_patient(scope: Scope) -> None:
    """Check the Patient anew after a section added to it."""
    fit(scope.doc.patient)


def _moment(scope: Scope, made: Json, node: Node) -> None:
    found = when(scope, node)
    if "effectivePeriod" in made and found.start:
        del made["effectivePeriod"]
        made["effectiveDateTime"] = found.start


SECTION = Section(
    "social",
    ("2.16.840.1.113883.10.20.22.2.17", "2.16.840.1.113883.10.20.1.15"),
    ("29762-2",),
    (
        Entry(_SMOKING, smoking, ("observation",)),
        Entry((_TOBACCO,), tobacco, ("observation",)),
        Entry((_BIRTH_SEX,), sex, ("observation",)),
        Entry((_GENDER,), gender, ("observation",)),
        Entry((_PREGNANCY, "2.16.840.1.113883.10.20.22.4.293"), pregnancy, ("observation",)),
        Entry(("2.16.840.1.113883.10.20.22.4.38", _ORIENTATION), other, ("observation",)),
    ),
    {"observation": other},
)
