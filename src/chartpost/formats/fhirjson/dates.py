"""FHIR dates with the precision they came with (https://hl7.org/fhir/R4/datatypes.html#dateTime)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

EARLIEST = -62_135_596_800_000
"""Start of an open period, in milliseconds since 1970 (0001-01-01)."""
LATEST = 253_402_300_800_000
"""End of an open period, in milliseconds since 1970 (10000-01-01)."""
_DAY = 86_400_000
_KEPT = 64
"""Characters of a date at most that what it means is kept for."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class FhirDate(NamedTuple):
    """A date as recorded: half-open UTC range [lo, hi) in ms, and the words and precision of its own place.

    `precision` is year, month, day or time; `text` is the value as received.
    """

    text: str
    precision: str
    year: int
    month: int
    day: int
    lo: int
    hi: int

    def __str__(self) -> str:
        """Full words in English: `2019`, `March 2019`, `March 5, 2019`."""
        if self.precision == "year":
            return str(self.year)
        if self.precision == "month":
            return f"{_MONTHS[self.month - 1]} {self.year}"
        return f"{_MONTHS[self.month - 1]} {self.day}, {self.year}"


def parse_date(value: object) -> FhirDate | None:
    """A FHIR date, dateTime or instant; None for anything else, days that do not exist included.

    Dates without a time count as whole days in UTC.
    """
    if not isinstance(value, str):
        return None
    try:
        return (_parse if len(value) <= _KEPT else _parse.__wrapped__)(value)
    except (ValueError, OverflowError):
        return None


def bounds(value: object) -> tuple[int, int] | None:
    """The half-open UTC range [lo, hi) in ms of a date, Period or Timing.

    Open ends reach EARLIEST and LATEST.
    """
    if isinstance(value, str):
        date = parse_date(value)
        return (date.lo, date.hi) if date else None
    if not isinstance(value, dict):
        return None
    if "start" in value or "end" in value:
        start, end = parse_date(value.get("start")), parse_date(value.get("end"))
        if start or end:
            return (start.lo if start else EARLIEST, end.hi if end else LATEST)
        return None
    return _timing(value)


def _timing(value: dict[str, object]) -> tuple[int, int] | None:
    events = value.get("event")
    ranges = [r for r in map(bounds, events if isinstance(events, list) else []) if r]
    repeat = value.get("repeat")
    period = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    found = bounds(period) if isinstance(period, dict) and ("start" in period or "end" in period) else None
    ranges += [found] if found else []
    return (min(lo for lo, _ in ranges), max(hi for _, hi in ranges)) if ranges else None


def written(value: object) -> Iterator[FhirDate]:
    """The dates that a date, Period or Timing is written with, its beginning first."""
    if isinstance(value, dict):
        events, repeat = value.get("event"), value.get("repeat")
        inside = [value.get("start"), value.get("end"), *(events if isinstance(events, list) else ())]
        for one in [*inside, repeat.get("boundsPeriod") if isinstance(repeat, dict) else None]:
            yield from written(one)
    elif found := parse_date(value):
        yield found


def date_of(moment: int) -> date:
    """The day of a moment in ms since 1970, in UTC; the first or last there is for one outside the calendar."""
    return date.min + timedelta(days=(min(max(moment, EARLIEST), LATEST - 1) - EARLIEST) // _DAY)


def days_apart(found: FhirDate) -> int:
    """How many days from the day in UTC of the moment a date begins to the day it was written with: -1, 0 or 1."""
    if found.precision != "time" or found.text[-1] == "Z":
        return 0
    return date(found.year, found.month, found.day).toordinal() - (found.lo - EARLIEST) // _DAY - 1


@lru_cache(maxsize=8192)
def _parse(text: str) -> FhirDate | None:
    size = len(text)
    if not (text.isascii() and text[:4].isdigit()) or (size > 4 and text[4] != "-"):
        return None
    if size == 10:
        start = datetime.fromisoformat(text).replace(tzinfo=UTC)
        lo = _ms(start)
        return FhirDate(text, "day", start.year, start.month, start.day, lo, lo + _DAY)
    if size > 10 and text[10] == "T":
        start = datetime.fromisoformat(text[:17] + "59" + text[19:] if text[17:19] == "60" else text)
        lo = _ms(start if start.tzinfo else start.replace(tzinfo=UTC))
        step = 1 if text[19:20] == "." else 1000
        return FhirDate(text, "time", start.year, start.month, start.day, lo, lo + step)
    year = int(text[:4])
    if size == 4:
        return FhirDate(text, "year", year, 0, 0, _month(year, 1), _month(year + 1, 1))
    month = int(text[5:7])
    if size == 7 and text[5:].isdigit():
        return FhirDate(text, "month", year, month, 0, _month(year, month), _month(year, month + 1, check=False))
    return None


def _month(year: int, month: int, *, check: bool = True) -> int:
    if month == 13 and not check:
        year, month = year + 1, 1
    return LATEST if year == 10_000 else _ms(datetime(year, month, 1, tzinfo=UTC))


def _ms(moment: datetime) -> int:
    delta = moment - _EPOCH
    return delta.days * _DAY + delta.seconds * 1000 + delta.microseconds // 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
