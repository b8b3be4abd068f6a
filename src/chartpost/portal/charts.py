"""Charts drawn on the server as SVG: they work without scripts, print, and follow the dark palette."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from math import floor, log10

from babel.dates import format_skeleton
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 44, 18, 26, 36
SMALLEST, LARGEST = 1e-300, 1e300
"""Between them floats can be told apart, added and divided; what is beyond is drawn at the edge."""
_numbers = count(1)


@dataclass(frozen=True)
class Point:
    """One result: its day, its value, how it was written (`<5`), and its flag in words."""

    when: date
    value: float
    shown: str = ""
    flag: str = ""

    def __post_init__(self) -> None:
        if not self.shown:
            object.__setattr__(self, "shown", f"{self.value:g}")


@dataclass(frozen=True)
class Scale:
    """From a day and a value to a place in the picture."""

    first: int
    last: int
    bottom: float
    top: float

    def x(self, when: date) -> float:
        """Pixels from the left; a single day stands in the middle."""
        span = self.last - self.first
        part = (when.toordinal() - self.first) / span if span else 0.5
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Pixels from the top; what is off the scale stands at its edge."""
        part = (min(max(value, self.bottom), self.top) - self.bottom) / (self.top - self.bottom)
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)


def _step(span: float) -> float:
    """A round distance between grid lines, 1, 2 or 5 times a power of ten, that gives five at most."""
    power = 10.0 ** floor(log10(span))
    return next(power * part for part in (0.2, 0.5, 1.0, 2.0) if span / (power * part) <= 5)


def _scale(points: Sequence[Point], low: float | None, high: float | None) -> tuple[Scale, list[float]]:
    values = [point.value for point in points] + [bound for bound in (low, high) if bound is not None]
    least, most = max(min(values), -LARGEST), min(max(values), LARGEST)
    pad = next((pad for pad in ((most - least) * 0.12, abs(most) * 0.1) if pad > SMALLEST), 1.0)
    bottom = max(0.0, least - pad) if least >= 0 else least - pad
    top = most + pad
    step = _step(top - bottom)
    first_line = floor(bottom / step) * step
    lines = [round(first_line + n * step, 10) for n in range(12)]
    days = [point.when.toordinal() for point in points]
    return Scale(min(days), max(days), bottom, top), [line for line in lines if bottom <= line <= top]


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _band(scale: Scale, low: float | None, high: float | None) -> SafeString:
    if low is None and high is None:
        return SafeString("")
    upper = scale.y(scale.top if high is None else high)
    lower = scale.y(scale.bottom if low is None else low)
    width, height = WIDTH - LEFT - RIGHT, round(lower - upper, 1)
    return format_html('<rect class="chart__band" x="{}" y="{}" width="{}" height="{}"/>', LEFT, upper, width, height)


def _grid(scale: Scale, lines: Sequence[float]) -> SafeString:
    shape = (
        '<line class="chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="chart__text" x="{}" y="{}" text-anchor="end">{}</text>'
    )
    rows = ((LEFT, WIDTH - RIGHT, scale.y(v), scale.y(v), LEFT - 8, scale.y(v) + 4, f"{v:g}") for v in lines)
    return format_html_join("", shape, rows)


def _dates(scale: Scale, points: Sequence[Point], lang: str) -> SafeString:
    shown = [points[0], points[-1]] if points[0].when != points[-1].when else [points[0]]
    anchors = ["start", "end"] if len(shown) == 2 else ["middle"]
    shape = '<text class="chart__text" x="{}" y="{}" text-anchor="{}">{}</text>'
    rows = (
        (scale.x(p.when), HEIGHT - 12, anchor, format_skeleton("yMMMd", p.when, locale=lang))
        for p, anchor in zip(shown, anchors, strict=True)
    )
    return format_html_join("", shape, rows)


def _dot(scale: Scale, point: Point, out: bool) -> SafeString:
    x, y = scale.x(point.when), scale.y(point.value)
    if out:  # a diamond, so that the mark does not rest on colour alone
        return format_html('<path class="chart__dot chart__dot--out" d="M{} {}l6 6-6 6-6-6z"/>', x, y - 6)
    return format_html('<circle class="chart__dot" cx="{}" cy="{}" r="4.5"/>', x, y)


def _description(points: Sequence[Point], low: float | None, high: float | None, unit: str) -> str:
    out = sum(_outside(point.value, low, high) for point in points)
    facts = {"n": len(points), "first": points[0].shown, "last": points[-1].shown, "unit": unit, "out": out}
    return gettext("%(n)d results, from %(first)s to %(last)s %(unit)s. Outside the usual range: %(out)d.") % facts


def trend_svg(
    points: Sequence[Point], *, low: float | None, high: float | None, unit: str, title: str, lang: str
) -> SafeString:
    """A line of results over time with the usual range as a band.

    `points` are in any order and must not be empty; `low` and `high` bound the usual range in the same unit.
    """
    if not points:
        raise ValueError("a trend chart needs at least one point; saw none: show the empty state instead")
    ordered = sorted(points, key=lambda point: point.when)
    scale, lines = _scale(ordered, low, high)
    path = " ".join(f"{scale.x(p.when)},{scale.y(p.value)}" for p in ordered)
    dots = format_html_join("", "{}", ((_dot(scale, p, _outside(p.value, low, high)),) for p in ordered))
    newest = ordered[-1]
    number = next(_numbers)
    return format_html(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="chart-{n}-t chart-{n}-d">'
        '<title id="chart-{n}-t">{title}</title><desc id="chart-{n}-d">{desc}</desc>{band}{grid}'
        '<text class="chart__text" x="{left}" y="14">{unit}</text>'
        '<polyline class="chart__line" points="{path}"/>{dots}{dates}'
        '<text class="chart__text chart__text--value" x="{x}" y="{y}" text-anchor="end">{value}</text></svg>',
        w=WIDTH,
        h=HEIGHT,
        n=number,
        title=title,
        desc=_description(ordered, low, high, unit),
        band=_band(scale, low, high),
        grid=_grid(scale, lines),
        left=LEFT,
        unit=unit,
        path=path,
        dots=dots,
        dates=_dates(scale, ordered, lang),
        x=scale.x(newest.when) + 8,
        y=scale.y(newest.value) - 12,
        value=newest.shown,
    )
