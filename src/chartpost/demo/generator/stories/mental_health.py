"""Talking therapy: visit notes in the chart, and psychotherapy notes kept apart (45 CFR 164.501)."""

from datetime import timedelta

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import snomed
from chartpost.demo.generator.data.labels import MENTAL_HEALTH, PSYCHOTHERAPY_NOTES
from chartpost.demo.generator.entries.bills import bill
from chartpost.demo.generator.entries.notes import PROGRESS_NOTE, write_note
from chartpost.demo.generator.entries.problems import add_procedure
from chartpost.demo.generator.visits import FOLLOW_UP, Visit, visit

THERAPY = snomed("228557008", "Cognitive and behavioral therapy (regime/therapy)")
SESSIONS, DAYS_APART = 16, 21

SUMMARIES = (
    "Session of 50 minutes, individual, in person. Cognitive behavioral therapy. Symptoms: low mood, early "
    "waking, loss of interest; all milder than a month ago. Works on a weekly plan of small activities.",
    "Session of 50 minutes, individual, by video. Cognitive behavioral therapy. Sleep improved to six hours. "
    "Practised noticing harsh thoughts and answering them. No risk to self or others.",
    "Session of 50 minutes, individual, in person. Progress toward goals: met friends twice, back to running. "
    "PHQ-9 filled in before the session. Prognosis good. Plan: continue every three weeks.",
)
SAFETY = (
    "Asked about thoughts of death; there are none. Knows the 988 line and the steps of the safety plan. "
    "Homework: one planned walk, one call to a friend, a short diary of sleep. Next session in three weeks."
)
REFLECTIONS = (
    "Spoke about the argument with his brother before their father died, and the guilt that followed. Long "
    "silence after the word 'forgive'. My impression: anger is still turned inward. Return to this gently.",
    "Dream of the empty house again. He laughed when telling it, then wept. Wondered aloud whether he deserves "
    "to feel better. I noted my own wish to reassure too quickly.",
    "Described, for the first time, the year he drank every evening and hid it from everyone. Asked that it "
    "stay in this room. We agreed on words he could use with his sister when ready.",
)


def talking_therapy(chart: Chart) -> None:
    """Write a course of therapy that ended recently: every session has a visit note and a private note."""
    first = chart.last_day - timedelta(days=SESSIONS * DAYS_APART)
    for number in range(SESSIONS):
        day = chart.weekday_near(first + timedelta(days=number * DAYS_APART))
        with (
            chart.labelled(MENTAL_HEALTH),
            visit(chart, day, FOLLOW_UP, "Counseling session", clinician="therapist", minutes=50) as one,
        ):
            _session(one, number)


def _session(one: Visit, number: int) -> None:
    add_procedure(one, THERAPY)
    summary = [
        ("Session", SUMMARIES[number % len(SUMMARIES)]),
        ("Medicine", "Prescribed by the family doctor and taken each morning. No side effects told."),
        ("Safety and plan", SAFETY),
    ]
    write_note(one, PROGRESS_NOTE, "Behavioral health visit note", summary)
    bill(one, [("therapy", 1)])
    with one.chart.labelled(PSYCHOTHERAPY_NOTES):
        private = [("Analysis of the conversation", REFLECTIONS[number % len(REFLECTIONS)])]
        write_note(one, PROGRESS_NOTE, "Psychotherapy note, kept apart from the record", private)
