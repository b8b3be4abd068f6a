"""Dates in full words and money, in the reader's language and time zone."""

import re
from datetime import date, datetime

from babel.dates import format_date, format_datetime, format_skeleton, format_time, get_timezone
from django.utils import timezone
from django.utils.translation import get_language

from chartpost.kernel.clock import now
from chartpost.kernel.money import Cents, dollars

from ._register import register

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def language() -> str:
    """The two-letter language of the reader, `en` when none is active."""
    return (get_language() or "en").split("-")[0]


def _partial(text: str) -> str:
    match = _PARTIAL.match(text)
    if match is None:
        return text
    year, month, day = match.groups()
    if day:
        return format_date(date(int(year), int(month), int(day)), "long", locale=language())
    if month:
        return format_skeleton("yMMMM", date(int(year), int(month), 1), locale=language())
    return year


@register.filter
def fulldate(value: date | datetime | str | None) -> str:
    """A date in full words; a FHIR partial date keeps its precision (`2019-03` -> March 2019)."""
    if not value:
        return ""
    if isinstance(value, str):
        return _partial(value)
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return format_date(value, "long", locale=language())


@register.filter
def weekdate(value: date | datetime | None) -> str:
    """A date in full words with its weekday, for deadlines."""
    if not value:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return format_date(value, "full", locale=language())


@register.filter
def fulldatetime(value: datetime | None) -> str:
    """A moment in full words, in the reader's time zone, which is named."""
    if not value:
        return ""
    zone = get_timezone(timezone.get_current_timezone_name())
    here = "es_US" if language() == "es" else language()  # other Spanish has no short names for zones of this country
    day = format_date(timezone.localtime(value).date(), "long", locale=language())
    time = format_time(value, "short", tzinfo=zone, locale=here)
    return f"{day}, {time} {format_datetime(value, 'z', tzinfo=zone, locale=here)}"


@register.filter
def shortdate(value: date | datetime | str | None) -> str:
    """A date for dense tables: month as a short word, so day and month cannot be mixed up."""
    if not value:
        return ""
    if isinstance(value, str):
        return _partial(value)
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return format_date(value, "medium", locale=language())


@register.filter
def money(cents: Cents | None) -> str:
    """Whole cents as dollars: 650 -> $6.50."""
    return "" if cents is None else dollars(cents)


@register.simple_tag
def printed() -> str:
    """This moment in full words, for the head of a printed page."""
    return fulldatetime(now())
