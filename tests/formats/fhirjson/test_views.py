"""What a person reads, type by type."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.attachments import Attachment, attachments
from chartpost.formats.fhirjson.views import detail_labels, view


def named(text: str) -> dict[str, str]:
    return {"text": text}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Condition": (
        {
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes"}]},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "entered-in-error"}]},
            "onsetDateTime": "2019-03",
            "abatementDateTime": "2020",
            "note": [{"text": "watch diet"}],
        },
        {
            "title": "Diabetes",
            "when": "March 2019",
            "status": "Active, Entered in error",
            "code": ("http://snomed.info/sct", "44054006"),
            "details": {"Ended": "2020"},
            "notes": ("watch diet",),
        },
    ),
    "MedicationRequest": (
        {
            "medicationReference": {"reference": "#m", "display": "Lisinopril 10 mg"},
            "status": "on-hold",
            "authoredOn": "2021-05-06",
            "requester": {"display": "Dr. Lee"},
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
                    "asNeededBoolean": True,
                }
            ],
        },
        {
            "title": "Lisinopril 10 mg",
            "status": "On hold",
            "source": "Dr. Lee",
            "details": {"How to take it": "1 tablet, 2 times a day, as needed"},
        },
    ),
    "MedicationStatement": (
        {
            "medicationCodeableConcept": named("Aspirin"),
            "effectivePeriod": {"start": "2018"},
            "dosage": [{"text": "one daily"}],
        },
        {"title": "Aspirin", "when": "2018", "details": {"Taken": "since 2018", "How to take it": "one daily"}},
    ),
    "MedicationDispense": (
        {
            "medicationCodeableConcept": named("Aspirin"),
            "whenHandedOver": "2022-01-02",
            "quantity": {"value": 30, "unit": "tablets"},
        },
        {"title": "Aspirin", "when": "January 2, 2022", "details": {"Amount": "30 tablets"}},
    ),
    "MedicationAdministration": (
        {
            "medicationCodeableConcept": named("Morphine"),
            "effectiveDateTime": "2022-01-02T10:00:00Z",
            "dosage": {"dose": {"value": 5, "unit": "mg"}, "route": named("by mouth")},
        },
        {"title": "Morphine", "details": {"Dose": "5 mg", "Route": "by mouth"}},
    ),
    "AllergyIntolerance": (
        {
            "code": named("Peanut"),
            "criticality": "unable-to-assess",
            "reaction": [{"manifestation": [named("Hives"), named("Wheeze")], "severity": "severe"}],
        },
        {
            "title": "Peanut",
            "details": {"Reaction": "Hives, Wheeze", "Severity": "Severe", "Risk": "Unable to assess"},
        },
    ),
    "DiagnosticReport": (
        {"code": named("Blood count"), "issued": "2020-01-01T00:00:00Z", "conclusion": "All fine", "status": "final"},
        {"title": "Blood count", "notes": ("All fine",), "status": "Final"},
    ),
    "DocumentReference": (
        {"type": named("Discharge summary"), "date": "2020-01-01T00:00:00Z", "author": [{"display": "Dr. Ray"}]},
        {"title": "Discharge summary", "source": "Dr. Ray", "when": "January 1, 2020"},
    ),
    "Immunization": (
        {
            "vaccineCode": named("Influenza"),
            "occurrenceDateTime": "2020-10",
            "lotNumber": "A1",
            "manufacturer": {"display": "Acme"},
        },
        {"title": "Influenza", "when": "October 2020", "details": {"Lot number": "A1", "Maker": "Acme"}},
    ),
    "Encounter": (
        {
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "period": {"start": "2020-02-01T10:00:00Z", "end": "2020-02-03T10:00:00Z"},
            "status": "in-progress",
            "reasonCode": [named("Cough")],
        },
        {
            "title": "ambulatory",
            "status": "In progress",
            "details": {"Dates": "February 1, 2020 to February 3, 2020", "Reason": "Cough"},
        },
    ),
    "Procedure": (
        {"code": named("Appendectomy"), "performedString": "as a child", "outcome": named("Good")},
        {"title": "Appendectomy", "when": None, "details": {"When": "as a child", "Result": "Good"}},
    ),
    "CarePlan": (
        {
            "title": "Asthma plan",
            "period": {"start": "2020"},
            "activity": [{"detail": {"code": named("Inhaler training")}}],
        },
        {"title": "Asthma plan", "details": {"Activity": "Inhaler training", "Dates": "since 2020"}},
    ),
    "CareTeam": (
        {"name": "My team", "participant": [{"member": {"display": "Dr. Ray"}, "role": [named("Doctor")]}]},
        {"title": "My team", "details": {"Members": "Dr. Ray", "Roles": "Doctor"}},
    ),
    "Goal": (
        {
            "description": named("Walk daily"),
            "lifecycleStatus": "active",
            "target": [{"dueDate": "2021-06-01", "detailQuantity": {"value": 5000, "unit": "steps"}}],
        },
        {
            "title": "Walk daily",
            "status": "Active",
            "details": {"Target date": "June 1, 2021", "Target": "5000 steps"},
        },
    ),
    "Claim": (
        {
            "type": named("Pharmacy"),
            "billablePeriod": {"start": "2020-01-01", "end": "2020-01-01"},
            "total": {"value": 1234.5, "currency": "USD"},
            "item": [{"productOrService": named("Aspirin")}],
        },
        {
            "title": "Pharmacy",
            "details": {"Total charged": "$1,234.50", "Services": "Aspirin", "For": "January 1, 2020"},
        },
    ),
    "ExplanationOfBenefit": (
        {
            "type": named("Institutional"),
            "outcome": "complete",
            "payment": {"amount": {"value": -3, "currency": "CHF"}},
            "total": [{"amount": {"value": 8, "currency": "USD"}}],
            "insurer": {"display": "Blue"},
        },
        {"source": "Blue", "details": {"Paid": "-3.00 CHF", "Total": "$8.00", "Outcome": "Complete"}},
    ),
    "Coverage": (
        {
            "payor": [{"display": "Medicare"}],
            "subscriberId": "123",
            "period": {"end": "2022-12-31"},
            "relationship": {"coding": [{"code": "self"}]},
        },
        {
            "title": "Medicare",
            "details": {"Member number": "123", "Dates": "until December 31, 2022", "Relationship": "Self"},
        },
    ),
    "Device": (
        {"deviceName": [{"name": "Pacemaker X", "type": "user-friendly-name"}], "serialNumber": "S1"},
        {"title": "Pacemaker X", "details": {"Serial number": "S1"}},
    ),
    "ImagingStudy": (
        {
            "description": "Chest X-ray",
            "started": "2020-01-01T00:00:00Z",
            "numberOfInstances": 2,
            "series": [{"modality": {"code": "DX", "display": "Digital Radiography"}}],
        },
        {"title": "Chest X-ray", "details": {"Method": "Digital Radiography", "Pictures": "2"}},
    ),
    "ServiceRequest": (
        {"code": named("MRI of knee"), "authoredOn": "2020-01-01", "priority": "urgent", "status": "revoked"},
        {"title": "MRI of knee", "status": "Revoked", "details": {"Urgency": "Urgent"}},
    ),
    "FamilyMemberHistory": (
        {"relationship": named("Mother"), "condition": [{"code": named("Stroke")}], "deceasedBoolean": False},
        {"title": "Mother", "details": {"Condition": "Stroke", "Died": "No"}},
    ),
    "Specimen": (
        {"type": named("Serum"), "collection": {"collectedDateTime": "2020-01-01", "bodySite": named("Arm")}},
        {"title": "Serum", "when": "January 1, 2020", "details": {"Body site": "Arm"}},
    ),
    "QuestionnaireResponse": (
        {"authored": "2020", "item": [{"text": "Mood?", "answer": [{"valueCoding": {"display": "Good"}}]}]},
        {"title": "Questionnaire response", "details": {"Mood?": "Good"}},
    ),
    "Patient": (
        {"name": [{"given": ["Ana", "M."], "family": "Rivera"}], "birthDate": "1980-02-03", "gender": "female"},
        {"title": "Ana M. Rivera", "when": "February 3, 1980", "details": {"Sex": "Female"}},
    ),
    "Invoice": (
        {"type": named("Copy fee"), "date": "2020", "totalGross": {"value": 6.5, "currency": "USD"}},
        {"title": "Copy fee", "details": {"Total": "$6.50"}},
    ),
    "NutritionOrder": (
        {"dateTime": "2020", "status": "active", "text": {"div": "<div>Low <b>salt</b></div>"}},
        {"title": "Nutrition order", "status": "Active", "notes": ("Low salt",)},
    ),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_each_type_reads_plainly(kind: str) -> None:
    body, expected = CASES[kind]
    seen = view({"resourceType": kind, **body})
    for field, value in expected.items():
        if field == "details":
            assert value.items() <= dict(seen.details).items()
        elif field == "when":
            assert (str(seen.when) if seen.when else None) == value
        else:
            assert getattr(seen, field) == value


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": named("Potassium"), **more}


def amount(value: float, unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, **more}


def test_a_result_shows_value_unit_and_range() -> None:
    ranges = [{"low": amount(3.5), "high": amount(5.1)}]
    seen = view(observation(valueQuantity=amount(5.15222274), referenceRange=ranges))
    assert (seen.value, seen.unit, seen.reference_range, seen.flag) == ("5.152", "mmol/L", "3.5 to 5.1 mmol/L", "high")
    assert seen.number == 5.15222274


@pytest.mark.parametrize(
    ("value", "limits", "flag"),
    [
        (amount(3.4), {"low": amount(3.5)}, "low"),
        (amount(3.5), {"low": amount(3.5), "high": amount(5)}, ""),
        (amount(9, "mg/dL"), {"high": amount(5)}, ""),
        ({"value": 9}, {"high": amount(5)}, ""),
        (amount(3, comparator="<"), {"low": amount(3.5)}, "low"),
        (amount(5, comparator="<"), {"high": amount(3.5)}, ""),
        (amount(5, comparator=">"), {"high": amount(5)}, "high"),
        (amount(9), {"high": amount(5), "appliesTo": [named("men")]}, ""),
        (amount(9), {"high": amount(5), "type": {"coding": [{"code": "treatment"}]}}, ""),
        (amount(9, code="mmol/L"), {"high": {**amount(5, "mmol per litre"), "code": "mmol/L"}}, "high"),
    ],
)
def test_flags_from_ranges_only_where_they_apply(value: dict[str, Any], limits: dict[str, Any], flag: str) -> None:
    assert view(observation(valueQuantity=value, referenceRange=[limits])).flag == flag


@pytest.mark.parametrize(
    ("code", "flag"), [("H", "high"), ("LL", "critical"), ("A", "abnormal"), ("N", ""), ("L", "low"), ("??", "")]
)
def test_the_laboratory_has_the_last_word(code: str, flag: str) -> None:
    told = [{"coding": [{"code": code}]}]
    seen = view(observation(valueQuantity=amount(9), referenceRange=[{"high": amount(5)}], interpretation=told))
    assert seen.flag == flag


def test_blood_pressure_is_one_value() -> None:
    def part(code: str, name: str, value: int) -> dict[str, Any]:
        return {
            "code": {"coding": [{"code": code, "display": name}]},
            "valueQuantity": {"value": value, "unit": "mm[Hg]"},
        }

    seen = view(observation(component=[part("8480-6", "Systolic", 122), part("8462-4", "Diastolic", 78)]))
    assert (seen.value, seen.unit) == ("122/78", "mmHg")
    assert {"Systolic": "122 mmHg", "Diastolic": "78 mmHg"}.items() <= dict(seen.details).items()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"valueCodeableConcept": named("Negative")}, "Negative"),
        ({"valueString": " two\nlines "}, "two lines"),
        ({"valueBoolean": False}, "No"),
        ({"valueInteger": 0}, "0"),
        ({"valueQuantity": amount(5, comparator="<")}, "<5"),
        ({"valueQuantity": amount(0.000123456)}, "0.000123"),
        ({"valueQuantity": amount(1.0)}, "1"),
        ({"valueRange": {"low": amount(1), "high": amount(2)}}, "1 to 2 mmol/L"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 / 128"),
        ({"valuePeriod": {"start": "2020", "end": "2021"}}, "2020 to 2021"),
        ({"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "Not performed"),
    ],
)
def test_every_kind_of_value(value: dict[str, Any], text: str) -> None:
    assert view(observation(**value)).value == text


def test_nothing_technical_is_shown() -> None:
    seen = view({"resourceType": "Procedure", "code": {}, "location": {"reference": "Location/9f8"}})
    assert seen.title == "Procedure"
    assert seen.details == ()
    assert view({}).title == "Entry"


def test_attachments_are_opened() -> None:
    document = {
        "resourceType": "DocumentReference",
        "content": [
            {"attachment": {"contentType": "text/plain", "data": "aGVs bG8=", "title": "Note"}},
            {"attachment": {"url": "Binary/1"}},
            {"attachment": {"data": "%%%"}},
            {"attachment": {"title": "empty"}},
        ],
    }
    assert attachments(document) == [
        Attachment("text/plain", b"hello", "", "Note"),
        Attachment("application/octet-stream", None, "Binary/1", ""),
        Attachment("application/octet-stream", None, "", ""),
    ]
    report = {"resourceType": "DiagnosticReport", "presentedForm": [{"contentType": "text/plain", "data": "aGk="}]}
    assert [a.data for a in attachments(report)] == [b"hi"]
    assert [a.data for a in attachments({"resourceType": "Binary", "contentType": "a/b", "data": "aGk="})] == [b"hi"]
    assert attachments({"resourceType": "Patient"}) == []


def test_references_take_the_name_of_what_they_point_to() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "contained": [{"resourceType": "Medication", "id": "m", "code": named("Insulin")}],
        "medicationReference": {"reference": "#m"},
        "requester": {"reference": "Practitioner/7"},
    }
    assert view(order).title == "Insulin"
    assert view(order, {"Practitioner/7": "Dr. Ray"}).source == "Dr. Ray"
    assert view(order).source == ""
    shot = {"resourceType": "Immunization", "performer": [{"actor": {"reference": "Practitioner/7"}}]}
    assert view(shot, {"Practitioner/7": "Dr. Ray"}).source == "Dr. Ray"
    kept = {**order, "requester": {"reference": "Practitioner/7", "display": "Ray, MD"}}
    assert view(kept, {"Practitioner/7": "Dr. Ray"}).source == "Ray, MD"


def test_translators_get_every_label() -> None:
    seen = {label for kind, (body, _) in CASES.items() for label, _ in view({"resourceType": kind, **body}).details}
    assert seen - {"Mood?"} <= set(detail_labels())
