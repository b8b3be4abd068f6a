"""Assemble one person: the fixed facts, the visits of the years and the episodes."""

from datetime import date

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.entries.patient import add_coverage, fill_patient
from chartpost.demo.generator.profile import Profile
from chartpost.demo.generator.stories.adults import adult_visits
from chartpost.demo.generator.stories.children import childhood
from chartpost.demo.generator.values import SyntheticPerson
from chartpost.demo.generator.visits import registration


def write_person(profile: Profile, seed: int, today: date) -> SyntheticPerson:
    """Write the whole record of one person as it stands on ``today``."""
    chart = Chart(profile, seed, today)
    fill_patient(chart)
    add_coverage(chart)
    if "paper_only" not in profile.traits:
        _planned_visits(chart)
    for episode in profile.episodes:
        episode(chart)
    registration(chart)
    return chart.finish()


def _planned_visits(chart: Chart) -> None:
    """Childhood for those who grew up with the office, then the visits of adult years."""
    if chart.profile.is_child or chart.profile.age - chart.profile.years < 1:
        childhood(chart)
    if not chart.profile.is_child:
        adult_visits(chart)
