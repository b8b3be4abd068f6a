"""FHIR value[x] in words, for the narrative."""

from collections.abc import Callable
from typing import Any

from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, date_range, long_date, number, quantity_text


def text_of(kind: str, value: Any) -> str:
    """One value of a FHIR choice element for a reader; an empty string where there is none."""
    words = _WORDS.get(kind)
    return words(value) if words and value is not None else ""


def range_text(value: Fhir) -> str:
    """A FHIR Range or reference range for a reader."""
    low, high = quantity_text(value.get("low")), quantity_text(value.get("high"))
    if low and high:
        same_unit = value["low"].get("unit") and value["low"].get("unit") == value["high"].get("unit")
        return f"{number(value['low']['value']) if same_unit else low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def _ratio(value: Fhir) -> str:
    return f"{quantity_text(value.get('numerator'))} : {quantity_text(value.get('denominator'))}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "Quantity": quantity_text,
    "CodeableConcept": concept_text,
    "String": str,
    "Integer": str,
    "Time": str,
    "Boolean": lambda value: "Yes" if value else "No",
    "DateTime": lambda value: long_date(value, time=True),
    "Period": lambda value: date_range(value.get("start"), value.get("end")),
    "Range": range_text,
    "Ratio": _ratio,
    "SampledData": lambda _: "Waveform (see the original record)",
}
