"""Encounters (46240-8): Encounter Activity 4.49."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import CPT, SNOMED, code_system
from chartpost.formats.ccda.datatypes import coded, interval, moment_or_interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, date_range, first
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    indications,
    location,
    performer,
    performer_name,
    place_name,
    reason_text,
    status_of,
)
from chartpost.formats.ccda.xmlnode import el

_NOT_YET = {"planned"}
_STATUS = {
    "finished": "completed", "in-progress": "active", "arrived": "active", "triaged": "active", "onleave": "suspended",
    "cancelled": "cancelled",
}  # fmt: skip


def _entries(ctx: Context) -> Iterator[Entry]:
    for encounter in ctx.record.of("Encounter"):
        if encounter.get("status") in _NOT_YET:
            continue
        period = encounter.get("period") or {}
        row = ctx.row(
            _kind(encounter),
            date_range(period.get("start"), period.get("end")),
            reason_text(ctx, encounter),
            performer_name(ctx, encounter, "participant", "individual"),
            place_name(ctx, encounter),
        )
        yield Entry((row,), _activity(ctx, encounter, row))


def _kind(encounter: Fhir) -> str:
    words = concept_text(first(encounter.get("type")))
    patient_class = encounter.get("class") or {}
    return words or str(patient_class.get("display") or patient_class.get("code") or "Visit")


def _activity(ctx: Context, encounter: Fhir, row: Row) -> etree._Element:
    period = encounter.get("period") or {}
    return el(
        "encounter",
        {"classCode": "ENC", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.49", "2015-08-01"),
        ctx.id(encounter),
        _code(encounter, row),
        text_ref(row.ref),
        status_of(_STATUS, encounter.get("status")),
        _time(encounter, period),
        performer(row.cells[3]),
        location(row.cells[4]),
        indications(ctx, encounter),
    )


def _time(encounter: Fhir, period: Fhir) -> etree._Element:
    """One moment for a visit that is over and has no end on file; a stretch that began for one that may go on."""
    if encounter.get("status") == "finished":
        return moment_or_interval(period.get("start"), period.get("end"))
    return interval("effectiveTime", period.get("start"), period.get("end"))


def _code(encounter: Fhir, row: Row) -> etree._Element:
    concept = first(encounter.get("type")) or {"text": _kind(encounter)}
    element = coded("code", concept, (CPT, SNOMED), ref=row.cell(1))
    patient_class = encounter.get("class") or {}
    system = code_system(str(patient_class.get("system", "")))
    if system and patient_class.get("code"):
        element.append(
            el("translation", {"code": patient_class["code"], "codeSystem": system.oid,
                               "codeSystemName": system.name or None,
                               "displayName": patient_class.get("display")})
        )  # fmt: skip
    return element


ENCOUNTERS = Section(
    prefix="encounters",
    title="Encounters",
    loinc="46240-8",
    display="History of encounters",
    template="2.16.840.1.113883.10.20.22.2.22.1",
    version="2015-08-01",
    columns=("Visit", "Date", "Reason", "Seen by", "Place"),
    entries=_entries,
)
