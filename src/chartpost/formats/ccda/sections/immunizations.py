"""Immunizations (11369-6): Immunization Activity 4.52."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import CVX, SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, point, quantity, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, code_of, concept_text, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    observation,
    performer,
    performer_name,
    place_name,
    related,
    status,
)
from chartpost.formats.ccda.xmlnode import el

_REFUSALS = {"IMMUNE", "MEDPREC", "OSTOCK", "PATOBJ", "PHILISOP", "RELIG", "VACEFF", "VACSAF"}
_ROUTES = ("http://ncimeta.nci.nih.gov", SNOMED)


def _entries(ctx: Context) -> Iterator[Entry]:
    for shot in ctx.record.of("Immunization"):
        not_given = shot.get("status") == "not-done"
        row = ctx.row(
            concept_text(shot.get("vaccineCode")),
            long_date(span(shot, "occurrence")[0]) or str(shot.get("occurrenceString", "")),
            "Not given" if not_given else "Given",
            concept_text(shot.get("statusReason")),
            str(shot.get("lotNumber", "")),
            place_name(ctx, shot),
        )
        yield Entry((row,), _activity(ctx, shot, row))


def _activity(ctx: Context, shot: Fhir, row: Row) -> etree._Element:
    not_given = shot.get("status") == "not-done"
    dose = shot.get("doseQuantity")
    return el(
        "substanceAdministration",
        {"classCode": "SBADM", "moodCode": "EVN", "negationInd": "true" if not_given else "false"},
        templates("2.16.840.1.113883.10.20.22.4.52", "2015-08-01"),
        ctx.id(shot),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", span(shot, "occurrence")[0]),
        coded("routeCode", shot["route"], _ROUTES) if shot.get("route") else None,
        coded("approachSiteCode", shot["site"], (SNOMED,), xsi_type="CD") if shot.get("site") else None,
        quantity("doseQuantity", dose) if dose else None,
        el("consumable", None, _product(ctx, shot, row)),
        performer(performer_name(ctx, shot)),
        _refusal(ctx, shot) if not_given else None,
    )


def _product(ctx: Context, shot: Fhir, row: Row) -> etree._Element:
    maker = ctx.record.name_of(shot.get("manufacturer"), shot)
    lot = shot.get("lotNumber")
    return el(
        "manufacturedProduct",
        {"classCode": "MANU"},
        templates("2.16.840.1.113883.10.20.22.4.54", "2014-06-09"),
        el(
            "manufacturedMaterial",
            None,
            coded("code", shot.get("vaccineCode"), (CVX,), ref=row.cell(1)),
            el("lotNumberText", None, lot) if lot else None,
        ),
        el("manufacturerOrganization", None, el("name", None, maker)) if maker else None,
    )


def _refusal(ctx: Context, shot: Fhir) -> etree._Element | None:
    code = code_of(shot.get("statusReason"))
    if code not in _REFUSALS:
        return None
    return related(
        "RSON",
        observation(
            templates("2.16.840.1.113883.10.20.22.4.53"),
            ctx.id(shot, "refusal"),
            fixed("code", code, "2.16.840.1.113883.5.8", concept_text(shot["statusReason"])),
            status("completed"),
        ),
    )


IMMUNIZATIONS = Section(
    prefix="immunizations",
    title="Immunizations",
    loinc="11369-6",
    display="History of immunizations",
    template="2.16.840.1.113883.10.20.22.2.2.1",
    version="2015-08-01",
    columns=("Vaccine", "Date", "Status", "Reason if not given", "Lot", "Place"),
    entries=_entries,
)
