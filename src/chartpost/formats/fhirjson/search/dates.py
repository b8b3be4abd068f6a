"""Dates asked for, with the precision they are given in (https://hl7.org/fhir/R4/search.html#date)."""

import re
from dataclasses import dataclass
from typing import Any

from chartpost.formats.fhirjson.dates import bounds, parse_date

_DATE = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(?P<seconds>:\d\d(\.\d{1,9})?)?(?P<zone>Z|[+ -]\d\d:\d\d)?)?)?)?", re.ASCII
)
_MINUTE = 60_000


@dataclass(frozen=True)
class DateValue:
    """A date asked for: the half-open range [lo, hi) in ms since 1970, UTC where no zone is given."""

    prefix: str
    lo: int
    hi: int

    def test(self, raw: Any, _modifier: str = "") -> bool:
        """Whether a date, dateTime, instant, Period or Timing is as asked."""
        found = bounds(raw)
        return found is not None and self.holds(*found)

    def holds(self, start: int, end: int) -> bool:
        """Whether the half-open range [start, end) is as asked."""
        within = self.lo <= start and end <= self.hi
        if self.prefix in ("eq", "ne"):
            return within == (self.prefix == "eq")
        if self.prefix in ("gt", "ge"):
            return end > self.hi or (self.prefix == "ge" and within)
        if self.prefix in ("lt", "le"):
            return start < self.lo or (self.prefix == "le" and within)
        if self.prefix == "sa":
            return start >= self.hi
        if self.prefix == "eb":
            return end <= self.lo
        width = self.hi - self.lo  # ap: overlaps the date, or its neighbour of the same precision
        return start < self.hi + width and end > self.lo - width


def read_date(prefix: str, text: str) -> DateValue | None:
    """A date as asked for; None when it is none. A blank before the zone is a `+` that was not escaped."""
    matched = _DATE.fullmatch(text)
    if not matched:
        return None
    date = parse_date(text.replace(" ", "+"))
    if date is None:
        return None
    minute = "T" in text and not matched["seconds"]
    return DateValue(prefix, date.lo, date.lo + _MINUTE if minute else date.hi)
