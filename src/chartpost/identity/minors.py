"""Until when a parent acts for a child.

The parent of an adult is an outsider (45 CFR 164.502(g)(3); rulebook WHO-10).
"""

from datetime import date, timedelta

from chartpost.law.minors import majority_age

PARENT = "parent"


def last_day(basis: str, ends_on: date | None, born: date | None, state: str) -> date | None:
    """The last day somebody acts for a person born on a day: for parents at most the day before the person is of age.

    `state` is the two-letter code of the office, whose law says when that is. None: no end.
    """
    if basis != PARENT or born is None:
        return ends_on
    last = _birthday(born, majority_age(state)) - timedelta(days=1)
    return last if ends_on is None else min(ends_on, last)


def _birthday(born: date, years: int) -> date:
    """The day somebody completes so many years; who was born on February 29 does so on March 1 of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
