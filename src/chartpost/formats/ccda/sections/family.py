"""Family history (10157-6): Family History Organizer 4.45, one Observation 4.46 per condition."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.datatypes import coded, fixed, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, choice, code_of, concept_text, number, quantity_text
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    FINDINGS,
    LOINC_OID,
    SNOMED_OID,
    observation,
    related,
    status,
)
from chartpost.formats.ccda.xmlnode import el, null

_ROLES = ("http://terminology.hl7.org/CodeSystem/v3-RoleCode",)
_GENDERS = {"male": ("M", "Male"), "female": ("F", "Female")}
_AGE_UNITS = {"a", "mo", "wk", "d", "h", "min"}


def _entries(ctx: Context) -> Iterator[Entry]:
    for relative in ctx.record.of("FamilyMemberHistory"):
        who = concept_text(relative.get("relationship")) or str(relative.get("name", ""))
        lines = [
            (condition, ctx.row(who, concept_text(condition.get("code")), _onset_text(condition), _life(relative)))
            for condition in relative.get("condition") or ()
        ]
        if lines:
            yield Entry(tuple(row for _, row in lines), _organizer(ctx, relative, lines))


def _onset_text(condition: Fhir) -> str:
    age = condition.get("onsetAge")
    return f"at {quantity_text(age)}" if age else str(condition.get("onsetString", ""))


def _life(relative: Fhir) -> str:
    kind, value = choice(relative, "deceased")
    if kind == "Age":
        return f"Died at {quantity_text(value)}"
    return "Died" if value else ""


def _organizer(ctx: Context, relative: Fhir, lines: list[tuple[Fhir, Row]]) -> etree._Element:
    gender = _GENDERS.get(code_of(relative.get("sex")))
    subject = el(
        "subject",
        None,
        fixed("administrativeGenderCode", gender[0], "2.16.840.1.113883.5.1", gender[1])
        if gender
        else null("administrativeGenderCode", "UNK"),
    )
    person = el("relatedSubject", {"classCode": "PRS"}, coded("code", relative.get("relationship"), _ROLES), subject)
    return el(
        "organizer",
        {"classCode": "CLUSTER", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.45", "2015-08-01"),
        ctx.id(relative),
        status("completed"),
        el("subject", None, person),
        [el("component", None, _condition(ctx, relative, c, n, row)) for n, (c, row) in enumerate(lines)],
    )


def _condition(ctx: Context, relative: Fhir, condition: Fhir, number_: int, row: Row) -> etree._Element:
    age = _age(condition.get("onsetAge") or {})
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.46", "2015-08-01"),
        ctx.id(relative, f"condition-{number_}"),
        el(
            "code",
            {"code": "64572001", "codeSystem": SNOMED_OID, "displayName": "Condition"},
            fixed("translation", "75315-2", LOINC_OID, "Condition family member"),
        ),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", None),
        coded("value", condition.get("code"), FINDINGS, ref=row.cell(2), xsi_type="CD"),
        related("SUBJ", age, inverted=True) if age is not None else None,
    )


def _age(age: Fhir) -> etree._Element | None:
    """Age Observation (4.31); None where the age has no number or no unit of time."""
    if age.get("value") is None or age.get("code") not in _AGE_UNITS:
        return None
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.31"),
        fixed("code", "445518008", SNOMED_OID, "Age at onset"),
        status("completed"),
        el("value", {"xsi:type": "PQ", "value": number(age["value"]), "unit": age["code"]}),
    )


FAMILY = Section(
    prefix="family",
    title="Family History",
    loinc="10157-6",
    display="Family history",
    template="2.16.840.1.113883.10.20.22.2.15",
    version="2015-08-01",
    columns=("Relative", "Condition", "Began", "Died"),
    entries=_entries,
)
