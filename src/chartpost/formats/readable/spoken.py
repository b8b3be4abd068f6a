"""Values of the record said in the reader's language: dates, periods and ranges; the rest stays as recorded."""

import re
from datetime import date

from babel.dates import format_date

from chartpost.formats.readable.labels import say_all
from chartpost.formats.readable.language import Words, get_language
from chartpost.formats.readable.language import gettext_lazy as lazy

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAMES = "|".join(_MONTHS)
_DATE = re.compile(rf"\b({_NAMES}) (?:(\d{{1,2}}), )?(\d{{4}})\b")
_RANGES: tuple[tuple[re.Pattern[str], Words], ...] = (
    (re.compile(r"(?P<low>[\d.,]+) to (?P<high>[\d.,]+.*)"), lazy("%(low)s to %(high)s")),
    (re.compile(r"at least (?P<low>[\d.,]+.*)"), lazy("at least %(low)s")),
    (re.compile(r"at most (?P<high>[\d.,]+.*)"), lazy("at most %(high)s")),
)
_PERIODS: tuple[tuple[re.Pattern[str], Words], ...] = (
    (re.compile(r"since (?P<day>.+)"), lazy("since %(day)s")),
    (re.compile(r"until (?P<day>.+)"), lazy("until %(day)s")),
    (re.compile(r"(?P<first>.+) to (?P<last>.+)"), lazy("%(first)s to %(last)s")),
)


def say_value(text: str) -> str:
    """A detail value: known words, dates in words and ranges in the reader's language, the rest as recorded."""
    known = say_all(text)
    if get_language().startswith("en"):
        return known
    dated = _DATE.sub(_day, known)
    return _matched(dated, _PERIODS) if dated != known else say_range(known)


def say_range(text: str) -> str:
    """A reference range: `4 to 5.6`, `at least 60`, `at most 30`."""
    return _matched(text, _RANGES)


def _matched(text: str, shapes: tuple[tuple[re.Pattern[str], Words], ...]) -> str:
    for pattern, shown in shapes:
        found = pattern.fullmatch(text)
        if found:
            return str(shown) % found.groupdict()
    return text


def _day(found: re.Match[str]) -> str:
    try:
        day = date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2] or 1))
    except ValueError:
        return found[0]
    return str(format_date(day, "long" if found[2] else "MMMM y", locale=get_language()))
