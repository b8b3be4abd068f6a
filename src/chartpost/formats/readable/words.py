"""Words and dates of a record for people: section names, dates in full words, in the reader's language."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from chartpost.formats.fhirjson.dates import FhirDate
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import gettext_lazy

SECTION_NAMES = {
    Category.PROBLEMS: gettext_lazy("Health problems"),
    Category.MEDICINES: gettext_lazy("Medicines"),
    Category.ALLERGIES: gettext_lazy("Allergies"),
    Category.RESULTS: gettext_lazy("Test results"),
    Category.VITALS: gettext_lazy("Vital signs"),
    Category.IMMUNIZATIONS: gettext_lazy("Vaccines"),
    Category.VISITS: gettext_lazy("Visits"),
    Category.PROCEDURES: gettext_lazy("Procedures"),
    Category.DOCUMENTS: gettext_lazy("Notes and documents"),
    Category.IMAGING: gettext_lazy("Imaging"),
    Category.CARE_PLANS: gettext_lazy("Care plans and goals"),
    Category.BILLS: gettext_lazy("Bills"),
    Category.COVERAGE: gettext_lazy("Insurance"),
    Category.SOCIAL: gettext_lazy("Life and habits"),
    Category.OTHER: gettext_lazy("Other entries"),
    Category.PEOPLE: gettext_lazy("People and places"),
}
ORDER = (*(c for c in SECTION_NAMES if c not in {Category.PEOPLE, Category.OTHER}), Category.OTHER)


_KINDS = re.compile(
    r" \((?:disorder|finding|procedure|situation|event|observable entity|regime/therapy|morphologic abnormality)\)$"
)


def plain_title(title: str) -> str:
    """A title without the kind a terminology puts behind it: "Asthma (disorder)" reads "Asthma"."""
    return _KINDS.sub("", title)


def full_date(day: date, language: str) -> str:
    """November 21, 2026 / 21 de noviembre de 2026."""
    return str(format_date(day, "long", locale=language))


def full_moment(moment: datetime, zone: str, language: str) -> str:
    """A moment in a zone, with date, time and zone name; the Spanish of this country names its zones."""
    here = "es_US" if language == "es" else language
    return str(format_datetime(moment.astimezone(ZoneInfo(zone)), "long", tzinfo=ZoneInfo(zone), locale=here))


def known_date(when: FhirDate | None, language: str) -> str:
    """A recorded date with just the precision it has: 2019, March 2019, March 5, 2019; a dash when there is none."""
    if when is None:
        return _("date not given")
    if when.precision == "year":
        return str(when.year)
    if when.precision == "month":
        return str(format_date(date(when.year, when.month, 1), "MMMM y", locale=language))
    return full_date(date(when.year, when.month, when.day), language)
