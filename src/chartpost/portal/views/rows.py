"""Entries of a record as the pages show them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chartpost.formats import plainnames
from chartpost.formats.fhirjson.dates import FhirDate
from chartpost.formats.readable.labels import say, say_all
from chartpost.formats.readable.plain_names import plain_name, recorded_name
from chartpost.formats.readable.spoken import say_range, say_value
from chartpost.formats.readable.words import plain_title
from chartpost.portal.charts import Point
from chartpost.portal.templatetags._values import language
from chartpost.portal.views.sections import BY_CATEGORY, Section
from chartpost.records.reconcile.types import Also
from chartpost.records.types import Item

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BOTH = re.compile(rf"{_NUMBER} to {_NUMBER}(?![\d.])")
_LOW = re.compile(rf"at least {_NUMBER}")
_HIGH = re.compile(rf"at most {_NUMBER}")


BRIEF = {
    "Claim": ("Services", "Total charged"),
    "ExplanationOfBenefit": ("Services", "Paid"),
    "MedicationRequest": ("How to take it",),
    "MedicationStatement": ("How to take it",),
    "Coverage": ("Member number",),
    "Encounter": ("Reason",),
    "AllergyIntolerance": ("Reaction",),
}
"""Detail lines a list shows, by type; the labels are those of `formats.fhirjson.layouts`."""

NAMED_BY_HAND = frozenset({"DocumentReference", "Claim", "ExplanationOfBenefit", "Coverage"})
"""Types that are called by their own title, not by the plain name of their code."""


@dataclass(frozen=True)
class Row:
    """One entry: what lists, timelines and item pages say about it. `when` keeps the precision it came with.

    `also` is there when it stands for entries of other places, or when somebody should look at it.
    """

    item: Item
    href: str
    section: Section
    when: str
    flag: str
    tone: str
    arrow: str
    details: list[tuple[str, str]]
    also: Also | None = None

    @property
    def title(self) -> str:
        """Its name: for money the kind of paper, else the everyday name where there is one."""
        return title(self.item)

    @property
    def recorded(self) -> str:
        """The name it was recorded under, where the one shown is another."""
        return "" if self.item.stored.type in NAMED_BY_HAND else recorded_name(self.item.view)

    @property
    def tells(self) -> str:
        """One sentence on what a test shows; empty where we have none."""
        code = self.item.view.code
        return (plainnames.explain(*code, language()) or "") if code else ""

    @property
    def foreign(self) -> str:
        """The language of a name as recorded, when the reader reads another; records are English unless they say so."""
        ours = self.recorded or self.item.stored.type in PAPERS
        return "" if ours or language() == "en" else "en"

    @property
    def written_in(self) -> str:
        """The language of its notes, when the reader reads another."""
        return "" if language() == "en" else "en"

    @property
    def brief(self) -> list[tuple[str, str]]:
        """The few details worth reading in a list."""
        wanted = BRIEF.get(self.item.stored.type, ())
        return _said([(label, value) for label, value in self.item.view.details if label in wanted])

    @property
    def value(self) -> str:
        """A result with its unit."""
        return f"{say(self.item.view.value)} {self.item.view.unit}".strip()

    @property
    def range(self) -> str:
        """The usual range."""
        return say_range(self.item.view.reference_range)

    @property
    def status(self) -> str:
        """Whether it is final, active, over..."""
        return say_all(self.item.view.status)

    @property
    def report(self) -> bool:
        """Whether it is a report over several results rather than one result."""
        return self.item.stored.type == "DiagnosticReport"

    @property
    def source(self) -> str:
        """Who wrote it, else where it came from."""
        return self.item.view.source or self.item.stored.source


PAPERS: dict[str, Promise] = {"Claim": lazy("Bill"), "ExplanationOfBenefit": lazy("What insurance paid")}


def title(item: Item) -> str:
    """What an entry is called: for money the kind of paper, else its everyday name where there is one."""
    kind = item.stored.type
    if kind in PAPERS:
        return str(PAPERS[kind])
    return plain_title(item.view.title) if kind in NAMED_BY_HAND else plain_name(item.view)


def _said(details: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(say(label), say_value(value)) for label, value in details]


FLAG_TONES = {"low": "warning", "high": "warning", "abnormal": "warning", "critical": "danger"}
ARROWS = {"low": "arrow-down", "high": "arrow-up", "abnormal": "warning", "critical": "warning"}


def flag_words(flag: str, ranged: bool) -> str:
    """A flag in words; nothing is said when there is no range to compare with."""
    known = {"low": _("Low"), "high": _("High"), "abnormal": _("Not as usual"), "critical": _("Far from usual")}
    return known.get(flag) or (_("In range") if ranged else "")


def row(item: Item, also: Also | None = None) -> Row:
    """An entry as pages show it."""
    view = item.view
    return Row(
        item=item,
        href=reverse("portal:item", args=[item.stored.type, item.stored.id]),
        section=BY_CATEGORY[item.stored.category],
        when=partial(view.when),
        flag=flag_words(view.flag, bool(view.reference_range and view.number is not None)),
        tone=FLAG_TONES.get(view.flag, "neutral"),
        arrow=ARROWS.get(view.flag, ""),
        details=_said(view.details),
        also=also,
    )


def partial(when: FhirDate | None) -> str:
    """A recorded date as a FHIR partial date in its own place: 2019, 2019-03, 2019-03-05."""
    if when is None:
        return ""
    if when.precision == "year":
        return f"{when.year:04d}"
    if when.precision == "month":
        return f"{when.year:04d}-{when.month:02d}"
    return f"{when.year:04d}-{when.month:02d}-{when.day:02d}"


def trend(found: list[Item], of: Item) -> dict[str, Any] | None:
    """The points of a chart: results of the same kind and unit; None when there are fewer than two."""
    points = [
        Point(
            date(view.when.year, view.when.month or 1, view.when.day or 1),
            view.number,
            view.value,
            flag_words(view.flag, bool(view.reference_range)),
        )
        for view in (i.view for i in found)
        if view.when and view.number is not None and view.unit == of.view.unit
    ]
    if len(points) < 2:
        return None
    low, high = bounds(of.view.reference_range)
    return {"points": points, "low": low, "high": high, "unit": of.view.unit, "title": title(of)}


def bounds(text: str) -> tuple[float | None, float | None]:
    """The ends of a usual range written as `4.0 to 5.6 %`, `at least 60` or `at most 5`; None where it has no end."""
    if ";" in text:
        return None, None
    both = _BOTH.match(text)
    if both:
        return float(both[1]), float(both[2])
    low, high = _LOW.match(text), _HIGH.match(text)
    return float(low[1]) if low else None, float(high[1]) if high else None
