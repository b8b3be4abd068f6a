"""A parent acts for a child until the child is of age, in pages and for apps alike (45 CFR 164.502(g)(3))."""

from datetime import date, timedelta

import pytest

from chartpost.identity import minors, models, policies, queries, services, tokens
from chartpost.identity.types import SYSTEM, Subject
from chartpost.kernel import clock
from chartpost.kernel.db import raw

ENDS = [
    ("parent", None, date(2010, 6, 1), "CA", date(2028, 5, 31)),
    ("parent", None, date(2010, 6, 1), "AL", date(2029, 5, 31)),
    ("parent", date(2027, 1, 1), date(2010, 6, 1), "CA", date(2027, 1, 1)),
    ("parent", date(2040, 1, 1), date(2010, 6, 1), "CA", date(2028, 5, 31)),
    ("parent", None, date(2008, 2, 29), "CA", date(2026, 2, 28)),
    ("parent", None, None, "CA", None),
    ("health_care_agent", None, date(2010, 6, 1), "CA", None),
    ("guardian", None, date(2010, 6, 1), "CA", None),
]


@pytest.mark.parametrize(("basis", "ends_on", "born", "state", "expected"), ENDS)
def test_the_last_day(basis: str, ends_on: date | None, born: date | None, state: str, expected: date | None) -> None:
    assert minors.last_day(basis, ends_on, born, state) == expected


@pytest.mark.parametrize(("older", "sees"), [(-1, True), (0, False)])
def test_a_parent_is_an_outsider_from_the_birthday_on(ana: models.Account, older: int, sees: bool) -> None:
    today = clock.today(queries.office_zone())
    try:
        born = (today - timedelta(days=older)).replace(year=today.year - 18)
    except ValueError:
        pytest.skip("no such birthday eighteen years ago")
    child = services.add_person({"given": "Ben", "family": "Ruiz", "birth_date": born}, [], SYSTEM)
    row = services.represent(ana, child.id, "parent", SYSTEM)
    for actor in (queries.actor_of(ana), tokens._actor(ana.pk, raw.django())):
        assert actor is not None
        assert policies.decide(actor, "record.read", Subject("record", child.id)).allow is sees
        assert (policies.scope(actor, "record.read", child.id).categories != 0) is sees
    held = queries.authority(row.ref)
    assert held is not None
    assert held.in_force(today) is sees
    assert [account.id for account in queries.accounts_of(child.id)] == [ana.pk] * sees
