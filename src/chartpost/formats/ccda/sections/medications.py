"""Medications (10160-0): Medication Activity 4.16."""

from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from chartpost.formats.ccda.codesystems import NDC, RXNORM, SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, interval, quantity, text_ref
from chartpost.formats.ccda.fhirvalues import (
    Fhir,
    code_of,
    concept_text,
    date_range,
    first,
    number,
    quantity_text,
    span,
)
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    ACT_CODE_OID,
    LOINC_OID,
    author,
    indications,
    medication_of,
    reason_text,
    related,
    status_of,
)
from chartpost.formats.ccda.valuetext import range_text
from chartpost.formats.ccda.xmlnode import el, null

_STATUS = {
    "active": "active", "on-hold": "suspended", "cancelled": "aborted", "completed": "completed",
    "stopped": "aborted", "draft": "active", "intended": "active", "in-progress": "active",
    "not-done": "completed", "not-taken": "completed",
}  # fmt: skip
_UCUM_TIME = {"s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a"}
_ROUTES = ("http://ncimeta.nci.nih.gov", SNOMED)
_TYPES = ("MedicationRequest", "MedicationStatement", "MedicationAdministration")


def _entries(ctx: Context) -> Iterator[Entry]:
    elsewhere = {id(m) for m in discharged(ctx)}
    for medication in ctx.record.of(*_TYPES):
        if id(medication) not in elsewhere:
            row = line(ctx, medication)
            yield Entry((row,), activity(ctx, medication, row))


def discharged(ctx: Context) -> list[Fhir]:
    """Medicines ordered for the time after the stay that the document is about (category discharge)."""
    if ctx.wish.kind != "discharge":
        return []
    found = ctx.record.of("MedicationRequest")
    return [m for m in found if any(code_of(c) == "discharge" for c in m.get("category") or ())]


def line(ctx: Context, medication: Fhir) -> Row:
    """The line of a medicine."""
    start, end = _period(medication)
    return ctx.row(
        concept_text(medication_of(ctx, medication)),
        _sig(medication),
        str(medication.get("status", "")).replace("-", " ").capitalize(),
        date_range(start, end),
        reason_text(ctx, medication),
    )


def _dosage(medication: Fhir) -> Fhir:
    dosage = medication.get("dosageInstruction") or medication.get("dosage")
    return dict(dosage) if isinstance(dosage, dict) else dict(first(dosage))


def _sig(medication: Fhir) -> str:
    dosage = _dosage(medication)
    if dosage.get("text"):
        return str(dosage["text"])
    amount = first(dosage.get("doseAndRate"))
    dose = quantity_text(amount.get("doseQuantity")) or range_text(amount.get("doseRange") or {})
    words = [dose, concept_text(dosage.get("route")), _frequency_text(dosage)]
    return ", ".join([w for w in words if w] + (["as needed"] if _as_needed(dosage) else []))


def _frequency_text(dosage: Fhir) -> str:
    timing = dosage.get("timing") or {}
    repeat = timing.get("repeat") or {}
    if not (repeat.get("period") and repeat.get("periodUnit")):
        return concept_text(timing.get("code"))
    names = {
        "s": "second",
        "min": "minute",
        "h": "hour",
        "d": "day",
        "wk": "week",
        "mo": "month",
        "a": "year",
    }
    times = number(repeat.get("frequency", 1))
    every = number(repeat["period"])
    unit = names.get(repeat["periodUnit"], "")
    return f"{times} {'time' if times == '1' else 'times'} every {unit if every == '1' else f'{every} {unit}s'}"


def _as_needed(dosage: Fhir) -> bool:
    return bool(dosage.get("asNeededBoolean") or dosage.get("asNeededCodeableConcept"))


def _period(medication: Fhir) -> tuple[str | None, str | None]:
    repeat = (_dosage(medication).get("timing") or {}).get("repeat") or {}
    bounds = repeat.get("boundsPeriod") or {}
    if bounds.get("start"):
        return bounds["start"], bounds.get("end")
    return span(medication, "effective", "authoredOn", "dateAsserted")


def activity(ctx: Context, medication: Fhir, row: Row) -> etree._Element:
    """Medication Activity (4.16)."""
    dosage = _dosage(medication)
    start, end = _period(medication)
    refused = medication.get("doNotPerform") or medication.get("status") in ("not-done", "not-taken")
    dose = first(dosage.get("doseAndRate")).get("doseQuantity") or dosage.get("dose")
    return el(
        "substanceAdministration",
        {"classCode": "SBADM", "moodCode": _mood(medication),
         "negationInd": "true" if refused else None},
        templates("2.16.840.1.113883.10.20.22.4.16", "2014-06-09"),
        ctx.id(medication),
        text_ref(row.ref),
        status_of(_STATUS, medication.get("status")),
        interval("effectiveTime", start, end, xsi_type="IVL_TS"),
        _frequency(dosage),
        coded("routeCode", dosage["route"], _ROUTES) if dosage.get("route") else None,
        quantity("doseQuantity", dose) if dose else null("doseQuantity", "UNK"),
        _consumable(medication_of(ctx, medication), row),
        author(ctx, medication, "requester", "informationSource"),
        indications(ctx, medication),
        _free_text(medication, row),
        _supply(ctx, medication),
        _precondition(dosage),
    )  # fmt: skip


def _mood(medication: Fhir) -> str:
    """Ordered (INT) or taken (EVN): a request of intent plan stands for a medicine that somebody reports."""
    ordered = medication["resourceType"] == "MedicationRequest" and medication.get("intent") != "plan"
    return "INT" if ordered else "EVN"


def _frequency(dosage: Fhir) -> etree._Element | None:
    repeat = (dosage.get("timing") or {}).get("repeat") or {}
    unit = _UCUM_TIME.get(str(repeat.get("periodUnit", "")))
    if not unit or not repeat.get("period"):
        return None
    every = Decimal(str(repeat["period"])) / Decimal(str(repeat.get("frequency") or 1))
    value = format(every.quantize(Decimal("0.0001")).normalize(), "f")
    return el(
        "effectiveTime",
        {"xsi:type": "PIVL_TS", "institutionSpecified": "true", "operator": "A"},
        el("period", {"value": value, "unit": unit}),
    )


def _consumable(concept: Fhir, row: Row) -> etree._Element:
    return el("consumable", None, _product(concept, row.cell(1)))


def _product(concept: Fhir, ref: str | None = None) -> etree._Element:
    return el(
        "manufacturedProduct",
        {"classCode": "MANU"},
        templates("2.16.840.1.113883.10.20.22.4.23", "2014-06-09"),
        el("manufacturedMaterial", None, coded("code", concept, (RXNORM, NDC), ref=ref)),
    )


def _free_text(medication: Fhir, row: Row) -> etree._Element | None:
    sig = row.cell(2)
    if not sig:
        return None
    labelled = el("manufacturedProduct", None, null("manufacturedLabeledDrug", "NA"))
    return related(
        "COMP",
        el(
            "substanceAdministration",
            {"classCode": "SBADM", "moodCode": _mood(medication)},
            templates("2.16.840.1.113883.10.20.22.4.147"),
            fixed("code", "76662-6", LOINC_OID, "Instructions Medication"),
            text_ref(sig),
            el("consumable", None, labelled),
        ),
    )


def _supply(ctx: Context, medication: Fhir) -> etree._Element | None:
    dispense = medication.get("dispenseRequest") or {}
    repeats, amount = dispense.get("numberOfRepeatsAllowed"), dispense.get("quantity")
    if repeats is None and not amount:
        return None
    return related(
        "REFR",
        el(
            "supply",
            {"classCode": "SPLY", "moodCode": "INT"},
            templates("2.16.840.1.113883.10.20.22.4.17", "2014-06-09"),
            ctx.id(medication, "supply"),
            status_of(_STATUS, medication.get("status")),
            el("repeatNumber", {"value": str(repeats + 1)}) if repeats is not None else None,
            quantity("quantity", amount) if amount else None,
        ),
    )


def _precondition(dosage: Fhir) -> etree._Element | None:
    if not _as_needed(dosage):
        return None
    criterion = el(
        "criterion",
        None,
        templates("2.16.840.1.113883.10.20.22.4.25", "2014-06-09"),
        fixed("code", "ASSERTION", ACT_CODE_OID, "Assertion"),
        coded("value", dosage.get("asNeededCodeableConcept"), (SNOMED,), xsi_type="CD"),
    )
    return el("precondition", {"typeCode": "PRCN"}, criterion)


MEDICATIONS = Section(
    prefix="medications",
    title="Medications",
    loinc="10160-0",
    display="History of medication use",
    template="2.16.840.1.113883.10.20.22.2.1.1",
    version="2014-06-09",
    columns=("Medicine", "How to take it", "Status", "Dates", "Reason"),
    entries=_entries,
    required=True,
    empty="No information about medicines.",
)
