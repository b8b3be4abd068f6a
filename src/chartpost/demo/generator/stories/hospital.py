"""Stays at the other hospital: an emergency, and the last months of a life."""

from datetime import timedelta

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import icd10, loinc, quantity, snomed
from chartpost.demo.generator.data.places import NEARBY
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.imaging import CHEST, CHEST_X_RAY, X_RAY, add_study
from chartpost.demo.generator.entries.notes import (
    CONSULT_NOTE,
    DISCHARGE_SUMMARY,
    EMERGENCY_NOTE,
    PROGRESS_NOTE,
    report_imaging,
    report_study,
    write_note,
)
from chartpost.demo.generator.entries.observations import (
    HEART_RATE,
    RESPIRATION,
    blood_pressure,
    observe,
    panel,
    saturation,
    vital,
)
from chartpost.demo.generator.entries.problems import add_condition
from chartpost.demo.generator.entries.social import COGNITION, screen
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import EMERGENCY, HOSPITAL_STAY, PROBLEM_VISIT, Visit, visit

TRACING = loinc("34534-8", "12 lead EKG panel")
CARDIOLOGY = loinc("LP29708-2", "Cardiology")


def last_months(chart: Chart) -> None:
    """Write two stays for heart failure and the last one, which ended in a peaceful death."""
    hospital = NEARBY[chart.profile.facility]
    for number, days_before in enumerate((190, 84, 5)):
        day = chart.last_day - timedelta(days=days_before)
        with visit(chart, day, HOSPITAL_STAY, "Heart failure", clinician="hospitalist", place=hospital,
                   klass="IMP", minutes=5 * 24 * 60) as one:  # fmt: skip
            if number == len(_STAYS) - 1:
                one.discharge("exp", "Expired")
            blood_pressure(one, 104 - 4 * number, 62)
            vital(one, HEART_RATE, 96 + 4 * number, "/min")
            vital(one, RESPIRATION, 22 + 2 * number, "/min")
            saturation(one, 92 - number, 2, 28)
            panel(one, "nt-probnp", {"nt-probnp": 4300 + 900 * number})
            panel(one, "basic", {"creatinine": 1.5 + 0.3 * number, "bun": 32 + 9 * number})
            study = add_study(one, X_RAY, CHEST, "X-ray of the chest", ("Front", "Side"))
            findings = "Large heart, fluid in both lungs and at the bases."
            report_imaging(
                one, CHEST_X_RAY, "X-ray of the chest", findings=findings, impression="Heart failure.", study=study
            )
            write_note(
                one, DISCHARGE_SUMMARY, "Discharge summary: heart failure", [("Hospital course", _STAYS[number])]
            )
            bill(one, [("hospital-day", 5), ("imaging", 1), ("blood-tests", 2)])


_STAYS = (
    "Came in breathless, unable to lie flat. Water medicine by vein removed six liters in four days. Home with "
    "a higher dose and a visiting nurse.",
    "Second stay this year. Kidney function a little worse. Long talk with him and his daughter about what "
    "matters most: being at home, no breathing machine. A comfort-first plan was written and signed.",
    "Very weak, sleeping most of the day. Care for comfort only, as he wished. Family at the bedside. Died "
    "peacefully. Daughter told in person; certificate signed.",
)


def kidney_clinic(chart: Chart) -> None:
    """Write yearly letters of the kidney specialist for the last three years."""
    hospital = NEARBY[chart.profile.facility]
    for years, stage in ((2.4, "3a"), (1.4, "3b"), (0.4, "3b")):
        day = chart.weekday_near(chart.years_ago(years))
        with visit(chart, day, PROBLEM_VISIT, "Kidney clinic", clinician="nephrologist", place=hospital) as one:
            screen(
                one, COGNITION, loinc("72106-8", "Total score [MMSE]"), valueQuantity=quantity(28, "score", "{score}")
            )
            words = f"Kidney disease stage {stage}, from long-standing diabetes and high blood pressure."
            plan = "Keep pressure below 130 over 80. Salt below five grams. Talked early about dialysis choices."
            write_note(one, CONSULT_NOTE, "Kidney clinic letter", [("Summary", words), ("Advice", plan)])
            bill(one, [("long-visit", 1)])


def emergency_visit(chart: Chart) -> None:
    """Write a visit to the emergency department for chest pain that turned out harmless."""
    hospital = NEARBY[chart.profile.facility]
    day = chart.weekday_near(chart.last_day - timedelta(days=97))
    with visit(chart, day, EMERGENCY, "Chest pain", clinician="hospitalist", place=hospital, klass="EMER",
               minutes=310) as one:  # fmt: skip
        blood_pressure(one, 146, 88)
        salts = panel(one, "basic", {})
        panel(one, "blood-count", {})
        add_condition(one, snomed("29857009", "Chest pain (finding)"), icd10("R07.9", "Chest pain, unspecified"),
                      resolved=day)  # fmt: skip
        study = add_study(one, X_RAY, CHEST, "X-ray of the chest", ("Front", "Side"))
        report_imaging(
            one, CHEST_X_RAY, "X-ray of the chest", findings="Lungs clear.", impression="Normal chest.", study=study
        )
        _heart_tracing(one, salts)
        words = "Pressure in the chest after lifting boxes. Two heart tracings and two blood tests normal."
        plan = "Strained muscle. Home with advice; see own doctor within a week."
        write_note(one, EMERGENCY_NOTE, "Emergency department note", [("History", words), ("Plan", plan)])
        bill(one, [("emergency", 1), ("imaging", 1), ("blood-tests", 2)], disputed=DISPUTE)


def _heart_tracing(one: Visit, salts: list[Resource]) -> None:
    rhythm = observe(one, "procedure", loinc("8884-9", "Heart rate rhythm"),
                     valueCodeableConcept=snomed("64730000", "Normal sinus rhythm (finding)").concept())  # fmt: skip
    axis = observe(one, "procedure", loinc("8625-6", "P-R Interval"), valueQuantity=quantity(164, "ms"))
    said = observe(one, "procedure", loinc("18844-1", "EKG impression"), valueString="Normal tracing, no sign of harm.")
    note = write_note(one, CONSULT_NOTE, "Heart tracing", [("Impression", "Normal tracing.")])
    report_study(one, TRACING, CARDIOLOGY, note, [rhythm, axis, said, *salts], "Normal tracing.")


DISPUTE = "Denied: service judged not to be an emergency. Appeal received, under review."


def sore_throat(chart: Chart) -> None:
    """Write one short visit for a cold, the kind everybody has."""
    day = chart.weekday_near(chart.last_day - timedelta(days=chart.rng.randint(60, 400)))
    with visit(chart, day, PROBLEM_VISIT, "Sore throat", clinician="nurse", minutes=15) as one:
        add_condition(one, snomed("195662009", "Acute viral pharyngitis (disorder)"),
                      icd10("J02.9", "Acute pharyngitis, unspecified"), resolved=day + timedelta(days=9))  # fmt: skip
        words = "Three days of sore throat and runny nose, no fever. Throat red without white patches."
        write_note(one, PROGRESS_NOTE, "Short visit note", [("History", words), ("Plan", "Rest and fluids.")])
        bill(one, [("office-visit", 1)])
