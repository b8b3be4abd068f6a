"""The ordinary visits of grown-ups: checks, tests, notes, vaccines and bills."""

from datetime import date, timedelta

from chartpost.demo.generator.chart import DAYS_A_YEAR, Chart
from chartpost.demo.generator.data.phrases import (
    CLOSING,
    EXAM,
    GREETING,
    HEADINGS,
    REASONS,
    RESULT_NAMES_ES,
    RESULTS_LINE,
    ROUTINE_REASON,
    TITLES,
)
from chartpost.demo.generator.data.vaccines import ADULT, COVID, FLU
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.notes import HISTORY_AND_PHYSICAL, PROGRESS_NOTE, Section, write_note
from chartpost.demo.generator.entries.observations import (
    HEART_RATE,
    blood_pressure,
    body_size,
    panel,
    smoking_status,
    vital,
)
from chartpost.demo.generator.entries.problems import add_allergy, add_no_known_allergies, immunize
from chartpost.demo.generator.stories.caseload import Caseload
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import CHECK_UP, GENERAL_EXAM, Visit, visit

BILLED_YEARS = 3
ADULT_AGE = 18


def adult_visits(chart: Chart) -> None:
    """Write the planned visits of the years the record covers, oldest first."""
    load = Caseload(chart)
    step = DAYS_A_YEAR / chart.profile.visits_a_year
    grown_up = chart.birth + timedelta(days=round(ADULT_AGE * DAYS_A_YEAR))
    start = max(chart.years_ago(chart.profile.years), grown_up)
    last = chart.last_day - timedelta(days=_quiet_days(chart))
    count = int((last - start).days / step)
    for number in range(count + 1):
        day = chart.weekday_near(last - timedelta(days=round((count - number) * step)))
        _one_visit(chart, load, number, day)


def _quiet_days(chart: Chart) -> int:
    """Days between the last planned visit and the end of the record; the dying are seen at the hospital."""
    return 210 if chart.profile.deceased_days_ago is not None else chart.rng.randint(6, 110)


def _one_visit(chart: Chart, load: Caseload, number: int, day: date) -> None:
    language = chart.profile.language
    reason = chart.rng.choice(REASONS[language] if load.active(day) else ROUTINE_REASON[language])
    yearly = number % max(1, round(chart.profile.visits_a_year)) == 0
    with visit(chart, day, GENERAL_EXAM if yearly else CHECK_UP, reason) as one:
        if number == 0:
            _first_history(one)
        measures = load.measures(day)
        load.unfold(one)
        pressure = _vital_signs(one, measures)
        results = load.test(one, measures, yearly=yearly)
        if yearly:
            smoking_status(one, chart.profile.smoking)
            if not results:
                results = panel(one, "basic", {}) + panel(one, "blood-count", {})
        vaccinated = _vaccines(one)
        with chart.labelled(load.labels(day)):
            _note(one, load, number, pressure, results)
            if chart.age_on(chart.today) - chart.age_on(day) < BILLED_YEARS:
                _bill(one, yearly, bool(results), vaccinated)


def _first_history(one: Visit) -> None:
    for key in one.chart.profile.allergies:
        add_allergy(one, key)
    if not one.chart.profile.allergies:
        add_no_known_allergies(one)


def _vital_signs(one: Visit, measures: dict[str, float]) -> str:
    rng, who = one.chart.rng, one.chart.profile
    systolic = round(measures.get("systolic", rng.gauss(116, 4)))
    diastolic = round(measures.get("diastolic", rng.gauss(73, 3)))
    blood_pressure(one, systolic, diastolic)
    vital(one, HEART_RATE, round(rng.gauss(72, 5)), "/min")
    body_size(one, who.height, who.weight * measures.get("weight", rng.gauss(1.0, 0.008)))
    return f"{systolic}/{diastolic} mmHg"


def _vaccines(one: Visit) -> bool:
    due = [FLU, COVID] if one.day.month >= 9 and one.day.year >= 2021 else []
    age = one.chart.age_on(one.day)
    window = 1 / one.chart.profile.visits_a_year
    due += [vaccine for at, vaccine in ADULT if at <= age < at + window]
    given = {
        (entry["vaccineCode"]["coding"][0]["code"], entry["occurrenceDateTime"][:4])
        for entry in one.chart.entries_of("Immunization")
    }
    fresh = [vaccine for vaccine in due if (vaccine.code, str(one.day.year)) not in given]
    for vaccine in fresh:
        immunize(one, vaccine)
    return bool(fresh)


def _note(one: Visit, load: Caseload, number: int, pressure: str, results: list[Resource]) -> None:
    language = one.chart.profile.language
    rng = one.chart.rng
    reason, history, examination, tests, assessment = HEADINGS[language]
    spanish = language == "es"
    illnesses = [case.illness for case in load.active(one.day)]
    past = [rng.choice((spanish and one_of.history_es) or one_of.history) for one_of in illnesses]
    plans = [rng.choice((spanish and one_of.plan_es) or one_of.plan) for one_of in illnesses]
    months = round(12 / one.chart.profile.visits_a_year)
    sections: list[Section] = [
        (reason, one.reason + "."),
        (history, rng.choice(GREETING[language])),
        *(("", sentence) for sentence in past),
        (examination, rng.choice(EXAM[language])),
        (tests, RESULTS_LINE[language].format(bp=pressure, labs=results_in_words(results, language)).strip()),
        (assessment, "\n".join(f"{place}. {plan}" for place, plan in enumerate(plans, start=1)) or _HEALTHY[language]),
        ("", rng.choice(CLOSING[language]).format(months=months)),
    ]
    kind = HISTORY_AND_PHYSICAL if number == 0 else PROGRESS_NOTE
    media_type = "text/html" if number % 7 == 3 else "text/plain"
    write_note(one, kind, TITLES[language][number == 0], sections, media_type)


_HEALTHY = {
    "en": "Healthy adult. Keep moving, sleep well, do not smoke.",
    "es": "Persona sana. Seguir activa, dormir bien y no fumar.",
}


def results_in_words(results: list[Resource], language: str) -> str:
    """Measured results as one line of a note, such as ``Hemoglobin A1c 7.1 %``."""
    words = []
    for result in results:
        value = result["valueQuantity"]
        name = result["code"]["text"].split(" [")[0].split("/")[0]
        shown = RESULT_NAMES_ES.get(name, name) if language == "es" else name
        words.append(f"{shown} {value['value']} {value['unit']}")
    return "; ".join(words) + "." if words else ""


def _bill(one: Visit, yearly: bool, tested: bool, vaccinated: bool) -> None:
    lines = [("well-visit" if yearly else "office-visit", 1)]
    lines += [("blood-tests", 1)] if tested else []
    lines += [("vaccine", 1)] if vaccinated else []
    bill(one, lines)
