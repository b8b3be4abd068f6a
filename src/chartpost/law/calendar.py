"""Federal holidays and business days (5 USC 6103; rulebook 10.1 and 10.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any

from .errors import LawInputError
from .tables import table

SATURDAY, SUNDAY = 5, 6
ONE_DAY = timedelta(days=1)
MAX_BUSINESS_DAYS = 2_600
"""Ten years: no legal period is longer, and counting stays quick."""


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """Return the observed federal holidays that fall in a calendar year (5 USC 6103).

    New Year's Day on a Saturday is observed on December 31 of the year before, and is listed there.
    """
    return frozenset(day for kept in (year, year + 1) for day in _observed_for(kept) if day.year == year)


def _observed_for(year: int) -> list[date]:
    rows = table("holidays")["holiday"]
    return [_observed(_nominal(row, year)) for row in rows if year >= row.get("since", 0)]


def _nominal(row: dict[str, Any], year: int) -> date:
    month: int = row["month"]
    if "day" in row:
        return date(year, month, row["day"])
    if row["nth"] < 0:
        last = date(year, month + 1, 1) - ONE_DAY
        return last - timedelta(days=(last.weekday() - row["weekday"]) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(row["weekday"] - first.weekday()) % 7 + 7 * (row["nth"] - 1))


def _observed(day: date) -> date:
    if day.weekday() == SATURDAY:
        return day - ONE_DAY
    return day + ONE_DAY if day.weekday() == SUNDAY else day


def is_business_day(day: date, extra_holidays: Iterable[date] = ()) -> bool:
    """Say whether a date is Monday to Friday, no federal holiday and none of the extra (state) holidays."""
    return day.weekday() < SATURDAY and day not in federal_holidays(day.year) and day not in set(extra_holidays)


def business_days_after(start: date, n: int, extra_holidays: Iterable[date] = ()) -> date:
    """Count n business days, the first being the next business day after `start` (rulebook DATE-5).

    n is from 0 to MAX_BUSINESS_DAYS; 0 gives `start` itself.
    """
    if not 0 <= n <= MAX_BUSINESS_DAYS:
        raise LawInputError.of("n", n, f"a whole number of business days from 0 to {MAX_BUSINESS_DAYS}")
    extra = frozenset(extra_holidays)
    day = start
    for _ in range(n):
        day = next_business_day(day + ONE_DAY, extra)
    return day


def next_business_day(day: date, extra_holidays: Iterable[date] = ()) -> date:
    """Return the first business day on or after a date."""
    return _walk(day, ONE_DAY, extra_holidays)


def previous_business_day(day: date, extra_holidays: Iterable[date] = ()) -> date:
    """Return the last business day on or before a date (the soft target of rulebook CLK-11)."""
    return _walk(day, -ONE_DAY, extra_holidays)


def _walk(day: date, step: timedelta, extra_holidays: Iterable[date]) -> date:
    extra = frozenset(extra_holidays)
    while not is_business_day(day, extra):
        day += step
    return day


def add_days(start: date, days: int) -> date:
    """Add calendar days; the start is day 0 (rulebook DATE-1), with no weekend or holiday roll (DATE-2)."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        raise LawInputError.of("days", days, "a number of days that ends at a date") from None


def shift_years(day: date, years: int, *, clamp: bool) -> date:
    """Move a date by years; a lone Feb 29 clamps to Feb 28 or goes on to Mar 1 (rulebook DATE-7)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        leap_gap = (2, 28) if clamp else (3, 1)
        return date(day.year + years, *leap_gap)
