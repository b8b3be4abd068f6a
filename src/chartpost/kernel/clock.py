"""The one clock of the program: aware UTC times, local dates, and a way to travel in tests and the demo."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LAST_MS = 4_102_444_800_000
"""The year 2100: nothing that happened here is later."""

_fixed: ContextVar[datetime | None] = ContextVar("chartpost_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)


def now_ms() -> int:
    """The present moment in whole milliseconds since 1970-01-01 UTC."""
    fixed = _fixed.get()
    return time.time_ns() // 1_000_000 if fixed is None else int(fixed.timestamp() * 1000)


def of_ms(milliseconds: int) -> datetime:
    """The aware moment of milliseconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def bounded(milliseconds: int) -> int:
    """A moment of others, or the nearer end of 1970 to 2100: asked for what happened here, that makes no difference.

    Calendars end, and a moment near an end cannot be reckoned with; programs send them to say "all".
    """
    return max(0, min(milliseconds, LAST_MS))


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date of an aware moment in an IANA time zone (legal dates are local dates)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def today(zone: str) -> date:
    """Today's calendar date in an IANA time zone."""
    return local_date(now(), zone)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Make `now()` answer `moment` (aware) inside the block, in this thread only."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
