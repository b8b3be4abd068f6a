"""What an app may ask for, in plain words: resource types, their finer kinds, and what is sensitive."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.formats.fhirjson.tables import table
from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import scopes

Word = str | Promise
CONDITION = "http://terminology.hl7.org/CodeSystem/condition-category"
OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"
CORE_CONDITION = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
CORE = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
HEALTH, CARE, MONEY, NAMES, OTHER = "health", "care", "money", "names", "other"
GROUPS: dict[str, Word] = {
    HEALTH: _("Health"),
    CARE: _("Visits and care"),
    MONEY: _("Insurance and bills"),
    NAMES: _("Names, places and where entries came from"),
    OTHER: _("Other entries"),
}


@dataclass(frozen=True)
class Kind:
    """One resource type: its group, its name and a line that says more."""

    group: str
    name: Word
    hint: Word = ""


KINDS: dict[str, Kind] = {
    "Condition": Kind(HEALTH, _("Health problems")),
    "Observation": Kind(HEALTH, _("Tests and measurements")),
    "AllergyIntolerance": Kind(HEALTH, _("Allergies")),
    "MedicationRequest": Kind(HEALTH, _("Medicines"), _("What was prescribed")),
    "MedicationDispense": Kind(HEALTH, _("Medicines picked up"), _("What a pharmacy gave out")),
    "MedicationStatement": Kind(HEALTH, _("Medicines you take"), _("As you told the office")),
    "MedicationAdministration": Kind(HEALTH, _("Medicines given during a visit")),
    "Medication": Kind(HEALTH, _("Names of medicines"), _("Needed to read the lists of medicines")),
    "Immunization": Kind(HEALTH, _("Vaccines")),
    "DiagnosticReport": Kind(HEALTH, _("Test reports"), _("From labs, scans and doctors")),
    "Specimen": Kind(HEALTH, _("Samples"), _("Such as blood taken for a test")),
    "ImagingStudy": Kind(HEALTH, _("X-rays and scans")),
    "FamilyMemberHistory": Kind(HEALTH, _("Illness in the family")),
    "Device": Kind(HEALTH, _("Implants and devices")),
    "Encounter": Kind(CARE, _("Visits and hospital stays")),
    "Procedure": Kind(CARE, _("Surgery and other treatment")),
    "DocumentReference": Kind(CARE, _("Notes and documents"), _("What doctors and nurses wrote")),
    "Binary": Kind(CARE, _("The files of notes and documents")),
    "CarePlan": Kind(CARE, _("Care plans")),
    "CareTeam": Kind(CARE, _("Care team"), _("Who takes part in the care")),
    "Goal": Kind(CARE, _("Health goals")),
    "ServiceRequest": Kind(CARE, _("Orders and referrals")),
    "QuestionnaireResponse": Kind(CARE, _("Answers to forms")),
    "Appointment": Kind(CARE, _("Appointments")),
    "Coverage": Kind(MONEY, _("Insurance")),
    "Claim": Kind(MONEY, _("Bills sent to insurance")),
    "ExplanationOfBenefit": Kind(MONEY, _("What insurance paid")),
    "Patient": Kind(NAMES, _("Name and contact"), _("Name, birth date, address and phone number")),
    "RelatedPerson": Kind(NAMES, _("Family and contacts")),
    "Practitioner": Kind(NAMES, _("Names of doctors and nurses")),
    "PractitionerRole": Kind(NAMES, _("Where doctors and nurses work")),
    "Organization": Kind(NAMES, _("Names of clinics and labs")),
    "Location": Kind(NAMES, _("Places of care")),
    "Provenance": Kind(NAMES, _("Where entries came from")),
    "AuditEvent": Kind(NAMES, _("Who looked at the record")),
}
EVERY = tuple(KINDS)
"""The types shown one by one when an app asks for everything."""

REST = "rest"
"""What stands for all other types together."""

_NOBODYS = frozenset({"Endpoint", "HealthcareService", "Questionnaire", "Substance"})

FINER: dict[str, dict[str, Word]] = {
    "Condition": {
        f"{CONDITION}|problem-list-item": _("Problem list"),
        f"{CORE_CONDITION}|health-concern": _("Health concerns"),
        f"{CONDITION}|encounter-diagnosis": _("Reasons found at visits"),
    },
    "Observation": {
        f"{OBSERVATION}|laboratory": _("Lab results"),
        f"{OBSERVATION}|vital-signs": _("Vital signs, such as blood pressure and weight"),
        f"{OBSERVATION}|social-history": _("Life and habits, such as smoking"),
        f"{OBSERVATION}|survey": _("Answers to health surveys"),
        f"{CORE}|sdoh": _("Home, food, money and safety"),
        f"{OBSERVATION}|procedure": _("Tests done by a doctor, such as a heart tracing"),
        f"{OBSERVATION}|imaging": _("Findings in scans"),
        f"{OBSERVATION}|exam": _("Findings in exams"),
        f"{OBSERVATION}|therapy": _("Findings in therapy"),
        f"{OBSERVATION}|activity": _("Movement and sports"),
        f"{CORE}|functional-status": _("How you manage each day"),
        f"{CORE}|disability-status": _("Disability"),
        f"{CORE}|cognitive-status": _("Memory and thinking"),
        f"{CORE}|treatment-intervention-preference": _("Which treatment you want"),
        f"{CORE}|care-experience-preference": _("How you want to be cared for"),
    },
}
"""Categories a grant may be narrowed to (US Core 6.1.0, 'Scopes', and its category code systems)."""

SENSITIVE: dict[str, tuple[Word, Label]] = {
    "mental": (_("Mental health"), Label.MENTAL_HEALTH | Label.PSYCHOTHERAPY),
    "substance": (_("Alcohol and drug use"), Label.SUBSTANCE_USE | Label.PART2),
    "hiv": (_("HIV"), Label.HIV),
    "sexual": (_("Sexual health, pregnancy and birth control"), Label.SEXUAL_HEALTH | Label.REPRODUCTIVE),
    "genetic": (_("Genes"), Label.GENETIC),
    "violence": (_("Violence and abuse"), Label.VIOLENCE),
    "young": (_("Care a young person agreed to alone"), Label.MINOR_CONFIDENTIAL),
}
"""What can be left out of a grant by its labels, whatever type it is."""


@cache
def rest() -> tuple[str, ...]:
    """The types without words of their own that a record can hold or its entries point at.

    https://hl7.org/fhir/R4/compartmentdefinition-patient.html
    """
    return tuple(sorted((set(table("compartment")) | _NOBODYS) - set(KINDS)))


def kind_of(resource_type: str) -> Kind:
    """The words for a type; a type without words of its own is named as the standard names it."""
    if resource_type == REST:
        return Kind(OTHER, _now("Everything else in the record"), _now("All kinds of entries not named above"))
    return KINDS.get(resource_type) or Kind(OTHER, _now("Other entries (%(type)s)") % {"type": resource_type})


def finer_name(resource_type: str, only: tuple[tuple[str, str], ...]) -> Word:
    """The words for a part of a type that a scope is narrowed to."""
    words = FINER.get(resource_type, {})
    return " + ".join(str(words.get(value, value.partition("|")[2])) for _name, value in only)


def seen(granted: Iterable[str]) -> list[str]:
    """What a grant lets an app see, a line for each type; one line when it is everything."""
    found = [scope for scope in scopes.resources(granted) if scope.actions & scopes.READ]
    if any(scope.type == "*" for scope in found):
        return [_now("Everything in the record")]
    lines: dict[str, list[str]] = {}
    for scope in found:
        lines.setdefault(scope.type, []).append(str(finer_name(scope.type, scope.only)))
    if all("" in lines.get(name, ()) for name in rest()):
        lines = {REST: [""]} | {name: parts for name, parts in lines.items() if name not in rest()}
    order = [*KINDS, *sorted(set(lines) - set(KINDS) - {REST}), REST]
    return [_one_line(name, lines[name]) for name in order if name in lines]


def learnt(granted: Collection[str], fhir_user: str) -> list[str]:
    """As `seen`, with what the app reads of its own user: their Patient, where it asked who they are (`fhirUser`)."""
    own = "fhirUser" in granted and fhir_user.startswith("Patient/")
    return seen([*granted, "patient/Patient.r"] if own else granted)


def _one_line(resource_type: str, parts: list[str]) -> str:
    name = str(kind_of(resource_type).name)
    return name if "" in parts else f"{name}: {', '.join(dict.fromkeys(parts))}"


def sensitive_names(mask: int) -> list[str]:
    """What a mask of labels leaves out, in words."""
    return [str(name) for name, labels in SENSITIVE.values() if mask & labels]
