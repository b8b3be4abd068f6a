"""Breast cancer found early, treated, and followed with yearly images."""

from datetime import date, timedelta

from chartpost.demo.generator.chart import DAYS_A_YEAR, Chart
from chartpost.demo.generator.coding import icd10, loinc, snomed
from chartpost.demo.generator.data.places import NEARBY
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.imaging import (
    BREAST,
    CHEST,
    CHEST_CT,
    COMPUTED_TOMOGRAPHY,
    MAMMOGRAPHY,
    SCREENING_MAMMOGRAM,
    add_study,
)
from chartpost.demo.generator.entries.notes import (
    CONSULT_NOTE,
    OPERATIVE_NOTE,
    PATHOLOGY_REPORT,
    PROCEDURE_NOTE,
    PROGRESS_NOTE,
    report_imaging,
    report_study,
    write_note,
)
from chartpost.demo.generator.entries.observations import observe, panel
from chartpost.demo.generator.entries.problems import add_condition, add_procedure, prescribe
from chartpost.demo.generator.visits import CHECK_UP, FOLLOW_UP, HOSPITAL_STAY, PROBLEM_VISIT, Visit, visit

PATHOLOGY = loinc("LP7839-6", "Pathology")
VIEWS = ("Right, from above", "Left, from above", "Right, from the side", "Left, from the side")
YEARS_AGO = 6.0
QUIET = "No mass, no new calcium specks, no distortion. Scar at the left upper quarter unchanged."


def breast_cancer(chart: Chart) -> None:
    """Write finding, treatment and five years of follow-up."""
    found = chart.years_ago(YEARS_AGO)
    _mammogram(chart, 0, "New mass of 12 mm in the left upper outer quarter.", "Suspicious. Biopsy advised.")
    _biopsy(chart, found + timedelta(days=12))
    _treatment(chart, found + timedelta(days=40))
    for year in range(1, int(YEARS_AGO) + 1):
        _mammogram(chart, year, QUIET, "Benign finding. Next screening in one year.")
        _check(chart, year)


def _mammogram(chart: Chart, year: int, findings: str, impression: str) -> None:
    day = chart.weekday_near(chart.years_ago(YEARS_AGO - year))
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, day, CHECK_UP, "Mammogram", clinician="radiologist", place=hospital) as one:
        study = add_study(one, MAMMOGRAPHY, BREAST, "Mammogram of both breasts", VIEWS)
        report_imaging(
            one, SCREENING_MAMMOGRAM, "Mammogram report", findings=findings, impression=impression, study=study
        )
        bill(one, [("imaging", 1)])


def _biopsy(chart: Chart, day: date) -> None:
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, chart.weekday_near(day), PROBLEM_VISIT, "Biopsy", clinician="radiologist",
               place=hospital) as one:  # fmt: skip
        add_procedure(one, snomed("122548005", "Biopsy of breast (procedure)"))
        cancer = add_condition(
            one,
            snomed("254837009", "Malignant neoplasm of breast (disorder)"),
            icd10("C50.412", "Malignant neoplasm of upper-outer quadrant of left female breast"),
            category="problem-list-item",
            resolved=chart.years_ago(YEARS_AGO - 0.6),
        )
        words = "Four cores taken under ultrasound. Invasive ductal carcinoma, grade 2, hormone receptor positive."
        write_note(one, PROCEDURE_NOTE, "Biopsy note with result", [("Procedure and result", words)])
        _pathology(one)
        panel(one, "ca-15-3", {"ca-15-3": 38})
        prescribe(one, "anastrozole", reason=cancer)
        study = add_study(one, COMPUTED_TOMOGRAPHY, CHEST, "CT of the chest", ("Axial, with contrast",), images=12)
        report_imaging(
            one,
            CHEST_CT,
            "CT of the chest",
            findings="Lungs and lymph nodes normal.",
            impression="No spread.",
            study=study,
        )


def _pathology(one: Visit) -> None:
    grade = observe(one, "exam", loinc("33732-9", "Histology grade [Identifier] in Cancer specimen"),
                    valueString="Grade 2, moderately differentiated")  # fmt: skip
    words = "Four cores of breast tissue. Invasive ductal carcinoma, 9 mm, edges of the cores involved."
    note = write_note(one, PATHOLOGY_REPORT, "Pathology report", [("Finding", words)], author="pathologist")
    report_study(one, PATHOLOGY_REPORT, PATHOLOGY, note, [grade], "Invasive ductal carcinoma.")


def _treatment(chart: Chart, day: date) -> None:
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, chart.weekday_near(day), HOSPITAL_STAY, "Breast operation", clinician="surgeon",
               place=hospital, klass="IMP", minutes=24 * 60) as one:  # fmt: skip
        add_procedure(one, snomed("392021009", "Lumpectomy of breast (procedure)"))
        words = "Mass removed with clear edges. Two sentinel nodes free of tumor. Home the next day."
        write_note(one, OPERATIVE_NOTE, "Operative note: lumpectomy", [("Procedure", words)], "application/pdf")
    after = chart.weekday_near(day + timedelta(days=70))
    with visit(chart, after, FOLLOW_UP, "Radiation finished", clinician="oncologist", place=hospital) as one:
        add_procedure(one, snomed("108290001", "Radiation oncology AND/OR radiotherapy (procedure)"))
        words = "Twenty radiation sessions finished. Skin red, healing. Anastrozole for at least five years."
        write_note(one, CONSULT_NOTE, "Oncology consult", [("Course", words)])


def _check(chart: Chart, year: int) -> None:
    day = chart.weekday_near(chart.years_ago(YEARS_AGO - year) - timedelta(days=round(0.05 * DAYS_A_YEAR)))
    hospital = NEARBY[chart.profile.facility]
    with visit(chart, day, FOLLOW_UP, "Cancer follow-up", clinician="oncologist", place=hospital) as one:
        if year == 1:
            add_condition(one, icd10("Z85.3", "Personal history of malignant neoplasm of breast"),
                          category="problem-list-item")  # fmt: skip
        panel(one, "ca-15-3", {"ca-15-3": max(12.0, 30 - 4 * year)})
        words = f"Year {year} after treatment. No lumps, no bone pain. Hot flushes are bearable with the tablet."
        plan = "No sign of cancer. Continue as before; mammogram once a year."
        write_note(one, PROGRESS_NOTE, "Oncology follow-up", [("History", words), ("Plan", plan)])
        bill(one, [("long-visit", 1), ("blood-tests", 1)])
