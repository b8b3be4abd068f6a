"""Care a young person may agree to alone, kept from parents and from the family's health plan."""

from datetime import timedelta

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import icd10, loinc, snomed
from chartpost.demo.generator.data.labels import MINOR_CONFIDENTIAL
from chartpost.demo.generator.entries.notes import PROGRESS_NOTE, write_note
from chartpost.demo.generator.entries.observations import finding, lab_report
from chartpost.demo.generator.entries.problems import add_condition, prescribe
from chartpost.demo.generator.visits import FOLLOW_UP, PROBLEM_VISIT, Visit, visit

CHLAMYDIA = loinc("21613-5", "Chlamydia trachomatis DNA [Presence] in Specimen by NAA with probe detection")
GONORRHEA = loinc("24111-7", "Neisseria gonorrhoeae DNA [Presence] in Specimen by NAA with probe detection")

FIRST = (
    "Fifteen years old, seen alone at her own request. Asks for testing after unprotected contact with a "
    "partner of the same age. No pain or fever. Feels safe; the relationship is by choice.",
    "Consented alone to testing and treatment of sexually transmitted infection as California law allows. "
    "Wishes that her parents are not told. Prefers messages through the teen portal only, no letters home.",
)


def confidential_visits(chart: Chart) -> None:
    """Write the first visit and the retest three months later, all labelled, with no bill to the plan."""
    first = chart.last_day - timedelta(days=150)
    with (
        chart.labelled(MINOR_CONFIDENTIAL),
        visit(chart, chart.weekday_near(first), PROBLEM_VISIT, "Confidential visit", clinician="nurse") as one,
    ):
        _test(one, found=True)
        infection = add_condition(
            one,
            snomed("240589008", "Chlamydia trachomatis infection (disorder)"),
            icd10("A56.2", "Chlamydial infection of genitourinary tract, unspecified"),
            resolved=first + timedelta(days=100),
        )
        prescribe(one, "doxycycline", status="completed", reason=infection)
        write_note(
            one,
            PROGRESS_NOTE,
            "Confidential adolescent visit",
            [
                ("History", FIRST[0]),
                ("Consent and privacy", FIRST[1]),
                ("Plan", "Chlamydia found. Doxycycline for seven days, partner to be treated, retest in 3 months."),
            ],
        )
    _retest(chart)


def _retest(chart: Chart) -> None:
    day = chart.weekday_near(chart.last_day - timedelta(days=55))
    with (
        chart.labelled(MINOR_CONFIDENTIAL),
        visit(chart, day, FOLLOW_UP, "Confidential visit", clinician="nurse") as one,
    ):
        _test(one, found=False)
        plan = [
            (
                "History",
                "Finished all capsules. Partner was treated too. No symptoms. Came alone, by bus after school.",
            ),
            ("Plan", "Test of cure negative. Talked about condoms and the next check. No letter home."),
        ]
        write_note(one, PROGRESS_NOTE, "Confidential adolescent visit", plan)


def _test(one: Visit, *, found: bool) -> None:
    results = [finding(one, CHLAMYDIA, found), finding(one, GONORRHEA, found=False)]
    lab_report(one, loinc("11502-2", "Laboratory report"), results)
