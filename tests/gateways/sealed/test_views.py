"""The signed-in pages that send files sealed: who may, what is kept, what they show, what they take back."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.identity.types import Actor, PersonView
from chartpost.kernel import clock
from chartpost.ledger import queries as ledger
from chartpost.shares import ids, queries, services
from tests.identity.support import browser
from tests.support import world

pytestmark = pytest.mark.django_db
PARAMS = "1.1000000"


@dataclass
class Office:
    """A person and a member of staff, with their browsers, both just signed in."""

    person: PersonView
    ana: Actor
    clerk: Actor
    ana_browser: Client
    clerk_browser: Client


@pytest.fixture
def office(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Office:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    from chartpost.identity import queries as identity

    monkeypatch.setattr(identity, "_is_fresh", lambda *_: True)
    found = world.build("rosa-alvarado")
    browsers = {}
    for name, account in {"rosa": found.accounts["rosa-alvarado"], "clerk": found.staff["clerk"]}.items():
        browsers[name] = browser()
        browsers[name].force_login(account)
    return Office(
        found.people["rosa-alvarado"],
        found.actor("rosa-alvarado"),
        found.actor("clerk"),
        browsers["rosa"],
        browsers["clerk"],
    )


def post(client: Client, name: str, value: dict[str, Any], *names: str) -> Any:
    return client.post(reverse(name, args=names), json.dumps(value), content_type="application/json")


def link() -> dict[str, Any]:
    """A recipient as a browser sends it; the server cannot tell these bytes from real ones."""
    secret = ids.new_secret()
    return {
        "recipient": ids.new_id(),
        "params": PARAMS,
        "salt": ids.new_id(),
        "verifier": secret,
        "receipt_check": secret,
        "wrapped": ids.encode(bytes(60)),
        "label": "1",
    }


def test_a_share_is_made_with_the_session_and_says_how_passwords_are_told(office: Office) -> None:
    share = ids.new_id()
    asked = {"share": share, "max_opens": 3, "tell": ["phone", "person", "phone"], "person": office.person.ref}
    answer = post(office.ana_browser, "sealed:send_new", asked)
    assert answer.status_code == 201
    assert answer.json()["share"] == share
    assert services.sender(share, answer.json()["upload_token"]).person_id == office.person.id
    told = [entry for entry in ledger.for_person(office.person.id) if entry.action == "share.tell"]
    assert [entry.detail for entry in told] == [{"how": "person,phone"}]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"share": "short"}, 400, "malformed"),
        ({"tell": ["by pigeon"]}, 400, "malformed"),
        ({"tell": "phone"}, 400, "malformed"),
        ({"max_opens": 0}, 400, "malformed"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "malformed"),
        ({"person": "0" * 26}, 404, "not_found"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(office: Office, change: dict[str, Any], status: int, code: str) -> None:
    asked = {"share": ids.new_id(), "tell": ["phone"], "person": office.person.ref, **change}
    answer = post(office.ana_browser, "sealed:send_new", asked)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert queries.shares_of(office.ana.account_id or 0) == []


def test_an_id_is_used_once(office: Office) -> None:
    asked = {"share": ids.new_id(), "tell": []}
    assert post(office.clerk_browser, "sealed:send_new", asked).status_code == 201
    assert post(office.clerk_browser, "sealed:send_new", asked).json()["error"] == "taken"


def test_somebody_who_signed_in_long_ago_signs_in_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from chartpost.identity import queries as identity

    monkeypatch.setattr(identity, "_is_fresh", lambda *_: False)
    page = office.ana_browser.get(reverse("sealed:send"))
    assert (page.status_code, page["Location"].partition("?")[0]) == (302, "/account/reauthenticate/")
    answer = post(office.clerk_browser, "sealed:send_new", {"share": ids.new_id(), "tell": []})
    assert (answer.status_code, answer.json()) == (401, {"error": "fresh"})
    assert post(browser(), "sealed:send_new", {"share": ids.new_id()}).json() == {"error": "sign_in"}


def test_nobody_sends_in_the_name_of_a_stranger(office: Office) -> None:
    other = world.services.add_person(
        {"given": "Ben", "family": "Other", "birth_date": clock.now().date(), "sex": "male"}, [], world.SYSTEM
    )
    answer = post(office.ana_browser, "sealed:send_new", {"share": ids.new_id(), "tell": [], "person": other.ref})
    assert answer.status_code == 404
    assert post(office.ana_browser, "sealed:send_new", {"share": ids.new_id(), "tell": []}).status_code == 404
    assert post(office.clerk_browser, "sealed:send_new", {"share": ids.new_id(), "tell": []}).status_code == 201


def test_the_page_offers_files_of_the_record_and_another_account_has_another_vault(office: Office) -> None:
    page = office.ana_browser.get(reverse("sealed:send"))
    desk = office.clerk_browser.get(reverse("sealed:send"))
    assert page.status_code == desk.status_code == 200
    assert page.context["vault"] != desk.context["vault"]
    assert len(ids.decode(page.context["vault"])) == 32
    assert page.context["person"].ref == office.person.ref
    assert desk.context["person"] is None
    for pick in page.context["picks"]:
        assert office.ana_browser.get(pick.url).status_code == 200


def ready(office: Office, links: int = 1) -> str:
    """A share with some links."""
    share = ids.new_id()
    services.make({"share": share, "recipients": [link() for _ in range(links)]}, office.ana)
    return share


def test_the_list_shows_own_shares_alone_and_takes_them_back(office: Office) -> None:
    share = ready(office)
    assert share in office.ana_browser.get(reverse("sealed:shares")).content.decode()
    assert share not in office.clerk_browser.get(reverse("sealed:shares")).content.decode()
    assert office.clerk_browser.post(reverse("sealed:revoke", args=[share])).status_code == 404
    assert office.ana_browser.post(reverse("sealed:revoke", args=[share])).status_code == 302
    assert [one.state for one in queries.shares_of(office.ana.account_id or 0)] == ["revoked"]


def test_one_link_is_taken_back_and_the_other_stays(office: Office) -> None:
    share = ready(office, links=2)
    first = queries.shares_of(office.ana.account_id or 0)[0].recipients[0].recipient
    assert office.clerk_browser.post(reverse("sealed:end_link", args=[share, first])).status_code == 404
    assert office.ana_browser.post(reverse("sealed:end_link", args=[share, first])).status_code == 302
    ended = {one.recipient: one.ended for one in queries.shares_of(office.ana.account_id or 0)[0].recipients}
    assert ended.pop(first) is True
    assert list(ended.values()) == [False]


def test_a_key_for_a_program_is_shown_once_and_ends(office: Office) -> None:
    page = office.ana_browser.post(reverse("sealed:token_new"), {"label": "laptop"})
    token = page.context["token"]
    assert token in page.content.decode()
    assert token not in office.ana_browser.get(reverse("sealed:shares")).content.decode()
    assert services.account_of_token(token).account_id == office.ana.account_id
    ref = queries.tokens_of(office.ana.account_id or 0)[0].ref
    assert office.clerk_browser.post(reverse("sealed:token_end", args=[ref])).status_code == 404
    office.ana_browser.post(reverse("sealed:token_end", args=[ref]))
    assert queries.tokens_of(office.ana.account_id or 0) == []
    assert office.ana_browser.post(reverse("sealed:token_new"), {"label": ""}).status_code == 422


def drop_of(client: Client) -> str:
    drop = ids.new_id()
    asked = {
        "drop": drop,
        "suite": 1,
        "public_key": ids.encode(bytes(65)),
        "params": PARAMS,
        "salt": ids.new_id(),
        "wrapped": ids.encode(bytes(200)),
        "expires_at": (clock.now() + timedelta(days=7)).isoformat(),
    }
    assert post(client, "sealed:drop_new", asked).status_code == 201
    return drop


def test_a_drop_is_its_owners_alone_and_closes(office: Office) -> None:
    drop = drop_of(office.ana_browser)
    address = reverse("sealed:drop", args=[drop])
    assert office.ana_browser.get(address).status_code == 200
    assert office.clerk_browser.get(address).status_code == 404
    assert office.clerk_browser.post(reverse("sealed:drop_close", args=[drop])).status_code == 404
    assert office.ana_browser.post(reverse("sealed:drop_close", args=[drop])).status_code == 302
    assert "data-copy-link" not in office.ana_browser.get(address).content.decode()
    answer = post(office.ana_browser, "sealed:drop_open", {}, drop, ids.new_id())
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
