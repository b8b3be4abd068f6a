"""Every page renders for the person it is for, and is closed to everybody else."""

import re

import pytest
from django.test import Client

from chartpost.identity import services
from chartpost.identity.types import SYSTEM

from .conftest import PASSWORD, World, signed_in

OPEN_PAGES = ["/", "/rights/", "/protect/", "/glossary/", "/help/", "/trust/"]
OWN_PAGES = [
    "/record/",
    "/record/timeline/",
    "/record/search/",
    "/record/problems/",
    "/record/results/",
    "/record/results/?print",
    "/record/bills/",
    "/record/item/Observation/a1c-3/",
    "/record/item/Condition/asthma/",
    "/requests/",
    "/downloads/",
    "/activity/",
    "/me/helper/",
]


@pytest.mark.parametrize("address", [*OPEN_PAGES, *OWN_PAGES, "/me/", "/start/"])
def test_page_renders_for_the_owner(records_of_ana: World, address: str) -> None:
    answer = signed_in(records_of_ana.ana_account).get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    assert b"</html>" in answer.content
    assert b"<h1" in answer.content


@pytest.mark.parametrize("address", OPEN_PAGES)
def test_open_pages_need_no_account(world: World, client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", [*OWN_PAGES, "/me/", "/start/", "/welcome/", "/requests/new/"])
def test_strangers_sign_in_first(world: World, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=/")


@pytest.mark.parametrize("address", OWN_PAGES)
def test_an_account_tied_to_nobody_is_sent_to_connect_itself(world: World, address: str) -> None:
    answer = signed_in(world.stranger_account).get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/start/")


def test_staff_belong_on_the_desk(world: World) -> None:
    clerk = signed_in(world.clerk_account)
    assert clerk.get("/record/")["Location"] == "/desk/"
    assert clerk.get("/welcome/")["Location"] == "/desk/"
    assert signed_in(world.ana_account).get("/welcome/")["Location"] == "/"


def test_front_page_offers_records_first(world: World, client: Client) -> None:
    page = client.get("/").content.decode()
    assert page.index("Get my records") < page.index("Make an account")
    home = signed_in(world.ana_account).get("/").content.decode()
    assert home.index("Get my records") < home.index("See my record")


def test_entries_of_another_person_do_not_exist(records_of_ana: World) -> None:
    ana, agent = signed_in(records_of_ana.ana_account), signed_in(records_of_ana.agent_account)
    assert ana.get("/record/item/Condition/gout/").status_code == 404
    assert agent.get("/record/item/Condition/gout/").status_code == 200
    assert agent.get("/record/item/Condition/asthma/").status_code == 404
    assert ana.get("/record/item/NoSuchType/x/").status_code == 404


def test_an_agent_is_told_whose_record_is_open(records_of_ana: World) -> None:
    page = signed_in(records_of_ana.agent_account).get("/record/").content.decode()
    assert "You are viewing Ben Okafor's record as their health care agent." in page


@pytest.mark.parametrize("address", [*OWN_PAGES[:5], "/"])
def test_nothing_calls_the_record_of_another_the_readers_own(records_of_ana: World, address: str) -> None:
    page = signed_in(records_of_ana.agent_account).get(address).content.decode()
    main = page[page.index("<h1") : page.index("</main>")]
    assert not re.search(r"\b(my|your) (record|records|results|medicines)\b", main, re.IGNORECASE), main
    assert "My record" not in page
    assert "My record" in signed_in(records_of_ana.ana_account).get(address).content.decode()


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/whose/", "/"),
        ("/me/helper/abc/end/", "/me/helper/"),
        ("/requests/abc/message/", "/requests/abc/"),
        ("/record/add/file/", "/record/add/"),
    ],
)
def test_an_address_that_only_takes_a_form_leads_back_in_a_browser(world: World, address: str, back: str) -> None:
    browser = signed_in(world.ana_account)
    answer = browser.get(address, HTTP_ACCEPT="text/html,application/xhtml+xml")
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert "We took you back to this page." in browser.get("/").content.decode()
    assert browser.get(address, HTTP_ACCEPT="application/json").status_code == 405
    assert browser.put(address, HTTP_ACCEPT="text/html").status_code == 405


def test_a_reader_of_two_records_chooses(records_of_ana: World) -> None:
    world = records_of_ana
    services.link_own(world.agent_account, world.ana.id, "test", SYSTEM)
    browser = signed_in(world.agent_account)
    assert "You are viewing" not in browser.get("/record/").content.decode()
    browser.post("/whose/", {"person": world.ben.ref})
    assert "Ben Okafor's record as their" in browser.get("/record/").content.decode()
    assert browser.get("/record/item/Condition/gout/").status_code == 200


@pytest.mark.parametrize(
    ("page", "leads"), [("/apps/", "/apps/"), ("/record/item/Condition/gout/", "/"), ("https://evil.example/", "/")]
)
def test_who_chooses_another_record_goes_on_reading_the_same_page(records_of_ana: World, page: str, leads: str) -> None:
    world = records_of_ana
    services.link_own(world.agent_account, world.ana.id, "test", SYSTEM)
    browser = signed_in(world.agent_account)
    assert 'name="page" value="/apps/"' in browser.get("/apps/").content.decode()
    assert browser.post("/whose/", {"person": world.ben.ref, "page": page})["Location"] == leads


def test_nobody_can_choose_a_record_they_may_not_see(records_of_ana: World) -> None:
    browser = signed_in(records_of_ana.ana_account)
    browser.post("/whose/", {"person": records_of_ana.ben.ref})
    assert browser.get("/record/item/Condition/gout/").status_code == 404
    assert browser.get("/record/item/Condition/asthma/").status_code == 200


def test_the_language_is_remembered_in_the_account(world: World) -> None:
    browser = signed_in(world.ana_account)
    browser.post("/i18n/setlang/", {"language": "es", "next": "/"})
    world.ana_account.refresh_from_db()
    assert world.ana_account.language == "es"
    fresh = Client()
    fresh.post("/account/login/?next=/apps/", {"login": world.ana_account.email, "password": PASSWORD})
    assert fresh.cookies["django_language"].value == "es"
    assert 'lang="es"' in fresh.get("/apps/").content.decode()


def test_an_unknown_language_is_not_kept(world: World) -> None:
    signed_in(world.ana_account).post("/i18n/setlang/", {"language": "xx"})
    world.ana_account.refresh_from_db()
    assert world.ana_account.language == ""


def test_staying_signed_in_is_a_post_of_somebody_signed_in(world: World, client: Client) -> None:
    assert signed_in(world.ana_account).post("/stay/").status_code == 204
    assert signed_in(world.ana_account).get("/stay/").status_code == 405
    assert client.post("/stay/").status_code == 302


def test_mail_of_the_demo_is_shown_in_the_demo_only(world: World, client: Client) -> None:
    assert client.get("/demo/mail/").status_code == 404


def test_changes_need_the_form_token(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.ana_account, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post("/whose/", {"person": world.ana.ref}).status_code == 403


def test_pages_beside_the_record_keep_to_the_person_chosen(records_of_ana: World) -> None:
    world = records_of_ana
    services.link_own(world.agent_account, world.ana.id, "test", SYSTEM)
    browser = Client()
    browser.post("/account/login/", {"login": world.agent_account.email, "password": PASSWORD})
    assert "My record" in browser.get("/shl/links/").content.decode()
    browser.post("/whose/", {"person": world.ben.ref})
    assert "My record" not in browser.get("/shl/links/").content.decode()
    assert browser.get("/send/").context["person"] == world.ben
    assert browser.get("/shl/links/new/").context["person"] == world.ben
    browser.post("/whose/", {"person": world.ana.ref})
    assert "My record" in browser.get("/shl/links/").content.decode()
    assert browser.get("/send/").context["person"] == world.ana
