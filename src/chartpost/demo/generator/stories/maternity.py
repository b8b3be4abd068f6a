"""Pregnancy, birth and the first days; and the end of a pregnancy."""

from datetime import date, timedelta

from chartpost.demo.generator.chart import DAYS_A_YEAR, Chart
from chartpost.demo.generator.coding import icd10, loinc, quantity, snomed
from chartpost.demo.generator.data.labels import REPRODUCTIVE, SELF_PAY
from chartpost.demo.generator.data.places import NEARBY
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.imaging import FETAL_ULTRASOUND, ULTRASOUND, UTERUS, add_study
from chartpost.demo.generator.entries.notes import (
    DISCHARGE_SUMMARY,
    HISTORY_AND_PHYSICAL,
    PROGRESS_NOTE,
    report_imaging,
    write_note,
)
from chartpost.demo.generator.entries.observations import (
    WEIGHT,
    blood_pressure,
    finding,
    lab_report,
    lab_result,
    observe,
    panel,
    vital,
)
from chartpost.demo.generator.entries.problems import add_condition, add_procedure, prescribe
from chartpost.demo.generator.visits import FOLLOW_UP, HOSPITAL_STAY, PRENATAL, PROBLEM_VISIT, Visit, visit

NEWBORN_AGE = 0.06
"""Age of the demo's newborn in years; the mother's record uses the same day."""
PREGNANCY_DAYS = 277
WEEKS = (9, 13, 16, 20, 24, 28, 31, 34, 36, 38)


def birthday(today: date) -> date:
    """The day the newborn of the demo came into the world."""
    return today - timedelta(days=round(NEWBORN_AGE * DAYS_A_YEAR))


def pregnancy(chart: Chart) -> None:
    """Write the pregnancy that has just ended with a healthy child."""
    born = birthday(chart.today)
    start = born - timedelta(days=PREGNANCY_DAYS)
    for number, week in enumerate(WEEKS):
        day = chart.weekday_near(start + timedelta(weeks=week))
        with visit(chart, day, PRENATAL, f"Pregnancy check, week {week}", clinician="obstetrician") as one:
            _prenatal(one, number, week, born)
    _birth(chart, born)


def _prenatal(one: Visit, number: int, week: int, born: date) -> None:
    chart = one.chart
    if number == 0:
        add_condition(
            one,
            snomed("72892002", "Normal pregnancy (finding)"),
            icd10("Z34.01", "Encounter for supervision of normal first pregnancy, first trimester"),
            category="problem-list-item",
            resolved=born,
        )
        panel(one, "blood-count", {"hemoglobin": 12.6})
        prescribe(one, "iron", status="completed")
    blood_pressure(one, round(chart.rng.gauss(112, 4)), round(chart.rng.gauss(70, 3)))
    vital(one, WEIGHT, round(chart.profile.weight + 0.36 * week, 1), "kg")
    vital(one, loinc("55283-6", "Fetal Heart rate"), round(chart.rng.gauss(145, 5)), "/min")
    if week in {13, 20}:
        study = add_study(one, ULTRASOUND, UTERUS, f"Ultrasound, week {week}", ("Fetal survey",), images=6)
        findings = "Single living fetus. Size fits the dates. Anatomy seen so far is normal."
        report_imaging(
            one,
            FETAL_ULTRASOUND,
            f"Ultrasound, week {week}",
            findings=findings,
            impression="Normal pregnancy.",
            study=study,
        )
    words = f"Week {week}. Feels well, baby is moving as expected. No bleeding, headache or swelling."
    plan = "Normal pregnancy. Talked about warning signs, feeding and the birth plan."
    write_note(one, PROGRESS_NOTE, "Prenatal visit note", [("History", words), ("Plan", plan)])
    bill(one, [("office-visit", 1), *([("imaging", 1)] if week in {13, 20} else [])])


def _birth(chart: Chart, born: date) -> None:
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, born, HOSPITAL_STAY, "Labor and birth", clinician="obstetrician", place=hospital,
               klass="IMP", minutes=2 * 24 * 60) as one:  # fmt: skip
        add_condition(one, icd10("O80", "Encounter for full-term uncomplicated delivery"), resolved=born)
        add_procedure(one, snomed("177184002", "Normal delivery procedure (procedure)"))
        panel(one, "blood-count", {"hemoglobin": 11.1})
        story = (
            "Came in at 39 weeks with regular contractions. Labor lasted nine hours. A healthy girl was born "
            "without instruments. Small tear, no stitches needed. Mother and child went home on the second day."
        )
        advice = "Check at the office in one and six weeks. Call for fever, heavy bleeding or low mood."
        sections = [("Hospital course", story), ("After discharge", advice)]
        write_note(one, DISCHARGE_SUMMARY, "Discharge summary: birth", sections, "application/pdf")
        bill(one, [("birth", 1), ("hospital-day", 2)])


def newborn_stay(chart: Chart) -> None:
    """Write the child's own first two days at the hospital."""
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, chart.birth, HOSPITAL_STAY, "Newborn care", clinician="hospitalist", place=hospital,
               klass="IMP", minutes=2 * 24 * 60) as one:  # fmt: skip
        add_condition(one, icd10("Z38.00", "Single liveborn infant, delivered vaginally"))
        for code, name, points in (("9272-6", "1 minute Apgar Score", 8), ("9274-2", "5 minute Apgar Score", 9)):
            observe(one, "survey", loinc(code, name), valueQuantity=quantity(points, "score", "{score}"))
        vital(one, WEIGHT, 3.4, "kg")
        lab_report(one, loinc("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma"),
                   [lab_result(one, "bilirubin", 1.1)])  # fmt: skip
        words = "Girl, 39 weeks, 3.4 kg. Cried at once, pink and warm. Hearing test passed on both sides."
        sections = [("Birth", words), ("Plan", "Feeding well. First office check within a week.")]
        write_note(one, HISTORY_AND_PHYSICAL, "Newborn history and physical", sections)
        bill(one, [("hospital-day", 2)])


def private_choices(chart: Chart) -> None:
    """Write the end of an early pregnancy and the contraception after it, labelled and paid by herself."""
    first = chart.last_day - timedelta(days=420)
    with (
        chart.labelled(REPRODUCTIVE + SELF_PAY),
        visit(chart, chart.weekday_near(first), PROBLEM_VISIT, "Private visit", clinician="obstetrician") as one,
    ):
        test = finding(one, loinc("2106-3", "Choriogonadotropin (pregnancy test) [Presence] in Urine"), found=True)
        lab_report(one, loinc("11502-2", "Laboratory report"), [test])
        reason = add_condition(one, icd10("Z33.2", "Encounter for elective termination of pregnancy"),
                               resolved=first + timedelta(days=21))  # fmt: skip
        for medicine in ("mifepristone", "misoprostol"):
            prescribe(one, medicine, status="completed", reason=reason)
        words = "Seven weeks pregnant by dates and ultrasound. Certain of her decision. All options explained."
        plan = "Medicines given with written advice. Phone check in one week. Asks for privacy of this visit."
        write_note(one, PROGRESS_NOTE, "Private visit note", [("History", words), ("Plan", plan)])
        bill(one, [("long-visit", 1), ("blood-tests", 1)], self_pay=True)
    _contraception(chart, first + timedelta(days=21))


def _contraception(chart: Chart, day: date) -> None:
    with (
        chart.labelled(REPRODUCTIVE + SELF_PAY),
        visit(chart, chart.weekday_near(day), FOLLOW_UP, "Private visit", clinician="obstetrician") as one,
    ):
        add_procedure(one, snomed("65200003", "Insertion of intrauterine contraceptive device (procedure)"))
        words = "Recovered well, test negative. Chose a hormonal device, placed today without problems."
        write_note(one, PROGRESS_NOTE, "Private visit note", [("Procedure", words)])
        bill(one, [("long-visit", 1)], self_pay=True)
