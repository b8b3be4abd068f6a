"""Trend charts: places, marks and words."""

import re
from datetime import date

import pytest
from lxml import etree

from chartpost.portal.charts import HEIGHT, WIDTH, Point, trend_svg

POINTS = [Point(date(2026, 3, 1), 5.2), Point(date(2024, 3, 1), 6.4, "6.4", "High"), Point(date(2025, 3, 1), 3.0, "<3")]
SPACE = {"s": "http://www.w3.org/2000/svg"}


def draw(points: list[Point], low: float | None = 4.0, high: float | None = 5.6) -> etree._Element:
    svg = trend_svg(points, low=low, high=high, unit="%", title="A1c <test>", lang="en")
    assert "style=" not in svg
    return etree.fromstring(svg)


def test_chart_is_named_and_described() -> None:
    svg = draw(POINTS)
    title, description = svg.find("title"), svg.find("desc")
    assert title is not None
    assert description is not None
    assert title.text == "A1c <test>"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert description.text == "3 results, from 6.4 to 5.2 %. Outside the usual range: 2."


def test_line_runs_from_old_to_new_and_high_is_up() -> None:
    line = draw(POINTS).find("polyline")
    assert line is not None
    places = [tuple(map(float, pair.split(","))) for pair in line.get("points", "").split()]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    (_, highest), (_, lowest), (_, middle) = places
    assert highest < middle < lowest
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)


def test_values_outside_the_range_have_another_shape() -> None:
    svg = draw(POINTS)
    assert len(svg.findall("circle")) == 1
    assert len([item for item in svg.findall("path") if "chart__dot--out" in item.get("class", "")]) == 2


@pytest.mark.parametrize(("low", "high", "bands"), [(None, None, 0), (None, 5.6, 1), (4.0, None, 1), (4.0, 5.6, 1)])
def test_band_shows_the_usual_range(low: float | None, high: float | None, bands: int) -> None:
    found = draw(POINTS, low, high).findall("rect")
    assert len(found) == bands
    assert all(float(item.get("height", "0")) > 0 for item in found)


@pytest.mark.parametrize("ends", [(-1e308, 1e308), (0.0, 5e-324), (5e-324, 5e-324), (float("-inf"), float("inf"))])
def test_results_of_any_size_stay_inside_the_picture(ends: tuple[float, float]) -> None:
    svg = draw([Point(date(2026, 1, day), value) for day, value in enumerate(ends, 1)], *ends)
    line = svg.find("polyline")
    assert line is not None
    assert all(0 <= float(pair.partition(",")[2]) <= HEIGHT for pair in line.get("points", "").split())
    assert 1 <= len(svg.findall("line")) <= 12


@pytest.mark.parametrize("value", [0.0, 5.0, 0.004, -3.0, 250_000.0])
def test_one_result_alone_can_be_drawn(value: float) -> None:
    svg = draw([Point(date(2026, 1, 1), value)], None, None)
    dot = svg.find("circle")
    assert dot is not None
    assert float(dot.get("cx", "0")) == pytest.approx(WIDTH / 2, abs=20)
    assert 2 <= len(svg.findall("line")) <= 12


@pytest.mark.parametrize("top", [0.9, 3, 7.5, 12, 48, 130, 999, 12_345])
def test_grid_has_few_round_lines(top: float) -> None:
    svg = draw([Point(date(2026, 1, 1), 0.0), Point(date(2026, 2, 1), top)], None, None)
    labels = [float(item.text or "nan") for item in svg.findall("text") if re.fullmatch(r"[\d.e+-]+", item.text or "")]
    assert 2 <= len(svg.findall("line")) <= 8
    assert labels


def test_no_results_is_an_authors_mistake() -> None:
    with pytest.raises(ValueError, match="show the empty state instead"):
        trend_svg([], low=None, high=None, unit="", title="x", lang="en")
