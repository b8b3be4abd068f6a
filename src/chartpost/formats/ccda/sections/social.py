"""Social history (29762-2): smoking status 4.78, birth sex 4.200, other observations 4.38."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.allot import observation_section
from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.datatypes import coded, fixed, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, extension, has_code
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections import measurements as m
from chartpost.formats.ccda.sections.common import LOINC_OID, observation, status
from chartpost.formats.ccda.xmlnode import null

_SMOKING_CODES = {
    "449868002", "428041000124106", "8517006", "266919005", "77176002", "266927001", "428061000124105",
    "428071000124103",
}  # fmt: skip
_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEXES = {"F": "Female", "M": "Male"}


def _entries(ctx: Context) -> Iterator[Entry]:
    yield from _birth_sex(ctx)
    for resource in ctx.record.of("Observation"):
        if observation_section(resource) == "social":
            for item in m.measurements(resource):
                name, value, _, _, date = m.cells(item)
                row = ctx.row(name, value, date)
                yield Entry((row,), _element(ctx, item, row))


def _element(ctx: Context, item: m.Measurement, row: Row) -> etree._Element:
    answer = _smoking_answer(item)
    if answer:
        return _smoking(ctx, item, row, answer)
    found = m.element(ctx, item, row, templates("2.16.840.1.113883.10.20.22.4.38", "2015-08-01"))
    _promise_loinc(found)
    return found


def _promise_loinc(found: etree._Element) -> None:
    """A code outside LOINC needs a translation, if only an empty one (C-CDA R2.1 CONF:1198-32951)."""
    code = found.find("{*}code")
    if code is not None and code.get("codeSystem") != LOINC_OID and code.find("{*}translation") is None:
        code.append(null("translation", "UNK"))


def _smoking_answer(item: m.Measurement) -> Fhir | None:
    """The answer as a code of the Smoking Status value set (2.16.840.1.113883.11.20.9.38), if it is one."""
    if not has_code(item.body.get("code"), ("72166-2",)):
        return None
    codings = (item.body.get("valueCodeableConcept") or {}).get("coding") or ()
    known = [c for c in codings if c.get("system") == SNOMED and c.get("code") in _SMOKING_CODES]
    return {"coding": known[:1]} if known else None


def _smoking(ctx: Context, item: m.Measurement, row: Row, value: Fhir) -> etree._Element:
    return observation(
        templates("2.16.840.1.113883.10.20.22.4.78", "2014-06-09"),
        ctx.id(item.owner),
        fixed("code", "72166-2", LOINC_OID, "Tobacco smoking status"),
        text_ref(row.ref),
        status("completed"),
        point("effectiveTime", item.when),
        coded("value", value, (SNOMED,), ref=row.cell(2), xsi_type="CD"),
    )


def _birth_sex(ctx: Context) -> Iterator[Entry]:
    code = str(extension(ctx.record.person, _BIRTH_SEX).get("valueCode", ""))
    if code in _SEXES:
        row = ctx.row("Sex recorded at birth", _SEXES[code], "")
        yield Entry(
            (row,),
            observation(
                templates("2.16.840.1.113883.10.20.22.4.200", "2016-06-01"),
                ctx.id(ctx.record.person, "birth-sex"),
                fixed("code", "76689-9", LOINC_OID, "Sex assigned at birth"),
                text_ref(row.ref),
                status("completed"),
                point("effectiveTime", ctx.record.person.get("birthDate")),
                fixed("value", code, "2.16.840.1.113883.5.1", _SEXES[code], "CD"),
            ),
        )


SOCIAL = Section(
    prefix="social",
    title="Social History",
    loinc="29762-2",
    display="Social history",
    template="2.16.840.1.113883.10.20.22.2.17",
    version="2015-08-01",
    columns=("What", "Answer", "Date"),
    entries=_entries,
    required=True,
    empty="No information about social history.",
)
