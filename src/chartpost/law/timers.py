"""Every legal timer as a row (rulebook 10.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from .calendar import add_days, business_days_after, shift_years
from .citation import Citation, as_mark
from .errors import LawInputError
from .tables import table

RULES = {"access": "CLK-1", "review": "REV-3", "amend": "AMD-3", "accounting": "ACT-7", "results": "CLK-13"}
"""The rule behind each family of timers; the counting rule DATE-1 stands behind the others."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer: what starts it, its length in `unit` (None: set elsewhere), extension and warnings in days.

    `warn` counts days from the start, `warn_before` days back from the end, `warn_percent` shares of it.
    """

    name: str
    start: str
    length: int | None
    unit: str | None
    extension: int | None
    warn: tuple[int, ...]
    warn_before: tuple[int, ...]
    warn_percent: tuple[int, ...]
    citation: Citation

    def due(self, start: date, extra_holidays: Iterable[date] = ()) -> date:
        """Return the day the timer ends; raise LawInputError where it has no length in days or years."""
        if self.length is not None:
            if self.unit == "calendar":
                return add_days(start, self.length)
            if self.unit == "business":
                return business_days_after(start, self.length, extra_holidays)
            if self.unit == "years":
                return shift_years(start, self.length, clamp=False)
        raise LawInputError.of("timer", self.name, "a timer with a length in days or years")


@cache
def all_timers() -> dict[str, Timer]:
    """Return every timer by name."""
    return {name: _timer(name, row) for name, row in table("timers")["timer"].items()}


def timer(name: str) -> Timer:
    """Return one timer; raise LawInputError for a name that is not known."""
    found = all_timers().get(name)
    if found is None:
        raise LawInputError.of("timer", name, f"one of {', '.join(all_timers())}")
    return found


def _timer(name: str, row: dict[str, Any]) -> Timer:
    warnings = (tuple(row.get(key, ())) for key in ("warn", "warn_before", "warn_percent"))
    before, back, share = warnings
    return Timer(
        name=name,
        start=row["start"],
        length=row.get("length"),
        unit=row.get("unit"),
        extension=row.get("extension"),
        warn=before,
        warn_before=back,
        warn_percent=share,
        citation=Citation(_rule(name), row["cite"], as_mark(row["mark"])),
    )


def _rule(name: str) -> str:
    return RULES.get(name.split(".", maxsplit=1)[0], "DATE-1")
