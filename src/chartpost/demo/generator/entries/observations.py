"""Vital signs, laboratory results with their reports, scores and smoking status."""

from typing import Any

from chartpost.demo.generator.coding import SNOMED, Code, hl7, loinc, quantity, reference
from chartpost.demo.generator.data.labs import LABS, PANELS, Lab
from chartpost.demo.generator.entries.derived import derive
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

BLOOD_PRESSURE = loinc("85354-9", "Blood pressure panel with all children optional")
SYSTOLIC = loinc("8480-6", "Systolic blood pressure")
DIASTOLIC = loinc("8462-4", "Diastolic blood pressure")
HEIGHT = loinc("8302-2", "Body height")
WEIGHT = loinc("29463-7", "Body weight")
BMI = loinc("39156-5", "Body mass index (BMI) [Ratio]")
HEART_RATE = loinc("8867-4", "Heart rate")
RESPIRATION = loinc("9279-1", "Respiratory rate")
TEMPERATURE = loinc("8310-5", "Body temperature")
PULSE_OXIMETRY = loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")
SATURATION = loinc("2708-6", "Oxygen saturation in Arterial blood")
OXYGEN_FLOW = loinc("3151-8", "Inhaled oxygen flow rate")
OXYGEN_SHARE = loinc("3150-0", "Inhaled oxygen concentration")
HEAD_PERCENTILE = loinc("8289-1", "Head Occipital-frontal circumference Percentile")
WEIGHT_FOR_HEIGHT = loinc("77606-2", "Weight-for-length Per age and sex")
BMI_FOR_AGE = loinc("59576-9", "Body mass index (BMI) [Percentile] Per age and sex")
HEAD = loinc("9843-4", "Head Occipital-frontal circumference")
PHQ9 = loinc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]")
PAIN = loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
SMOKING = loinc("72166-2", "Tobacco smoking status")
SMOKING_STATUS = {
    "never": Code(SNOMED, "266919005", "Never smoked tobacco"),
    "former": Code(SNOMED, "8517006", "Ex-smoker"),
    "current": Code(SNOMED, "77176002", "Smoker"),
}
CATEGORIES = {
    "vital-signs": "Vital Signs",
    "laboratory": "Laboratory",
    "social-history": "Social History",
    "survey": "Survey",
    "exam": "Exam",
    "imaging": "Imaging",
    "procedure": "Procedure",
}


def observe(visit: Visit, category: str, code: Code, **value: Any) -> Resource:
    """File one final observation of the visit; ``value`` holds the FHIR value fields."""
    return visit.chart.add(
        "Observation",
        status="final",
        category=[hl7("observation-category", category, CATEGORIES[category])],
        code=code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        effectiveDateTime=visit.later(8),
        issued=visit.later(20),
        performer=[visit.author],
        **value,
    )


def saturation(visit: Visit, percent: int, flow: float, concentration: int) -> Resource:
    """File oxygen saturation in %, with oxygen given in L/min and its share of the air breathed in %."""
    parts = [(OXYGEN_FLOW, flow, "L/min"), (OXYGEN_SHARE, concentration, "%")]
    codes = {"coding": [PULSE_OXIMETRY.coding(), SATURATION.coding()], "text": PULSE_OXIMETRY.display}
    one = vital(visit, PULSE_OXIMETRY, percent, "%")
    one["code"] = codes
    one["component"] = [{"code": code.concept(), "valueQuantity": quantity(value, unit)} for code, value, unit in parts]
    return one


def pressure_not_taken(visit: Visit) -> Resource:
    """File that the blood pressure was not measured, and why (US Core Blood Pressure, data absent)."""
    why = hl7("data-absent-reason", "not-performed", "Not Performed")
    parts = [{"code": code.concept(), "dataAbsentReason": why} for code in (SYSTOLIC, DIASTOLIC)]
    return observe(visit, "vital-signs", BLOOD_PRESSURE, component=parts)


def vital(visit: Visit, code: Code, value: float, unit: str, ucum: str | None = None) -> Resource:
    """File one vital sign (US Core Vital Signs)."""
    return observe(visit, "vital-signs", code, valueQuantity=quantity(value, unit, ucum))


def blood_pressure(visit: Visit, systolic: int, diastolic: int) -> Resource:
    """File a blood pressure with its two components in mm[Hg] (US Core Blood Pressure)."""
    parts = [(SYSTOLIC, systolic), (DIASTOLIC, diastolic)]
    component = [{"code": code.concept(), "valueQuantity": quantity(value, "mmHg", "mm[Hg]")} for code, value in parts]
    return observe(visit, "vital-signs", BLOOD_PRESSURE, component=component)


def body_size(visit: Visit, height: float, weight: float) -> None:
    """File height in cm, weight in kg and the index made of the two."""
    vital(visit, HEIGHT, round(height, 1), "cm")
    vital(visit, WEIGHT, round(weight, 1), "kg")
    vital(visit, BMI, round(weight / (height / 100) ** 2, 1), "kg/m2")


def score(visit: Visit, code: Code, value: int) -> Resource:
    """File the total of a questionnaire."""
    return observe(visit, "survey", code, valueQuantity=quantity(value, "score", "{score}"))


def smoking_status(visit: Visit, status: str) -> Resource:
    """File the smoking status (US Core Smoking Status)."""
    return observe(visit, "social-history", SMOKING, valueCodeableConcept=SMOKING_STATUS[status].concept())


def _interpretation(lab: Lab, value: float) -> Resource:
    if lab.high is not None and value > lab.high:
        return hl7("v3-ObservationInterpretation", "H", "High")
    if lab.low is not None and value < lab.low:
        return hl7("v3-ObservationInterpretation", "L", "Low")
    return hl7("v3-ObservationInterpretation", "N", "Normal")


def _range(lab: Lab) -> Resource:
    limits: Resource = {}
    if lab.low is not None:
        limits["low"] = quantity(lab.low, lab.printed_unit, lab.unit)
    if lab.high is not None:
        limits["high"] = quantity(lab.high, lab.printed_unit, lab.unit)
    return limits | {"type": hl7("referencerange-meaning", "normal", "Normal Range")}


def lab_result(visit: Visit, key: str, value: float) -> Resource:
    """File one measured result with its reference range and interpretation."""
    lab = LABS[key]
    shown = round(value, lab.decimals) if lab.decimals else round(value)
    return observe(
        visit,
        "laboratory",
        lab.code,
        valueQuantity=quantity(shown, lab.printed_unit, lab.unit),
        interpretation=[_interpretation(lab, shown)],
        referenceRange=[_range(lab)],
    )


def finding(visit: Visit, code: Code, found: bool, expected: bool = False) -> Resource:
    """File a laboratory test that answers detected or not detected."""
    answer = ("260373001", "Detected") if found else ("260415000", "Not detected")
    flag = ("A", "Abnormal") if found != expected else ("N", "Normal")
    return observe(
        visit,
        "laboratory",
        code,
        valueCodeableConcept=Code(SNOMED, *answer).concept(),
        interpretation=[hl7("v3-ObservationInterpretation", *flag)],
    )


def lab_report(visit: Visit, code: Code, results: list[Resource], conclusion: str | None = None) -> Resource:
    """File the report that binds results together (US Core DiagnosticReport for Laboratory)."""
    return visit.chart.add(
        "DiagnosticReport",
        status="final",
        category=[hl7("v2-0074", "LAB", "Laboratory")],
        code=code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        effectiveDateTime=visit.later(8),
        issued=visit.later(240),
        performer=[visit.custodian],
        result=[reference(result, result["code"]["text"]) for result in results],
        conclusion=conclusion,
    )


def panel(visit: Visit, key: str, values: dict[str, float]) -> list[Resource]:
    """File a panel; tests without a given value come out as a healthy adult's would."""
    chosen = PANELS[key]
    rng = visit.chart.rng
    drawn = {name: rng.gauss(LABS[name].usual, LABS[name].spread / 2) for name in chosen.labs}
    given = {name: value for name, value in values.items() if name in drawn}
    measured = derive(visit.chart, visit.chart.age_on(visit.day), drawn | given)
    results = [lab_result(visit, name, measured[name]) for name in chosen.labs]
    lab_report(visit, chosen.code, results)
    return results
