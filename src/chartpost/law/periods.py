"""Other legal periods: amendments, accountings, reviews, breaches, complaints, retention (rulebook 3, 4, 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .calendar import add_days, next_business_day, shift_years
from .citation import Citation
from .errors import LawInputError
from .rules import cite
from .timers import timer

LOOK_BACK_YEARS = {"hipaa": 6, "part2": 3}
HHS_AT_ONCE_FROM = 500
MEDIA_ABOVE = 500


@dataclass(frozen=True, slots=True)
class ExtendablePeriod:
    """A period that may be extended once: its due date and the last date after an extension."""

    initial_due: date
    max_extended_due: date
    citation: Citation


@dataclass(frozen=True, slots=True)
class BreachDeadlines:
    """When a breach must be told to the people affected, to HHS and in which states to the media."""

    individual_by: date
    hhs_by: date
    hhs_mode: str
    media_states: tuple[str, ...]


def extendable(name: str, received: date) -> ExtendablePeriod:
    """Return the dates of a timer that may be extended once, such as amend.act or accounting.act.

    Cites 45 CFR 164.526(b)(2) and 164.528(c)(1). Raises LawInputError for a timer without an extension.
    """
    found = timer(name)
    if found.extension is None:
        raise LawInputError.of("timer", name, "a timer that can be extended")
    due = found.due(received)
    return ExtendablePeriod(due, add_days(due, found.extension), found.citation)


def accounting_window(requested: date, regime: str = "hipaa") -> tuple[date, date]:
    """Return the first and last day an accounting covers: 6 years back, 3 for Part 2 (45 CFR 164.528(a)(1))."""
    if regime not in LOOK_BACK_YEARS:
        raise LawInputError.of("regime", regime, f"one of {', '.join(LOOK_BACK_YEARS)}")
    return shift_years(requested, -LOOK_BACK_YEARS[regime], clamp=True), requested


def accounting_chargeable(previous: Iterable[date], requested: date) -> bool:
    """Say whether an accounting may be charged: another was asked for within 12 months (45 CFR 164.528(c)(2))."""
    return any(day <= requested < shift_years(day, 1, clamp=False) for day in previous)


def suspended_until(statement: str, on: date, specified_until: date | None = None) -> date:
    """Return how long a law-enforcement statement delays a notice: as written, or 30 days when oral.

    Cites 45 CFR 164.528(a)(2) and 164.412.
    """
    if statement == "oral":
        return timer("accounting.suspension").due(on)
    if statement != "written" or specified_until is None:
        raise LawInputError.of("statement", statement, "oral, or written with the date it names")
    return specified_until


def breach_deadlines(discovered: date, affected: int, residents_by_state: Mapping[str, int]) -> BreachDeadlines:
    """Return the deadlines of a breach notice (45 CFR 164.404(b), 164.406, 164.408)."""
    by = timer("breach.individual").due(discovered)
    at_once = affected >= HHS_AT_ONCE_FROM
    annual = timer("breach.hhs_annual").due(date(discovered.year, 12, 31))
    media = tuple(sorted(state for state, count in residents_by_state.items() if count > MEDIA_ABOVE))
    return BreachDeadlines(by, by if at_once else annual, "contemporaneous" if at_once else "annual", media)


def breach_clock_start(ba_discovered: date, ba_is_agent: bool, ce_notified: date) -> date:
    """Return the day a breach counts as discovered: an agent's knowledge is ours (45 CFR 164.404(a)(2))."""
    return min(ba_discovered, ce_notified) if ba_is_agent else ce_notified


def retention_until(created: date, last_effective: date | None = None) -> date:
    """Return the day a document is kept through: six years from the later date (45 CFR 164.530(j)(2))."""
    return timer("retention").due(max(created, last_effective or created))


def is_decedent_phi(death: date, on: date) -> bool:
    """Say whether records are still protected: through 50 years after death (45 CFR 160.103)."""
    return on <= shift_years(death, 50, clamp=False)


def authorization_active(signed: date, expires: date | None, on: date) -> bool:
    """Say whether an authorization is in force; it works through its last day (rulebook DATE-8)."""
    return signed <= on and (expires is None or on <= expires)


def external_review_by(notice_received: date) -> date:
    """Return the last day to ask for external review: four months on, else the next month's first day.

    A weekend or federal holiday moves it to the next business day (45 CFR 147.136(d)(2)(i)).
    """
    months = notice_received.month + 3
    year, month = notice_received.year + months // 12, months % 12 + 1
    try:
        day = date(year, month, notice_received.day)
    except ValueError:
        day = date(year, month + 1, 1)
    return next_business_day(day)


def review_assignment(reviewer_licensed: bool, reviewer_participated: bool, reviewable: bool) -> tuple[bool, Citation]:
    """Say whether someone may review a denial: licensed, no part in it, and the ground can be reviewed.

    Cites 45 CFR 164.524(a)(4), (d)(4).
    """
    return reviewer_licensed and not reviewer_participated and reviewable, cite("REV-2")
