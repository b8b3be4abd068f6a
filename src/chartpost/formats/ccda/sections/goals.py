"""Goals (61146-7): Goal Observation 4.121."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, first, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import author, status
from chartpost.formats.ccda.xmlnode import el

_STATUS = {
    "completed": "completed",
    "cancelled": "cancelled",
    "rejected": "cancelled",
    "on-hold": "suspended",
    "proposed": "new",
    "planned": "new",
}


def _entries(ctx: Context) -> Iterator[Entry]:
    for goal in ctx.record.of("Goal"):
        due = span(first(goal.get("target")), "due")[0]
        row = ctx.row(
            concept_text(goal.get("description")),
            str(goal.get("lifecycleStatus", "")).replace("-", " ").capitalize(),
            long_date(span(goal, "start")[0]),
            long_date(due),
        )
        yield Entry((row,), _observation(ctx, goal, due, row))


def _observation(ctx: Context, goal: Fhir, due: str | None, row: Row) -> etree._Element:
    measure = first(goal.get("target")).get("measure")
    code = coded("code", measure or goal.get("description"), (LOINC, SNOMED), ref=None if measure else row.cell(1))
    return el(
        "observation",
        {"classCode": "OBS", "moodCode": "GOL"},
        templates("2.16.840.1.113883.10.20.22.4.121"),
        ctx.id(goal),
        code,
        text_ref(row.cell(1) or row.ref),
        status(_STATUS.get(str(goal.get("lifecycleStatus")), "active")),
        interval("effectiveTime", span(goal, "start")[0], due),
        el("value", {"xsi:type": "ST"}, row.cells[0]),
        author(ctx, goal, "expressedBy"),
    )


GOALS = Section(
    prefix="goals",
    title="Goals",
    loinc="61146-7",
    display="Goals",
    template="2.16.840.1.113883.10.20.22.2.60",
    version="",
    columns=("Goal", "Status", "Began", "Due"),
    entries=_entries,
)
