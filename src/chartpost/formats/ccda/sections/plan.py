"""Plan of treatment (18776-5): what is ordered, planned or booked and not yet done."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import CPT, LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, concepts_text, first, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import author, indications, reason_text, status
from chartpost.formats.ccda.sections.referral import referrals
from chartpost.formats.ccda.xmlnode import el

_MOODS = {"plan": "INT", "proposal": "PRP"}
_OPEN = {"draft", "active", "on-hold", "proposed", "pending", "booked", "planned", "waitlist"}


def _entries(ctx: Context) -> Iterator[Entry]:
    elsewhere = {id(order) for order in referrals(ctx)}
    for resource in ctx.record.of("ServiceRequest", "Appointment", "Encounter", "CarePlan", "NutritionOrder"):
        told = resource["resourceType"] == "ServiceRequest" and _is_instruction(resource)
        if (resource.get("status") not in _OPEN and not told) or id(resource) in elsewhere:
            continue
        if resource["resourceType"] == "NutritionOrder":
            yield _diet(ctx, resource)
        elif resource["resourceType"] == "CarePlan":
            yield from _care_plan(ctx, resource)
        else:
            yield _single(ctx, resource)


def _single(ctx: Context, resource: Fhir) -> Entry:
    kind = resource["resourceType"]
    concept = resource.get("code") or first(resource.get("serviceType") or resource.get("type"))
    concept = concept or {"text": str(resource.get("description") or "Visit")}
    when = span(resource, "occurrence", "period", "start")[0]
    row = ctx.row(concept_text(concept), long_date(when, time=True), reason_text(ctx, resource))
    if kind != "ServiceRequest":
        return Entry((row,), _visit(ctx, resource, concept, when, row))
    make = _instruction if _is_instruction(resource) else _act
    return Entry((row,), make(ctx, resource, concept, when, row))


def _is_instruction(order: Fhir) -> bool:
    """Whether something planned is done in that it was told: an instruction, not an order that was carried out."""
    return order.get("status") == "completed" and order.get("intent") in ("plan", "proposal")


def _instruction(ctx: Context, resource: Fhir, concept: Fhir, when: str | None, row: Row) -> etree._Element:
    """Instruction (4.20)."""
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "INT"},
        templates("2.16.840.1.113883.10.20.22.4.20", "2014-06-09"),
        ctx.id(resource),
        coded("code", concept, (SNOMED, LOINC), ref=row.cell(1)),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", when) if when else None,
    )


def _diet(ctx: Context, order: Fhir) -> Entry:
    """Nutrition Recommendation (4.130)."""
    diet = order.get("oralDiet") or {}
    concept = first(diet.get("type")) or {"text": str(diet.get("instruction") or "Diet order")}
    row = ctx.row(concept_text(concept), long_date(order.get("dateTime")), str(diet.get("instruction", "")))
    act = el(
        "act",
        {"classCode": "ACT", "moodCode": "RQO"},
        templates("2.16.840.1.113883.10.20.22.4.130"),
        ctx.id(order),
        coded("code", concept, (SNOMED, LOINC), ref=row.cell(1)),
        text_ref(row.ref),
        status("active"),
        point("effectiveTime", order.get("dateTime")),
        author(ctx, order, "orderer"),
    )
    return Entry((row,), act)


def _act(ctx: Context, resource: Fhir, concept: Fhir, when: str | None, row: Row) -> etree._Element:
    return el(
        "act",
        {"classCode": "ACT", "moodCode": _MOODS.get(str(resource.get("intent")), "RQO")},
        templates("2.16.840.1.113883.10.20.22.4.39", "2014-06-09"),
        ctx.id(resource),
        coded("code", concept, (LOINC, SNOMED, CPT), ref=row.cell(1)),
        text_ref(row.ref),
        status("active"),
        point("effectiveTime", when),
        author(ctx, resource, "requester"),
        indications(ctx, resource),
    )


def _visit(ctx: Context, resource: Fhir, concept: Fhir, when: str | None, row: Row) -> etree._Element:
    booked = resource.get("status") == "booked"
    return el(
        "encounter",
        {"classCode": "ENC", "moodCode": "APT" if booked else "INT"},
        templates("2.16.840.1.113883.10.20.22.4.40", "2014-06-09"),
        ctx.id(resource),
        coded("code", concept, (SNOMED, CPT), ref=row.cell(1)),
        text_ref(row.ref),
        status("active"),
        point("effectiveTime", when),
        indications(ctx, resource),
    )


def _care_plan(ctx: Context, plan: Fhir) -> Iterator[Entry]:
    name = str(plan.get("title") or "") or concepts_text((plan.get("category") or ())[-1:])
    period = plan.get("period") or {}
    for number, activity in enumerate(plan.get("activity") or ()):
        detail = activity.get("detail") or {}
        if detail.get("status") in ("completed", "cancelled", "stopped", "entered-in-error"):
            continue
        concept = detail.get("code") or {"text": str(detail.get("description", ""))}
        if concept_text(concept):
            when = span(detail, "scheduled")[0] or period.get("start")
            row = ctx.row(concept_text(concept), long_date(when), name)
            part = {"resourceType": "CarePlan", "id": f"{plan.get('id', '')}/activity-{number}"}
            yield Entry((row,), _act(ctx, part, concept, when, row))


PLAN = Section(
    prefix="plan",
    title="Plan of Treatment",
    loinc="18776-5",
    display="Plan of care note",
    template="2.16.840.1.113883.10.20.22.2.10",
    version="2014-06-09",
    columns=("Planned", "Date", "Why"),
    entries=_entries,
)
