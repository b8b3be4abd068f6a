"""Functional, mental and nutritional status, wounds and outcomes, from entries written by hand."""

import pytest
from tests.formats.ccda_intake.papers import LOINC, code, section, template
from tests.formats.ccda_intake.test_care import only, read

SIMPLE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-simple-observation"


def seen(root: str = "67", value: str = "", inner: str = "", attributes: str = "", asked: str = "") -> str:
    told = asked or code("54522-8", LOINC, "Functional status")
    return (
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{template(root)}<id root="1.5" extension="o"/>{told}'
        f'<statusCode code="completed"/><effectiveTime value="20230303"/>'
        f"{value or code('105504002', display='Dependence on cane', tag='value')}{inner}</observation>"
    )


def group(root: str, *members: str) -> str:
    held = "".join(f"<component>{member}</component>" for member in members)
    return (
        f'<organizer classCode="CLUSTER" moodCode="EVN">{template(root)}<id root="1.5" extension="g"/>'
        f'{code("d5", "2.16.840.1.113883.6.254", "Self-care")}<statusCode code="completed"/>{held}</organizer>'
    )


@pytest.mark.parametrize(
    ("section_code", "root", "category"),
    [
        ("47420-5", "67", "functional-status"),
        ("47420-5", "128", "functional-status"),
        ("10190-7", "74", "cognitive-status"),
    ],
)
def test_how_somebody_manages_is_an_observation_of_its_category(section_code: str, root: str, category: str) -> None:
    made = only(read(section(section_code, seen(root))), "Observation")
    assert made["category"][0]["coding"][0]["code"] == category
    assert made["valueCodeableConcept"]["text"] == "Dependence on cane"
    assert made["effectiveDateTime"] == "2023-03-03"
    assert made["meta"]["profile"] == [SIMPLE]


@pytest.mark.parametrize(("root", "member", "category"), [("66", "67", "functional"), ("75", "74", "cognitive")])
def test_each_member_of_a_group_stands_by_itself(root: str, member: str, category: str) -> None:
    second = seen(member, asked=code("75275-8", LOINC, "Other")).replace('extension="o"', 'extension="o2"')
    found = read(section("47420-5", group(root, seen(member), second)))
    made = [one for one in found.resources if one["resourceType"] == "Observation"]
    assert [one["code"]["coding"][0]["code"] for one in made] == ["54522-8", "75275-8"]
    assert {one["category"][0]["coding"][0]["code"] for one in made} == {f"{category}-status"}


def test_what_is_negated_is_not_told_as_if_it_were_so() -> None:
    made = only(read(section("47420-5", seen(attributes=' negationInd="true"'))), "Observation")
    assert made["valueString"] == "Not: Dependence on cane"
    assert "valueCodeableConcept" not in made


@pytest.mark.parametrize("root", ["68", "73"])
def test_a_problem_of_the_older_release_is_a_condition(root: str) -> None:
    made = only(read(section("47420-5", seen(root, asked=code("404684003", display="Finding")))), "Condition")
    assert made["code"]["text"] == "Dependence on cane"
    assert made["onsetDateTime"] == "2023-03-03"


def test_a_value_that_is_null_says_why() -> None:
    made = only(read(section("47420-5", seen(value='<value xsi:type="CD" nullFlavor="ASKU"/>'))), "Observation")
    assert made["dataAbsentReason"]["coding"][0]["code"] == "asked-unknown"


def item(name: str, points: str) -> str:
    return (
        f'<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">{template("86")}'
        f'{code(name, LOINC, name)}<value xsi:type="INT" value="{points}"/></observation></entryRelationship>'
    )


def test_a_scale_has_its_answers_as_components() -> None:
    total = '<value xsi:type="INT" value="7"/>'
    asked = code("44249-1", LOINC, "PHQ-9")
    made = only(
        read(section("10190-7", seen("69", total, item("44250-9", "3") + item("44255-8", "4"), asked=asked))),
        "Observation",
    )
    assert made["valueInteger"] == 7
    assert [part["valueInteger"] for part in made["component"]] == [3, 4]
    assert made["category"][0]["coding"][0]["code"] == "survey"


def test_nutrition_is_read_with_what_is_in_it() -> None:
    inner = (
        f'<entryRelationship typeCode="SUBJ">{seen("138", asked=code("75303-8", LOINC, "Diet"))}</entryRelationship>'
    )
    found = read(section("61144-2", seen("124", inner=inner, asked=code("75305-3", LOINC, "Nutrition status"))))
    made = [one["code"]["text"] for one in found.resources if one["resourceType"] == "Observation"]
    assert made == ["Nutrition status", "Diet"]


def test_a_wound_has_its_measures_as_components() -> None:
    measure = (
        '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">'
        f"{template('133')}{code('39125-0', LOINC, 'Width of wound')}"
        '<value xsi:type="PQ" value="2.5" unit="[in_i]"/></observation></entryRelationship>'
    )
    look = (
        '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">'
        f"{template('134')}{code('ASSERTION', '2.16.840.1.113883.5.4')}"
        f"{code('447547000', display='Offensive wound odor', tag='value')}</observation></entryRelationship>"
    )
    asked = code("ASSERTION", "2.16.840.1.113883.5.4")
    found = read(
        section(
            "8709-8", seen("114", code("425144005", display="Minor open wound", tag="value"), measure + look, "", asked)
        )
    )
    made = only(found, "Observation")
    assert made["component"][0]["valueQuantity"]["code"] == "[in_i]"
    assert made["component"][1] == {
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "447547000", "display": "Offensive wound odor"}],
            "text": "Offensive wound odor",
        },
        "valueBoolean": True,
    }


def test_an_outcome_is_an_observation() -> None:
    asked = code("59408-5", LOINC, "Oxygen saturation")
    made = only(
        read(section("11383-7", seen("144", '<value xsi:type="PQ" value="95" unit="%"/>', asked=asked))), "Observation"
    )
    assert (made["valueQuantity"]["value"], made["valueQuantity"]["code"]) == (95, "%")
