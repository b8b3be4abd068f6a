"""Treatment in a substance use disorder program, whose records fall under 42 CFR part 2."""

from datetime import timedelta

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import icd10, loinc, snomed
from chartpost.demo.generator.data.labels import PART_2
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.notes import HISTORY_AND_PHYSICAL, PROGRESS_NOTE, write_note
from chartpost.demo.generator.entries.observations import finding, lab_report
from chartpost.demo.generator.entries.plans import add_care_plan, add_goal
from chartpost.demo.generator.entries.problems import add_condition, prescribe
from chartpost.demo.generator.visits import FOLLOW_UP, PROBLEM_VISIT, Visit, visit

OPIOIDS = loinc("3879-4", "Opiates [Presence] in Urine")
BUPRENORPHINE = loinc("3414-0", "Buprenorphine [Presence] in Urine")
MONTHS = 22

INTAKE = (
    "Came by own choice after a friend's overdose. Began with pills after a back injury six years ago, later "
    "bought on the street. Last use yesterday. Wants treatment and is worried about losing the apartment.",
    "Opioid use disorder, severe. Started buprenorphine with naloxone today under observation; comfortable "
    "after the second dose. Naloxone spray given and explained. Weekly visits to start with.",
)
MONTHLY = (
    "Taking the tablet every day under the tongue. No cravings this month. Attends the Tuesday group.",
    "One hard week around a birthday; called the counselor instead of using. Sleeping better.",
    "Started a new job at a garden center. Proud of the months behind. No side effects.",
)
EXAM = (
    "Calm and well rested. Pupils normal, no sweating or shaking, no new marks on the skin. Speech clear, "
    "thoughts in order, no wish to harm self or others. Urine test as expected, shown in the results."
)
PLANS = (
    "Same dose, refilled for one month. Keeps a naloxone spray at home. Group on Tuesdays, counselor on call.",
    "Same dose. Talked about work, housing and who to call on a bad day. Next visit in four weeks.",
)


def recovery_program(chart: Chart) -> None:
    """Write intake and monthly visits at the recovery program; every entry carries the Part 2 labels."""
    first = chart.last_day - timedelta(days=MONTHS * 30)
    for number in range(MONTHS + 1):
        day = chart.weekday_near(first + timedelta(days=number * 30))
        kind = FOLLOW_UP if number else PROBLEM_VISIT
        with (
            chart.labelled(PART_2),
            visit(chart, day, kind, "Recovery program visit", clinician="recovery", place="recovery") as one,
        ):
            _urine(one, number)
            if number == 0:
                _intake(one)
            else:
                sections = [
                    ("Since last visit", MONTHLY[number % len(MONTHLY)]),
                    ("Examination", EXAM),
                    ("Plan", PLANS[number % len(PLANS)]),
                ]
                write_note(one, PROGRESS_NOTE, "Recovery program note", sections)
            bill(one, [("office-visit", 1), ("blood-tests", 1)])


def _intake(one: Visit) -> None:
    dependence = add_condition(
        one,
        snomed("75544000", "Opioid dependence (disorder)"),
        icd10("F11.20", "Opioid dependence, uncomplicated"),
        category="problem-list-item",
    )
    prescribe(one, "buprenorphine-naloxone", reason=dependence)
    goal = add_goal(one, "Twelve months without opioids other than the treatment", dependence)
    add_care_plan(one, "Recovery plan", ["Daily medicine", "Group on Tuesdays", "Counselor on call"], [goal],
                  [dependence])  # fmt: skip
    write_note(one, HISTORY_AND_PHYSICAL, "Recovery program intake", [("History", INTAKE[0]), ("Plan", INTAKE[1])])


def _urine(one: Visit, number: int) -> None:
    results = [
        finding(one, OPIOIDS, found=number == 0),
        finding(one, BUPRENORPHINE, found=number > 0, expected=number > 0),
    ]
    lab_report(one, loinc("11502-2", "Laboratory report"), results)
