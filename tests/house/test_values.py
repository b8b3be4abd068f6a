"""Clock, identifiers and money."""

import re
import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.kernel import clock, ids, money

MOMENT = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_travel_ends_with_its_block_even_after_an_error() -> None:
    with clock.at(MOMENT):
        assert clock.now() == MOMENT
        with clock.at(MOMENT + timedelta(days=1)):
            assert clock.now() == MOMENT + timedelta(days=1)
        assert clock.now() == MOMENT
    with pytest.raises(ZeroDivisionError), clock.at(MOMENT):
        assert 1 / 0
    assert clock.now() > MOMENT


def test_travel_takes_any_aware_moment() -> None:
    eastern = timezone(timedelta(hours=-5))
    with clock.at(datetime(2026, 2, 28, 22, 30, tzinfo=eastern)):
        assert clock.now() == MOMENT
        assert clock.now_ms() == int(MOMENT.timestamp()) * 1000


def test_travel_stays_in_its_thread() -> None:
    seen: list[datetime] = []
    with clock.at(MOMENT):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != MOMENT


def test_a_legal_date_is_the_local_date() -> None:
    assert clock.local_date(MOMENT, "America/Los_Angeles") == date(2026, 2, 28)
    assert clock.local_date(MOMENT, "America/New_York") == date(2026, 2, 28)
    with clock.at(MOMENT):
        assert clock.today("UTC") == date(2026, 3, 1)
        assert clock.today("Pacific/Guam") == date(2026, 3, 1)


def test_identifiers_are_short_safe_and_different() -> None:
    made = {ids.new_id() for _ in range(5000)}
    assert len(made) == 5000
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{26}", one) for one in made)


def test_identifiers_sort_by_time() -> None:
    made = []
    for minute in range(50):
        with clock.at(MOMENT + timedelta(minutes=minute)):
            made.append(ids.new_id())
    assert made == sorted(made)


def test_codes_have_no_look_alikes() -> None:
    codes = {ids.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}", code) for code in codes)
    assert len(ids.new_code(2, 3)) == 7


def test_money_reads_as_people_write_it() -> None:
    assert [money.dollars(c) for c in (0, 5, 650, 100_000_099, -5)] == [
        "$0.00",
        "$0.05",
        "$6.50",
        "$1,000,000.99",
        "-$0.05",
    ]


@given(st.integers(-(10**12), 10**12))
def test_no_cent_is_lost(cents: int) -> None:
    text = money.dollars(cents)
    assert int(re.sub(r"[$,.]", "", text)) == cents
