"""Care teams, goals and health concerns, from entries written by hand."""

from typing import Any

import pytest
from tests.formats.ccda_intake.papers import LOINC, code, paper, problem, section, template

from chartpost.formats.ccda.intake import Converted, convert

MEMBER = "2.16.840.1.113883.10.20.22.4.500.1"
DOCTOR = (
    '<assignedEntity><id root="2.16.840.1.113883.4.6" extension="1234567893"/>'
    '<code code="207Q00000X" codeSystem="2.16.840.1.113883.6.101" displayName="Family medicine"/>'
    "<assignedPerson><name><given>Ines</given><family>Okoro</family></name></assignedPerson></assignedEntity>"
)


def read(*sections: str) -> Converted:
    return convert(paper(*sections).encode())


def only(found: Converted, kind: str) -> dict[str, Any]:
    held = [one for one in found.resources if one["resourceType"] == kind]
    assert len(held) == 1, [one["resourceType"] for one in found.resources]
    return held[0]


def team(members: str, state: str = "active") -> str:
    return (
        f'<organizer classCode="CLUSTER" moodCode="EVN">{template("500", "2019-07-01")}<id root="1.9" extension="t"/>'
        f'<code code="86744-0" codeSystem="{LOINC}"><originalText>Diabetes team</originalText></code>'
        f'<statusCode code="{state}"/><effectiveTime><low value="20200101"/></effectiveTime>{members}</organizer>'
    )


def member(entity: str = DOCTOR, function: str = "") -> str:
    return (
        f'<component><act classCode="PCPR" moodCode="EVN">{template(MEMBER)}'
        f'<code code="85847-2" codeSystem="{LOINC}"/><statusCode code="active"/>'
        f'<effectiveTime><low value="20200201"/></effectiveTime><performer>{function}{entity}</performer>'
        "</act></component>"
    )


FUNCTION = '<sdtc:functionCode code="PCP" codeSystem="2.16.840.1.113883.5.88" displayName="primary care physician"/>'


def test_a_care_team_has_its_members_in_their_roles() -> None:
    found = read(section("85847-2", team(member(function=FUNCTION))))
    made = only(found, "CareTeam")
    assert (made["status"], made["name"], made["period"]) == ("active", "Diabetes team", {"start": "2020-01-01"})
    (one,) = made["participant"]
    assert one["role"][0]["text"] == "primary care physician"
    assert one["member"]["display"] == "Ines Okoro"
    assert one["period"] == {"start": "2020-02-01"}
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careteam"]


def test_a_member_without_a_function_has_the_role_of_the_profession() -> None:
    made = only(read(section("85847-2", team(member(), state="completed"))), "CareTeam")
    assert made["status"] == "inactive"
    assert made["participant"][0]["role"][0]["text"] == "Family medicine"


def goal(more: str = "", value: str = "", attributes: str = "", state: str = "active") -> str:
    return (
        f'<observation classCode="OBS" moodCode="GOL"{attributes}>{template("121")}<id root="1.8" extension="g"/>'
        f'{code("29463-7", LOINC, "Body weight")}<statusCode code="{state}"/>'
        f'<effectiveTime><low value="20230101"/><high value="20231231"/></effectiveTime>{value}{more}</observation>'
    )


def test_a_goal_has_a_target_and_a_due_date() -> None:
    made = only(read(section("61146-7", goal(value='<value xsi:type="PQ" value="70" unit="kg"/>'))), "Goal")
    assert made["lifecycleStatus"] == "active"
    assert made["description"]["text"] == "Body weight"
    assert made["startDate"] == "2023-01-01"
    (target,) = made["target"]
    assert (target["detailQuantity"]["value"], target["detailQuantity"]["code"]) == (70, "kg")
    assert target["measure"]["coding"][0]["code"] == "29463-7"
    assert target["dueDate"] == "2023-12-31"
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal"]


@pytest.mark.parametrize(
    ("state", "attributes", "expected"),
    [
        ("completed", "", "completed"),
        ("aborted", "", "cancelled"),
        ("suspended", "", "on-hold"),
        ("active", ' negationInd="true"', "rejected"),
    ],
)
def test_the_state_of_a_goal(state: str, attributes: str, expected: str) -> None:
    assert (
        only(read(section("61146-7", goal(attributes=attributes, state=state))), "Goal")["lifecycleStatus"] == expected
    )


def test_a_coded_value_names_the_goal_and_its_priority_is_kept() -> None:
    high = code("394849002", display="High priority", tag="value")
    priority = (
        f'<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">{template("143")}'
        f"{code('225773000')}{high}</observation></entryRelationship>"
    )
    made = only(read(section("61146-7", goal(priority, code("289169006", display="Weight loss", tag="value")))), "Goal")
    assert made["description"]["text"] == "Weight loss"
    assert "high-priority" in [coding["code"] for coding in made["priority"]["coding"]]


def test_a_goal_that_is_only_words_is_described_by_them() -> None:
    inside = f'{template("121")}<code nullFlavor="UNK"/><text>Walk</text>'
    words = f'<observation classCode="OBS" moodCode="GOL">{inside}</observation>'
    assert only(read(section("61146-7", words)), "Goal")["description"] == {"text": "Walk"}


def concern(inner: str = "", text: str = "") -> str:
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("132", "2015-08-01")}<id root="1.7" extension="c"/>'
        f'{code("75310-3", LOINC, "Health Concern")}{text}<statusCode code="active"/>'
        f'<effectiveTime><low value="20220101"/></effectiveTime>{inner}</act>'
    )


def test_a_problem_in_a_health_concern_is_of_that_category() -> None:
    inside = problem().partition('<entryRelationship typeCode="SUBJ">')[2].partition("</entryRelationship>")[0]
    made = only(
        read(section("75310-3", concern(f'<entryRelationship typeCode="REFR">{inside}</entryRelationship>'))),
        "Condition",
    )
    assert made["category"][0]["coding"][0]["code"] == "health-concern"
    assert made["code"]["coding"][0]["code"] == "44054006"


def test_a_concern_without_a_problem_is_its_words() -> None:
    found = read(section("75310-3", concern(text="<text>Afraid of falling</text>")))
    made = only(found, "Condition")
    assert made["code"] == {"text": "Afraid of falling"}
    assert made["clinicalStatus"]["coding"][0]["code"] == "active"
    assert made["onsetDateTime"] == "2022-01-01"
    assert found.sections[0].understood == 1


def test_a_health_status_is_an_observation() -> None:
    status = (
        f'<observation classCode="OBS" moodCode="EVN">{template("5")}{code("11323-3", LOINC, "Health status")}'
        f'<statusCode code="completed"/><effectiveTime value="20220303"/>'
        f"{code('81323004', display='Alive and well', tag='value')}</observation>"
    )
    made = only(read(section("75310-3", status)), "Observation")
    assert made["valueCodeableConcept"]["text"] == "Alive and well"
    assert made["effectiveDateTime"] == "2022-03-03"
