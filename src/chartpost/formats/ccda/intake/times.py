"""HL7 V3 times as FHIR dates and moments: precision kept, offsets never made up without saying so.

FHIR wants an offset as soon as there is a time of day (https://hl7.org/fhir/R4/datatypes.html#dateTime); CDA
often has none. The document's own offset is borrowed first, then a zone that was given, else the time is dropped.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?)?)?)?)?([+-]\d{2,4}|Z)?"
)
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?)?(Z|[+-]\d{2}:?\d{2})?")
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Moment(NamedTuple):
    """A time in FHIR form, empty where it cannot be read; `how` says what was done about it.

    `how` is empty, "borrowed", "zone", "dropped", "midnight" (a time of only zeros without offset is a day),
    "cut" (a part that no calendar has was left off) or "unreadable".
    """

    text: str
    how: str = ""


@dataclass
class Zones:
    """Which offset a time without one gets: the document's, else that of a zone, else none."""

    document: timezone | None = None
    zone: tzinfo | None = None
    _seen: dict[str, Moment] = field(default_factory=dict)

    def read(self, value: str) -> Moment:
        """A TS value (HL7 V3 datatypes R1 2.10) as FHIR date or dateTime."""
        found = self._seen.get(value)
        if found is None:
            found = self._read("".join(value.split()))
            if len(self._seen) < 10_000:
                self._seen[value] = found
        return found

    def _read(self, value: str) -> Moment:
        parts = _parts(value)
        if parts is None:
            return Moment("", "unreadable")
        year, month, day, clock, fraction, offset = parts
        if year < 1000:
            return Moment("", "unreadable")
        if month is None:
            return Moment(f"{year:04}")
        if not 1 <= month <= 12:
            return Moment(f"{year:04}", "cut")
        if day is None:
            return Moment(f"{year:04}-{month:02}")
        try:
            moment = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            return Moment(f"{year:04}-{month:02}", "cut")
        date = f"{year:04}-{month:02}-{day:02}"
        if clock is None:
            return Moment(date)
        return self._timed(date, moment, clock, fraction, offset)

    def _timed(self, date: str, day: datetime, clock: tuple[int, int, int], fraction: str, offset: str) -> Moment:
        hour, minute, second = clock
        if hour > 23 or minute > 59 or second > 59:
            return Moment(date, "cut")
        fraction = f".{fraction[:3]}" if fraction.strip("0") else ""
        text = f"{date}T{hour:02}:{minute:02}:{second:02}{fraction}"
        if offset:
            shift = _offset(offset)
            return Moment(text + shift) if shift else Moment(date, "cut")
        if clock == (0, 0, 0) and not fraction:
            return Moment(date, "midnight")
        at = day.replace(hour=hour, minute=minute, second=second, tzinfo=self.zone)
        if self.document is not None:
            return Moment(text + _shift(self.document.utcoffset(None)), "borrowed")
        if self.zone is not None:
            return Moment(text + _shift(at.utcoffset()), "zone")
        return Moment(date, "dropped")


def zones(document_time: str, zone: str | None) -> Zones:
    """How to read the times of a document: by its own effectiveTime and, where given, an IANA zone.

    A zone that had the document's offset at the document's time is used for all times, so that summer time counts;
    an unknown zone name is an error of the caller: ZoneInfoNotFoundError.
    """
    named = _zone(zone) if zone else None
    parts = _parts("".join(document_time.split()))
    if parts is None or not parts[5] or parts[2] is None:
        return Zones(None, named)
    shift = _offset(parts[5])
    if not shift:
        return Zones(None, named)
    fixed = _fixed(shift)
    try:
        at = datetime(parts[0], parts[1] or 1, parts[2], *(parts[3] or (0, 0, 0)), tzinfo=UTC)
    except ValueError:
        return Zones(fixed, named)
    agrees = named is not None and at.replace(tzinfo=named).utcoffset() == fixed.utcoffset(None)
    return Zones(None, named) if agrees else Zones(fixed, named)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ValueError as error:
        raise ZoneInfoNotFoundError(name) from error


_Parts = tuple[int, int | None, int | None, tuple[int, int, int] | None, str, str]


def _parts(value: str) -> _Parts | None:
    iso = _ISO.fullmatch(value)
    found = iso or _TS.fullmatch(value)
    if found:
        year, month, day, hour, minute, second = found.groups()[:6]
        fraction, offset = ("", found[7]) if iso else (found[7], found[8])
        clock = (int(hour), int(minute), int(second or 0)) if minute else None
        return int(year), _int(month), _int(day), clock, fraction or "", (offset or "").replace(":", "")
    found = _US.fullmatch(value)
    return (int(found[3]), int(found[1]), int(found[2]), None, "", "") if found else None


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _offset(text: str) -> str:
    """±HH:MM of an offset of two to four digits; empty where no place on earth has it."""
    if text == "Z":
        return "Z"
    digits = text[1:]
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return f"{text[0]}{hours:02}:{minutes:02}" if hours * 60 + minutes <= 14 * 60 and minutes < 60 else ""


def _fixed(shift: str) -> timezone:
    if shift == "Z":
        return UTC
    minutes = int(shift[1:3]) * 60 + int(shift[4:6])
    return timezone(timedelta(minutes=-minutes if shift[0] == "-" else minutes))


def _shift(offset: timedelta | None) -> str:
    minutes = round((offset or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
