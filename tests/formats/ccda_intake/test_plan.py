"""Plans of treatment, interventions, instructions and referrals, from entries written by hand."""

import pytest
from tests.formats.ccda_intake.papers import RXNORM, code, section, template
from tests.formats.ccda_intake.test_care import DOCTOR, only, read

PLAN = "18776-5"
WHEN = '<effectiveTime value="20240601"/>'


def planned(
    root: str = "41", element: str = "procedure", mood: str = "RQO", more: str = "", attributes: str = ""
) -> str:
    return (
        f'<{element} classCode="PROC" moodCode="{mood}"{attributes}>{template(root)}<id root="1.6" extension="p"/>'
        f'{code("73761001", display="Colonoscopy")}<statusCode code="active"/>{WHEN}{more}</{element}>'
    )


@pytest.mark.parametrize(("mood", "intent"), [("RQO", "order"), ("INT", "plan"), ("PRP", "proposal"), ("PRMS", "plan")])
def test_the_mood_tells_the_intent(mood: str, intent: str) -> None:
    made = only(read(section(PLAN, planned(mood=mood))), "ServiceRequest")
    assert (made["intent"], made["status"]) == (intent, "active")
    assert made["code"]["text"] == "Colonoscopy"
    assert made["occurrenceDateTime"] == "2024-06-01"
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-servicerequest"]


def test_what_is_not_to_be_done_says_so() -> None:
    made = only(read(section(PLAN, planned("39", "act", "INT", attributes=' negationInd="true"'))), "ServiceRequest")
    assert made["doNotPerform"] is True


def test_a_goal_in_a_plan_is_a_goal() -> None:
    found = read(section(PLAN, planned("44", "observation", "GOL")))
    assert only(found, "Goal")["description"]["text"] == "Colonoscopy"


def test_a_plan_keeps_its_words_and_points_to_its_parts() -> None:
    found = read(section(PLAN, planned(), text="<paragraph>Come back <content>soon</content></paragraph>"))
    plan = only(found, "CarePlan")
    assert "Come back" in plan["text"]["div"]
    assert plan["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml">')
    assert plan["activity"] == [{"reference": {"reference": f"ServiceRequest/{only(found, 'ServiceRequest')['id']}"}}]
    assert plan["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"]


def test_a_plan_without_entries_is_a_care_plan_all_the_same() -> None:
    found = read(section("51847-2", text="<paragraph>Rest.</paragraph>"))
    assert only(found, "CarePlan")["status"] == "active"


def visit(mood: str, time: str) -> str:
    return (
        f'<encounter classCode="ENC" moodCode="{mood}">{template("40")}<id root="1.6" extension="v"/>'
        f'{code("185349003", display="Check up")}<statusCode code="active"/>{time}'
        f"<performer>{DOCTOR}</performer></encounter>"
    )


def test_a_visit_with_its_times_is_booked() -> None:
    time = '<effectiveTime><low value="202406011000-0500"/><high value="202406011030-0500"/></effectiveTime>'
    made = only(read(section(PLAN, visit("APT", time))), "Appointment")
    assert (made["status"], made["start"], made["end"]) == (
        "booked",
        "2024-06-01T10:00:00-05:00",
        "2024-06-01T10:30:00-05:00",
    )
    assert [p["actor"].get("display") for p in made["participant"]] == [None, "Ines Okoro"]


def test_a_visit_of_which_only_the_day_is_known_is_asked_for() -> None:
    made = only(read(section(PLAN, visit("INT", WHEN))), "Appointment")
    assert (made["status"], made["requestedPeriod"]) == ("proposed", [{"start": "2024-06-01"}])


def medicine(root: str, mood: str = "RQO") -> str:
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="{mood}">{template(root)}<id root="1.6" extension="m"/>'
        '<statusCode code="active"/><effectiveTime value="20240601"/>'
        '<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></effectiveTime>'
        '<doseQuantity value="1"/><consumable><manufacturedProduct><manufacturedMaterial>'
        f"{code('197361', RXNORM, 'Amlodipine')}</manufacturedMaterial></manufacturedProduct></consumable>"
        "</substanceAdministration>"
    )


@pytest.mark.parametrize("root", ["42", "120"])
def test_a_planned_medicine_or_vaccine_is_a_medication_request(root: str) -> None:
    made = only(read(section(PLAN, medicine(root))), "MedicationRequest")
    assert (made["status"], made["intent"]) == ("active", "order")
    assert made["medicationCodeableConcept"]["coding"][0]["code"] == "197361"
    assert made["dosageInstruction"][0]["timing"]["repeat"]["periodUnit"] == "h"


def act(root: str, mood: str = "INT", inner: str = "", text: str = "<text>Use a night light</text>") -> str:
    return (
        f'<act classCode="ACT" moodCode="{mood}">{template(root)}<id root="1.6" extension="a"/>'
        f'{code("409073007", display="Education")}{text}<statusCode code="completed"/>{inner}</act>'
    )


def test_an_instruction_keeps_its_words() -> None:
    made = only(read(section("69730-0", act("20"))), "ServiceRequest")
    assert made["patientInstruction"] == "Use a night light"
    assert made["category"][0]["coding"][0]["display"] == "Education"


def test_a_handoff_names_who_takes_over() -> None:
    inner = f'{WHEN}<participant typeCode="IRCP"><participantRole>{DOCTOR}</participantRole></participant>'
    found = read(section(PLAN, act("141", "EVN", inner)))
    made = only(found, "Communication")
    assert (made["status"], made["sent"]) == ("completed", "2024-06-01")


def test_an_intervention_is_what_it_holds() -> None:
    inner = f'<entryRelationship typeCode="REFR">{planned()}</entryRelationship>'
    found = read(section("62387-6", act("131", "INT", inner)))
    assert only(found, "ServiceRequest")["code"]["text"] == "Colonoscopy"
    alone = read(section("62387-6", act("146", "INT")))
    assert only(alone, "ServiceRequest")["code"]["text"] == "Education"


def test_a_referral_says_what_for() -> None:
    inner = (
        '<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">'
        f"{code('ASSERTION', '2.16.840.1.113883.5.4')}{code('363746003', display='Acute pharyngitis', tag='value')}"
        "</observation></entryRelationship>"
    )
    made = only(read(section("42349-1", act("140", "RQO", inner))), "ServiceRequest")
    assert made["intent"] == "order"
    assert made["orderDetail"][0]["text"] == "Acute pharyngitis"


def test_a_reason_and_an_instruction_inside_go_with_the_request() -> None:
    inner = (
        f'<entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">{template("19")}'
        f"{code('404684003', display='Finding')}{code('267036007', display='Breathless', tag='value')}"
        f'</observation></entryRelationship><entryRelationship typeCode="SUBJ" inversionInd="true">{act("20")}'
        f"</entryRelationship>"
    )
    made = only(read(section(PLAN, planned(more=inner))), "ServiceRequest")
    assert made["reasonCode"][0]["text"] == "Breathless"
    assert made["patientInstruction"] == "Use a night light"


def test_the_loinc_of_a_section_is_enough() -> None:
    bare = planned().replace(template("41"), "")
    assert only(read(section(PLAN, bare)), "ServiceRequest")["code"]["coding"][0]["code"] == "73761001"
