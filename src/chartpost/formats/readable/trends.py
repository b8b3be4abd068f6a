"""Results of one test over time, for the small line beside the newest of them."""

from collections import defaultdict

from chartpost.formats.fhirjson.values import get
from chartpost.formats.readable.entry import Entry

MOST = 40
"""Results of a test that are drawn."""

Usual = tuple[float | None, float | None]


def trends(found: list[Entry]) -> dict[str, tuple[float, ...]]:
    """For the newest result of each test with a code: its numbers, oldest first, by Type/id; entries newest first.

    Results are one test when code and unit are the same; a test with fewer than two dated numbers has no trend.
    """
    series: dict[tuple[tuple[str, str], str], list[Entry]] = defaultdict(list)
    for entry in found:
        shown = entry.view
        if shown.code and shown.number is not None and shown.when and not shown.value.startswith(("<", ">")):
            series[shown.code, shown.unit].append(entry)
    return {
        same[0].key: tuple(e.view.number for e in reversed(same[:MOST]) if e.view.number is not None)
        for same in series.values()
        if len(same) > 1
    }


def usual(entry: Entry) -> Usual:
    """The ends of the usual range in the unit of the result; None where there is no end, or more ranges than one."""
    ranges = get(entry.resource, "referenceRange")
    if len(ranges) != 1 or not isinstance(ranges[0], dict):
        return None, None
    low, high = (_number(ranges[0].get(end), entry.view.unit) for end in ("low", "high"))
    return low, high


def _number(end: object, unit: str) -> float | None:
    value = end.get("value") if isinstance(end, dict) and end.get("unit", unit) == unit else None
    return float(value) if isinstance(value, int | float) else None
