"""The request form: its pages, its mistakes, its draft, and one request from one signature."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.rights import drafts
from chartpost.rights.errors import NotNow
from chartpost.rights.models import AccessRequest, Draft
from chartpost.rights.types import Ask

from .conftest import World, signed_in

EVERYTHING: dict[str, dict[str, Any]] = {
    "what": {"scope": "all"},
    "dates": {"dates": "all"},
    "how": {"mode": "copy"},
    "format": {"formats": ["pdf", "fhir"]},
    "delivery": {"delivery": "portal"},
    "contact": {"phone": "555 010 1234"},
    "more": {"details": ""},
}


def fill(browser: Client, ref: str, **changed: dict[str, Any]) -> None:
    """Answer every page; `changed` replaces the answers of some."""
    for key, answers in {**EVERYTHING, **changed}.items():
        answer = browser.post(f"/requests/new/{ref}/{key}/", answers)
        assert answer.status_code == 302, (key, answer.content.decode()[:3000])


def key_of(browser: Client, ref: str) -> str:
    """The key in the form of the signature page."""
    return str(browser.get(f"/requests/new/{ref}/sign/").context["form"].initial["key"])


def sign(browser: Client, ref: str, name: str, key: str = "") -> Any:
    """Sign and send."""
    answers = {"agree": "on", "signed_name": name, "key": key or key_of(browser, ref)}
    return browser.post(f"/requests/new/{ref}/sign/", answers)


def test_the_form_begins_at_the_first_question(world: World) -> None:
    answer = signed_in(world.ana_account).get("/requests/new/")
    assert answer["Location"] == f"/requests/new/{world.ana.ref}/what/"


def test_a_person_asks_and_gets_a_receipt(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    page = browser.get(f"/requests/new/{ref}/check/").content.decode()
    assert "Everything in the record" in page
    assert "PDF, FHIR" in page
    answer = sign(browser, ref, "  ana   RUIZ ")
    row = AccessRequest.objects.get()
    assert answer["Location"] == f"/requests/{row.ref}/receipt/"
    assert (row.person_id, row.state, row.channel) == (world.ana.id, "received", "portal")
    assert (row.categories, row.formats, row.delivery_channel) == ([], ["pdf", "fhir"], "portal")
    assert row.signature["name"] == "ana RUIZ"
    receipt = browser.get(answer["Location"]).content.decode()
    assert row.number in receipt
    assert f"{row.due_on:%A, %B} {row.due_on.day}, {row.due_on.year}" in receipt


def test_two_signatures_of_one_form_are_one_request(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    key = key_of(browser, ref)
    first, second = sign(browser, ref, "Ana Ruiz", key), sign(browser, ref, "Ana Ruiz", key)
    assert AccessRequest.objects.count() == 1
    assert first["Location"] == second["Location"]
    assert not Draft.objects.exists()


def test_the_key_of_a_form_is_worth_nothing_to_others(world: World) -> None:
    browser = signed_in(world.ana_account)
    fill(browser, world.ana.ref)
    key = key_of(browser, world.ana.ref)
    ask = Ask(
        "Gloria Okafor", "Ben Okafor", world.facility_id, person_id=world.ben.id, signed_name="Gloria Okafor", key=key
    )
    with pytest.raises(NotNow):
        drafts.send(ask, world.actor(world.agent_account))
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"agree": "on", "signed_name": ""}, "A request needs a signature."),
        ({"agree": "on", "signed_name": "Anna Ruiz"}, "This is not the name in your request."),
        ({"signed_name": "Ana Ruiz"}, "Tick the box"),
    ],
)
def test_without_a_good_signature_nothing_is_sent(world: World, answers: dict[str, str], words: str) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    answer = browser.post(f"/requests/new/{ref}/sign/", {**answers, "key": key_of(browser, ref)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not AccessRequest.objects.exists()
    assert Draft.objects.exists()


@pytest.mark.parametrize(
    ("step", "answers", "words"),
    [
        ("what", {}, "Choose everything or some parts."),
        ("what", {"scope": "nothing"}, "Select a valid choice"),
        ("dates", {"dates": "range"}, "Write the first day."),
        (
            "dates",
            {"dates": "range", "date_from_month": "2", "date_from_day": "30", "date_from_year": "2020"},
            "real date",
        ),
        (
            "dates",
            {
                "dates": "range",
                "date_from_month": "2",
                "date_from_day": "1",
                "date_from_year": "2020",
                "date_to_month": "1",
                "date_to_day": "1",
                "date_to_year": "2020",
            },
            "The last day is before the first day.",
        ),
        ("format", {}, "Choose at least one kind of file."),
        ("contact", {"phone": "", "email": ""}, "so that we can reach you"),
        ("contact", {"email": "nobody"}, "Write an e-mail address"),
    ],
)
def test_mistakes_are_named_and_not_kept(world: World, step: str, answers: dict[str, str], words: str) -> None:
    answer = signed_in(world.ana_account).post(f"/requests/new/{world.ana.ref}/{step}/", answers)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "There is a problem" in page
    assert words in page
    assert not Draft.objects.exists()


def test_choosing_parts_asks_which(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    answer = browser.post(f"/requests/new/{ref}/what/", {"scope": "some"})
    assert answer["Location"] == f"/requests/new/{ref}/parts/"
    assert browser.post(f"/requests/new/{ref}/parts/", {}).status_code == 422
    fill(browser, ref, what={"scope": "some"}, parts={"categories": ["RESULTS", "BILLS"]})
    sign(browser, ref, "Ana Ruiz")
    assert AccessRequest.objects.get().categories == ["RESULTS", "BILLS"]


def test_parts_chosen_before_do_not_narrow_everything(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref, what={"scope": "some"}, parts={"categories": ["RESULTS"]})
    browser.post(f"/requests/new/{ref}/what/", {"scope": "all"})
    assert browser.get(f"/requests/new/{ref}/parts/")["Location"] == f"/requests/new/{ref}/what/"
    sign(browser, ref, "Ana Ruiz")
    assert AccessRequest.objects.get().categories == []


def test_a_range_of_dates_is_kept(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    days = {"dates": "range", "date_from_month": "1", "date_from_day": "5", "date_from_year": "2020"}
    fill(browser, ref, dates=days)
    assert "From January 5, 2020 to now" in browser.get(f"/requests/new/{ref}/check/").content.decode()
    sign(browser, ref, "Ana Ruiz")
    row = AccessRequest.objects.get()
    assert (row.date_from, row.date_to) == (date(2020, 1, 5), None)


def test_mail_needs_an_address_and_the_printed_file(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    refused = browser.post(f"/requests/new/{ref}/delivery/", {"delivery": "post"})
    assert "Only the PDF can be printed." in refused.content.decode()
    browser.post(f"/requests/new/{ref}/format/", {"formats": ["pdf"]})
    answer = browser.post(f"/requests/new/{ref}/delivery/", {"delivery": "post"})
    assert answer["Location"] == f"/requests/new/{ref}/address/"
    shown = browser.get(answer["Location"]).content.decode()
    assert 'value="12 Oak Street"' in shown
    assert browser.get(f"/requests/new/{ref}/sign/")["Location"] == f"/requests/new/{ref}/address/"
    bad = {"address_line": "1 Elm", "city": "Reno", "state": "Nevada", "postal_code": "x"}
    assert browser.post(f"/requests/new/{ref}/address/", bad).status_code == 422
    good = {"address_line": "1 Elm", "city": "Reno", "state": "nv", "postal_code": "89501"}
    browser.post(f"/requests/new/{ref}/address/", good)
    sign(browser, ref, "Ana Ruiz")
    assert AccessRequest.objects.get().delivery_address == {**good, "state": "NV"}


def test_looking_at_the_office_asks_for_no_file(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    answer = browser.post(f"/requests/new/{ref}/how/", {"mode": "inspect"})
    assert answer["Location"] == f"/requests/new/{ref}/contact/"
    for key in ("what", "dates", "contact", "more"):
        browser.post(f"/requests/new/{ref}/{key}/", EVERYTHING[key])
    sign(browser, ref, "Ana Ruiz")
    row = AccessRequest.objects.get()
    assert (row.mode, row.delivery_channel) == ("inspect", "hand_over")


def test_answers_are_still_there_in_another_session(world: World) -> None:
    ref = world.ana.ref
    signed_in(world.ana_account).post(f"/requests/new/{ref}/how/", {"mode": "both"})
    browser = signed_in(world.ana_account)
    assert "You began a request that is not sent." in browser.get("/requests/new/").content.decode()
    assert browser.get(f"/requests/new/{ref}/how/").context["form"].initial["mode"] == "both"
    assert browser.get(f"/requests/new/{ref}/check/")["Location"] == f"/requests/new/{ref}/what/"


def test_half_a_page_is_kept_without_its_mistakes(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    kept = browser.post(f"/requests/new/{ref}/contact/keep/", {"phone": "555 010 9999", "email": "half@"})
    assert kept.status_code == 204
    draft = drafts.of(world.ana_account.pk, world.ana.id)
    assert draft is not None
    assert draft.answers["phone"] == "555 010 9999"
    assert "email" not in draft.answers


def test_answers_can_be_thrown_away(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    browser.post(f"/requests/new/{ref}/discard/")
    assert not Draft.objects.exists()
    assert not AccessRequest.objects.exists()


def test_changing_an_answer_leads_back_to_the_check_page(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    fill(browser, ref)
    answer = browser.post(f"/requests/new/{ref}/more/?check", {"details": "Only March"})
    assert answer["Location"] == f"/requests/new/{ref}/check/"
    assert "Only March" in browser.get(answer["Location"]).content.decode()


def test_an_agent_asks_for_their_person(world: World) -> None:
    browser, ref = signed_in(world.agent_account), world.ben.ref
    assert browser.get("/requests/new/")["Location"] == f"/requests/new/{ref}/what/"
    page = browser.get(f"/requests/new/{ref}/what/").content.decode()
    assert "You are asking for Ben Okafor's records as their health care agent." in page
    fill(browser, ref, contact={"requester_name": "Gloria Okafor", "phone": "555 010 1234"})
    sign(browser, ref, "Gloria Okafor")
    row = AccessRequest.objects.get()
    assert (row.person_id, row.requester_relation, row.requester_name) == (
        world.ben.id,
        "health_care_agent",
        "Gloria Okafor",
    )


def test_an_agent_does_not_sign_with_the_persons_name(world: World) -> None:
    browser, ref = signed_in(world.agent_account), world.ben.ref
    fill(browser, ref, contact={"requester_name": "Gloria Okafor", "phone": "555 010 1234"})
    assert sign(browser, ref, "Ben Okafor").status_code == 422
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("page", ["what/", "check/", "sign/"])
def test_nobody_asks_for_a_stranger(world: World, page: str) -> None:
    browser = signed_in(world.ana_account)
    assert browser.get(f"/requests/new/{world.ben.ref}/{page}").status_code == 404
    assert browser.get(f"/requests/new/00000000000000000000000000/{page}").status_code == 404


def test_a_caregiver_who_may_not_ask_is_not_offered_the_form(world: World) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, may_request=False)
    browser = signed_in(world.stranger_account)
    assert browser.get("/requests/new/")["Location"] == "/start/"
    assert browser.get(f"/requests/new/{world.ana.ref}/what/").status_code == 404


def test_an_office_of_two_places_asks_which(world: World) -> None:
    services.save_facility({"name": "Hill Clinic", "state": "TX", "zone": "America/Chicago"}, SYSTEM)
    browser, ref = signed_in(world.ana_account), world.ana.ref
    assert browser.get("/requests/new/")["Location"] == f"/requests/new/{ref}/place/"
    page = browser.get(f"/requests/new/{ref}/place/")
    second = page.context["form"].fields["place"].choices[1][0]
    fill(browser, ref, place={"place": second})
    sign(browser, ref, "Ana Ruiz")
    assert AccessRequest.objects.get().facility_id == second


def test_an_unknown_page_of_the_form_is_not_found(world: World) -> None:
    browser, ref = signed_in(world.ana_account), world.ana.ref
    assert browser.get(f"/requests/new/{ref}/nothing/").status_code == 404
    assert browser.post(f"/requests/new/{ref}/nothing/keep/").status_code == 404
