"""Copies people make for themselves."""

from django.test import Client

from chartpost.delivery.models import Package
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import jobs
from tests.gateways.smart.pages import fields

from .conftest import World, entries, signed_in


def make(browser: Client, **answers: object) -> str:
    """Ask for a copy; returns its address."""
    return str(browser.post("/downloads/", {"scope": "all", "formats": ["fhir"], **answers})["Location"])


def test_a_copy_is_made_and_saved(records_of_ana: World) -> None:
    browser = signed_in(records_of_ana.ana_account)
    address = make(browser)
    waiting = browser.get(address)
    assert "Check again" in waiting.content.decode()
    assert waiting["Refresh"] == "5"
    jobs.run_waiting()
    ready = browser.get(address)
    assert "It is ready." in ready.content.decode()
    assert "Refresh" not in ready
    part = ready.context["files"][0]["part"]
    answer = browser.get(f"{address}{part.ref}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"{")  # type: ignore[attr-defined]
    assert entries(records_of_ana.ana, "record.download") == 1


def test_a_copy_holds_what_was_chosen(records_of_ana: World) -> None:
    browser = signed_in(records_of_ana.ana_account)
    make(browser, scope="some", categories=["PROBLEMS"])
    jobs.run_waiting()
    package = Package.objects.get()
    assert package.selection["categories"] == ["PROBLEMS"]
    assert package.entries == 2


def test_a_copy_is_of_the_record_its_page_was_about(records_of_ana: World) -> None:
    world = records_of_ana
    services.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    browser = signed_in(world.ana_account)
    named = fields(browser.get("/downloads/"))["whose"]
    browser.post("/whose/", {"person": world.ben.ref})  # in a second tab
    make(browser, whose=named)
    assert Package.objects.get().person_id == world.ana.id
    assert "Ben" in browser.get("/downloads/").content.decode()


def test_a_form_for_somebody_one_no_longer_acts_for_makes_no_copy_of_another(records_of_ana: World) -> None:
    world = records_of_ana
    row = services.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    browser = signed_in(world.ana_account)
    browser.post("/whose/", {"person": world.ben.ref})
    named = fields(browser.get("/downloads/"))["whose"]
    services.end_representation(row.ref, SYSTEM)
    sent = {"scope": "all", "formats": ["fhir"]}
    for said in (named, "", "x"):
        assert browser.post("/downloads/", {**sent, "whose": said}).status_code == 404
    assert not Package.objects.exists()


def test_a_copy_up_to_the_last_of_days_is_made(records_of_ana: World) -> None:
    day = {"date_to_year": "9999", "date_to_month": "12", "date_to_day": "31"}
    make(signed_in(records_of_ana.ana_account), **day)
    jobs.run_waiting()
    assert Package.objects.get().state == "ready"


def test_a_copy_needs_parts_and_a_kind_of_file(world: World) -> None:
    browser = signed_in(world.ana_account)
    answer = browser.post("/downloads/", {"scope": "some"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose at least one part." in page
    assert "Choose at least one kind of file." in page
    assert not Package.objects.exists()


def test_copies_of_others_do_not_exist(records_of_ana: World) -> None:
    address = make(signed_in(records_of_ana.ana_account))
    jobs.run_waiting()
    part = Package.objects.get().parts.first()
    assert part is not None
    agent = signed_in(records_of_ana.agent_account)
    assert agent.get(address).status_code == 404
    assert agent.get(f"{address}{part.ref}/").status_code == 404
    assert signed_in(records_of_ana.ana_account).get(f"{address}nothing/").status_code == 404


def test_a_failed_copy_says_what_to_do(world: World) -> None:
    browser = signed_in(world.ana_account)
    address = make(browser)
    Package.objects.update(state="failed")
    assert "Try again" in browser.get(address).content.decode()
