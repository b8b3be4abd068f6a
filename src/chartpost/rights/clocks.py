"""The legal clock of a request: computed by `law` from the day of receipt, never typed in."""

from datetime import date, timedelta
from typing import Any

from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.law import clock as law
from chartpost.law.calendar import add_days, business_days_after, previous_business_day
from chartpost.law.states import StateLimit, state_limits
from chartpost.law.tables import ENGINE_VERSION, versions
from chartpost.law.timers import timer
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import ClockView, ReviewTimers

PROFILE = "current"
SOON_DAYS = 7
TABLES = ("access_profiles", "state_deadlines", "holidays", "timers")


def start(received_on: date, state: str, mode: str, vendor_on: date | None = None) -> dict[str, Any]:
    """The clock fields of a new request: federal, state and effective due dates, and what they rest on.

    `vendor_on` is the day a vendor that takes requests for the office received it; the earlier day starts the clock
    (rulebook CLK-7).
    """
    begun = law.clock_start(received_on, vendor_on, ba_designated=vendor_on is not None)
    kind = mode if mode in {"inspect", "both"} else "copy"
    due = law.effective_due(begun.clock_start, state, kind)
    rules = [begun.citation, *due.citations] if vendor_on else list(due.citations)
    return {
        "received_on": begun.clock_start,
        "due_federal": due.federal_due,
        "due_state": due.state_due,
        "due_on": due.effective_due,
        "warn_on": next_warning(begun.clock_start, due.effective_due, begun.clock_start),
        "clock_basis": {
            "rules": [c.rule_id for c in rules],
            "cites": [c.cite for c in rules],
            "profile": PROFILE,
            "engine": f"law {ENGINE_VERSION}",
            "tables": {name: versions()[name] for name in TABLES},
            "state": state,
            "kind": kind,
            "office_received_on": received_on.isoformat(),
            "vendor_received_on": vendor_on.isoformat() if vendor_on else "",
        },
    }


def last_day(request: AccessRequest) -> date:
    """The last day an extension may promise: day 60, or the last day the state allows (45 CFR 160.203(b))."""
    federal = law.access_due(request.received_on, PROFILE).max_extended_due
    limit = state_extended(request)
    return min(federal, limit) if limit else federal


def notice_until(request: AccessRequest) -> date:
    """The last day an extension may be told: inside the first limit, the state's where it is earlier."""
    return min(request.due_federal, request.due_state or request.due_federal)


def state_extended(request: AccessRequest) -> date | None:
    """The last day the state allows after a written reason; its first limit where it allows no more time."""
    limit = _state_limit(request)
    if limit is None:
        return None
    if limit.extended_days is None:
        return limit.due(request.received_on)
    if limit.extended_unit == "business":
        return business_days_after(request.received_on, limit.extended_days)
    return add_days(request.received_on, limit.extended_days)


def _state_limit(request: AccessRequest) -> StateLimit | None:
    basis = request.clock_basis
    limits = state_limits(str(basis.get("state", "")), str(basis.get("kind", "copy")), request.received_on)
    return min(limits, key=lambda limit: limit.due(request.received_on), default=None)


def warning_days(length: int) -> tuple[int, ...]:
    """The days of a request on which the desk is warned: 10, 20, 25, 28, and shares of a shorter state limit."""
    shares = timer("access.state").warn_percent if length < law.ACTION_DAYS else ()
    near = {-(-length * share // 100) for share in shares}
    return tuple(sorted({day for day in law.warn_days() if day <= length} | near))


def next_warning(received_on: date, due_on: date, after: date) -> date | None:
    """The next day on which the desk is warned, later than `after`; None when there is none."""
    days = (received_on + timedelta(days=n) for n in warning_days((due_on - received_on).days))
    return next((day for day in days if day > after), None)


def of(request: AccessRequest) -> ClockView:
    """The clock of a request today, at its facility."""
    facility = identity.facility(request.facility_id)
    today = clock.today(facility.zone)
    until = request.acted_on or today
    basis = request.clock_basis
    last = last_day(request)
    due = law.effective_due(request.received_on, basis.get("state"), basis.get("kind", "copy"))
    promised = request.extension.get("promised")
    vendor = basis.get("vendor_received_on")
    return ClockView(
        received_on=request.received_on,
        day=law.day_number(request.received_on, until).day,
        due_on=request.due_on,
        due_federal=request.due_federal,
        due_state=request.due_state,
        soft_target=previous_business_day(request.due_on),
        state=facility.state,
        extended_to=date.fromisoformat(promised) if promised else None,
        may_extend_until=None if promised or last <= request.due_on else notice_until(request),
        latest_extension=last,
        overdue=until > request.due_on,
        days_left=(request.due_on - until).days,
        running=request.acted_on is None,
        warn=request.acted_on is None and (request.due_on - today).days <= SOON_DAYS,
        citations=due.citations,
        due_state_extended=state_extended(request) if request.due_state else None,
        vendor_received_on=date.fromisoformat(vendor) if vendor else None,
        review=review_timers(request),
    )


def review_timers(request: AccessRequest) -> ReviewTimers | None:
    """When a review must be referred, decided and told (rulebook REV-3); None when none was asked for."""
    asked = request.review.get("asked_on")
    if not asked:
        return None
    refer = timer("review.refer").due(date.fromisoformat(asked))
    decide = timer("review.decide").due(refer)
    decided = request.review.get("decided_on")
    notify = timer("review.notify").due(date.fromisoformat(decided) if decided else decide)
    return ReviewTimers(refer, decide, notify, timer("review.decide").citation)


def local_day(request: AccessRequest) -> date:
    """Today at the facility of a request."""
    return clock.today(identity.facility(request.facility_id).zone)
