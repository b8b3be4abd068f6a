"""Payers (48768-6): Coverage Activity 4.60 with Policy Activity 4.61."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.datatypes import coded, fixed, identifier, interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, code_of, concept_text, date_range, first
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import LOINC_OID, related, status
from chartpost.formats.ccda.xmlnode import el, null

_ROLE_CLASS = "2.16.840.1.113883.5.110"
_COVERED = "2.16.840.1.113883.5.111"
_RELATIONS = {"self": "SELF", "spouse": "SPOUSE", "child": "CHILD", "parent": "PAR"}


def _entries(ctx: Context) -> Iterator[Entry]:
    for coverage in ctx.record.of("Coverage"):
        period = coverage.get("period") or {}
        payer = ctx.record.name_of(first(coverage.get("payor")), coverage)
        row = ctx.row(
            payer,
            concept_text(coverage.get("type")),
            _member_id(coverage),
            concept_text(coverage.get("relationship")).capitalize(),
            str(coverage.get("status", "")).capitalize(),
            date_range(period.get("start"), period.get("end")),
        )
        yield Entry((row,), _coverage(ctx, coverage, row))


def _member_id(coverage: Fhir) -> str:
    return str(coverage.get("subscriberId") or first(coverage.get("identifier")).get("value") or "")


def _coverage(ctx: Context, coverage: Fhir, row: Row) -> etree._Element:
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.60", "2015-08-01"),
        ctx.id(coverage, "coverage"),
        fixed("code", "48768-6", LOINC_OID, "Payment sources"),
        text_ref(row.ref),
        status("completed"),
        related("COMP", _policy(ctx, coverage, row)),
    )


def _policy(ctx: Context, coverage: Fhir, row: Row) -> etree._Element:
    kind = coded("code", coverage.get("type"), (), ref=row.cell(2))
    if not kind.findall("{*}translation"):
        kind.append(null("translation", "UNK"))
    plan = first(coverage.get("class")).get("name") or row.cells[0] or "Health plan"
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.61", "2015-08-01"),
        ctx.id(coverage),
        kind,
        status("completed"),
        _payer(row.cells[0]),
        _member(coverage),
        related("REFR", _plan(ctx, coverage, str(plan))),
    )


def _payer(name: str) -> etree._Element:
    organization = el("representedOrganization", None, el("name", None, name) if name else null("name"))
    return el(
        "performer",
        {"typeCode": "PRF"},
        templates("2.16.840.1.113883.10.20.22.4.87"),
        el("assignedEntity", None, null("id"), fixed("code", "PAYOR", _ROLE_CLASS, "Payor"), organization),
    )


def _member(coverage: Fhir) -> etree._Element:
    period = coverage.get("period") or {}
    relation = _RELATIONS.get(code_of(coverage.get("relationship")))
    number = _member_id(coverage)
    role = el(
        "participantRole",
        {"classCode": "PAT"},
        _member_ii(coverage, number) if number else null("id", "UNK"),
        fixed("code", relation, _COVERED, "Relationship to subscriber") if relation else null("code", "UNK"),
    )
    return el(
        "participant",
        {"typeCode": "COV"},
        templates("2.16.840.1.113883.10.20.22.4.89"),
        interval("time", period.get("start"), period.get("end")),
        role,
    )


def _member_ii(coverage: Fhir, number: str) -> etree._Element:
    payer = str(first(coverage.get("payor")).get("reference") or first(coverage.get("payor")).get("display"))
    found = identifier({"system": f"urn:chartpost:payer:{payer}", "value": number})
    return found if found is not None else null("id")


def _plan(ctx: Context, coverage: Fhir, name: str) -> etree._Element:
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "DEF"},
        ctx.id(coverage, "plan"),
        null("code", "UNK"),
        el("text", None, name),
    )


PAYERS = Section(
    prefix="payers",
    title="Insurance",
    loinc="48768-6",
    display="Payment sources",
    template="2.16.840.1.113883.10.20.22.2.18",
    version="2015-08-01",
    columns=("Insurer", "Kind", "Member number", "Relationship", "Status", "Dates"),
    entries=_entries,
)
