"""The evaluations about dates: each takes the facts as JSON values and answers JSON values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from . import calendar, clock
from .given import Given

Answer = dict[str, Any]


def iso(day: date | None) -> str | None:
    """Write a date the way JSON carries it."""
    return None if day is None else day.isoformat()


def access_due(given: Given) -> Answer:
    """Answer op access_due: `received`, or `received_at` with `tz`."""
    stamped = given.has("received_at")
    received = clock.local_date(given.instant("received_at"), given.text("tz")) if stamped else given.day("received")
    due = clock.access_due(
        received, given.text("profile", "current"), given.flag("offsite"), given.days("extra_holidays")
    )
    answer = {
        "initial_due": iso(due.initial_due),
        "max_extended_due": iso(due.max_extended_due),
        "soft_target": iso(due.soft_target),
    }
    return {"received_date": iso(received), **answer} if stamped else answer


def access_clock_start(given: Given) -> Answer:
    """Answer op access_clock_start."""
    start = clock.clock_start(
        given.day_or_none("ce_received"),
        given.day_or_none("ba_received"),
        given.flag("ba_designated_for_requests"),
    )
    return {"clock_start": iso(start.clock_start), "initial_due": iso(start.initial_due)}


def extension_check(given: Given) -> Answer:
    """Answer op extension_check."""
    check = clock.extension_check(
        given.day("received"),
        given.day("notice_sent"),
        given.day("promised"),
        given.flag("reason_given"),
        given.whole("prior_extensions", 0),
        profile=given.text("profile", "current"),
        offsite=given.flag("offsite"),
    )
    return {"valid": check.valid, "due": iso(check.due), "errors": list(check.errors)}


def effective_due(given: Given) -> Answer:
    """Answer op effective_due."""
    due = clock.effective_due(
        given.day("received"),
        given.text_or_none("state"),
        given.text("kind", "copy"),
        given.days("extra_holidays"),
        given.text("profile", "current"),
    )
    return {
        "federal_due": iso(due.federal_due),
        "state_due": iso(due.state_due),
        "effective_due": iso(due.effective_due),
    }


def business_days_after(given: Given) -> Answer:
    """Answer op business_days_after."""
    day = calendar.business_days_after(given.day("start"), given.whole("n"), given.days("extra_holidays"))
    return {"date": iso(day)}


def simple_days(given: Given) -> Answer:
    """Answer op simple_days."""
    return {"date": iso(calendar.add_days(given.day("start"), given.whole("days")))}


def day_number(given: Given) -> Answer:
    """Answer op day_number."""
    number = clock.day_number(given.day("received"), given.day("on"))
    return {"day": number.day, "overdue": number.overdue}


def test_result_hold(given: Given) -> Answer:
    """Answer op test_result_hold."""
    hold = clock.result_hold(given.day("finalized"), given.text_or_none("state"), given.flag("sensitive", default=True))
    return {"earliest_electronic_release": iso(hold.earliest_electronic_release)}


OPS: dict[str, Callable[[Given], Answer]] = {
    "access_due": access_due,
    "access_clock_start": access_clock_start,
    "extension_check": extension_check,
    "effective_due": effective_due,
    "business_days_after": business_days_after,
    "simple_days": simple_days,
    "day_number": day_number,
    "test_result_hold": test_result_hold,
}
