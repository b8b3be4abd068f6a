"""Allergies and intolerances (48765-2): Allergy Concern Act 4.30 with Allergy Observation 4.7."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.codesystems import NDFRT, RXNORM, SNOMED, UNII
from chartpost.formats.ccda.datatypes import coded, fixed, interval, text_ref
from chartpost.formats.ccda.fhirvalues import (
    Fhir,
    code_of,
    concept_text,
    concepts_text,
    first,
    has_code,
    long_date,
    span,
)
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import (
    ACT_CLASS_OID,
    ACT_CODE_OID,
    FINDINGS,
    LOINC_OID,
    SNOMED_OID,
    assertion,
    author,
    clinical_status,
    observation,
    related,
    status,
)
from chartpost.formats.ccda.xmlnode import el, null

_SUBSTANCES = (RXNORM, SNOMED, UNII, NDFRT)
_NONE_KNOWN = {
    "716186003": ("419199007", "Allergy to substance"),
    "409137002": ("416098002", "Allergy to drug"),
    "429625007": ("414285001", "Allergy to food"),
    "428607008": ("419199007", "Allergy to substance"),
}
_TYPES = {
    ("allergy", "medication"): ("416098002", "Allergy to drug"),
    ("allergy", "food"): ("414285001", "Allergy to food"),
    ("allergy", ""): ("419199007", "Allergy to substance"),
    ("intolerance", "medication"): ("59037007", "Intolerance to drug"),
    ("intolerance", "food"): ("235719002", "Intolerance to food"),
    ("", "medication"): ("419511003", "Propensity to adverse reactions to drug"),
    ("", "food"): ("418471000", "Propensity to adverse reactions to food"),
}
_ANY_TYPE = ("418038007", "Propensity to adverse reactions to substance")
_SEVERITY = {
    "mild": ("255604002", "Mild"),
    "moderate": ("6736007", "Moderate"),
    "severe": ("24484000", "Severe"),
}
_CRITICALITY = {"low": "CRITL", "high": "CRITH", "unable-to-assess": "CRITU"}
_OVER = {"inactive", "resolved"}


def _entries(ctx: Context) -> Iterator[Entry]:
    for allergy in ctx.record.of("AllergyIntolerance"):
        verified = code_of(allergy.get("verificationStatus"))
        current = code_of(allergy.get("clinicalStatus"))
        row = ctx.row(
            _substance_text(allergy),
            ", ".join(filter(None, map(_reaction_text, allergy.get("reaction") or ()))),
            str(allergy.get("criticality", "")).replace("-", " ").capitalize(),
            ", ".join(filter(None, (current, verified if verified != "confirmed" else ""))).capitalize(),
            long_date(span(allergy, "onset")[0]),
        )
        yield Entry((row,), _concern(ctx, allergy, row))


def _substance_text(allergy: Fhir) -> str:
    words = concept_text(allergy.get("code"))
    return words or concept_text(first(allergy.get("reaction")).get("substance"))


def _reaction_text(reaction: Fhir) -> str:
    words = concepts_text(reaction.get("manifestation")) or str(reaction.get("description", ""))
    severity = reaction.get("severity")
    return f"{words} ({severity})" if severity and words else words


def _concern(ctx: Context, allergy: Fhir, row: Row) -> etree._Element:
    over = code_of(allergy.get("clinicalStatus")) in _OVER
    recorded = allergy.get("recordedDate") or span(allergy, "onset")[0]
    return el(
        "act",
        {"classCode": "ACT", "moodCode": "EVN"},
        templates("2.16.840.1.113883.10.20.22.4.30", "2015-08-01"),
        ctx.id(allergy, "concern"),
        fixed("code", "CONC", ACT_CLASS_OID, "Concern"),
        status("completed" if over else "active"),
        interval("effectiveTime", recorded, None, closed=over),
        author(ctx, allergy, "recorder", "asserter"),
        related("SUBJ", _observation(ctx, allergy, row)),
    )


def _observation(ctx: Context, allergy: Fhir, row: Row) -> etree._Element:
    none_known = next((_NONE_KNOWN[c] for c in _NONE_KNOWN if has_code(allergy.get("code"), (c,))), None)
    refuted = code_of(allergy.get("verificationStatus")) == "refuted"
    kind = none_known or _kind(allergy)
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.7", "2014-06-09"),
        ctx.id(allergy),
        assertion(),
        text_ref(row.ref),
        status("completed"),
        interval("effectiveTime", span(allergy, "onset")[0], None),
        fixed("value", *_in_snomed(kind), "CD"),
        _participant(allergy, row, none_known=bool(none_known)),
        _details(ctx, allergy),
        **({"negationInd": "true"} if none_known or refuted else {}),
    )


def _in_snomed(pair: tuple[str, str]) -> tuple[str, str, str]:
    return pair[0], SNOMED_OID, pair[1]


def _kind(allergy: Fhir) -> tuple[str, str]:
    category = next(iter(allergy.get("category") or ()), "")
    category = category if category in ("medication", "food") else ""
    return _TYPES.get((str(allergy.get("type", "")), category), _ANY_TYPE)


def _participant(allergy: Fhir, row: Row, *, none_known: bool) -> etree._Element:
    concept = allergy.get("code") or first(allergy.get("reaction")).get("substance")
    code = null("code", "NA") if none_known else coded("code", concept, _SUBSTANCES, ref=row.cell(1))
    role = el("participantRole", {"classCode": "MANU"}, el("playingEntity", {"classCode": "MMAT"}, code))
    return el("participant", {"typeCode": "CSM"}, role)


def _details(ctx: Context, allergy: Fhir) -> list[etree._Element]:
    current = clinical_status("2.16.840.1.113883.10.20.22.4.28", code_of(allergy.get("clinicalStatus")), "CE")
    criticality = _CRITICALITY.get(str(allergy.get("criticality", "")))
    found = [related("SUBJ", current, inverted=True)] if current is not None else []
    found += [
        related("MFST", _reaction(ctx, allergy, reaction, n), inverted=True)
        for n, reaction in enumerate(allergy.get("reaction") or ())
        if reaction.get("manifestation")
    ]
    if criticality:
        found.append(related("SUBJ", _criticality(criticality), inverted=True))
    return found


def _reaction(ctx: Context, allergy: Fhir, reaction: Fhir, number: int) -> etree._Element:
    severity = _SEVERITY.get(str(reaction.get("severity", "")))
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.9", "2014-06-09"),
        ctx.id(allergy, f"reaction-{number}"),
        assertion(),
        status("completed"),
        interval("effectiveTime", reaction.get("onset"), None),
        coded("value", first(reaction["manifestation"]), FINDINGS, xsi_type="CD"),
        related("SUBJ", _severity(severity), inverted=True) if severity else None,
    )


def _severity(pair: tuple[str, str]) -> etree._Element:
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.8", "2014-06-09"),
        fixed("code", "SEV", ACT_CODE_OID, "Severity observation"),
        status("completed"),
        fixed("value", *_in_snomed(pair), "CD"),
    )


def _criticality(code: str) -> etree._Element:
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.145"),
        fixed("code", "82606-5", LOINC_OID, "Criticality"),
        status("completed"),
        fixed("value", code, "2.16.840.1.113883.5.1063", "Criticality", "CD"),
    )


ALLERGIES = Section(
    prefix="allergies",
    title="Allergies and Intolerances",
    loinc="48765-2",
    display="Allergies, adverse reactions, alerts",
    template="2.16.840.1.113883.10.20.22.2.6.1",
    version="2015-08-01",
    columns=("Substance", "Reaction", "Criticality", "Status", "Began"),
    entries=_entries,
    required=True,
    empty="No information about allergies. This does not mean that there are none.",
)
