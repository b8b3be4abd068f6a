"""Care team (85847-2): Care Team Organizer 4.500 with one Care Team Member Act 4.500.1 per member."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, identifier, interval, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, first
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import LOINC_OID, status
from chartpost.formats.ccda.xmlnode import el, null

_NPI = "http://hl7.org/fhir/sid/us-npi"
_STATUS = {"proposed": "active", "active": "active", "suspended": "suspended"}


def _entries(ctx: Context) -> Iterator[Entry]:
    for team in ctx.record.of("CareTeam"):
        lines = [(m, _row(ctx, team, m)) for m in team.get("participant") or () if _is_carer(m)]
        if lines:
            yield Entry(tuple(row for _, row in lines), _organizer(ctx, team, lines))


def _is_carer(member: Fhir) -> bool:
    return "Patient/" not in str((member.get("member") or {}).get("reference", ""))


def _row(ctx: Context, team: Fhir, member: Fhir) -> Row:
    return ctx.row(
        ctx.record.name_of(member.get("member"), team),
        concept_text(first(member.get("role"))),
        str(team.get("name", "")),
        str(team.get("status", "")).capitalize(),
    )


def _organizer(ctx: Context, team: Fhir, lines: list[tuple[Fhir, Row]]) -> etree._Element:
    period = team.get("period") or {}
    return el(
        "organizer",
        {"classCode": "CLUSTER", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.500", "2019-07-01"),
        ctx.id(team),
        el("code", {"code": "86744-0", "codeSystem": LOINC_OID, "displayName": "Care team"}),
        status(_STATUS.get(str(team.get("status")), "completed")),
        interval("effectiveTime", period.get("start"), period.get("end")),
        [el("component", None, _member(ctx, team, m, n, row)) for n, (m, row) in enumerate(lines)],
    )


def _member(ctx: Context, team: Fhir, member: Fhir, number: int, row: Row) -> etree._Element:
    period = member.get("period") or team.get("period") or {}
    return el(
        "act",
        {"classCode": "PCPR", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.500.1", "2019-07-01"),
        ctx.id(team, f"member-{number}"),
        fixed("code", "85847-2", LOINC_OID, "Care team information"),
        text_ref(row.ref),
        status(_STATUS.get(str(team.get("status")), "completed")),
        interval("effectiveTime", period.get("start"), period.get("end")),
        _performer(ctx, team, member, row),
    )


def _performer(ctx: Context, team: Fhir, member: Fhir, row: Row) -> etree._Element:
    role = first(member.get("role"))
    found = ctx.record.resolve(member.get("member"), team) or {}
    npi = next((i for i in found.get("identifier") or () if i.get("system") == _NPI), None)
    own = identifier(npi) if npi else None
    name = row.cells[0]
    return el(
        "performer",
        {"typeCode": "PRF"},
        coded("sdtc:functionCode", role, (SNOMED,), ref=row.cell(2)) if role else None,
        el(
            "assignedEntity",
            None,
            own if own is not None else null("id"),
            el("assignedPerson", None, el("name", None, name) if name else null("name")),
        ),
    )


CARE_TEAM = Section(
    prefix="careteam",
    title="Care Team",
    loinc="85847-2",
    display="Patient care team information",
    template="2.16.840.1.113883.10.20.22.2.500",
    version="2019-07-01",
    columns=("Name", "Role", "Team", "Status"),
    entries=_entries,
)
