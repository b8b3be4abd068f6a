"""The legal clock of a request: computed by `law` from the day of receipt, never typed in."""

from datetime import date
from typing import Any

from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.law import clock as law
from chartpost.law.calendar import is_business_day
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import ClockView

PROFILE = "current"
ENGINE = "law 2026-07"
SOON_DAYS = 7


def start(received_on: date, state: str, mode: str) -> dict[str, Any]:
    """The clock fields of a new request: federal, state and effective due dates, and what they rest on."""
    kind = "inspect" if mode == "inspect" else "copy"
    due = law.effective_due(received_on, state, kind)
    return {
        "due_federal": due.federal_due,
        "due_state": due.state_due,
        "due_on": due.effective_due,
        "clock_basis": {
            "rules": [c.rule_id for c in due.citations],
            "cites": [c.cite for c in due.citations],
            "profile": PROFILE,
            "engine": ENGINE,
            "state": state,
            "kind": kind,
        },
    }


def of(request: AccessRequest) -> ClockView:
    """The clock of a request today, at its facility."""
    facility = identity.facility(request.facility_id)
    today = clock.today(facility.zone)
    until = request.acted_on or today
    access = law.access_due(request.received_on, PROFILE)
    due = law.effective_due(
        request.received_on, request.clock_basis.get("state"), request.clock_basis.get("kind", "copy")
    )
    promised = request.extension.get("promised")
    return ClockView(
        received_on=request.received_on,
        day=law.day_number(request.received_on, until).day,
        due_on=request.due_on,
        due_federal=request.due_federal,
        due_state=request.due_state,
        soft_target=_soft(request.due_on),
        state=facility.state,
        extended_to=date.fromisoformat(promised) if promised else None,
        may_extend_until=None if promised else access.initial_due,
        latest_extension=access.max_extended_due,
        overdue=until > request.due_on,
        days_left=(request.due_on - until).days,
        running=request.acted_on is None,
        warn=request.acted_on is None and (request.due_on - today).days <= SOON_DAYS,
        citations=due.citations,
    )


def _soft(due: date) -> date:
    """The last business day on or before a due date (rulebook CLK-11)."""
    day = due
    while not is_business_day(day):
        day = day.fromordinal(day.toordinal() - 1)
    return day


def local_day(request: AccessRequest) -> date:
    """Today at the facility of a request."""
    return clock.today(identity.facility(request.facility_id).zone)
