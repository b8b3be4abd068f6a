"""Vital signs (8716-3): Vital Signs Organizer 4.26 with Vital Sign Observations 4.27."""

from collections.abc import Iterator
from itertools import groupby

from lxml import etree

from chartpost.formats.ccda.allot import observation_section
from chartpost.formats.ccda.datatypes import fixed, interval, quantity
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections import measurements as m
from chartpost.formats.ccda.sections.common import LOINC_OID, SNOMED_OID, author, status
from chartpost.formats.ccda.xmlnode import el

_PANELS = {"85353-1", "74728-7", "34566-0"}


def _entries(ctx: Context) -> Iterator[Entry]:
    items = [
        i
        for o in ctx.record.of("Observation")
        if observation_section(o) == "vitals"
        for i in m.measurements(o)
        if not _is_panel(i)
    ]
    for _, group in groupby(items, key=lambda item: item.when):
        lines = [(item, ctx.row(*m.cells(item))) for item in group]
        yield Entry(tuple(row for _, row in lines), _organizer(ctx, lines))


def _is_panel(item: m.Measurement) -> bool:
    codes = {c.get("code") for c in (item.body.get("code") or {}).get("coding") or ()}
    return bool(codes & _PANELS) and not _has_number(item)


def _has_number(item: m.Measurement) -> bool:
    return (item.body.get("valueQuantity") or {}).get("value") is not None


def _organizer(ctx: Context, lines: list[tuple[m.Measurement, Row]]) -> etree._Element:
    item = lines[0][0]
    return el(
        "organizer",
        {"classCode": "CLUSTER", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.26", "2015-08-01"),
        ctx.id(item.owner, "organizer"),
        el("code", {"code": "46680005", "codeSystem": SNOMED_OID, "displayName": "Vital signs"},
           fixed("translation", "74728-7", LOINC_OID, "Vital signs panel")),
        status("completed"),
        interval("effectiveTime", item.when, item.when),
        author(ctx, item.owner, "performer") if item.owner.get("performer") else None,
        [el("component", None, _observation(ctx, item, row)) for item, row in lines],
    )  # fmt: skip


def _observation(ctx: Context, item: m.Measurement, row: Row) -> etree._Element:
    ids = templates("2.16.840.1.113883.10.20.22.4.27", "2014-06-09")
    return m.element(ctx, item, row, ids, value=_value(item, row))


def _value(item: m.Measurement, row: Row) -> etree._Element:
    """The value as PQ, which has a unit even where there is no number (CONF:1098-31579)."""
    if _has_number(item):
        value = quantity("value", item.body["valueQuantity"], xsi_type="PQ", bound=False)
    else:
        words = el("originalText", None, row.cells[1]) if row.cells[1] else None
        translation = el("translation", {"nullFlavor": "OTH"}, words) if words is not None else None
        value = el("value", {"xsi:type": "PQ", "nullFlavor": "OTH" if row.cells[1] else "UNK"}, translation)
    if value.get("unit") is None:
        value.set("unit", "1")
    return value


VITALS = Section(
    prefix="vitals",
    title="Vital Signs",
    loinc="8716-3",
    display="Vital signs",
    template="2.16.840.1.113883.10.20.22.2.4.1",
    version="2015-08-01",
    columns=("Measurement", "Value", "Flag", "Usual range", "Date"),
    entries=_entries,
    required=True,
    empty="No information about vital signs.",
)
