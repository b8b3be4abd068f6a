"""Problems (11450-4): Problem Concern Act 4.3 with Problem Observation 4.4."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.allot import condition_section
from chartpost.formats.ccda.datatypes import coded, fixed, interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, code_of, concept_text, has_code, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    ACT_CLASS_OID,
    FINDINGS,
    LOINC_OID,
    SNOMED_OID,
    author,
    clinical_status,
    comment,
    observation,
    related,
    status,
    status_of,
)
from chartpost.formats.ccda.xmlnode import el

_NO_PROBLEMS = {"160245001", "160244002"}
_OVER = {"inactive", "remission", "resolved"}
ACTIVE = {"active": "active", "recurrence": "active", "relapse": "active"}
"""Clinical statuses of a concern that is still followed."""


def _entries(ctx: Context) -> Iterator[Entry]:
    for condition in ctx.record.of("Condition"):
        if condition_section(condition) == "problems" and not is_discharge(ctx, condition):
            row = line(ctx, condition)
            yield Entry((row,), _concern(ctx, condition, row))


def is_discharge(ctx: Context, condition: Fhir) -> bool:
    """Whether a condition was found at the stay that the document is about."""
    stay = ctx.wish.stay
    if not stay:
        return False
    encounter = ctx.record.resolve({"reference": stay}) or {}
    named = [d.get("condition") for d in encounter.get("diagnosis") or ()]
    ours = str((condition.get("encounter") or {}).get("reference", ""))
    same = bool(ours) and ctx.record.resolve({"reference": ours}) is encounter and bool(encounter)
    categories = {code_of(c) for c in condition.get("category") or ()}
    return (same and "problem-list-item" not in categories) or any(ctx.record.resolve(d) is condition for d in named)


def line(ctx: Context, condition: Fhir) -> Row:
    """The line of a condition."""
    start, end = span(condition, "onset")[0], span(condition, "abatement")[0]
    return ctx.row(
        concept_text(condition.get("code")),
        _status_text(condition),
        long_date(start) or str(condition.get("onsetString", "")),
        long_date(end),
        " ".join(n.get("text", "") for n in condition.get("note") or ()),
    )


def _status_text(condition: Fhir) -> str:
    verified = code_of(condition.get("verificationStatus"))
    clinical = code_of(condition.get("clinicalStatus"))
    words = [clinical, verified if verified not in ("", "confirmed") else ""]
    return ", ".join(word for word in words if word).capitalize()


def is_over(condition: Fhir) -> bool:
    """Whether a condition has ended or rests."""
    return code_of(condition.get("clinicalStatus")) in _OVER or _abated(condition)


def _concern(ctx: Context, condition: Fhir, row: Row) -> etree._Element:
    over = is_over(condition)
    recorded = condition.get("recordedDate") or span(condition, "onset")[0]
    ended = span(condition, "abatement")[0]
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.3", "2015-08-01"),
        ctx.id(condition, "concern"),
        fixed("code", "CONC", ACT_CLASS_OID, "Concern"),
        status("completed") if over else status_of(ACTIVE, clinical_of(condition)),
        interval("effectiveTime", recorded, ended if over else None, closed=over),
        author(ctx, condition, "recorder", "asserter"),
        related("SUBJ", observation_of(ctx, condition, row)),
    )


def clinical_of(condition: Fhir) -> str:
    """The clinical status of a condition as its code; empty where nothing is said."""
    return code_of(condition.get("clinicalStatus"))


def _abated(condition: Fhir) -> bool:
    return any(key.startswith("abatement") for key in condition)


def observation_of(ctx: Context, condition: Fhir, row: Row) -> etree._Element:
    """Problem Observation (4.4)."""
    none_known = has_code(condition.get("code"), _NO_PROBLEMS)
    refuted = code_of(condition.get("verificationStatus")) == "refuted"
    clinical = code_of(condition.get("clinicalStatus"))
    current = clinical_status("2.16.840.1.113883.10.20.22.4.6", clinical, "CD")
    value = (
        fixed("value", "55607006", SNOMED_OID, "Problem", "CD")
        if none_known
        else coded("value", condition.get("code"), FINDINGS, ref=row.cell(1), xsi_type="CD")
    )
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.4", "2015-08-01"),
        ctx.id(condition),
        _type_code(condition),
        text_ref(row.ref),
        status("completed"),
        interval("effectiveTime", span(condition, "onset")[0], span(condition, "abatement")[0],
                 closed=clinical == "resolved" or _abated(condition)),
        value,
        related("REFR", current) if current is not None else None,
        comment(row.cell(5)),
        **({"negationInd": "true"} if none_known or refuted else {}),
    )  # fmt: skip


def _type_code(condition: Fhir) -> etree._Element:
    categories = {code_of(c) for c in condition.get("category") or ()}
    snomed, loinc, words = (
        ("282291009", "29308-4", "Diagnosis")
        if "encounter-diagnosis" in categories
        else ("55607006", "75326-9", "Problem")
    )
    return el(
        "code",
        {"code": snomed, "codeSystem": SNOMED_OID, "displayName": words},
        fixed("translation", loinc, LOINC_OID, words),
    )


PROBLEMS = Section(
    prefix="problems",
    title="Problems",
    loinc="11450-4",
    display="Problem List",
    template="2.16.840.1.113883.10.20.22.2.5.1",
    version="2015-08-01",
    columns=("Problem", "Status", "Began", "Ended", "Notes"),
    entries=_entries,
    required=True,
    empty="No information about problems.",
)
