"""The check two weeks after a birth: the mother's whole picture, and help with food."""

from datetime import timedelta

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import hl7, icd10, loinc, quantity, reference, snomed
from chartpost.demo.generator.data.vaccines import FLU
from chartpost.demo.generator.entries.notes import PROGRESS_NOTE, write_note
from chartpost.demo.generator.entries.observations import (
    HEART_RATE,
    RESPIRATION,
    TEMPERATURE,
    lab_report,
    observe,
    pressure_not_taken,
    vital,
)
from chartpost.demo.generator.entries.orders import (
    medicine_in_stock,
    order_and_hand_out,
    refer,
    specimen,
    told_by_another,
)
from chartpost.demo.generator.entries.patient import add_related_person
from chartpost.demo.generator.entries.plans import add_care_plan
from chartpost.demo.generator.entries.problems import add_condition
from chartpost.demo.generator.entries.social import (
    DISABILITY,
    FUNCTION,
    HETEROSEXUAL,
    NO_WISH_NOW,
    NOT_PREGNANT,
    ORIENTATION,
    PREGNANCY_INTENT,
    PREGNANCY_STATUS,
    SDOH,
    concern,
    hunger_screening,
    occupation,
    screen,
    simple_fact,
    social_fact,
)
from chartpost.demo.generator.stories.maternity import birthday
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import FOLLOW_UP, Visit, visit

LABORATORY_REPORT = loinc("11502-2", "Laboratory report")
FOOD_SECURITY = snomed("1078229009", "Food security (finding)")
FOOD_INSECURITY = snomed("733423003", "Food insecurity (finding)")
MEALS = snomed("713109004", "Referral to community meals service (procedure)")
PANTRY_HELP = snomed("467771000124109", "Assistance with application for food pantry program (procedure)")


def two_week_check(chart: Chart) -> None:
    """Write the visit two weeks after the birth, the questions asked there and what followed."""
    husband = add_related_person(chart, "spouse", ("Daniel", "Bennett"), "male")
    day = chart.weekday_near(birthday(chart.today) + timedelta(days=14))
    with visit(chart, day, FOLLOW_UP, "Check after the birth", clinician="obstetrician") as one:
        _signs(one)
        _life(one)
        anemia = _blood(one)
        iron = medicine_in_stock(one, "iron")
        order_and_hand_out(one, "iron", iron, anemia)
        told_by_another(one, "albuterol", "tx")
        need = _food(one)
        one.encounter["reasonReference"] = [reference(anemia), reference(need)]
        _plan(one, need, husband)
        _declined(one)
        words = "Two weeks after the birth. Tired, otherwise well. Feeding goes well. Worried about money for food."
        plan = "Iron for one month. Help with food arranged. Next check in four weeks."
        write_note(one, PROGRESS_NOTE, "Check after the birth", [("History", words), ("Plan", plan)])


def _signs(one: Visit) -> None:
    vital(one, HEART_RATE, 78, "/min")
    vital(one, RESPIRATION, 15, "/min")
    vital(one, TEMPERATURE, 36.9, "°C", "Cel")
    pressure_not_taken(one)


def _life(one: Visit) -> None:
    occupation(one, ("25-2021.00.000000", "Elementary School Teachers, Except Special Education"),
               ("6111.000000", "Elementary and Secondary Schools"), 5)  # fmt: skip
    social_fact(one, ORIENTATION, HETEROSEXUAL)
    social_fact(one, PREGNANCY_STATUS, NOT_PREGNANT)
    social_fact(one, PREGNANCY_INTENT, NO_WISH_NOW)
    hunger_screening(one)
    walking = loinc("69858-9", "Do you have serious difficulty walking or climbing stairs")
    screen(one, DISABILITY, walking, valueCodeableConcept=loinc("LA32-8", "No").concept())
    activity = loinc("89555-7", "How many days per week did you engage in moderate to strenuous physical activity")
    days = screen(one, FUNCTION, activity, valueQuantity=quantity(3, "d/wk"))
    simple_fact(one, "social-history", loinc("45473-6", "Advance directive - living will [Minimum Data Set]"),
                valueBoolean=False)  # fmt: skip
    simple_fact(one, "social-history", loinc("63895-7", "Breastfeeding status"), valueString="Breastfeeding only")
    stress = loinc("93038-8", "Stress level")
    simple_fact(one, "social-history", stress, valueCodeableConcept=loinc("LA13909-9", "Somewhat").concept(),
                derivedFrom=[reference(days)])  # fmt: skip
    simple_fact(one, "social-history", loinc("63512-8", "How many people are living or staying at this address"),
                valueQuantity=quantity(3, "people", "{#}"))  # fmt: skip


def _blood(one: Visit) -> Resource:
    taken = reference(specimen(one, snomed("122575003", "Urine specimen (specimen)")))
    culture = observe(one, "laboratory", loinc("630-4", "Bacteria identified in Urine by Culture"),
                      valueString="No growth after 48 hours", specimen=taken)  # fmt: skip
    report = lab_report(one, LABORATORY_REPORT, [culture], "No sign of infection.")
    report["performer"].append(one.author)
    report["specimen"] = [taken]
    write_note(one, LABORATORY_REPORT, "Laboratory report: urine culture", [("Result", "No growth after 48 hours.")])
    return add_condition(one, snomed("87522002", "Iron deficiency anemia (disorder)"),
                           icd10("D50.9", "Iron deficiency anemia, unspecified"))  # fmt: skip


def _food(one: Visit) -> Resource:
    need = concern(one, FOOD_INSECURITY, icd10("Z59.41", "Food insecurity"))
    order = refer(one, SDOH, MEALS, reason=need)
    one.chart.add(
        "Procedure",
        basedOn=[reference(order)],
        status="completed",
        code=PANTRY_HELP.concept(),
        subject=one.chart.subject,
        encounter=one.reference,
        performedDateTime=one.later(28),
        performer=[{"actor": one.author}],
        reasonReference=[reference(need)],
    )
    return need


def _plan(one: Visit, need: Resource, husband: Resource) -> None:
    goal = one.chart.add(
        "Goal",
        lifecycleStatus="active",
        category=[SDOH.concept()],
        description=FOOD_SECURITY.concept("Enough food at home every day of the month"),
        subject=one.chart.subject,
        startDate=one.day.isoformat(),
        target=[{"dueDate": (one.day + timedelta(days=90)).isoformat()}],
        addresses=[reference(need)],
    )
    plan = add_care_plan(one, "Food and rest after the birth", ["Meals from the community kitchen", "Food pantry card"],
                         [goal], [need])  # fmt: skip
    (team,) = (t for t in one.chart.entries_of("CareTeam") if reference(t) in plan["careTeam"])
    named = reference(husband, "Daniel Bennett")
    for role, member in (
        (snomed("309343006", "Physician (occupation)"), one.chart.shared("PractitionerRole", "obstetrician")),
        (snomed("133932002", "Caregiver (person)"), named),
    ):
        team["participant"].append({"role": [role.concept()], "member": member})


def _declined(one: Visit) -> None:
    one.chart.add(
        "Immunization",
        status="not-done",
        statusReason=hl7("v3-ActReason", "PATOBJ", "patient objection"),
        vaccineCode=FLU.concept(),
        patient=one.chart.subject,
        encounter=one.reference,
        occurrenceDateTime=one.later(22),
        primarySource=True,
        location=one.chart.shared("Location", one.place.key),
    )
