"""Observations as C-CDA sees them: single measurements, gathered under a panel or report."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.datatypes import any_value, coded, point, quantity, text_ref
from chartpost.formats.ccda.fhirvalues import (
    Fhir,
    choice,
    code_of,
    concept_text,
    concepts_text,
    first,
    long_date,
    span,
)
from chartpost.formats.ccda.model import Context, Row
from chartpost.formats.ccda.sections.common import status
from chartpost.formats.ccda.valuetext import range_text, text_of
from chartpost.formats.ccda.xmlnode import el, null

_STATUS = {
    "registered": "active", "preliminary": "active", "partial": "active", "cancelled": "aborted",
}  # fmt: skip
_INTERPRETATIONS = {
    "A", "AA", "B", "D", "DET", "E", "EX", "H", "HH", "HX", "I", "IND", "L", "LL", "LX", "MS", "N", "ND",
    "NEG", "NR", "POS", "R", "RR", "S", "U", "VS", "W", "WR", "<", ">",
}  # fmt: skip


@dataclass(frozen=True)
class Measurement:
    """One code with one value: an Observation, or one component of it.

    `owner` is the Observation, `part` the place of the component in it (empty: the Observation itself).
    """

    owner: Fhir
    body: Fhir
    part: str = ""

    @property
    def when(self) -> str | None:
        """The clinically relevant time as FHIR wrote it."""
        start, end = span(self.owner, "effective")
        return start or end or self.owner.get("issued")


def measurements(observation: Fhir) -> list[Measurement]:
    """The single measurements of an Observation: its own value and each component."""
    parts = [
        Measurement(observation, component, f"component-{n}")
        for n, component in enumerate(observation.get("component") or ())
    ]
    own = choice(observation, "value")[1] is not None or observation.get("dataAbsentReason")
    return [Measurement(observation, observation), *parts] if own or not parts else parts


def result_status(resource: Fhir) -> str:
    """Observation or DiagnosticReport status as Result Status (2.16.840.1.113883.11.20.9.39)."""
    return _STATUS.get(str(resource.get("status")), "completed")


def cells(item: Measurement) -> tuple[str, str, str, str, str]:
    """Name, value, flag, usual range and date for the narrative."""
    body = item.body
    return (
        concept_text(body.get("code")),
        text_of(*choice(body, "value")) or concept_text(body.get("dataAbsentReason")),
        concepts_text(body.get("interpretation")),
        _range_words(first(body.get("referenceRange"))),
        long_date(item.when, time=True),
    )


def _range_words(value: Fhir) -> str:
    return str(value.get("text") or range_text(value))


def element(
    ctx: Context,
    item: Measurement,
    row: Row,
    template_ids: Iterable[etree._Element],
    *,
    value: etree._Element | None = None,
) -> etree._Element:
    """One `observation` with code, time, value, interpretation and reference range."""
    found = value if value is not None else any_value(item.body, (SNOMED, LOINC), ref=row.cell(2))
    return el(
        "observation",
        {"classCode": "OBS", "moodCode": "EVN"},
        template_ids,
        ctx.id(item.owner, item.part),
        coded("code", item.body.get("code"), (LOINC, SNOMED), ref=row.cell(1)),
        text_ref(row.ref),
        status(result_status(item.owner)),
        point("effectiveTime", item.when),
        found if found is not None else null("value", "UNK", "CD"),
        _interpretations(item.body),
        _method(item.owner),
        _ranges(item.body),
    )


def _interpretations(body: Fhir) -> list[etree._Element]:
    codes = [code_of(concept) for concept in body.get("interpretation") or ()]
    return [
        el("interpretationCode", {"code": code, "codeSystem": "2.16.840.1.113883.5.83"})
        for code in codes
        if code in _INTERPRETATIONS
    ]


def _method(owner: Fhir) -> etree._Element | None:
    return coded("methodCode", owner["method"], (SNOMED,)) if owner.get("method") else None


def _ranges(body: Fhir) -> list[etree._Element]:
    found = [_range(value) for value in body.get("referenceRange") or ()]
    return [el("referenceRange", None, el("observationRange", None, parts)) for parts in found if parts]


def _range(value: Fhir) -> list[etree._Element]:
    low, high, words = value.get("low"), value.get("high"), _range_words(value)
    if low or high:
        bounds = [quantity(side, v) for side, v in (("low", low), ("high", high)) if v]
        return [el("text", None, words), el("value", {"xsi:type": "IVL_PQ"}, bounds)]
    return [el("text", None, words), el("value", {"xsi:type": "ST"}, words)] if words else []


def categories(observation: Fhir) -> set[str]:
    """The category codes of an Observation."""
    return {
        str(coding.get("code"))
        for concept in observation.get("category") or ()
        for coding in concept.get("coding") or ()
    }
