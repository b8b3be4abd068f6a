"""The short paper about a record, and tables without columns that say nothing."""

from typing import Any

from chartpost.formats.fhirjson.classify import category
from chartpost.formats.fhirjson.views import view
from chartpost.formats.pdf.types import Office, Person
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.language import speaking
from chartpost.formats.readable.page import record_page
from chartpost.formats.readable.record import About, record_document
from chartpost.formats.readable.sections import filled
from chartpost.formats.readable.summary import NEWEST, summary_document

ABOUT = About(Person("Ana Ruiz", "April 28, 1986"), Office("Lakeside"), "today", covers="A summary")


def entry(kind: str, **fields: Any) -> Entry:
    resource = {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/p"}, **fields}
    return Entry(category(resource), "Lakeside", resource, view(resource))


def result(day: str, value: float, name: str = "Glucose") -> Entry:
    labs = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    amount = {"value": value, "unit": "mg/dL"}
    return entry(
        "Observation", status="final", category=[{"coding": [labs]}], code={"text": name}, effectiveDateTime=day,
        valueQuantity=amount,
    )  # fmt: skip


def problem(name: str, status: str = "active") -> Entry:
    return entry("Condition", code={"text": name}, clinicalStatus={"coding": [{"code": status}]})


def test_a_summary_tells_what_goes_on_and_the_newest_of_each_test() -> None:
    found = [problem("Asthma"), problem("Old break", "resolved"), result("2026-05-01", 99), result("2020-01-01", 88)]
    made = summary_document(found, ABOUT)
    assert made.brief
    assert made.summary[0].items == ("Asthma",)
    (results,) = [s for s in made.sections if s.kind == "labs"]
    assert [r.value for group in results.labs for r in group.results] == ["99"]
    assert ("Test results", "2 entries") in made.sections[-1].rows
    assert (made.insurance, made.bills) == ((), ())


def test_results_of_a_summary_stand_newest_day_first() -> None:
    days = ["2026-05-01", "2025-05-01", "2024-05-01"]
    found = [result(day, 1, f"Test {n}") for n, day in enumerate(days)] + [result("2023-01-01", 2, "Test 0")]
    (results,) = [s for s in summary_document(found, ABOUT).sections if s.kind == "labs"]
    assert [group.title for group in results.labs] == ["May 1, 2026", "May 1, 2025", "May 1, 2024"]


def test_a_summary_stays_short_and_says_how_much_there_is() -> None:
    found = [result("2026-05-01", 1, f"Test {n}") for n in range(200)] + [problem(f"Problem {n}") for n in range(90)]
    made = summary_document(found, ABOUT)
    (results,) = [s for s in made.sections if s.kind == "labs"]
    assert sum(len(group.results) for group in results.labs) == max(NEWEST.values())
    assert made.summary[0].more == "and 50 more"
    with speaking("es"):
        titles = [section.title for section in summary_document(found, ABOUT).sections]
    assert titles == ["Resultados de pruebas más nuevos", "Lo que contiene todo el expediente"]


def test_a_column_in_which_no_row_says_anything_is_left_out() -> None:
    heads = ("What", "When", "Status", "More")
    assert filled(heads, [("a", "", "", "x"), ("b", "", "", "")]) == (("What", "More"), [("a", "x"), ("b", "")])
    assert filled(heads, [("", "", "", "")])[0] == ("What",)
    plain = entry("Goal", description={"text": "Walk more"})
    page = record_page(record_document([plain], ABOUT))
    assert "Walk more" in page
    assert ">Status<" not in page
    assert ">Status<" in record_page(record_document([problem("Asthma")], ABOUT))
