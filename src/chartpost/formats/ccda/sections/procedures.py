"""Procedures (47519-4): Procedure Activity Procedure 4.14."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import CDT, CPT, HCPCS, ICD10PCS, LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, moment_or_interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, date_range, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    indications,
    performer,
    performer_name,
    place_name,
    reason_text,
    status,
)
from chartpost.formats.ccda.xmlnode import el

_CODES = (SNOMED, CPT, ICD10PCS, HCPCS, CDT, LOINC)
_STATUS = {
    "preparation": "active", "in-progress": "active", "on-hold": "active", "stopped": "aborted",
    "not-done": "cancelled",
}  # fmt: skip


def _entries(ctx: Context) -> Iterator[Entry]:
    for procedure in ctx.record.of("Procedure"):
        row = ctx.row(
            concept_text(procedure.get("code")),
            date_range(*span(procedure, "performed")),
            str(procedure.get("status", "")).replace("-", " ").capitalize(),
            reason_text(ctx, procedure),
            performer_name(ctx, procedure),
            place_name(ctx, procedure),
        )
        yield Entry((row,), _activity(ctx, procedure, row))


def _activity(ctx: Context, procedure: Fhir, row: Row) -> etree._Element:
    not_done = procedure.get("status") == "not-done"
    return el(
        "procedure",
        {"classCode": "PROC", "moodCode": "EVN", "negationInd": "true" if not_done else None},
        templates("2.16.840.1.113883.10.20.22.4.14", "2014-06-09"),
        ctx.id(procedure),
        coded("code", procedure.get("code"), _CODES, ref=row.cell(1)),
        text_ref(row.ref),
        status(_STATUS.get(str(procedure.get("status")), "completed")),
        moment_or_interval(*span(procedure, "performed")),
        [coded("targetSiteCode", site, (SNOMED,)) for site in procedure.get("bodySite") or ()],
        performer(row.cells[4]),
        indications(ctx, procedure),
    )


PROCEDURES = Section(
    prefix="procedures",
    title="Procedures",
    loinc="47519-4",
    display="History of procedures",
    template="2.16.840.1.113883.10.20.22.2.7.1",
    version="2014-06-09",
    columns=("Procedure", "Date", "Status", "Reason", "Done by", "Place"),
    entries=_entries,
)
