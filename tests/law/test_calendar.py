"""Federal holidays and business days (5 USC 6103)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.law.calendar import (
    business_days_after,
    federal_holidays,
    is_business_day,
    previous_business_day,
    shift_years,
)
from chartpost.law.errors import LawInputError

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def test_new_year_on_a_saturday_is_kept_in_the_year_before():
    assert date(2027, 12, 31) in federal_holidays(2027)
    assert date(2028, 1, 1) not in federal_holidays(2028)
    assert not is_business_day(date(2027, 12, 31))


def test_independence_day_on_a_saturday_is_kept_on_friday():
    assert not is_business_day(date(2026, 7, 3))
    assert previous_business_day(date(2026, 7, 4)) == date(2026, 7, 2)


def test_juneteenth_began_in_2021():
    assert is_business_day(date(2020, 6, 19))
    assert not is_business_day(date(2021, 6, 18))


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2026-06-26", 10, "2026-07-13"),
        ("2027-12-20", 10, "2028-01-05"),
        ("2026-10-10", 10, "2026-10-26"),
        ("2026-02-02", 21, "2026-03-04"),
        ("2026-12-18", 10, "2027-01-05"),
        ("2026-06-30", 5, "2026-07-08"),
    ],
)
def test_business_days_count_from_the_next_business_day(start, n, expected):
    assert business_days_after(date.fromisoformat(start), n) == date.fromisoformat(expected)


def test_extra_holiday_moves_the_date_by_one_business_day():
    start, day_after_thanksgiving = date(2026, 11, 20), date(2026, 11, 27)
    assert business_days_after(start, 15) == date(2026, 12, 14)
    assert business_days_after(start, 15, [day_after_thanksgiving]) == date(2026, 12, 15)


def test_negative_count_is_refused():
    with pytest.raises(LawInputError, match="saw -1, expected"):
        business_days_after(date(2026, 1, 5), -1)


@pytest.mark.parametrize(("clamp", "expected"), [(True, date(2018, 2, 28)), (False, date(2018, 3, 1))])
def test_leap_day_without_a_match(clamp, expected):
    assert shift_years(date(2024, 2, 29), -6, clamp=clamp) == expected


@given(DAYS, st.integers(1, 60))
def test_exactly_n_business_days_lie_in_the_span(start, n):
    end = business_days_after(start, n)
    span = [start + timedelta(days=k) for k in range(1, (end - start).days + 1)]
    assert sum(is_business_day(day) for day in span) == n
    assert is_business_day(end)


@given(st.integers(1987, 2100))
def test_observed_holidays_are_weekdays(year):
    assert all(day.weekday() < 5 and day.year == year for day in federal_holidays(year))
    assert 9 <= len(federal_holidays(year)) <= 12
