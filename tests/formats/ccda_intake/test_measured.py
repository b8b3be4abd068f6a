"""Results, vital signs, immunizations, procedures, social history: what is folded, what goes to the Patient."""

from typing import Any

import pytest
from tests.formats.ccda_intake.papers import LOINC, RESULTS, code, paper, result, section, template

from chartpost.formats.ccda.intake import Converted, convert

VITALS, IMMUNIZATIONS, PROCEDURES, SOCIAL = "8716-3", "11369-6", "47519-4", "29762-2"
US = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def run(*sections: str) -> Converted:
    return convert(paper(*sections).encode())


def of(found: Converted, kind: str) -> list[dict[str, Any]]:
    return [r for r in found.resources if r["resourceType"] == kind]


def loinc(made: dict[str, Any]) -> str:
    return str(made["code"]["coding"][0]["code"])


def reading(test: str, value: str, unit: str, at: str = "20230304") -> str:
    return (
        f'<component><observation classCode="OBS" moodCode="EVN">{template("27")}<id root="1.7" extension="{test}"/>'
        f'{code(test, LOINC)}<statusCode code="completed"/><effectiveTime value="{at}"/>'
        f'<value xsi:type="PQ" value="{value}" unit="{unit}"/></observation></component>'
    )


def vitals(*readings: str) -> list[dict[str, Any]]:
    text = (
        f'<organizer classCode="CLUSTER" moodCode="EVN">{template("26")}<id root="1.7" extension="all"/>'
        f'<statusCode code="completed"/><effectiveTime value="20230304"/>{"".join(readings)}</organizer>'
    )
    return of(run(section(VITALS, text)), "Observation")


def test_blood_pressure_is_one_observation() -> None:
    pressure, panel = vitals(reading("8480-6", "120", "mm[Hg]"), reading("8462-4", "80", "mm[Hg]"))
    assert (loinc(pressure), loinc(panel)) == ("85354-9", "85353-1")
    assert [(loinc(c), c["valueQuantity"]["value"]) for c in pressure["component"]] == [("8480-6", 120), ("8462-4", 80)]
    assert pressure["meta"]["profile"] == [US + "blood-pressure"]
    assert panel["hasMember"] == [{"reference": f"Observation/{pressure['id']}"}]
    assert {i["value"] for i in pressure["identifier"]} == {"8480-6", "8462-4"}


def test_half_a_blood_pressure_says_what_is_missing() -> None:
    pressure, _ = vitals(reading("8480-6", "120", "mm[Hg]"))
    assert "dataAbsentReason" in pressure["component"][1]


def test_pressures_of_two_times_are_two() -> None:
    made = vitals(
        reading("8480-6", "120", "mm[Hg]"), reading("8462-4", "80", "mm[Hg]"),
        reading("8480-6", "140", "mm[Hg]", "20230305"), reading("8462-4", "90", "mm[Hg]", "20230305"),
    )  # fmt: skip
    pairs = [[c["valueQuantity"]["value"] for c in m["component"]] for m in made if loinc(m) == "85354-9"]
    assert sorted(pairs) == [[120, 80], [140, 90]]


def test_inhaled_oxygen_belongs_to_the_saturation() -> None:
    made = vitals(reading("59408-5", "97", "%"), reading("3151-8", "2", "L/min"), reading("3150-0", "28", "%"))
    (oxygen,) = [m for m in made if loinc(m) == "59408-5"]
    assert [loinc(c) for c in oxygen["component"]] == ["3151-8", "3150-0"]
    assert oxygen["meta"]["profile"] == [US + "pulse-oximetry"]
    assert len(made) == 2


def test_a_vital_sign_in_another_unit_is_kept_without_the_profile_that_forbids_it() -> None:
    (weight, _) = vitals(reading("29463-7", "12", "stones"))
    assert weight["valueQuantity"] == {"value": 12, "unit": "stones"}
    assert weight["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs"]


def test_a_battery_is_a_report_with_its_results() -> None:
    found = run(section(RESULTS, result()))
    (report,), (one,) = of(found, "DiagnosticReport"), of(found, "Observation")
    assert report["result"] == [{"reference": f"Observation/{one['id']}"}]
    assert (report["status"], report["effectiveDateTime"], loinc(one)) == ("final", "2023-03-04", "2345-7")
    assert one["meta"]["profile"] == [US + "observation-lab"]


def test_one_bad_result_does_not_cost_the_others() -> None:
    bad = '<component><observation classCode="OBS"><code nullFlavor="NI"/><value xsi:type="PQ"/>'
    broken = result().replace("<component>", f'{bad}<effectiveTime value="x"/></observation></component><component>', 1)
    found = run(section(RESULTS, broken))
    assert "2345-7" in [loinc(m) for m in of(found, "Observation")]


def test_a_report_without_a_status_has_that_of_its_members_and_keeps_comments() -> None:
    comment = (
        f'<component><act classCode="ACT" moodCode="EVN">{template("64")}<text>Hemolyzed.</text></act></component>'
    )
    text = result().replace('<statusCode code="completed"/><component>', f"{comment}<component>", 1)
    (report,) = of(run(section(RESULTS, text)), "DiagnosticReport")
    assert (report["status"], report["conclusion"]) == ("final", "Hemolyzed.")


def test_imaging_is_told_by_its_name() -> None:
    text = result().replace('displayName="Panel"', 'displayName="CT scan of head"')
    (report,) = of(run(section(RESULTS, text)), "DiagnosticReport")
    assert report["category"][0]["coding"][0]["code"] == "RAD"


def vaccine(attributes: str = ' moodCode="EVN"', more: str = "", status: str = "completed") -> dict[str, Any]:
    text = (
        f'<substanceAdministration classCode="SBADM"{attributes}>{template("52")}<id root="1.6" extension="v"/>'
        f'<statusCode code="{status}"/><effectiveTime value="20211001"/><consumable><manufacturedProduct>'
        f"<manufacturedMaterial>{code('140', '2.16.840.1.113883.12.292', 'Flu')}<lotNumberText>L1</lotNumberText>"
        f"</manufacturedMaterial></manufacturedProduct></consumable>{more}</substanceAdministration>"
    )
    found = run(section(IMMUNIZATIONS, text))
    return (of(found, "Immunization") + of(found, "MedicationRequest"))[0]


def test_a_vaccine_given() -> None:
    made = vaccine()
    assert (made["status"], made["lotNumber"], made["occurrenceDateTime"]) == ("completed", "L1", "2021-10-01")
    assert made["_primarySource"]["extension"][0]["valueCode"] == "unknown"
    assert made["meta"]["profile"] == [US + "immunization"]


def test_a_vaccine_refused_has_its_reason_and_no_indication() -> None:
    refusal = (
        f'<entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">{template("53")}'
        f"{code('PATOBJ', '2.16.840.1.113883.5.8', 'Patient objection')}</observation></entryRelationship>"
    )
    made = vaccine(' moodCode="EVN" negationInd="true"', refusal)
    assert (made["status"], made["statusReason"]["text"], "reasonCode" in made) == (
        "not-done",
        "Patient objection",
        False,
    )


def test_a_vaccine_planned_is_no_immunization() -> None:
    assert vaccine(' moodCode="INT"', status="active")["resourceType"] == "MedicationRequest"


@pytest.mark.parametrize(
    ("attributes", "status", "told"),
    [('moodCode="EVN"', "completed", "completed"), ('moodCode="EVN" negationInd="true"', "completed", "not-done"),
     ('moodCode="EVN"', "aborted", "stopped"), ('moodCode="EVN"', "active", "in-progress")],
)  # fmt: skip
@pytest.mark.parametrize(("name", "root"), [("procedure", "14"), ("observation", "13"), ("act", "12")])
def test_a_procedure_in_each_of_its_forms(name: str, root: str, attributes: str, status: str, told: str) -> None:
    text = (
        f'<{name} classCode="PROC" {attributes}>{template(root)}<id root="1.5" extension="p"/>{code("80146002")}'
        f'<statusCode code="{status}"/><effectiveTime value="20200506"/></{name}>'
    )
    (made,) = of(run(section(PROCEDURES, text)), "Procedure")
    assert (made["status"], made["performedDateTime"]) == (told, "2020-05-06")


def social(root: str, what: str, value: str, when: str = '<effectiveTime value="20220101"/>') -> Converted:
    return run(
        section(
            SOCIAL,
            f'<observation classCode="OBS" moodCode="EVN">{template(root)}<id root="1.4" extension="s"/>{what}'
            f'<statusCode code="completed"/>{when}{value}</observation>',
        )
    )


@pytest.mark.parametrize(
    "what", [code("72166-2", LOINC), '<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>']
)
def test_smoking_status_in_both_releases(what: str) -> None:
    since = '<effectiveTime><low value="20100101"/></effectiveTime>'
    (made,) = of(social("78", what, code("8517006", tag="value", display="Former smoker"), since), "Observation")
    assert (loinc(made), made["effectiveDateTime"]) == ("72166-2", "2010-01-01")
    assert made["meta"]["profile"] == [US + "smokingstatus"]


def test_birth_sex_and_gender_identity_go_to_the_patient() -> None:
    sex = social("200", code("76689-9", LOINC), code("F", "2.16.840.1.113883.5.1", tag="value"))
    assert {"url": US + "birthsex", "valueCode": "F"} in sex.resources[0]["extension"]
    assert of(sex, "Observation") == []
    gender = social("38", code("76691-5", LOINC), code("446141000124107", tag="value"))
    assert US + "genderIdentity" in {e["url"] for e in gender.resources[0]["extension"]}


def test_pregnancy_asserted_is_a_status() -> None:
    what = '<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>'
    (made,) = of(social("2.16.840.1.113883.10.20.15.3.8", what, code("77386006", tag="value")), "Observation")
    assert (loinc(made), made["valueCodeableConcept"]["coding"][0]["code"]) == ("82810-3", "77386006")
    assert made["meta"]["profile"] == [US + "observation-pregnancystatus"]


def test_other_social_history_is_an_observation() -> None:
    (made,) = of(
        social("38", code("160573003", display="Alcohol"), '<value xsi:type="ST">2 a week</value>'), "Observation"
    )
    assert (made["valueString"], made["category"][0]["coding"][0]["code"]) == ("2 a week", "social-history")
