"""Synthetic people with believable records, for the demo and for tests. Pure: no Django, no clock."""

from datetime import date

from chartpost.demo.generator.people import write_person
from chartpost.demo.generator.roster import ROSTER
from chartpost.demo.generator.values import Document, Relation, Resource, SyntheticPerson

__all__ = ["Document", "Relation", "Resource", "SyntheticPerson", "generate"]


def generate(seed: int, today: date, count: int = 25) -> list[SyntheticPerson]:
    """Write the records of the first ``count`` people of the demo as they stand on ``today``.

    The same seed, day and count give the same bytes. Relations to people left out by ``count`` remain named.
    Raises ValueError for a count the roster cannot fill.
    """
    if not 0 <= count <= len(ROSTER):
        raise ValueError(f"count is {count}; expected 0 to {len(ROSTER)}, the people of the demo")
    return [write_person(profile, seed, today) for profile in ROSTER[:count]]
