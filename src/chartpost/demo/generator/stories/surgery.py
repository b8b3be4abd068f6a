"""A worn knee is replaced: x-ray, hospital stay, physical therapy."""

from datetime import date, timedelta

from chartpost.demo.generator.chart import DAYS_A_YEAR, Chart
from chartpost.demo.generator.coding import snomed
from chartpost.demo.generator.data.places import NEARBY
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.imaging import IMAGING_STUDY, KNEE, X_RAY, add_study
from chartpost.demo.generator.entries.notes import (
    CONSULT_NOTE,
    DISCHARGE_SUMMARY,
    OPERATIVE_NOTE,
    PROGRESS_NOTE,
    report_imaging,
    write_note,
)
from chartpost.demo.generator.entries.observations import PAIN, panel, score
from chartpost.demo.generator.entries.orders import implant
from chartpost.demo.generator.entries.problems import add_procedure, prescribe
from chartpost.demo.generator.visits import FOLLOW_UP, HOSPITAL_STAY, PROBLEM_VISIT, Visit, visit

KNEE_REPLACEMENT = snomed("609588000", "Total knee replacement (procedure)")
KNEE_SYSTEM = snomed("304120007", "Total knee replacement prosthesis, device (physical object)")
PHYSICAL_THERAPY = snomed("91251008", "Physical therapy procedure (regime/therapy)")

EXERCISES = (
    "Heel slides, straight leg raises and step-ups, three rounds of ten. Bicycle for ten minutes without load. "
    "Scar moves freely, no redness or warmth. Stairs with one hand on the rail."
)


def knee_replacement(chart: Chart) -> None:
    """Write the operation fourteen months ago and the way back to walking."""
    operation = chart.weekday_near(chart.last_day - timedelta(days=round(1.2 * DAYS_A_YEAR)))
    hospital = NEARBY[chart.profile.facility]
    _consult(chart, hospital, operation - timedelta(days=48))
    with visit(chart, operation, HOSPITAL_STAY, "Right knee replacement", clinician="surgeon", place=hospital,
               klass="IMP", minutes=3 * 24 * 60) as one:  # fmt: skip
        _stay(one)
    for week in (2, 3, 4, 6, 8, 10, 12):
        day = chart.weekday_near(operation + timedelta(weeks=week))
        with visit(chart, day, FOLLOW_UP, "Physical therapy", clinician="nurse", minutes=45) as one:
            add_procedure(one, PHYSICAL_THERAPY)
            score(one, PAIN, max(1, 7 - week // 2))
            words = f"Week {week} after knee replacement. Bends to {80 + 4 * week} degrees. Walks with an even step."
            sections = [("Progress", words), ("Today", EXERCISES), ("Plan", "Ice after exercise, next week again.")]
            write_note(one, PROGRESS_NOTE, "Physical therapy note", sections)


def _consult(chart: Chart, hospital: str, day: date) -> None:
    with visit(chart, chart.weekday_near(day), PROBLEM_VISIT, "Knee pain", clinician="surgeon",
               place=hospital) as one:  # fmt: skip
        study = add_study(one, X_RAY, KNEE, "X-ray of the right knee", ("Front, standing", "Side", "Kneecap"))
        findings = "Bone on bone at the inner side, spurs at the edges. No fracture."
        report_imaging(
            one,
            IMAGING_STUDY,
            "X-ray of the right knee",
            findings=findings,
            impression="Severe arthritis.",
            study=study,
        )
        score(one, PAIN, 8)
        words = "Pain for six years, now at rest and at night. Exercises, tablets and two injections did not last."
        plan = "Knee replacement offered. Risks, benefits and other ways explained. Wishes to go ahead."
        write_note(one, CONSULT_NOTE, "Orthopaedic consult", [("History", words), ("Plan", plan)])
        bill(one, [("long-visit", 1), ("imaging", 1)])


def _stay(one: Visit) -> None:
    add_procedure(one, KNEE_REPLACEMENT, text="Total replacement of the right knee")
    implant(one, KNEE_SYSTEM, one.day - timedelta(days=140))
    panel(one, "blood-count", {"hemoglobin": 10.4, "hematocrit": 31.0})
    operation = (
        "Spinal anaesthesia, patient on the back, leg prepared and draped, team pause held. Straight incision "
        "over the kneecap. Worn surfaces of thigh bone and shin bone cut with guides; trial parts gave a "
        "straight, stable knee. Final parts cemented. Blood loss 180 mL. Counts correct. No complications."
    )
    write_note(one, OPERATIVE_NOTE, "Operative note: right knee replacement", [("Procedure", operation)],
               "application/pdf")  # fmt: skip
    course = (
        "Walked with a frame on the first day and took stairs on the third. Wound dry. Pain controlled with "
        "tablets. Mild anemia after the operation, no transfusion."
    )
    prescribe(one, "aspirin", status="completed")
    advice = "Blood thinner (low-dose aspirin) for two weeks, therapy twice a week, clips out after fourteen days."
    write_note(one, DISCHARGE_SUMMARY, "Discharge summary: knee replacement",
               [("Hospital course", course), ("After discharge", advice)])  # fmt: skip
    bill(one, [("operation", 1), ("hospital-day", 3)])
