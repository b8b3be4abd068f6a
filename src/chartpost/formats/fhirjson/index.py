"""Values to search by, taken from a resource in a few microseconds; and its date, category, labels and text.

Parameters: those US Core 6.1.0 asks for (SHALL and SHOULD), and for every type identifier, code, category, status,
type and all reference parameters. Paths come from the specification (scripts/build_fhir.py). Dates are not posted,
they are checked on the resource; nor are references to the patient, who is the beginning of the key of a row's terms.
"""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from itertools import chain
from typing import NamedTuple

from chartpost.formats.fhirjson.classify import category, labels
from chartpost.formats.fhirjson.dates import bounds, date_of, days_apart, parse_date, written
from chartpost.formats.fhirjson.paths import Path, Step, paths, walk
from chartpost.formats.fhirjson.references import context_of, filed_beside, target_type
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.text import text

__all__ = [
    "IndexValue",
    "category",
    "clinical_date",
    "clinical_day",
    "clinical_span",
    "date_keys",
    "fold",
    "labels",
    "own_date",
    "parameters",
    "posted",
    "postings",
    "reference_text",
    "string_parts",
    "string_texts",
    "text",
    "token_forms",
    "variants",
]

_GENERAL = {"identifier", "patient", "code", "category", "status", "date", "type"}
_US_CORE: dict[str, str] = {
    "Patient": "name family given birthdate gender death-date address-postalcode telecom phone email race ethnicity",
    "AllergyIntolerance": "clinical-status verification-status",
    "CareTeam": "role",
    "Condition": "clinical-status onset-date abatement-date asserted-date recorded-date verification-status",
    "DocumentReference": "period",
    "Encounter": "class discharge-disposition",
    "Goal": "target-date lifecycle-status description start-date",
    "MedicationRequest": "intent authoredon",
    "Observation": "value-concept combo-code",
    "QuestionnaireResponse": "authored",
    "RelatedPerson": "name",
    "ServiceRequest": "authored intent",
    "Location": "name address address-city address-state address-postalcode",
    "Organization": "name address",
    "Practitioner": "name family given",
    "PractitionerRole": "specialty",
    "ImagingStudy": "started modality",
    "Claim": "created use",
    "ExplanationOfBenefit": "created",
}
_DATES: dict[str, str] = {
    "Observation": "effectiveDateTime effectivePeriod effectiveInstant effectiveTiming issued",
    "DiagnosticReport": "effectiveDateTime effectivePeriod issued",
    "Condition": "onsetDateTime onsetPeriod recordedDate abatementDateTime",
    "AllergyIntolerance": "recordedDate onsetDateTime onsetPeriod lastOccurrence",
    "Procedure": "performedDateTime performedPeriod",
    "Immunization": "occurrenceDateTime recorded",
    "MedicationRequest": "authoredOn",
    "MedicationStatement": "effectiveDateTime effectivePeriod dateAsserted",
    "MedicationAdministration": "effectiveDateTime effectivePeriod",
    "MedicationDispense": "whenHandedOver whenPrepared",
    "ServiceRequest": "authoredOn occurrenceDateTime occurrencePeriod",
    "Goal": "startDate statusDate",
    "ImagingStudy": "started",
    "Claim": "billablePeriod created",
    "ExplanationOfBenefit": "billablePeriod created",
    "Patient": "birthDate",
    "Provenance": "recorded occurredDateTime",
    "QuestionnaireResponse": "authored",
    "Account": "servicePeriod",
    "ChargeItem": "occurrenceDateTime occurrencePeriod enteredDate",
    "Device": "manufactureDate",
}
_ANY_DATE = (
    "date period created authoredOn occurrenceDateTime occurrencePeriod effectiveDateTime effectivePeriod "
    "performedDateTime recorded recordedDate sent start dateTime issued receivedTime statusDate"
)
_PARTS = (
    *("text", "family", "given", "prefix", "suffix"),
    *("line", "city", "district", "state", "postalCode", "country"),
)
PREFIXES = (3, 6)
"""Lengths of the beginnings by which texts are posted."""
_SUBJECT = frozenset({"patient", "subject"})
CONTEXT = "security-context"
"""What a Binary is posted by for what its securityContext names and for the type of that; no parameter of a search."""


class IndexValue(NamedTuple):
    """One searchable value.

    kind `token`: value is the code or identifier, system its system ('' none given, None not applicable);
    kind `string`: value is folded; kind `reference`: value is `Type/id`, or the text as received;
    kind `beside`: no value, it is said of a resource that is filed with a Patient who is not its patient;
    kind `context`, `type`: what a Binary belongs to as `Type/id`, and the type of that, '' for none;
    kind `day`: before or after, where the day it was written with is not that of its moment in UTC.
    """

    param: str
    kind: str
    value: str
    system: str | None = None


BESIDE = IndexValue("patient", "beside", "")
DAY_BEFORE, DAY_AFTER = (IndexValue("clinical-day", "day", value) for value in ("before", "after"))


def postings(resource: Json) -> list[IndexValue]:
    """All distinct values a resource is posted by; `BESIDE` is the first where it holds.

    Never raises for any JSON object; values of the wrong shape are passed over.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return []
    plan = _plan(kind)
    found: dict[IndexValue, None] = {BESIDE: None} if filed_beside(resource) else {}
    for key, value in resource.items():
        if key in plan:
            values = value if isinstance(value, list) else [value]
            for read, steps, params in plan[key]:
                read(walk({"": values}, steps) if steps else values, params, found)
    if kind == "Binary":
        context = context_of(resource)
        found |= {IndexValue(CONTEXT, "context", context): None} if context else {}
        found[IndexValue(CONTEXT, "type", context.rpartition("/")[0])] = None
    if apart := _days_apart(resource):
        found[DAY_BEFORE if apart < 0 else DAY_AFTER] = None
    return list(found)


def posted(resource_type: str, parameter: str) -> bool:
    """Whether the postings hold every value of a parameter, references of `patient` and `subject` to it aside."""
    return parameter in _posted(resource_type)


def parameters(resource_type: str) -> dict[str, str]:
    """The parameters by which a type is most searched, with their kinds: those posted, and its dates."""
    rows = {path.parameter: path.kind for path in paths(resource_type) if _wanted(resource_type, path)}
    return {"_id": "token", "_lastUpdated": "date", **rows}


def variants(value: IndexValue) -> tuple[str, ...]:
    """The forms a token can be asked by: `code`, and `system|code` or, where it has no system, `|code`.

    Values whose system is not stated in JSON (status codes, ids) match by code alone.
    https://hl7.org/fhir/R4/search.html#token
    """
    if value.kind != "token" or value.system is None:
        return (value.value,)
    return (value.value, f"{value.system}|{value.value}")


def prefixes(folded: str) -> tuple[str, ...]:
    """The beginnings a folded text is posted by: its first three letters and, when it has more, its first six."""
    short, longer = folded[: PREFIXES[0]], folded[: PREFIXES[1]]
    return (short,) if short == longer else (short, longer)


def fold(value: str) -> str:
    """Text for comparing: no case, no accents, single spaces (https://hl7.org/fhir/R4/search.html#string)."""
    if not value.isascii():
        value = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return " ".join(value.casefold().split())


def clinical_date(resource: Json) -> int:
    """The moment that orders a resource in the record, in ms since 1970.

    Start of its own date, else meta.lastUpdated; 0 when nothing is dated.
    """
    own = own_date(resource)
    if own is not None:
        return own
    meta = resource.get("meta")
    span = bounds(meta.get("lastUpdated")) if isinstance(meta, dict) else None
    return span[0] if span else 0


def own_date(resource: Json) -> int | None:
    """The moment a resource itself says it is of, in ms since 1970; None when it says none."""
    span = clinical_span(resource)
    if span is None:
        return None
    return span[0] if span[0] > _OPEN else span[1]


def clinical_span(resource: Json) -> tuple[int, int] | None:
    """When a resource was true of the person, as [lo, hi) in ms since 1970; None when it has no date of its own."""
    kind = resource.get("resourceType")
    for key in date_keys(kind if isinstance(kind, str) else ""):
        if key in resource and (span := bounds(resource[key])):
            return span
    return None


_OPEN = -60_000_000_000_000


def clinical_day(resource: Json, moment: int) -> date:
    """The day of a resource whose `clinical_date` is `moment`, as it was written at its own place; else that in UTC."""
    kind = resource.get("resourceType")
    values = (resource.get(key) for key in date_keys(kind if isinstance(kind, str) else ""))
    for found in chain.from_iterable(map(written, values)):
        if moment == found.lo or (moment == found.hi and found.precision in {"day", "time"}):
            return date(found.year, found.month or 1, found.day or 1)
        if moment == found.hi:  # the last day of a period without a beginning
            return date_of(moment - 1)
    return date_of(moment)


def _days_apart(resource: Json) -> int:
    """How many days from the day of its moment in UTC to the day a resource was written with: -1, 0 or 1."""
    kind = resource.get("resourceType")
    for key in date_keys(kind if isinstance(kind, str) else ""):
        if key in resource:
            if found := parse_date(resource[key]):  # as most are
                return days_apart(found)
            moment = own_date(resource)
            return 0 if moment is None else (clinical_day(resource, moment) - date_of(moment)).days
    return 0


@cache
def date_keys(kind: str) -> tuple[str, ...]:
    """The elements of a type that may say when it happened, the first present one counts."""
    return tuple(_DATES.get(kind, _ANY_DATE).split())


def token_forms(value: object) -> list[tuple[str | None, str]]:
    """(system, code) of everything in a value that a token can name; system None where JSON does not state one.

    Code, id, boolean, Coding, CodeableConcept, Identifier, ContactPoint (https://hl7.org/fhir/R4/search.html#token).
    """
    if isinstance(value, str):
        return [(None, value)]
    if isinstance(value, bool):
        return [(None, "true" if value else "false")]
    if not isinstance(value, dict):
        return []
    inner = value.get("coding", value)
    found: list[tuple[str | None, str]] = []
    for item in inner if isinstance(inner, list) else (inner,):
        if isinstance(item, dict):
            code = item.get("code", item.get("value"))
            if isinstance(code, str):
                system = item.get("system", "")
                found.append((system if isinstance(system, str) else "", code))
    return found


def string_parts(value: object) -> list[str]:
    """The texts a string parameter looks at, folded."""
    return [fold(part) for part in string_texts(value)]


def string_texts(value: object) -> list[str]:
    """The texts a string parameter looks at: the string, or the parts of a HumanName or Address; no use, no type."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for name in _PARTS:
        part = value.get(name)
        if part is not None:
            found += [item for item in (part if isinstance(part, list) else (part,)) if isinstance(item, str)]
    return found


def reference_text(value: object, target: str) -> str:
    """What a Reference, canonical or contained resource points at, without a version; '' for nothing and `#...`.

    With `target`, '' also for references that name another resource type.
    """
    if isinstance(value, dict):
        text_ = value.get("reference")
        if text_ is None and "resourceType" in value:
            text_ = f"{value['resourceType']}/{value.get('id', '')}"
    else:
        text_ = value
    if not isinstance(text_, str) or not text_ or text_[0] == "#":
        return ""
    if target and target_type(text_) not in (target, ""):
        return ""
    if "|" in text_:
        text_ = text_.partition("|")[0]
    return text_.partition("/_history/")[0] if "/_history/" in text_ else text_


_Read = Callable[[Iterable[object], tuple[tuple[str, str], ...], dict[IndexValue, None]], None]
_Row = tuple[_Read, tuple[Step, ...], tuple[tuple[str, str], ...]]


@cache
def _plan(kind: str) -> dict[str, tuple[_Row, ...]]:
    """Top-level key -> how to read below it, the steps there, and the parameters so read with their targets."""
    plan: dict[str, dict[tuple[_Read, tuple[Step, ...]], list[tuple[str, str]]]] = {}
    for path in paths(kind):
        if path.kind in _READ and _wanted(kind, path):
            first, *rest = path.steps
            steps = (Step("", first.name, first.value), *rest) if first.name or rest else ()
            plan.setdefault(first.key, {}).setdefault((_READ[path.kind], steps), []).append(
                (path.parameter, path.target)
            )
    return {
        key: tuple((read, steps, tuple(params)) for (read, steps), params in rows.items()) for key, rows in plan.items()
    }


@cache
def _posted(kind: str) -> frozenset[str]:
    return frozenset(path.parameter for path in paths(kind) if path.kind in _READ and _wanted(kind, path))


def _wanted(kind: str, path: Path) -> bool:
    return path.kind == "reference" or path.parameter in _GENERAL or path.parameter in _US_CORE.get(kind, "").split()


def _tokens(values: Iterable[object], params: tuple[tuple[str, str], ...], found: dict[IndexValue, None]) -> None:
    for value in values:
        for system, code in token_forms(value):
            for param, _ in params:
                found[IndexValue(param, "token", code, system)] = None


def _strings(values: Iterable[object], params: tuple[tuple[str, str], ...], found: dict[IndexValue, None]) -> None:
    for value in values:
        for part in string_parts(value):
            for param, _ in params:
                found[IndexValue(param, "string", part)] = None


def _references(values: Iterable[object], params: tuple[tuple[str, str], ...], found: dict[IndexValue, None]) -> None:
    for value in values:
        whole = reference_text(value, "")
        if not whole:
            continue
        patient = whole.startswith("Patient/")
        for param, target in params:
            if not (patient and param in _SUBJECT) and (not target or target_type(whole) in (target, "")):
                found[IndexValue(param, "reference", whole)] = None


_READ: dict[str, _Read] = {"token": _tokens, "string": _strings, "reference": _references}
