"""Health concerns (75310-3): Health Concern Act 4.132 around a Problem Observation 4.4."""

from collections.abc import Iterator

from chartpost.formats.ccda.allot import condition_section
from chartpost.formats.ccda.datatypes import fixed, interval, text_ref
from chartpost.formats.ccda.fhirvalues import span
from chartpost.formats.ccda.model import Context, Entry, Section, templates
from chartpost.formats.ccda.sections import problems
from chartpost.formats.ccda.sections.common import LOINC_OID, author, related, status, status_of
from chartpost.formats.ccda.xmlnode import el


def _entries(ctx: Context) -> Iterator[Entry]:
    for condition in ctx.record.of("Condition"):
        if condition_section(condition) == "concerns":
            row = problems.line(ctx, condition)
            over = problems.is_over(condition)
            start, end = span(condition, "onset")[0], span(condition, "abatement")[0]
            act = el(
                "act",
                {"classCode": "ACT", "moodCode": "EVN"},
                templates("2.16.840.1.113883.10.20.22.4.132", "2015-08-01"),
                ctx.id(condition, "concern"),
                fixed("code", "75310-3", LOINC_OID, "Health concern"),
                text_ref(row.ref),
                status("completed") if over else status_of(problems.ACTIVE, problems.clinical_of(condition)),
                interval("effectiveTime", condition.get("recordedDate") or start, end, closed=over),
                author(ctx, condition, "recorder", "asserter"),
                related("REFR", problems.observation_of(ctx, condition, row)),
            )
            yield Entry((row,), act)


CONCERNS = Section(
    prefix="concerns",
    title="Health Concerns",
    loinc="75310-3",
    display="Health concerns document",
    template="2.16.840.1.113883.10.20.22.2.58",
    version="2015-08-01",
    columns=("Concern", "Status", "Began", "Ended", "Notes"),
    entries=_entries,
)
