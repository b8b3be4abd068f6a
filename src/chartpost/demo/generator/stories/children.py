"""Growing up: well-child visits with vaccines, growth and a short note."""

from datetime import date, timedelta

from chartpost.demo.generator.chart import DAYS_A_YEAR, Chart
from chartpost.demo.generator.coding import Code
from chartpost.demo.generator.data.growth import size_at
from chartpost.demo.generator.data.phrases import CHILD_EXAM, CHILD_GREETING, CHILD_PLAN
from chartpost.demo.generator.data.vaccines import CHILDHOOD, COVID, FLU
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.notes import PROGRESS_NOTE, Section, write_note
from chartpost.demo.generator.entries.observations import (
    BMI_FOR_AGE,
    HEAD,
    HEAD_PERCENTILE,
    HEART_RATE,
    RESPIRATION,
    TEMPERATURE,
    WEIGHT_FOR_HEIGHT,
    blood_pressure,
    body_size,
    smoking_status,
    vital,
)
from chartpost.demo.generator.entries.problems import add_allergy, add_no_known_allergies, immunize
from chartpost.demo.generator.stories.caseload import Caseload
from chartpost.demo.generator.visits import WELL_CHILD, Visit, visit

BILLED_YEARS = 3


def childhood(chart: Chart) -> None:
    """Write every planned visit from birth to the record's last day, at most to the 18th birthday."""
    load = Caseload(chart)
    for number, (day, vaccines) in enumerate(_calendar(chart)):
        with visit(chart, day, WELL_CHILD, "Well-child check", clinician="nurse") as one:
            if number == 0:
                _allergies(one)
            _growth(one)
            load.unfold(one)
            for vaccine in vaccines:
                immunize(one, vaccine)
            with chart.labelled(load.labels(day)):
                _note(one, load, vaccines)
            if (chart.last_day - day).days < BILLED_YEARS * DAYS_A_YEAR:
                bill(one, [("well-visit", 1), *([("vaccine", len(vaccines))] if vaccines else [])])


def _calendar(chart: Chart) -> list[tuple[date, tuple[Code, ...]]]:
    """The days of the visits, with the vaccines due on each."""
    planned = dict(CHILDHOOD)
    ages = sorted({*planned, 0.75, *(year + 0.05 for year in range(2, 18))})
    days = []
    for age in ages:
        day = chart.birth + timedelta(days=round(age * DAYS_A_YEAR) + 2)
        while day.weekday() > 4:
            day += timedelta(days=1)
        if day <= chart.last_day:
            days.append((day, planned.get(age, _seasonal(age, day))))
    return days


def _seasonal(age: float, day: date) -> tuple[Code, ...]:
    if age < 1 or day.month not in {9, 10, 11, 12, 1, 2}:
        return ()
    return (FLU, COVID) if day.year >= 2023 and age > 5 else (FLU,)


def _allergies(one: Visit) -> None:
    for key in one.chart.profile.allergies:
        add_allergy(one, key)
    if not one.chart.profile.allergies:
        add_no_known_allergies(one)


def _growth(one: Visit) -> None:
    rng, age = one.chart.rng, one.chart.age_on(one.day)
    height, weight = size_at(age)
    body_size(one, height * rng.gauss(1, 0.004), weight * rng.gauss(1, 0.015))
    vital(one, HEART_RATE, round(rng.gauss(max(76, 132 - 6 * age), 4)), "/min")
    if age < 2:
        vital(one, HEAD, round(35 + 12 * min(age, 1.0) + rng.gauss(0, 0.3), 1), "cm")
        vital(one, TEMPERATURE, round(rng.gauss(36.8, 0.1), 1), "°C", "Cel")
        vital(one, RESPIRATION, round(rng.gauss(32, 3)), "/min")
    percentile = 40 + one.day.toordinal() % 21
    for code in (HEAD_PERCENTILE, WEIGHT_FOR_HEIGHT) if age < 2 else (BMI_FOR_AGE,):
        vital(one, code, percentile, "%")
    if age >= 3:
        blood_pressure(one, round(90 + 1.6 * age + rng.gauss(0, 3)), round(54 + age + rng.gauss(0, 2)))
    if age >= 13:
        smoking_status(one, "never")


def _note(one: Visit, load: Caseload, vaccines: tuple[Code, ...]) -> None:
    rng = one.chart.rng
    illnesses = [case.illness for case in load.active(one.day)]
    given = ", ".join(vaccine.display for vaccine in vaccines)
    sections: list[Section] = [
        ("History", rng.choice(CHILD_GREETING)),
        *(("", rng.choice(illness.history)) for illness in illnesses),
        ("Examination", CHILD_EXAM),
        ("Vaccines today", given or "None due."),
        ("Assessment and plan", CHILD_PLAN),
        *(("", rng.choice(illness.plan)) for illness in illnesses),
    ]
    write_note(one, PROGRESS_NOTE, "Well-child visit note", sections)
