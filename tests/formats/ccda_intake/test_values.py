"""HL7 V3 data types as FHIR: ids, codes, null flavors, quantities, units, narrative references."""

from decimal import Decimal
from typing import Any

import pytest
from tests.formats.ccda_intake.papers import PROBLEMS, RESULTS, code, paper, problem, result, section

from chartpost.formats.ccda.intake import Converted, convert
from chartpost.formats.ccda.intake.amounts import number
from chartpost.formats.ccda.intake.numbers import identifier
from chartpost.formats.ccda.intake.units import is_ucum, ucum
from chartpost.formats.ccda.xmlnode import el

UCUM = ["mg/dL", "10*3/uL", "{score}", "mm[Hg]", "/min", "mL/min/{1.73_m2}", "[in_i]", "kg.m-2", "%", "m[iU]/L"]


def run(*sections: str) -> Converted:
    return convert(paper(*sections).encode())


def one(found: Converted, kind: str) -> dict[str, Any]:
    (made,) = [r for r in found.resources if r["resourceType"] == kind]
    return made


def condition(value: str, text: str = "<paragraph>Words.</paragraph>") -> dict[str, Any]:
    plain = code("44054006", display="Name", tag="value")
    return one(run(section(PROBLEMS, problem().replace(plain, value), text=text)), "Condition")


@pytest.mark.parametrize(
    ("root", "extension", "system", "value"),
    [
        ("2.16.840.1.113883.4.6", "1245319599", "http://hl7.org/fhir/sid/us-npi", "1245319599"),
        ("2.16.840.1.113883.4.6", "111111", "urn:oid:2.16.840.1.113883.4.6", "111111"),
        ("2.16.840.1.113883.4.1", "111223333", "http://hl7.org/fhir/sid/us-ssn", "111223333"),
        ("2.16.840.1.113883.19.5", "12", "urn:oid:2.16.840.1.113883.19.5", "12"),
        ("2.16.840.1.113883.19.5", None, "urn:ietf:rfc:3986", "urn:oid:2.16.840.1.113883.19.5"),
        ("4ADC1020-7B14-11DB-9FE1-0800200C9A66", None, "urn:ietf:rfc:3986",
         "urn:uuid:4adc1020-7b14-11db-9fe1-0800200c9a66"),
        ("not an oid", "7", None, "not an oid:7"),
    ],
)  # fmt: skip
def test_an_id_becomes_an_identifier(root: str, extension: str | None, system: str | None, value: str) -> None:
    made = identifier(el("id", {"root": root, "extension": extension}))
    assert made == {"system": system, "value": value}


def test_a_registry_alone_and_a_null_id_name_nobody() -> None:
    assert identifier(el("id", {"root": "2.16.840.1.113883.4.1"})) is None
    assert identifier(el("id", {"nullFlavor": "UNK"})) is None
    assert identifier(el("id", {"root": "2.16.840.1.113883.19.5", "nullFlavor": "UNK"})) is None


def test_translations_are_codings_and_original_text_is_the_text() -> None:
    inner = "<originalText>Diabetes of sugar</originalText>" + code(
        "E11.9", "2.16.840.1.113883.6.90", "T2DM", "translation"
    )
    made = condition(code("44054006", display="Diabetes", tag="value", inner=inner))["code"]
    assert [c["system"] for c in made["coding"]] == ["http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"]
    assert made["text"] == "Diabetes of sugar"


def test_other_with_a_translation_is_data() -> None:
    made = condition(
        f'<value xsi:type="CD" nullFlavor="OTH">{code("I10", "2.16.840.1.113883.6.90", tag="translation")}</value>'
    )
    assert made["code"]["coding"] == [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]


def test_a_code_of_a_system_known_by_name_only_gets_its_system_and_a_note() -> None:
    found = run(
        section(
            PROBLEMS,
            problem().replace('codeSystem="2.16.840.1.113883.6.96" displayName="Name"', 'codeSystemName="SNOMED CT"'),
        )
    )
    assert one(found, "Condition")["code"]["coding"][0]["system"] == "http://snomed.info/sct"
    assert "code-without-system" in {i.code for i in found.issues}


@pytest.mark.parametrize("reference", ["#p1", "p1"])
def test_words_are_found_by_reference_with_and_without_hash(reference: str) -> None:
    value = (
        f'<value xsi:type="CD" nullFlavor="UNK"><originalText><reference value="{reference}"/></originalText></value>'
    )
    made = condition(value, '<table><tbody><tr><td ID="p1">Bad <content>back</content></td></tr></tbody></table>')
    assert made["code"] == {"text": "Bad back"}


def test_a_reference_to_nowhere_leaves_no_words() -> None:
    value = '<value xsi:type="CD" nullFlavor="ASKU"><originalText><reference value="#gone"/></originalText></value>'
    made = condition(value)
    assert made["code"]["text"] == "Problem"


def observation(value: str, more: str = "") -> dict[str, Any]:
    return one(run(section(RESULTS, result(value, more=more))), "Observation")


@pytest.mark.parametrize(
    ("value", "key", "told"),
    [
        ('<value xsi:type="PQ" value="5.40" unit="mmol/L"/>', "valueQuantity",
         {"value": Decimal("5.40"), "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}),
        ('<value xsi:type="PQ" value="7" unit="THOUS/MCL"/>', "valueQuantity",
         {"value": 7, "unit": "THOUS/MCL", "system": "http://unitsofmeasure.org", "code": "10*3/uL"}),
        ('<value xsi:type="PQ" value="7" unit="blips"/>', "valueQuantity", {"value": 7, "unit": "blips"}),
        ('<value xsi:type="PQ" nullFlavor="OTH"><translation value="3" code="blips" nullFlavor="OTH"/></value>',
         "valueQuantity", {"value": 3, "unit": "blips"}),
        ('<value xsi:type="IVL_PQ"><high value="10" unit="mg"/></value>', "valueQuantity",
         {"value": 10, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg", "comparator": "<="}),
        ('<value xsi:type="IVL_PQ"><low value="10" unit="mg" inclusive="false"/></value>', "valueQuantity",
         {"value": 10, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg", "comparator": ">"}),
        ('<value xsi:type="IVL_PQ"><low value="0" unit="mg"/><high value="10" unit="mg"/></value>', "valueQuantity",
         {"value": 10, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg", "comparator": "<="}),
        ('<value xsi:type="PQ" value="&lt; 5" unit="mg"/>', "valueQuantity",
         {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg", "comparator": "<"}),
        ('<value xsi:type="ST">Positive</value>', "valueString", "Positive"),
        ('<value xsi:type="INT" value="3"/>', "valueInteger", 3),
        ('<value xsi:type="BL" value="true"/>', "valueBoolean", True),
        ('<value xsi:type="TS" value="20200102"/>', "valueDateTime", "2020-01-02"),
        ('<value xsi:type="PQ" value="high"/>', "valueString", "high"),
        ('<value value="4" unit="mg"/>', "valueQuantity",
         {"value": 4, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}),
    ],
)  # fmt: skip
def test_a_value_by_its_type(value: str, key: str, told: object) -> None:
    made = observation(value)
    assert made[key] == told
    assert "dataAbsentReason" not in made


def test_a_range_and_a_ratio() -> None:
    both = observation('<value xsi:type="IVL_PQ"><low value="1" unit="mg"/><high value="2" unit="mg"/></value>')
    assert (both["valueRange"]["low"]["value"], both["valueRange"]["high"]["value"]) == (1, 2)
    ratio = observation('<value xsi:type="RTO_PQ_PQ"><numerator value="1"/><denominator value="128"/></value>')
    assert (ratio["valueRatio"]["numerator"]["value"], ratio["valueRatio"]["denominator"]["value"]) == (1, 128)


@pytest.mark.parametrize(
    ("flavor", "reason"),
    [("NI", "unknown"), ("NP", "unknown"), ("MSK", "masked"), ("ASKU", "asked-unknown"), ("NASK", "not-asked"),
     ("NAV", "temp-unknown"), ("NA", "not-applicable"), ("TRC", "unsupported")],
)  # fmt: skip
def test_a_null_flavor_is_a_reason(flavor: str, reason: str) -> None:
    made = observation(f'<value xsi:type="PQ" nullFlavor="{flavor}"/>')
    assert made["dataAbsentReason"]["coding"][0]["code"] == reason


@pytest.mark.parametrize(
    "unit", ["mg/dL", "10*3/uL", "{score}", "mm[Hg]", "/min", "mL/min/{1.73_m2}", "[in_i]", "kg.m-2", "%", "m[iU]/L"]
)
def test_ucum_is_known_for_ucum(unit: str) -> None:
    assert (is_ucum(unit), ucum(unit)) == (True, unit)


@pytest.mark.parametrize(
    ("unit", "told"),
    [("CELLS/MCL", "{cells}/uL"), ("10^3/ul", "10*3/uL"), ("kg/m²", "kg/m2"), ("G/DL", "g/dL"), ("mmHg", "mm[Hg]"),
     ("bpm", "/min"), ("lbs", "[lb_av]"), ("nonsense words", ""), ("", "")],
)  # fmt: skip
def test_other_spellings_are_what_they_stand_for(unit: str, told: str) -> None:
    assert ucum(unit) == told


NUMBERS = [
    ("1.50", Decimal("1.50")), ("7", 7), ("0.1", 0.1), ("1,200.5", 1200.5), ("1e400", None), ("NaN", None), ("", None),
    ("> 5", None), ("9" * 40, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), NUMBERS)
def test_a_number_keeps_its_digits(text: str, told: object) -> None:
    assert number(text) == told


def test_reference_ranges_keep_limits_and_words() -> None:
    more = (
        "<referenceRange><observationRange><value xsi:type='IVL_PQ'><low value='3' unit='mg'/>"
        "<high value='5' unit='mg'/></value></observationRange></referenceRange>"
        "<referenceRange><observationRange><text>M 13-18</text></observationRange></referenceRange>"
    )
    first, second = observation('<value xsi:type="PQ" value="4" unit="mg"/>', more)["referenceRange"]
    assert (first["low"]["value"], first["high"]["value"], second["text"]) == (3, 5, "M 13-18")
