"""Discharge diagnosis (11535-2) and discharge medications (10183-2) of a hospital stay."""

from collections.abc import Iterator
from dataclasses import replace

from chartpost.formats.ccda.datatypes import fixed
from chartpost.formats.ccda.model import Context, Entry, Section, templates
from chartpost.formats.ccda.sections import medications, problems
from chartpost.formats.ccda.sections.common import LOINC_OID, related, status
from chartpost.formats.ccda.xmlnode import el


def _diagnoses(ctx: Context) -> Iterator[Entry]:
    for condition in ctx.record.of("Condition"):
        if problems.is_discharge(ctx, condition):
            row = problems.line(ctx, condition)
            act = el(
                "act",
                {"classCode": "ACT", "moodCode": "EVN"},
                templates("2.16.840.1.113883.10.20.22.4.33", "2015-08-01"),
                fixed("code", "11535-2", LOINC_OID, "Hospital discharge diagnosis"),
                status("active"),
                related("SUBJ", problems.observation_of(ctx, condition, row)),
            )
            yield Entry((row,), act)


def _medicines(ctx: Context) -> Iterator[Entry]:
    for medication in medications.discharged(ctx):
        row = medications.line(ctx, medication)
        act = el(
            "act",
            {"classCode": "ACT", "moodCode": "EVN"},
            templates("2.16.840.1.113883.10.20.22.4.35", "2016-03-01"),
            ctx.id(medication, "discharge"),
            el(
                "code",
                {"code": "10183-2", "codeSystem": LOINC_OID, "displayName": "Hospital discharge medications"},
                fixed("translation", "75311-1", LOINC_OID, "Discharge medications"),
            ),
            status("completed"),
            related("SUBJ", medications.activity(ctx, medication, row)),
        )
        yield Entry((row,), act)


DISCHARGE_DIAGNOSIS = Section(
    prefix="discharge-diagnosis",
    title="Discharge Diagnosis",
    loinc="11535-2",
    display="Hospital discharge diagnosis narrative",
    translation=("78375-3", "Discharge diagnosis narrative"),
    template="2.16.840.1.113883.10.20.22.2.24",
    version="2015-08-01",
    columns=problems.PROBLEMS.columns,
    entries=_diagnoses,
    empty="No discharge diagnosis is on file.",
)

DISCHARGE_MEDICATIONS = replace(
    medications.MEDICATIONS,
    prefix="discharge-medications",
    title="Discharge Medications",
    loinc="10183-2",
    display="Hospital discharge medications narrative",
    translation=("75311-1", "Discharge medications"),
    template="2.16.840.1.113883.10.20.22.2.11.1",
    version="2015-08-01",
    entries=_medicines,
    required=False,
)
