"""Small readings of FHIR R4 data types, shared by narrative and entries."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

Fhir: TypeAlias = dict[str, Any]

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?)?)?")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

_SHOWN_UNITS = {
    "1": "", "{score}": "", "{nominal}": "", "mm[Hg]": "mmHg", "Cel": "°C", "[degF]": "°F", "[lb_av]": "lb",
    "[in_i]": "in", "/min": "per minute", "kg/m2": "kg/m²",
}  # fmt: skip


def first(values: Iterable[Any] | None) -> Any:
    """The first of a FHIR list, or an empty dict."""
    return next(iter(values or ()), {})


def concept_text(concept: Fhir | None) -> str:
    """What a CodeableConcept says to a reader: its text, else a display, else a code."""
    if not concept:
        return ""
    if concept.get("text"):
        return str(concept["text"])
    codings = concept.get("coding") or ()
    for key in ("display", "code"):
        for coding in codings:
            if coding.get(key):
                return str(coding[key])
    return ""


def concepts_text(concepts: Iterable[Fhir] | None) -> str:
    """Several CodeableConcepts in one cell."""
    return ", ".join(text for text in map(concept_text, concepts or ()) if text)


def has_code(concept: Fhir | None, codes: Iterable[str]) -> bool:
    """Whether a CodeableConcept carries one of the codes, in any system."""
    wanted = set(codes)
    return any(coding.get("code") in wanted for coding in (concept or {}).get("coding") or ())


def code_of(concept: Fhir | None) -> str:
    """The first code of a CodeableConcept, or an empty string."""
    return str(first((concept or {}).get("coding")).get("code", ""))


def timestamp(value: str | None) -> str | None:
    """A FHIR date or dateTime as CDA TS (YYYYMMDDHHMMSS+ZZZZ); None where it is no FHIR date."""
    found = _DATE.fullmatch(value or "")
    if not found:
        return None
    *digits, zone = found.groups()
    offset = "+0000" if zone == "Z" else (zone or "").replace(":", "")
    return "".join(part or "" for part in digits) + offset


def long_date(value: str | None, *, time: bool = False) -> str:
    """A FHIR date in full words, to the precision it has; with the clock time and zone on request."""
    found = _DATE.fullmatch(value or "")
    if not found:
        return ""
    year, month, day, hour, minute, _, zone = found.groups()
    text = year
    if month and 1 <= int(month) <= 12:
        name = _MONTHS[int(month) - 1]
        text = f"{name} {int(day)}, {year}" if day else f"{name} {year}"
    if time and hour:
        text += f", {hour}:{minute} {'UTC' if zone in ('Z', '+00:00') else f'UTC{zone}'}"
    return text


def date_range(start: str | None, end: str | None) -> str:
    """Two dates in full words, as one phrase."""
    first_day, last_day = long_date(start), long_date(end)
    if first_day and last_day and first_day != last_day:
        return f"{first_day} to {last_day}"
    return first_day or (f"until {last_day}" if last_day else "")


def number(value: object) -> str:
    """A JSON number as a plain decimal, never in exponent form."""
    return format(Decimal(str(value)), "f")


def quantity_text(quantity: Fhir | None) -> str:
    """A Quantity for a reader: comparator, number, unit."""
    if not quantity or quantity.get("value") is None:
        return ""
    unit = quantity.get("unit") or quantity.get("code") or ""
    unit = _SHOWN_UNITS.get(unit, unit)
    joint = "" if unit == "%" or not unit else " "
    return f"{quantity.get('comparator', '')}{number(quantity['value'])}{joint}{unit}"


def choice(resource: Fhir, name: str) -> tuple[str, Any]:
    """A FHIR choice element `name[x]` as (type, value); ("", None) where it is absent."""
    size = len(name)
    for key in resource:
        if key.startswith(name) and key[size : size + 1].isupper():
            return key[size:], resource[key]
    return "", None


def span(resource: Fhir, *names: str) -> tuple[str | None, str | None]:
    """Start and end of the first present choice of dateTime, Period or plain date."""
    for name in names:
        plain = resource.get(name)
        if isinstance(plain, str):
            return plain, None
        if isinstance(plain, dict):
            return plain.get("start"), plain.get("end")
        kind, value = choice(resource, name)
        if kind in ("DateTime", "Date", "Instant"):
            return value, None
        if kind == "Period":
            return value.get("start"), value.get("end")
    return None, None


def extension(resource: Fhir, url: str) -> Fhir:
    """The first extension with this URL, or an empty dict."""
    return next((e for e in resource.get("extension") or () if e.get("url") == url), {})


def is_real_date(digits: str) -> bool:
    """Whether eight digits are a day of the calendar."""
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True
