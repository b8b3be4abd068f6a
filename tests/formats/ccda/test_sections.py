"""What each section says in words and in codes."""

from base64 import b64encode
from typing import Any

import pytest
from tests.formats.ccda.builders import (
    LOINC,
    RXNORM,
    SNOMED,
    V3,
    ccd,
    cells,
    concept,
    lab,
    one,
    person,
    resource,
    section,
    tree,
    vital,
)

from chartpost.formats.ccda import check_document

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


def part(loinc: str, *resources: dict[str, Any]) -> Any:
    assert check_document(ccd(*resources)) == []
    return section(tree(*resources), loinc)


def test_an_active_problem() -> None:
    condition = resource(
        "Condition",
        code={"coding": [{"system": ICD10, "code": "E11.9", "display": "Type 2 diabetes"},
                         {"system": SNOMED, "code": "44054006", "display": "Diabetes type 2"}],
              "text": "Type 2 diabetes"},
        clinicalStatus=concept("active", "Active", CLINICAL),
        onsetDateTime="2019-05",
    )  # fmt: skip
    problems = part("11450-4", condition)
    assert cells(problems) == [["Type 2 diabetes", "Active", "May 2019", "", ""]]
    value = one(problems, ".//v3:observation/v3:value[v3:originalText][@codeSystem='2.16.840.1.113883.6.96']")
    assert value.get("code") == "44054006"
    assert one(value, "v3:translation/@code") == "E11.9"
    assert one(problems, ".//v3:act/v3:statusCode/@code") == "active"
    assert one(problems, ".//v3:act/v3:entryRelationship/v3:observation/v3:effectiveTime/v3:low/@value") == "201905"


def test_a_problem_that_ended_has_an_end_even_if_unknown() -> None:
    condition = resource(
        "Condition", code=concept("1", "Flu"), clinicalStatus=concept("resolved", "Resolved", CLINICAL)
    )
    problems = part("11450-4", condition)
    assert one(problems, ".//v3:act/v3:statusCode/@code") == "completed"
    assert one(problems, ".//v3:act/v3:effectiveTime/v3:high/@nullFlavor") == "UNK"


def test_a_refuted_problem_is_negated() -> None:
    condition = resource("Condition", code=concept("1", "Lupus"), verificationStatus=concept("refuted", "Refuted"))
    assert one(part("11450-4", condition), ".//v3:observation[v3:text]/@negationInd") == "true"


def test_a_code_only_in_an_unknown_system_is_kept_as_words() -> None:
    condition = resource("Condition", code=concept("X1", "House code", "http://house.example/codes"))
    value = one(part("11450-4", condition), ".//v3:value[v3:originalText]")
    assert value.get("nullFlavor") == "OTH"
    assert value.get("code") is None
    assert cells(part("11450-4", condition))[0][0] == "House code"


def test_an_allergy_with_reaction_severity_and_criticality() -> None:
    allergy = resource(
        "AllergyIntolerance",
        code=concept("7980", "Penicillin G", RXNORM),
        type="allergy",
        category=["medication"],
        criticality="high",
        clinicalStatus=concept("active", "Active"),
        reaction=[{"manifestation": [concept("247472004", "Hives")], "severity": "severe"}],
    )
    allergies = part("48765-2", allergy)
    assert cells(allergies) == [["Penicillin G", "Hives (severe)", "High", "Active", ""]]
    assert one(allergies, ".//v3:playingEntity/v3:code/@code") == "7980"
    assert one(allergies, ".//v3:observation[v3:participant]/v3:value/@code") == "416098002"
    assert one(allergies, ".//v3:entryRelationship[@typeCode='MFST']/v3:observation/v3:value/@code") == "247472004"
    assert one(allergies, ".//v3:observation[v3:code/@code='SEV']/v3:value/@code") == "24484000"
    assert one(allergies, ".//v3:observation[v3:code/@code='82606-5']/v3:value/@code") == "CRITH"


def test_no_known_allergies_is_a_negated_statement_not_an_allergy() -> None:
    allergy = resource("AllergyIntolerance", code=concept("716186003", "No known allergy"))
    statement = one(part("48765-2", allergy), ".//v3:observation[v3:participant]")
    assert statement.get("negationInd") == "true"
    assert one(statement, "v3:value/@code") == "419199007"
    assert one(statement, ".//v3:playingEntity/v3:code/@nullFlavor") == "NA"


def test_a_prescription_with_dose_frequency_refills_and_reason() -> None:
    medication = resource(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept=concept("314076", "Lisinopril 10 MG Oral Tablet", RXNORM),
        authoredOn="2025-01-05",
        reasonCode=[concept("38341003", "High blood pressure")],
        dosageInstruction=[{
            "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
            "asNeededBoolean": True,
        }],
        dispenseRequest={"numberOfRepeatsAllowed": 3},
    )  # fmt: skip
    medications = part("10160-0", medication)
    assert cells(medications) == [
        ["Lisinopril 10 MG Oral Tablet", "1 tablet, 2 times every day, as needed", "Active",
         "January 5, 2025", "High blood pressure"]
    ]  # fmt: skip
    assert one(medications, ".//v3:manufacturedMaterial/v3:code/@code") == "314076"
    assert one(medications, ".//v3:effectiveTime[@operator='A']/v3:period").attrib == {"value": "0.5", "unit": "d"}
    assert one(medications, ".//v3:supply/v3:repeatNumber/@value") == "4"
    assert one(medications, ".//v3:precondition/@typeCode") == "PRCN"
    assert one(medications, "v3:entry/v3:substanceAdministration/@moodCode") == "INT"


def test_a_medicine_given_by_reference_is_looked_up() -> None:
    contained = {"resourceType": "Medication", "id": "m", "code": concept("1", "Aspirin", RXNORM)}
    medication = resource("MedicationRequest", contained=[contained], medicationReference={"reference": "#m"})
    other = resource("MedicationStatement", medicationReference={"reference": "Medication/medication-1"})
    shared = resource("Medication", code=concept("2", "Ibuprofen", RXNORM))
    names = [row[0] for row in cells(part("10160-0", medication, other, shared))]
    assert sorted(names) == ["Aspirin", "Ibuprofen"]


def test_a_vaccine_that_was_refused() -> None:
    reason = concept("PATOBJ", "Patient objection", "http://terminology.hl7.org/CodeSystem/v3-ActReason")
    shot = resource(
        "Immunization", status="not-done", statusReason=reason, occurrenceDateTime="2024-10-02",
        vaccineCode=concept("140", "Influenza", "http://hl7.org/fhir/sid/cvx"),
    )  # fmt: skip
    shots = part("11369-6", shot)
    assert cells(shots)[0][:4] == ["Influenza", "October 2, 2024", "Not given", "Patient objection"]
    assert one(shots, "v3:entry/v3:substanceAdministration/@negationInd") == "true"
    assert one(shots, ".//v3:manufacturedMaterial/v3:code[@codeSystem='2.16.840.1.113883.12.292']/@code") == "140"
    assert one(shots, ".//v3:entryRelationship[@typeCode='RSON']/v3:observation/v3:code/@code") == "PATOBJ"


def test_a_procedure_and_a_visit_name_who_and_where() -> None:
    seen = {"individual": {"display": "Dr. Osei"}}
    visit = resource(
        "Encounter", status="finished", type=[concept("185349003", "Check up")], participant=[seen],
        period={"start": "2025-02-03T09:00:00-05:00", "end": "2025-02-03T09:20:00-05:00"},
        serviceProvider={"display": "Harbor Clinic"},
        **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
    )  # fmt: skip
    visits = part("46240-8", visit)
    assert cells(visits) == [["Check up", "February 3, 2025", "", "Dr. Osei", "Harbor Clinic"]]
    assert one(visits, ".//v3:encounter/v3:code/v3:translation/@code") == "AMB"
    assert one(visits, ".//v3:encounter/v3:effectiveTime/v3:high/@value") == "20250203092000-0500"
    procedure = resource(
        "Procedure", status="not-done", code=concept("80146002", "Appendectomy"), performedDateTime="2025"
    )
    done = part("47519-4", procedure)
    assert cells(done)[0][:3] == ["Appendectomy", "2025", "Not done"]
    assert one(done, ".//v3:procedure/@negationInd") == "true"


def test_a_lab_report_gathers_its_results_with_range_and_flag() -> None:
    flag = concept("H", "High", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")
    low, high = (
        {"value": v, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"} for v in (3.5, 5.1)
    )
    potassium = lab(interpretation=[flag], referenceRange=[{"low": low, "high": high}])
    report = resource(
        "DiagnosticReport", status="final", code=concept("24321-2", "Basic metabolic panel", LOINC),
        result=[{"reference": "Observation/observation-1"}],
    )  # fmt: skip
    results = part("30954-2", report, potassium)
    assert cells(results) == [
        ["Potassium", "5.9 mmol/L", "High", "3.5 to 5.1 mmol/L", "April 1, 2025, 10:15 UTC-04:00",
         "Basic metabolic panel"]
    ]  # fmt: skip
    assert one(results, ".//v3:organizer/v3:code/@code") == "24321-2"
    assert one(results, ".//v3:component/v3:observation/v3:interpretationCode/@code") == "H"
    assert one(results, ".//v3:observationRange/v3:value/v3:high/@value") == "5.1"
    assert one(results, ".//v3:component/v3:observation/v3:value").attrib == {
        "{http://www.w3.org/2001/XMLSchema-instance}type": "PQ", "value": "5.9", "unit": "mmol/L",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ({"valueString": "Negative"}, "ST", "Negative"),
        ({"valueBoolean": True}, "BL", "Yes"),
        ({"valueInteger": 3}, "INT", "3"),
        ({"valueCodeableConcept": concept("260385009", "Negative")}, "CD", "Negative"),
        ({"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg", "system": "http://unitsofmeasure.org",
                            "code": "mg"}}, "IVL_PQ", "<5 mg"),
        ({"valueQuantity": {"value": 1e-05, "unit": "pieces"}}, "PQ", "0.00001 pieces"),
        ({"valueDateTime": "2025-01-01"}, "TS", "January 1, 2025"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "ST", "1 : 128"),
    ],
)  # fmt: skip
def test_every_kind_of_result_value(value: dict[str, Any], kind: str, words: str) -> None:
    plain = {k: v for k, v in lab().items() if k != "valueQuantity"}
    results = part("30954-2", {**plain, **value})
    assert cells(results)[0][1] == words
    assert one(results, ".//v3:component/v3:observation/v3:value/@xsi:type") == kind


def test_a_unit_outside_ucum_is_kept_as_words() -> None:
    value = one(part("30954-2", lab(valueQuantity={"value": 7, "unit": "per field"})), ".//v3:observation/v3:value")
    assert value.get("nullFlavor") == "OTH"
    assert one(value, "v3:translation/@value") == "7"
    assert one(value, "v3:translation/v3:originalText").text == "per field"


def test_blood_pressure_becomes_two_vital_signs_in_one_group() -> None:
    def side(code: str, name: str, value: int) -> dict[str, Any]:
        unit = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
        return {"code": concept(code, name, LOINC), "valueQuantity": {"value": value, **unit}}

    pressure = {k: v for k, v in vital().items() if k != "valueQuantity"} | {
        "code": concept("85354-9", "Blood pressure", LOINC),
        "component": [side("8480-6", "Systolic", 120), side("8462-4", "Diastolic", 80)],
    }
    vitals = part("8716-3", pressure)
    assert [row[:2] for row in cells(vitals)] == [["Systolic", "120 mmHg"], ["Diastolic", "80 mmHg"]]
    group = one(vitals, ".//v3:organizer")
    assert group.xpath(".//v3:observation/v3:code/@code", namespaces=V3) == ["8480-6", "8462-4"]
    assert group.xpath(".//v3:observation/v3:value/@unit", namespaces=V3) == ["mm[Hg]", "mm[Hg]"]


def test_smoking_status_and_birth_sex() -> None:
    smoking = lab(
        category=[{"coding": [{"code": "social-history"}]}], code=concept("72166-2", "Smoking", LOINC),
        valueCodeableConcept=concept("8517006", "Ex-smoker"),
    )  # fmt: skip
    del smoking["valueQuantity"]
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
    root = tree(smoking, who=person(extension=[{"url": url, "valueCode": "F"}]))
    social = section(root, "29762-2")
    assert cells(social)[0][:2] == ["Sex recorded at birth", "Female"]
    assert one(social, ".//v3:observation[v3:code/@code='72166-2']/v3:value/@code") == "8517006"
    assert one(social, ".//v3:observation[v3:code/@code='76689-9']/v3:value/@code") == "F"


def test_the_plan_holds_what_is_open_and_nothing_that_is_done() -> None:
    plan = part(
        "18776-5",
        resource("ServiceRequest", 1, status="active", code=concept("71388002", "Eye exam"),
                 occurrenceDateTime="2026-05-01"),
        resource("ServiceRequest", 2, status="completed", code=concept("1", "Done thing")),
        resource("Appointment", 3, status="booked", description="Follow-up", start="2026-04-01T08:00:00Z"),
        resource("CarePlan", 4, status="active", title="Diabetes plan",
                 activity=[{"detail": {"status": "in-progress", "code": concept("2", "Walk daily")}}]),
    )  # fmt: skip
    assert sorted(row[0] for row in cells(plan)) == ["Eye exam", "Follow-up", "Walk daily"]
    assert one(plan, ".//v3:encounter/@moodCode") == "APT"


def test_goals_insurance_and_devices() -> None:
    goal = resource(
        "Goal", lifecycleStatus="active", description={"text": "Lose weight"}, target=[{"dueDate": "2026-12-31"}]
    )
    assert cells(part("61146-7", goal)) == [["Lose weight", "Active", "", "December 31, 2026"]]
    coverage = resource(
        "Coverage", status="active", payor=[{"display": "Bay State Health"}], subscriberId="W123",
        type=concept("1", "Medicare", "https://nahdo.org/sopt"), relationship=concept("self", "Self"),
    )  # fmt: skip
    insurance = part("48768-6", coverage)
    assert cells(insurance)[0][:4] == ["Bay State Health", "Medicare", "W123", "Self"]
    assert one(insurance, ".//v3:participant[@typeCode='COV']/v3:participantRole/v3:id/@extension") == "W123"
    device = resource(
        "Device", patient={"reference": "Patient/p1"}, status="active", type=concept("14106009", "Pacemaker"),
        udiCarrier=[{"carrierHRF": "(01)123"}],
    )  # fmt: skip
    equipment = part("46264-8", device)
    assert cells(equipment)[0][:3] == ["Pacemaker", "Active", "(01)123"]
    assert one(equipment, ".//v3:participantRole/v3:id/@extension") == "(01)123"


def test_a_note_keeps_its_lines_and_a_file_is_announced() -> None:
    text = b64encode("Slept badly.\nÜbelkeit & <fever>".encode()).decode()
    note = resource(
        "DocumentReference", 1, status="current", type=concept("11506-3", "Progress note", LOINC),
        date="2025-06-01T08:00:00Z", author=[{"display": "Dr. Osei"}],
        content=[{"attachment": {"contentType": "text/plain; charset=utf-8", "data": text}}],
    )  # fmt: skip
    scan = resource("DocumentReference", 2, status="current", content=[
        {"attachment": {"contentType": "application/pdf", "title": "Old scan", "url": "Binary/9"}}])  # fmt: skip
    again = resource("DiagnosticReport", 3, presentedForm=[{"contentType": "text/plain", "data": text}])
    notes = part("34109-9", note, scan, again)
    assert cells(notes) == [
        ["Progress note", "June 1, 2025", "Dr. Osei", "Slept badly.Übelkeit & <fever>"],
        ["Document", "", "", "Old scan (PDF file, kept with the record and not part of this document)"],
    ]
    assert len(notes.xpath(".//v3:td/v3:br", namespaces=V3)) == 1
    assert one(notes, ".//v3:act/v3:code/v3:translation[@code='11506-3']/@codeSystem") == "2.16.840.1.113883.6.1"


@pytest.mark.parametrize("data", ["%%%", "abc", None])
def test_a_note_that_cannot_be_decoded_is_still_announced(data: str | None) -> None:
    attachment = {"contentType": "text/plain", "data": data}
    note = resource("DocumentReference", content=[{"attachment": attachment}])
    assert cells(part("34109-9", note))[0][3] == "File, kept with the record and not part of this document"


def test_the_care_team_lists_everyone_but_the_person() -> None:
    team = resource(
        "CareTeam", status="active", name="Heart team",
        participant=[
            {"role": [concept("17561000", "Cardiologist")], "member": {"reference": "Practitioner/practitioner-1"}},
            {"role": [concept("116154003", "Patient")], "member": {"reference": "Patient/p1", "display": "Ana"}},
        ],
    )  # fmt: skip
    doctor = resource(
        "Practitioner", name=[{"given": ["Kofi"], "family": "Osei"}],
        identifier=[{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
    )  # fmt: skip
    members = part("85847-2", team, doctor)
    assert cells(members) == [["Kofi Osei", "Cardiologist", "Heart team", "Active"]]
    assert one(members, ".//v3:assignedEntity/v3:id/@extension") == "1234567893"
    assert one(members, ".//sdtc:functionCode/@code") == "17561000"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": {"value": 98.6, "unit": "°F"}}, {"value": "98.6", "unit": "[degF]"}),
        ({"valueQuantity": {"value": 3, "unit": "hand widths"}}, {"nullFlavor": "OTH", "unit": "1"}),
        ({"valueString": "refused"}, {"nullFlavor": "OTH", "unit": "1"}),
        ({}, {"nullFlavor": "UNK", "unit": "1"}),
    ],
)
def test_a_vital_sign_without_a_proper_number_is_kept(value: dict[str, Any], expected: dict[str, str]) -> None:
    plain = {k: v for k, v in vital().items() if k != "valueQuantity"}
    found = one(part("8716-3", {**plain, **value}), ".//v3:component/v3:observation/v3:value")
    assert {k: v for k, v in found.attrib.items() if not k.endswith("}type")} == expected


def test_the_words_of_a_vital_sign_stand_beside_the_missing_number() -> None:
    plain = {k: v for k, v in vital().items() if k != "valueQuantity"}
    for value in ({"valueString": "refused"}, {"valueQuantity": {"value": 3, "unit": "refused"}}):
        words = one(part("8716-3", {**plain, **value}), ".//v3:value/v3:translation/v3:originalText")
        assert words.text == "refused"


def test_codes_without_a_code_are_left_out() -> None:
    marital = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"}]}
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    part_of = {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238"}}
    who = person(maritalStatus=marital, extension=[{"url": url, "extension": [part_of]}])
    assert check_document(ccd(who=who)) == []
    assert one(tree(who=who), "//v3:raceCode/@nullFlavor") == "UNK"


def test_family_history_names_the_relative_the_condition_and_the_age() -> None:
    years = {"value": 52, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a"}
    mother = resource(
        "FamilyMemberHistory", status="completed", sex=concept("female", "Female"), deceasedBoolean=True,
        relationship=concept("MTH", "Mother", "http://terminology.hl7.org/CodeSystem/v3-RoleCode"),
        condition=[{"code": concept("254837009", "Breast cancer"), "onsetAge": years}],
    )  # fmt: skip
    family = part("10157-6", mother)
    assert cells(family) == [["Mother", "Breast cancer", "at 52 years", "Died"]]
    assert one(family, ".//v3:relatedSubject/v3:code/@code") == "MTH"
    assert one(family, ".//v3:relatedSubject/v3:subject/v3:administrativeGenderCode/@code") == "F"
    age = one(family, ".//v3:observation[v3:code/@code='445518008']/v3:value")
    assert (age.get("value"), age.get("unit")) == ("52", "a")
