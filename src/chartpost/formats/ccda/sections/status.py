"""Functional status (47420-5), mental status (10190-7) and nutrition (61144-2), from Observations."""

from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

from chartpost.formats.ccda.allot import observation_section
from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.datatypes import any_value, coded, fixed, point, text_ref
from chartpost.formats.ccda.fhirvalues import has_code
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections import measurements as m
from chartpost.formats.ccda.sections.common import LOINC_OID, SNOMED_OID, observation, related, status
from chartpost.formats.ccda.xmlnode import el, null

_CODES = (LOINC, SNOMED)
_ASSESSED = "75303-8"
_Line: TypeAlias = tuple[m.Measurement, Row]


def _items(ctx: Context, name: str) -> Iterator[_Line]:
    for resource in ctx.record.of("Observation"):
        if observation_section(resource) == name:
            for item in m.measurements(resource):
                what, value, _, _, date = m.cells(item)
                yield item, ctx.row(what, value, date)


def _functional(ctx: Context) -> Iterator[Entry]:
    for item, row in _items(ctx, "functional"):
        if item.body.get("valueCodeableConcept"):
            ids = templates("2.16.840.1.113883.10.20.22.4.67", "2014-06-09")
            yield Entry((row,), _answer(ctx, item, row, ids, _functional_code(item, row)))
        else:
            yield Entry((row,), _scale(ctx, item, row))


def _mental(ctx: Context) -> Iterator[Entry]:
    for item, row in _items(ctx, "mental"):
        if item.body.get("valueCodeableConcept"):
            ids = templates("2.16.840.1.113883.10.20.22.4.74", "2015-08-01")
            yield Entry((row,), _answer(ctx, item, row, ids, _mental_code(item, row)))
        else:
            yield Entry((row,), _scale(ctx, item, row))


def _functional_code(item: m.Measurement, row: Row) -> etree._Element:
    """The question in LOINC; Functional Status where it has no LOINC code (CONF:1098-31522)."""
    found = coded("code", item.body.get("code"), (LOINC,), ref=row.cell(1))
    return found if found.get("code") else _instead(found, "54522-8", LOINC_OID, "Functional status")


def _mental_code(item: m.Measurement, row: Row) -> etree._Element:
    """Cognitive function finding with its LOINC code (CONF:1198-14591), and the question as it was asked."""
    found = coded("code", item.body.get("code"), (SNOMED,), ref=row.cell(1))
    if found.get("code") != "373930000":
        found = _instead(found, "373930000", SNOMED_OID, "Cognitive function finding")
    if not any(t.get("code") == "75275-8" for t in found.findall("{*}translation")):
        found.append(fixed("translation", "75275-8", LOINC_OID, "Cognitive function"))
    return found


def _instead(given: etree._Element, code: str, oid: str, words: str) -> etree._Element:
    """A fixed code that keeps the given one as a translation."""
    found = fixed("code", code, oid, words)
    found.extend(given.findall("{*}originalText"))
    if given.get("code"):
        names = ("code", "codeSystem", "codeSystemName", "displayName")
        found.append(el("translation", {name: given.get(name) for name in names}))
    found.extend(given.findall("{*}translation"))
    return found


def _answer(
    ctx: Context, item: m.Measurement, row: Row, ids: list[etree._Element], code: etree._Element
) -> etree._Element:
    return observation(
        ids,
        ctx.id(item.owner, item.part),
        code,
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", item.when),
        coded("value", item.body["valueCodeableConcept"], (SNOMED, LOINC), ref=row.cell(2), xsi_type="CD"),
    )


def _scale(ctx: Context, item: m.Measurement, row: Row) -> etree._Element:
    """Assessment Scale Observation (4.69): a score, or an answer that is no code."""
    value = any_value(item.body, (SNOMED, LOINC), ref=row.cell(2))
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.69"),
        ctx.id(item.owner, item.part),
        coded("code", item.body.get("code"), _CODES, ref=row.cell(1)),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", item.when),
        value if value is not None else null("value", "UNK", "CD"),
    )


def _nutrition(ctx: Context) -> Iterator[Entry]:
    """Nutritional Status (4.124) around what was assessed at that time (4.138), which the template asks for."""
    items = list(_items(ctx, "nutrition"))
    assessed = [i for i in items if has_code(i[0].body.get("code"), (_ASSESSED,))]
    for status_item in [i for i in items if i not in assessed]:
        mine = [a for a in assessed if a[0].when == status_item[0].when]
        assessed = [a for a in assessed if a not in mine]
        yield Entry((status_item[1], *(row for _, row in mine)), _nutritional_status(ctx, status_item, mine))
    for item in assessed:
        yield Entry((item[1],), _nutritional_status(ctx, None, [item]))


def _nutritional_status(ctx: Context, overall: _Line | None, assessed: list[_Line]) -> etree._Element:
    item, row = overall or assessed[0]
    value = _value(item, row) if overall else null("value", "NI", "CD")
    parts = [_assessment(ctx, line, _value(*line)) for line in assessed]
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.124"),
        ctx.id(item.owner, item.part if overall else f"{item.part}status"),
        fixed("code", "75305-3", LOINC_OID, "Nutrition status"),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", item.when),
        value,
        [related("SUBJ", p) for p in parts or [_assessment(ctx, (item, row), null("value", "NI", "CD"), "-none")]],
    )


def _assessment(ctx: Context, line: _Line, value: etree._Element, part: str = "") -> etree._Element:
    item, row = line
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.138"),
        ctx.id(item.owner, item.part + part),
        fixed("code", _ASSESSED, LOINC_OID, "Nutrition assessment"),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", item.when),
        value,
    )


def _value(item: m.Measurement, row: Row) -> etree._Element:
    found = any_value(item.body, (SNOMED, LOINC), ref=row.cell(2))
    return found if found is not None else null("value", "UNK", "CD")


FUNCTIONAL = Section(
    prefix="functional",
    title="Functional Status",
    loinc="47420-5",
    display="Functional status assessment note",
    template="2.16.840.1.113883.10.20.22.2.14",
    version="2014-06-09",
    columns=("What", "Answer", "Date"),
    entries=_functional,
)

MENTAL = Section(
    prefix="mental",
    title="Mental Status",
    loinc="10190-7",
    display="Mental status narrative",
    template="2.16.840.1.113883.10.20.22.2.56",
    version="2015-08-01",
    columns=("What", "Answer", "Date"),
    entries=_mental,
)

NUTRITION = Section(
    prefix="nutrition",
    title="Nutrition",
    loinc="61144-2",
    display="Diet and nutrition narrative",
    template="2.16.840.1.113883.10.20.22.2.57",
    version="",
    columns=("What", "Answer", "Date"),
    entries=_nutrition,
)
