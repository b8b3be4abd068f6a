"""Results (30954-2): Result Organizer 4.1 with Result Observations 4.2."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from chartpost.formats.ccda.allot import observation_section
from chartpost.formats.ccda.codesystems import CPT, LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, interval
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, timestamp
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.record import Record
from chartpost.formats.ccda.sections import measurements as m
from chartpost.formats.ccda.sections.common import author, status
from chartpost.formats.ccda.xmlnode import el


@dataclass(frozen=True)
class _Group:
    head: Fhir
    items: list[m.Measurement]


def _entries(ctx: Context) -> Iterator[Entry]:
    for group in _groups(ctx.record):
        lines = [(item, _row(ctx, group, item)) for item in group.items]
        yield Entry(tuple(row for _, row in lines), _organizer(ctx, group.head, lines))


def _row(ctx: Context, group: _Group, item: m.Measurement) -> Row:
    panel = concept_text(group.head.get("code"))
    name, *rest = m.cells(item)
    return ctx.row(name, *rest, panel if panel != name else "")


def _groups(record: Record) -> Iterator[_Group]:
    """Reports with their results, panels with their members, then what belongs to neither."""
    taken: set[int] = set()
    observations = [o for o in record.of("Observation") if observation_section(o) == "results"]
    ours = {id(o) for o in observations}
    panels = [o for o in observations if o.get("hasMember")]
    for head in [*record.of("DiagnosticReport"), *panels]:
        references = head.get("result") or head.get("hasMember") or ()
        found = [o for o in (record.resolve(r, head) for r in references) if o]
        members = [o for o in found if id(o) in ours and id(o) not in taken and o is not head]
        items = [i for o in members for i in m.measurements(o) if not o.get("hasMember")]
        if items:
            taken |= {id(o) for o in members} | {id(head)}
            yield _Group(head, items)
        elif head.get("conclusion"):
            yield _Group(head, [m.Measurement(head, {**head, "valueString": head["conclusion"]})])
    for observation in observations:
        if id(observation) not in taken:
            yield _Group(observation, m.measurements(observation))


def _organizer(ctx: Context, head: Fhir, lines: list[tuple[m.Measurement, Row]]) -> etree._Element:
    dates = sorted(str(item.when) for item, _ in lines if timestamp(item.when))
    return el(
        "organizer",
        {"classCode": "BATTERY", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.1", "2015-08-01"),
        ctx.id(head, "organizer"),
        coded("code", head.get("code"), (LOINC, SNOMED, CPT)),
        status(m.result_status(head)),
        interval("effectiveTime", dates[0], dates[-1]) if dates else None,
        author(ctx, head, "performer") if head.get("performer") else None,
        [el("component", None, _observation(ctx, item, row)) for item, row in lines],
    )


def _observation(ctx: Context, item: m.Measurement, row: Row) -> etree._Element:
    return m.element(ctx, item, row, templates("2.16.840.1.113883.10.20.22.4.2", "2015-08-01"))


RESULTS = Section(
    prefix="results",
    title="Results",
    loinc="30954-2",
    display="Relevant diagnostic tests and/or laboratory data",
    template="2.16.840.1.113883.10.20.22.2.3.1",
    version="2015-08-01",
    columns=("Test", "Result", "Flag", "Usual range", "Date", "Part of"),
    entries=_entries,
    required=True,
    empty="No information about test results.",
)
