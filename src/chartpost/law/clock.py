"""The clock of a request for access (45 CFR 164.524(b)(2); rulebook 1.4). Receipt is day 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .calendar import add_days, previous_business_day
from .citation import Citation, as_mark
from .errors import LawInputError, UnknownProfileError
from .rules import cite
from .states import state_limits
from .tables import table

ACTION_DAYS = 30
RESULT_HOLD_DAYS = {"TX": 3}
"""Days a final result may not go out electronically, by state (Tex. Occ. Code 159.0062)."""


@dataclass(frozen=True, slots=True)
class AccessDue:
    """The dates of one request: legal due date, last date after an extension, and the office's own target."""

    initial_due: date
    max_extended_due: date
    soft_target: date
    citation: Citation


@dataclass(frozen=True, slots=True)
class EffectiveDue:
    """The federal and the state due date (None without a state rule) and the earlier of the two."""

    federal_due: date
    state_due: date | None
    effective_due: date
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class ExtensionCheck:
    """Whether an extension holds, the due date that follows, and what is wrong with it (codes)."""

    valid: bool
    due: date
    errors: tuple[str, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class ClockStart:
    """The day the clock starts and the due date that follows from it."""

    clock_start: date
    initial_due: date
    citation: Citation


@dataclass(frozen=True, slots=True)
class DayNumber:
    """How many days have passed since receipt, and whether the federal limit has passed."""

    day: int
    overdue: bool
    citation: Citation


@dataclass(frozen=True, slots=True)
class ResultHold:
    """The first date on which a new result may be sent electronically."""

    earliest_electronic_release: date
    citation: Citation | None


def profiles() -> tuple[str, ...]:
    """Return the names of the access profiles, the one in force first."""
    return tuple(name for name, row in table("access_profiles").items() if isinstance(row, Mapping))


def _profile(name: str) -> dict[str, Any]:
    if name not in profiles():
        raise UnknownProfileError(f"profile: saw {name!r}, expected one of {', '.join(profiles())}.")
    row: dict[str, Any] = table("access_profiles")[name]
    return row


def access_due(
    received: date, profile: str = "current", offsite: bool = False, extra_holidays: Iterable[date] = ()
) -> AccessDue:
    """Return the due dates of a request for access (45 CFR 164.524(b)(2)).

    `received` is the local date at the receiving office. `offsite` matters to the historical profile pre_2013
    alone. The soft target is the last business day on or before the due date (rulebook CLK-11).
    Raises UnknownProfileError.
    """
    row = _profile(profile)
    first = row["offsite_first_days"] if offsite else row["first_days"]
    due = add_days(received, first)
    return AccessDue(
        initial_due=due,
        max_extended_due=add_days(due, row["extension_days"]),
        soft_target=previous_business_day(due, extra_holidays),
        citation=Citation(row["rule"], row["cite"], as_mark(row["mark"])),
    )


def local_date(received_at: datetime, tz: str) -> date:
    """Return the date of an instant at the receiving office (rulebook DATE-3).

    An instant without an offset is taken as UTC. `tz` is an IANA name; raises LawInputError for any other.
    """
    instant = received_at if received_at.tzinfo else received_at.replace(tzinfo=UTC)
    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LawInputError.of("tz", tz, "an IANA time zone such as America/New_York") from None
    return instant.astimezone(zone).date()


def clock_start(ce_received: date | None, ba_received: date | None, ba_designated: bool) -> ClockStart:
    """Return the day the clock starts; a designated vendor's receipt counts too (rulebook CLK-7)."""
    received = [ce_received, ba_received if ba_designated else None]
    known = [day for day in received if day is not None]
    if not known:
        raise LawInputError.of("ce_received", None, "the date on which the office or its designated vendor received it")
    start = min(known)
    rule = "CLK-1" if start == ce_received else "CLK-7"
    return ClockStart(start, access_due(start).initial_due, cite(rule))


def effective_due(
    received: date,
    state: str | None,
    kind: str = "copy",
    extra_holidays: Iterable[date] = (),
    profile: str = "current",
) -> EffectiveDue:
    """Return the federal and the state due date and the earlier one, which counts (45 CFR 160.203(b)).

    `kind` is copy, inspect, both, summary, electronic_record or public_benefit_appeal_copy. `extra_holidays`
    are the state's own and matter to limits in business days.
    """
    extra = frozenset(extra_holidays)
    federal = access_due(received, profile)
    limits = state_limits(state, kind, received) if state else []
    dated = sorted(((limit.due(received, extra), limit) for limit in limits), key=lambda pair: pair[0])
    state_due = dated[0][0] if dated else None
    cites = (federal.citation, dated[0][1].citation) if dated else (federal.citation,)
    effective = min(federal.initial_due, state_due) if state_due else federal.initial_due
    return EffectiveDue(federal.initial_due, state_due, effective, cites)


def extension_check(
    received: date,
    notice_sent: date,
    promised: date,
    reason_given: bool,
    prior_extensions: int,
    *,
    profile: str = "current",
    offsite: bool = False,
) -> ExtensionCheck:
    """Check a notice of extension (45 CFR 164.524(b)(2)(ii)) and return the due date that follows.

    The due date is the promised one when the notice is valid (rulebook CLK-4), else the first due date.
    Error codes: ONLY_ONE_EXTENSION, NOTICE_LATE, REASON_MISSING, PROMISED_DATE_TOO_LATE.
    """
    limits = access_due(received, profile, offsite)
    faults = {
        "ONLY_ONE_EXTENSION": prior_extensions > 0,
        "NOTICE_LATE": notice_sent > limits.initial_due,
        "REASON_MISSING": not reason_given,
        "PROMISED_DATE_TOO_LATE": promised > limits.max_extended_due,
    }
    errors = tuple(code for code, found in faults.items() if found)
    if errors:
        return ExtensionCheck(False, limits.initial_due, errors, (cite("CLK-3"),))
    return ExtensionCheck(True, promised, (), (cite("CLK-3"), cite("CLK-4")))


def day_number(received: date, on: date) -> DayNumber:
    """Return the day of the request on a date: receipt is day 0 and day 30 is on time (rulebook DATE-1)."""
    day = (on - received).days
    return DayNumber(day, day > ACTION_DAYS, cite("DATE-1"))


def warn_days() -> tuple[int, ...]:
    """Return the days on which the desk is warned about an open request (rulebook CLK-11)."""
    return tuple(table("timers")["timer"]["access.act"]["warn"])


def result_hold(finalized: date, state: str | None, sensitive: bool = True) -> ResultHold:
    """Return when a new result may go out electronically (Tex. Occ. Code 159.0062; no hold elsewhere).

    The hold covers malignancy and genetic results alone and never answers a request for access (LBL-8).
    """
    days = RESULT_HOLD_DAYS.get(state or "", 0) if sensitive else 0
    return ResultHold(add_days(finalized, days), cite("CLK-13") if days else None)
