"""Two exports of one person overlap and contradict each other: compared, joined, taken apart, undone, by the person."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from chartpost.demo.generator import generate
from tests.journeys.conftest import Visitor, Visitors
from tests.journeys.steps import press
from tests.support.axe import violations
from tests.support.live import Live

pytestmark = pytest.mark.browser
WHO = "grace-bennett"
RXNORM, SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct"


def coded(system: str, code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": name}], "text": name}


def export(written: date, place: str, day: str, status: str, dose: str) -> dict[str, Any]:
    """One place's word on a medicine, an old fracture and a shot that only it gave a day to."""
    patient = next(p.patient for p in generate(7, written) if p.key == WHO)
    about = {"reference": "Patient/p1"}
    medicine = {
        "resourceType": "MedicationRequest",
        "id": f"{place}-m",
        "status": status,
        "intent": "order",
        "subject": about,
        "medicationCodeableConcept": coded(RXNORM, "310965", "ibuprofen 200 MG Oral Tablet"),
        "authoredOn": "2021-03-04",
        "dosageInstruction": [{"text": dose}],
    }
    fracture = {
        "resourceType": "Condition",
        "id": f"{place}-c",
        "subject": about,
        "code": coded(SNOMED, "263102004", "Fracture of wrist"),
        "onsetDateTime": day,
    }
    sprain = {**fracture, "id": f"{place}-s", "code": coded(SNOMED, "44465007", "Sprain of ankle")}
    sprain["onsetDateTime"] = "2020-07-08"
    entries = [{**patient, "id": "p1"}, medicine, fracture, sprain]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in entries]}


@pytest.fixture(scope="module")
def imported(demo: Live, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Both exports taken in by the shell; what the second one printed."""
    folder: Path = tmp_path_factory.mktemp("exports")
    printed = ""
    exports = {
        "North Clinic": export(demo.day, "north", "2011-02-03", "active", "One tablet a day"),
        "South Hospital": export(demo.day, "south", "2014-05-06", "stopped", "Two tablets a day"),
    }
    for source, bundle in exports.items():
        file = folder / f"{source}.json"
        file.write_text(json.dumps(bundle))
        printed = demo.chartpost("import", str(file), "--source", source)
    return printed


def test_what_two_places_say_is_compared_joined_taken_apart_and_undone(imported: str, visitors: Visitors) -> None:
    assert "2 to check" in imported
    person = visitors.new(width=390).sign_in(f"{WHO}@people.example.org")
    page = person.go("/record/")
    page.locator("main").get_by_role("link", name="Compare entries", exact=True).click()
    text = page.locator("main").inner_text()
    for words in ("2 things to check", "North Clinic", "South Hospital", "The dose is not the same.", "Not said"):
        assert words in text, words
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    person.shot("compare-phone")
    _by_keyboard(person)
    expect(page.locator("main")).to_contain_text("Your answer is saved.")
    problems = person.go("/record/problems/").locator("main")
    expect(problems.get_by_text("Fracture of wrist")).to_have_count(1)
    expect(problems).to_contain_text("also from", use_inner_text=True)
    _take_apart(person)
    _undo_all(person)
    expect(page.locator("main")).to_contain_text("2 things to check", use_inner_text=True)
    expect(person.go("/record/problems/").locator("main").get_by_text("Fracture of wrist")).to_have_count(2)


def _by_keyboard(person: Visitor) -> None:
    """Say with the keyboard alone that the fracture is one and the same."""
    card = person.page.locator("section.card", has=person.page.get_by_role("heading", name="Fracture of wrist"))
    card.get_by_role("radio").first.focus()
    person.page.keyboard.press("Space")
    person.page.keyboard.press("ArrowDown")
    expect(card.get_by_role("radio").nth(1)).to_be_checked()
    person.page.keyboard.press("Tab")
    person.page.keyboard.press("Enter")


def _take_apart(person: Visitor) -> None:
    """Take apart what the program had joined by itself."""
    page = person.go("/record/compare/")
    page.get_by_role("button", name="Take apart Sprained ankle, South Hospital").click()
    expect(page.locator("main")).to_contain_text("They are two entries again.")
    expect(person.go("/record/problems/").locator("main").get_by_text("Sprained ankle")).to_have_count(2)
    person.go("/record/compare/")


def _undo_all(person: Visitor) -> None:
    buttons = person.page.get_by_role("button", name="Undo")
    for left in reversed(range(buttons.count())):
        buttons.first.click()
        expect(buttons).to_have_count(left)
        expect(person.page.locator("main")).to_contain_text("That is undone.")


def test_the_office_is_asked_and_answers_at_the_desk(imported: str, visitors: Visitors) -> None:
    person = visitors.new().sign_in(f"{WHO}@people.example.org")
    page = person.go("/record/compare/")
    page.get_by_label("I am not sure. Ask the office").first.check()
    card = page.locator("section.card", has=page.locator("input:checked")).first
    card.get_by_role("button").click()
    page.wait_for_load_state()
    clerk = visitors.new().sign_in("clerk@lakeside.example.org")
    clerk.go("/desk/inbox/").get_by_role("link", name="Grace").first.click()
    assert violations(clerk.page) == []
    clerk.shot("compare-desk")
    expect(clerk.page.locator("main")).to_contain_text("The office was asked", use_inner_text=True)
    clerk.page.get_by_label("No. Keep both").first.check()
    press(clerk, "Save this answer")
    expect(clerk.page.locator("main")).to_contain_text("Your answer is saved.", use_inner_text=True)
