"""Advance directives (42348-3): Advance Directive Observation 4.48; a document about one is a Note Activity."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.allot import is_directive, observation_section
from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, choice, concept_text, date_range, first, span, timestamp
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections import notes
from chartpost.formats.ccda.sections.common import LOINC_OID, observation, status
from chartpost.formats.ccda.valuetext import text_of
from chartpost.formats.ccda.xmlnode import el, null


def _entries(ctx: Context) -> Iterator[Entry]:
    for resource in ctx.record.of("Consent", "Observation", "DocumentReference"):
        if resource["resourceType"] == "Observation":
            chosen = observation_section(resource) == "directives"
        else:
            chosen = is_directive(resource)
        if chosen:
            row = _line(ctx, resource)
            is_paper = resource["resourceType"] == "DocumentReference"
            made = notes.activity(ctx, resource, 0, row) if is_paper else _observation(ctx, resource, row)
            yield Entry((row,), made)


def _line(ctx: Context, resource: Fhir) -> Row:
    return ctx.row(
        concept_text(_kind(resource)) or "Advance directive",
        str(resource.get("status", "")).replace("-", " ").capitalize(),
        date_range(*_period(resource)),
        _words(resource),
    )


def _kind(resource: Fhir) -> Fhir:
    if resource["resourceType"] != "Consent":
        return dict(resource.get("code") or resource.get("type") or {})
    return dict(next(iter(reversed(resource.get("category") or [])), {}))


def _decision(resource: Fhir) -> Fhir:
    """What was decided: an Observation's coded answer, or the code of a Consent's provision."""
    provision = resource.get("provision") or {}
    return dict(resource.get("valueCodeableConcept") or first(provision.get("code")) or {})


def _words(resource: Fhir) -> str:
    said = text_of(*choice(resource, "value")) or concept_text(_decision(resource))
    texts = notes.texts_of(resource) if resource["resourceType"] == "DocumentReference" else []
    remarks = [str(n.get("text", "")) for n in resource.get("note") or ()]
    return said or "\n".join([*texts, *remarks]) or str(resource.get("description") or "On file")


def _period(resource: Fhir) -> tuple[str | None, str | None]:
    period = (resource.get("provision") or {}).get("period") or {}
    if period:
        return period.get("start"), period.get("end")
    return span(resource, "effective", "dateTime", "date")


def _observation(ctx: Context, resource: Fhir, row: Row) -> etree._Element:
    start, end = _period(resource)
    high = point("high", end) if timestamp(end) else null("high", "NA")
    decision = _decision(resource)
    value = coded("value", decision, (SNOMED,), ref=row.cell(4), xsi_type="CD") if decision else None
    if value is None or not value.get("code"):
        value = el("value", {"xsi:type": "ST"}, row.cells[3])
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.48", "2015-08-01"),
        ctx.id(resource),
        _code(resource, row),
        text_ref(row.ref),
        status("completed"),
        el("effectiveTime", None, point("low", start), high),
        value,
    )


def _code(resource: Fhir, row: Row) -> etree._Element:
    """The kind of directive with the LOINC code that the template asks for (CONF:1198-32842)."""
    found = coded("code", _kind(resource), (SNOMED, LOINC), ref=row.cell(1))
    if not any(t.get("code") == "75320-2" for t in found.findall("{*}translation")):
        found.append(fixed("translation", "75320-2", LOINC_OID, "Advance directive"))
    return found


DIRECTIVES = Section(
    prefix="directives",
    title="Advance Directives",
    loinc="42348-3",
    display="Advance directives",
    template="2.16.840.1.113883.10.20.22.2.21",
    version="2015-08-01",
    columns=("Directive", "Status", "Dates", "What it says"),
    entries=_entries,
)
