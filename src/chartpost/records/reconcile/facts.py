"""What of a FHIR R4 resource is compared with other entries of the same person. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from chartpost.formats.fhirjson.dates import FhirDate, parse_date
from chartpost.formats.fhirjson.values import concept, dosage, get, show
from chartpost.formats.fhirjson.views import view
from chartpost.records.reconcile.types import Facts, Kind, Status

Json = dict[str, Any]

KINDS = {
    "Condition": Kind.PROBLEM,
    "AllergyIntolerance": Kind.ALLERGY,
    "MedicationRequest": Kind.MEDICINE,
    "MedicationStatement": Kind.MEDICINE,
    "MedicationDispense": Kind.FILL,
    "Immunization": Kind.VACCINE,
    "Procedure": Kind.PROCEDURE,
    "Observation": Kind.MEASURE,
    "DiagnosticReport": Kind.REPORT,
    "Encounter": Kind.VISIT,
    "DocumentReference": Kind.DOCUMENT,
    "Patient": Kind.PATIENT,
}
"""A fill is a kind of its own: that a medicine was handed out does not say that it is taken."""

_CODES = {
    Kind.MEDICINE: "medicationCodeableConcept",
    Kind.FILL: "medicationCodeableConcept",
    Kind.VACCINE: "vaccineCode",
    Kind.VISIT: "type",
    Kind.DOCUMENT: "type",
}
_BEGAN = {
    "Condition": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "AllergyIntolerance": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "MedicationRequest": ("dosageInstruction.timing.repeat.boundsPeriod.start", "authoredOn"),
    "MedicationStatement": (
        "effectivePeriod.start",
        "effectiveDateTime",
        "dosage.timing.repeat.boundsPeriod.start",
        "dateAsserted",
    ),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "Immunization": ("occurrenceDateTime",),
    "Procedure": ("performedDateTime", "performedPeriod.start", "performedPeriod.end"),
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "effectivePeriod.end"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod.start", "effectivePeriod.end", "issued"),
    "Encounter": ("period.start", "period.end"),
    "DocumentReference": ("date", "content.attachment.creation"),
    "Patient": (),
}
_ENDED = {
    "Condition": ("abatementDateTime", "abatementPeriod.end"),
    "MedicationRequest": ("dosageInstruction.timing.repeat.boundsPeriod.end",),
    "MedicationStatement": ("effectivePeriod.end", "dosage.timing.repeat.boundsPeriod.end"),
}
_STATUS = {
    **dict.fromkeys(("active", "recurrence", "relapse"), Status.ACTIVE),
    **dict.fromkeys(("inactive", "remission", "resolved", "completed", "stopped", "cancelled"), Status.ENDED),
    **dict.fromkeys(("not-taken", "not-done", "entered-in-error", "refuted"), Status.REFUTED),
}
_STATED = {
    "Condition": ("verificationStatus.coding.code", "clinicalStatus.coding.code"),
    "AllergyIntolerance": ("verificationStatus.coding.code", "clinicalStatus.coding.code"),
}
_NOT_SAYING = frozenset({"completed", "cancelled", "stopped", "active"})
"""What a status of something that happened on a day says nothing about: whether it still goes on."""
_NO_KNOWN = ("http://snomed.info/sct", "716186003")
_LETTERS = re.compile(r"[^\W\d_]+")
_SALTS_TEXT = """
    hydrochloride hcl sodium potassium calcium magnesium tartrate succinate maleate besylate mesylate sulfate acetate
    phosphate fumarate citrate er xr sr cr dr la hfa oral tablet tablets tab tabs capsule capsules cap caps solution
    injection inhaler cream ointment suspension mg mcg ml unit units extended release chewable film coated and with
"""
_SALTS = frozenset(_SALTS_TEXT.split())
_HOURS = re.compile(r"^\d+ (?:hr|actuat) ")
_WORDS_CUT = 200


def facts(resource: Json, source: int = 0, files: frozenset[int] = frozenset()) -> Facts | None:
    """What of a resource is compared; None for a type that is not."""
    kind_name = str(resource.get("resourceType"))
    kind = KINDS.get(kind_name)
    if kind is None:
        return None
    about = _concept(resource, kind)
    words = _words(resource, kind, about)
    return Facts(
        key=f"{kind_name}/{resource.get('id', '')}",
        kind=kind,
        source=source,
        files=files,
        ids=frozenset(_ids(resource, kind)),
        codes=frozenset(_codes(about)) if kind is not Kind.DOCUMENT else frozenset(),
        words=words,
        stem=stem(words) if kind is Kind.MEDICINE else "",
        since=_date(resource, _BEGAN[kind_name]),
        until=_date(resource, _ENDED.get(kind_name, ())),
        status=_status(resource, kind_name),
        dose=_dose(resource) if kind is Kind.MEDICINE else "",
        value=_value(resource) if kind is Kind.MEASURE else "",
        none=kind is Kind.ALLERGY and _NO_KNOWN in _codes(about),
        risk=str(resource.get("criticality", "")) if kind is Kind.ALLERGY else "",
        born=str(resource.get("birthDate", "")) if kind is Kind.PATIENT else "",
    )


def stem(words: str) -> str:
    """The ingredient a medicine's name begins with: its first letters-only words, salts and forms left out.

    RxNorm puts the hours of slow release or the puffs before it: "24 hr metformin hydrochloride 500 mg".
    """
    found: list[str] = []
    for word in _HOURS.sub("", words).split():
        if not _LETTERS.fullmatch(word) or word in _SALTS:
            break
        found.append(word)
    return " ".join(found[:3])


def fold(text: str) -> str:
    """A name without case, accents, marks and double spaces, as it is compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())[:_WORDS_CUT]


def _concept(resource: Json, kind: Kind) -> list[Any]:
    """The concepts an entry is about; of a medicine or an allergy also where else they may stand."""
    found = get(resource, _CODES.get(kind, "code"))
    if not found and kind in {Kind.MEDICINE, Kind.FILL}:
        named = {f"#{c.get('id')}": c for c in get(resource, "contained") if isinstance(c, dict)}
        found = [c for r in get(resource, "medicationReference.reference") for c in get(named.get(r), "code")]
    if not found and kind is Kind.ALLERGY:
        found = get(resource, "reaction.substance")[:1]
    return found


def _codes(about: list[Any]) -> Iterator[tuple[str, str]]:
    for coding in (c for each in about for c in get(each, "coding")):
        system, code = (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else (None, None)
        if isinstance(system, str) and system and isinstance(code, str) and code:
            yield system, code


def _words(resource: Json, kind: Kind, about: list[Any]) -> str:
    if kind is Kind.DOCUMENT:
        return fold(next((d for d in get(resource, "description") if isinstance(d, str)), ""))
    if kind is Kind.PATIENT:
        return ""
    text = concept(about[0]) if about else next(iter(map(show, get(resource, "medicationReference"))), "")
    return fold(text)


def _ids(resource: Json, kind: Kind) -> Iterator[str]:
    if kind is Kind.PATIENT:
        return
    masters = get(resource, "masterIdentifier") if kind is Kind.DOCUMENT else []
    for identifier in [*masters, *get(resource, "identifier")]:
        if not isinstance(identifier, dict):
            continue
        system, value = identifier.get("system"), identifier.get("value")
        if isinstance(system, str) and system and isinstance(value, str) and value:
            yield f"{system}|{value}"
    for attachment in get(resource, "content.attachment") if kind is Kind.DOCUMENT else ():
        if isinstance(attachment, dict) and isinstance(attachment.get("hash"), str):
            yield f"sha1|{attachment['hash']}"


def _date(resource: Json, paths: tuple[str, ...]) -> FhirDate | None:
    for path in paths:
        for value in get(resource, path):
            found = parse_date(value)
            if found:
                return found
    return None


def _status(resource: Json, kind_name: str) -> Status:
    """What a source says; the end of something says that it ended, the absence of a word says nothing."""
    said = [s for path in _STATED.get(kind_name, ("status",)) for s in get(resource, path) if isinstance(s, str)]
    if resource.get("doNotPerform") is True:
        return Status.REFUTED
    standing = kind_name in _ENDED or kind_name in _STATED
    found = {_STATUS[s] for s in said if s in _STATUS and (standing or s not in _NOT_SAYING)}
    for status in (Status.REFUTED, Status.ENDED, Status.ACTIVE):
        if status in found:
            return status
    abated = any(key.startswith("abatement") and value is not False for key, value in resource.items())
    return Status.ENDED if abated else Status.NOT_SAID


def _dose(resource: Json) -> str:
    """The dose in words: `dosageInstruction` of a request, `dosage` of a statement."""
    lines = [dosage(d) for d in (*get(resource, "dosageInstruction"), *get(resource, "dosage"))]
    return fold(" ".join(filter(None, lines)))


def _value(resource: Json) -> str:
    """A result as it is compared: value and unit, of its components too."""
    seen = view(resource)
    parts = [f"{seen.value} {seen.unit}".strip()]
    for part in get(resource, "component"):
        said = ", ".join(show(v) for k, v in part.items() if k.startswith("value"))
        parts.append(f"{concept(part.get('code'))} {said}".strip())
    return "; ".join(filter(None, parts))
