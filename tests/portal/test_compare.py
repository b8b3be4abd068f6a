"""Entries of several places side by side: for whom, what is said, what is pressed; the record shows one of each."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.records import services as records
from chartpost.records.reconcile import comparing, queries
from chartpost.records.types import Incoming

from .conftest import World, condition, entries, save, signed_in

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LISINOPRIL = {"coding": [{"system": RXNORM, "code": "314076", "display": "Lisinopril 10 MG Oral Tablet"}]}
SNOMED = {"coding": [{"system": "http://snomed.info/sct", "code": "195967001", "display": "Asthma"}]}


def from_elsewhere(world: World, *resources: dict[str, Any], name: str = "Harbor Hospital") -> None:
    source = records.source_id(f"named:{name}", name)
    records.save([Incoming(r, str(r["id"]), world.ana.id) for r in resources], source, SYSTEM)
    comparing.compare(world.ana.id)


def medicine(name: str, status: str, day: str = "2024-02-03", dose: str = "1 tablet a day") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": status,
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": LISINOPRIL,
        "authoredOn": day,
        "dosageInstruction": [{"text": dose}],
    }


@pytest.fixture
def both(world: World) -> World:
    """Lisinopril goes on here and was stopped there; asthma on two days."""
    save(world.ana, medicine("here", "active"), condition("asthma-1", "2019-03-01", code=SNOMED))
    other = condition("asthma-2", "2021-05-01", code=SNOMED, onsetDateTime="2018-01-01")
    from_elsewhere(world, medicine("there", "stopped", dose="2 tablets a day"), other)
    return world


def posted(page: str, title: str) -> dict[str, str]:
    """The hidden fields of the form under a heading."""
    import re

    part = page[page.index(f">{title}</h3>") :]
    return dict(
        re.findall(r'type="hidden" name="(do|left|right|token)" value="([^"]*)"', part[: part.index("</form>")])
    )


def test_the_page_says_what_differs_and_who_says_it(both: World) -> None:
    page = signed_in(both.ana_account).get("/record/compare/").content.decode()
    assert "2 things to check" in page
    for text in ("Riverside Clinic", "Harbor Hospital", "The dose is not the same.", "February 3, 2024", "Not said"):
        assert text in page, text
    assert "One place says it goes on. The other says it is over." in page
    assert page.count("Differs") >= 3


def test_that_it_was_handed_out_is_told_and_says_nothing_of_its_use(both: World) -> None:
    fill = {
        "resourceType": "MedicationDispense",
        "id": "fill",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": LISINOPRIL,
        "whenHandedOver": "2024-06-07",
    }
    from_elsewhere(both, fill, name="Corner Pharmacy")
    page = signed_in(both.ana_account).get("/record/compare/").content.decode()
    assert "A pharmacy gave it out on June 7, 2024. That does not say that you take it." in page
    assert "2 things to check" in page
    assert page.count("Corner Pharmacy") == 0


def test_the_record_shows_one_of_both_with_its_other_source_and_a_flag(both: World) -> None:
    browser = signed_in(both.ana_account)
    page = browser.get("/record/medicines/").content.decode()
    assert page.count('<li>\n    <a href="/record/item/') == 1
    assert "also from Harbor Hospital" in page or "also from Riverside Clinic" in page
    assert "Places do not agree" in page
    assert "2 things to check" in browser.get("/record/").content.decode()
    item = browser.get("/record/item/MedicationRequest/here/").content.decode()
    assert "Harbor Hospital" in item


@pytest.mark.parametrize("answer", ["same-1", "same-2", "different", "office"])
def test_each_answer_is_kept_and_undone_by_a_button(both: World, answer: str) -> None:
    browser = signed_in(both.ana_account)
    before = entries(both.ana, "record.answer")
    fields = posted(browser.get("/record/compare/").content.decode(), "Asthma")
    page = browser.post("/record/compare/", {**fields, "answer": answer}, follow=True).content.decode()
    assert "Your answer is saved." in page
    assert entries(both.ana, "record.answer") == before + 1
    (told,) = queries.answers(both.ana.id, rows_of(both))
    again = browser.post("/record/compare/", {"do": "undo", "ref": told.ref}, follow=True).content.decode()
    assert "That is undone." in again
    assert "2 things to check" in again
    assert entries(both.ana, "record.answer_undo") == 1


def rows_of(world: World) -> Any:
    from chartpost.identity import policies

    return policies.scope(world.actor(world.ana_account), "record.read", world.ana.id)


def test_a_join_is_taken_apart_by_a_button(both: World) -> None:
    browser = signed_in(both.ana_account)
    page = browser.get("/record/compare/").content.decode()
    part = page[page.index('id="joined"') :]
    key, token = (part.split(f'name="{n}" value="', 1)[1].split('"', 1)[0] for n in ("key", "token"))
    page = browser.post("/record/compare/", {"do": "apart", "key": key, "token": token}, follow=True).content.decode()
    assert "They are two entries again." in page
    assert 'id="joined"' not in page


def test_an_old_page_is_told_so(both: World) -> None:
    browser = signed_in(both.ana_account)
    fields = posted(browser.get("/record/compare/").content.decode(), "Asthma")
    browser.post("/record/compare/", {**fields, "answer": "different"})
    late = browser.post("/record/compare/", {**fields, "answer": "same-1"})
    assert late.status_code == 422
    assert "This has changed since you opened the page" in late.content.decode()
    assert browser.post("/record/compare/", fields).status_code == 422
    assert browser.post("/record/compare/", {"do": "undo", "ref": "nothing"}).status_code == 422


def test_of_two_birth_dates_one_is_said_to_be_right(world: World) -> None:
    save(world.ana, {"resourceType": "Patient", "id": "p-here", "birthDate": "1986-04-28"})
    from_elsewhere(world, {"resourceType": "Patient", "id": "p-there", "birthDate": "1968-04-28"})
    browser = signed_in(world.ana_account)
    page = browser.get("/record/compare/").content.decode()
    for text in ("Which one is right?", "The one from Harbor Hospital", "The birth date is not the same."):
        assert text in page, text
    (question,) = queries.to_settle(world.ana.id, rows_of(world))
    keys = {"left": question.left.item.key, "right": question.right.item.key, "token": question.token}
    assert (
        "Your answer is saved."
        in browser.post("/record/compare/", {**keys, "answer": "same-1"}, follow=True).content.decode()
    )


def test_who_may_not_ask_for_the_person_may_not_say(both: World) -> None:
    services.represent(both.stranger_account, both.ana.id, "caregiver", SYSTEM, may_request=False)
    browser = signed_in(both.stranger_account)
    assert browser.get("/record/medicines/").status_code == 200
    assert browser.get("/record/compare/").status_code == 404
    assert "/record/compare/" not in browser.get("/record/medicines/").content.decode()


def test_nothing_is_told_of_what_is_hidden(both: World) -> None:
    records.label(both.ana.id, "MedicationRequest", "there", Label.PSYCHOTHERAPY, SYSTEM)
    browser = signed_in(both.ana_account)
    page = browser.get("/record/medicines/").content.decode()
    assert "/record/item/MedicationRequest/here/" in page
    assert "Harbor Hospital" not in page
    assert "Places do not agree" not in page
    assert "1 thing to check" in browser.get("/record/").content.decode()


def test_the_page_speaks_spanish(both: World) -> None:
    browser = signed_in(both.ana_account)
    browser.post("/i18n/setlang/", {"language": "es", "next": "/"})
    page = browser.get("/record/compare/").content.decode()
    assert "2 cosas por revisar" in page
    assert "La dosis no es la misma." in page
