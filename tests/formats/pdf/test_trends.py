"""Which results make a trend, and against what usual range they are drawn."""

from typing import Any

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import view
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.trends import MOST, trends, usual


def result(name: str, day: str, value: float, unit: str = "%", code: str = "4548-4", **more: Any) -> Entry:
    resource = {
        "resourceType": "Observation", "id": name, "status": "final", "effectiveDateTime": day,
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": code}]},
        "valueQuantity": {"value": value, "unit": unit}, **more,
    }  # fmt: skip
    return Entry(Category.RESULTS, "", resource, view(resource))


def test_the_newest_result_of_a_test_carries_its_numbers_oldest_first() -> None:
    found = [result("c", "2026-03-01", 6.1), result("b", "2025-09-01", 5.7), result("x", "2025-09-01", 1, code="2-2"),
             result("a", "2025-03-01", 5.4), result("m", "2025-02-01", 38, "mmol/mol")]  # fmt: skip
    assert trends(found) == {"Observation/c": (5.4, 5.7, 6.1)}


def test_a_trend_has_an_end() -> None:
    many = [result(f"r{n}", "2026-03-01", float(n)) for n in range(MOST * 2)]
    assert len(trends(many)["Observation/r0"]) == MOST


def test_the_usual_range_is_taken_when_there_is_one_in_the_same_unit() -> None:
    def of(*ranges: dict[str, Any]) -> Any:
        return usual(result("a", "2026", 5, referenceRange=list(ranges)))

    low, high = {"value": 4.0, "unit": "%"}, {"value": 5.6, "unit": "%"}
    assert of({"low": low, "high": high}) == (4.0, 5.6)
    assert of({"high": high}) == (None, 5.6)
    assert of({"low": {"value": 20, "unit": "mmol/mol"}}) == (None, None)
    assert of({"low": low}, {"low": high}) == (None, None)
    assert of() == (None, None)
