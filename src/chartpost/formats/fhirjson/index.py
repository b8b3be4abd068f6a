"""Values to search by, taken from a resource in a few microseconds; and its date, category, labels and text.

Parameters: those US Core 6.1.0 asks for (SHALL and SHOULD), and for every type identifier, patient and all
reference parameters, code, category, status and date. Paths come from the specification (scripts/build_fhir.py).
"""

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.classify import category, labels
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.paths import Step, paths, walk
from chartpost.formats.fhirjson.references import target_type
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.text import text

__all__ = [
    "IndexValue",
    "category",
    "clinical_date",
    "fold",
    "labels",
    "parameters",
    "postings",
    "text",
    "variants",
]

_GENERAL = {"identifier", "patient", "code", "category", "status", "date", "type"}
_US_CORE: dict[str, str] = {
    "Patient": "name family given birthdate gender death-date address-postalcode telecom phone email",
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
_NAME_PARTS = ("text", "family", "given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")


class IndexValue(NamedTuple):
    """One searchable value.

    kind `token`: value is the code or identifier, system its system ('' none given, None not applicable);
    kind `string`: value is folded; kind `reference`: value is `Type/id`, or the text as received;
    kind `date`: the half-open UTC range [lo, hi) in milliseconds.
    """

    param: str
    kind: str
    value: str
    system: str | None = None
    lo: int = 0
    hi: int = 0


def postings(resource: Json) -> list[IndexValue]:
    """All distinct searchable values of a resource, `_id` and `_lastUpdated` included.

    Never raises for any JSON object; values of the wrong shape are passed over.
    """
    found: list[IndexValue] = []
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return found
    identity, meta = resource.get("id"), resource.get("meta")
    if isinstance(identity, str):
        found.append(IndexValue("_id", "token", identity, None))
    if isinstance(meta, dict) and "lastUpdated" in meta:
        found.extend(_date("_lastUpdated", meta["lastUpdated"], ""))
    plan = _plan(kind)
    for key, value in resource.items():
        rows = plan.get(key)
        if rows is None:
            continue
        values = value if isinstance(value, list) else [value]
        for param, read, steps, target in rows:
            for item in walk({"": values}, steps) if steps else values:
                found.extend(read(param, item, target))
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def parameters(resource_type: str) -> dict[str, str]:
    """The search parameters indexed for a type, with their kinds."""
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


def fold(value: str) -> str:
    """Text for comparing: no case, no accents, single spaces (https://hl7.org/fhir/R4/search.html#string)."""
    if not value.isascii():
        value = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return " ".join(value.casefold().split())


def clinical_date(resource: Json) -> int:
    """The moment that orders a resource in the record, in ms since 1970.

    Start of its own date, else meta.lastUpdated; 0 when nothing is dated.
    """
    kind = resource.get("resourceType")
    for key in _date_keys(kind if isinstance(kind, str) else ""):
        if key in resource:
            span = bounds(resource[key])
            if span:
                return span[0] if span[0] > _OPEN else span[1]
    meta = resource.get("meta")
    span = bounds(meta.get("lastUpdated")) if isinstance(meta, dict) else None
    return span[0] if span else 0


_OPEN = -60_000_000_000_000


@cache
def _date_keys(kind: str) -> tuple[str, ...]:
    return tuple(_DATES.get(kind, _ANY_DATE).split())


_Row = tuple[str, Callable[[str, Any, str], Iterator[IndexValue]], tuple[Step, ...], str]


@cache
def _plan(kind: str) -> dict[str, tuple[_Row, ...]]:
    """Top-level key -> what to read below it."""
    plan: dict[str, list[_Row]] = {}
    for path in paths(kind):
        if _wanted(kind, path):
            first, *rest = path.steps
            steps = (Step("", first.name, first.value), *rest) if first.name or rest else ()
            plan.setdefault(first.key, []).append((path.parameter, _READ[path.kind], steps, path.target))
    return {key: tuple(rows) for key, rows in plan.items()}


def _wanted(kind: str, path: Any) -> bool:
    return bool(
        path.kind == "reference" or path.parameter in _GENERAL or path.parameter in _US_CORE.get(kind, "").split()
    )


def _token(param: str, value: Any, _target: str) -> Iterator[IndexValue]:
    if isinstance(value, str):
        yield IndexValue(param, "token", value, None)
    elif isinstance(value, bool):
        yield IndexValue(param, "token", "true" if value else "false", None)
    elif isinstance(value, dict):
        inner = value.get("coding", value)
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                code = item.get("code", item.get("value"))
                if isinstance(code, str):
                    system = item.get("system", "")
                    yield IndexValue(param, "token", code, system if isinstance(system, str) else "")


def _string(param: str, value: Any, _target: str) -> Iterator[IndexValue]:
    if isinstance(value, str):
        yield IndexValue(param, "string", fold(value))
    elif isinstance(value, dict):
        names = _ADDRESS_PARTS if "family" not in value and "given" not in value else _NAME_PARTS
        for name in names:
            part = value.get(name)
            for item in part if isinstance(part, list) else [part]:
                if isinstance(item, str):
                    yield IndexValue(param, "string", fold(item))


def _date(param: str, value: Any, _target: str) -> Iterator[IndexValue]:
    span = bounds(value)
    if span:
        yield IndexValue(param, "date", "", None, *span)


def _reference(param: str, value: Any, target: str) -> Iterator[IndexValue]:
    text_ = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text_, str) or not text_ or text_[0] == "#":
        return
    kind = target_type(text_)
    if not target or not kind or kind == target:
        yield IndexValue(param, "reference", text_.partition("/_history/")[0])


_READ: dict[str, Callable[[str, Any, str], Iterator[IndexValue]]] = {
    "token": _token,
    "string": _string,
    "date": _date,
    "reference": _reference,
    "uri": _reference,
}
