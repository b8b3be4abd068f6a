"""Requests of apps nobody can answer any more: why, in plain words, what to do next; and nothing is sent to the app."""

from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from chartpost.identity import app_models, services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.kernel import config as settings
from tests.gateways.smart.pages import fields, text
from tests.gateways.smart.support import Office, ask, authorize, draft, sent, signed_in, waiting
from tests.gateways.smart.test_asks import sign_in
from tests.gateways.smart.test_pages_consent import asked, granted
from tests.identity.support import PASSWORD, browser
from tests.support.reading import grade

ALLOW, DENY = {"allow": "1"}, {"deny": "1"}
NEW = "https://new.example/back"


def stopped(answer: Any, status: int, words: str) -> bool:
    """Whether an answer is a page that says so and leads nowhere."""
    assert grade(text(answer)) <= 8, text(answer)
    return (answer.status_code, words in text(answer), "Location" in answer) == (status, True, False)


def unseen(where: Office) -> None:
    """An app that registered itself."""
    where.apps["unseen"], _ = services.register_app(draft("public", name="Stranger"), SYSTEM, reviewed=False)


@pytest.mark.parametrize(
    "scope", ["openid fhirUser offline_access user/*.cruds", "launch/patient patient/*.rs", "openid"]
)
def test_staff_let_in_no_app_an_administrator_has_not_looked_at(where: Office, scope: str) -> None:
    unseen(where)
    client = signed_in(where.clerk)
    for form in (ALLOW, DENY, {"find": "1", "who": "quill"}):
        page = authorize(client, ask(where.apps["unseen"], scope=scope))["Location"]
        answer = client.post(page, form)
        assert stopped(answer, 403, "An administrator must look at this app first")
        assert "look at Stranger and press “Mark as checked”" in text(answer)
    assert not app_models.AppGrant.objects.exists()


def test_an_administrator_is_led_to_the_app_and_then_staff_let_it_in(where: Office) -> None:
    unseen(where)
    app = where.apps["unseen"]
    services.give_role(where.clerk, "admin", SYSTEM)
    client, _address, page = asked(where, account=where.clerk, kind="unseen", scope="openid user/Patient.rs")
    assert f"/desk/apps/{app.ref}/" in page.content.decode()
    services.review_app(app.ref, where.staff)
    address = authorize(client, ask(app, scope="openid user/Patient.rs"))["Location"]
    back = client.post(address, fields(client.get(address)) | ALLOW)
    assert granted(where, back, "unseen") == {"openid", "user/Patient.rs"}


def test_a_person_may_use_an_app_nobody_looked_at(where: Office) -> None:
    unseen(where)
    client, address, page = asked(where, kind="unseen")
    assert "code" in sent(client.post(address, fields(page) | ALLOW))


@pytest.mark.parametrize("answer", [None, ALLOW, DENY])
def test_a_blocked_app_is_said_to_be_blocked(where: Office, answer: dict[str, str] | None) -> None:
    client, address, page = asked(where)
    services.disable_app(where.apps["public"].ref, SYSTEM)
    shown = client.post(address, fields(page) | answer) if answer else client.get(address)
    assert stopped(shown, 403, "The records office has blocked this app.")
    assert "has looked at this app" not in text(shown)


@pytest.mark.parametrize("who", ["account", "clerk", ""])
def test_a_request_of_a_blocked_app_is_not_said_to_be_wrong(where: Office, who: str) -> None:
    services.disable_app(where.apps["public"].ref, SYSTEM)
    client = signed_in(getattr(where, who)) if who else browser()
    assert stopped(authorize(client, ask(where.apps["public"])), 403, "The records office has blocked this app.")


@pytest.mark.parametrize("answer", [None, ALLOW, DENY])
def test_nothing_is_sent_to_an_address_taken_away_meanwhile(where: Office, answer: dict[str, str] | None) -> None:
    client, address, page = asked(where)
    services.edit_app(where.apps["public"].ref, draft("public", redirect_uris=(NEW,)), SYSTEM)
    shown = client.post(address, fields(page) | answer) if answer else client.get(address)
    assert stopped(shown, 403, "The records office changed this app while the page was open.")
    assert not app_models.AppGrant.objects.exists()
    assert "This page is over" in text(client.get(address)), "the request is gone"


def test_scopes_taken_away_meanwhile_are_not_given(where: Office) -> None:
    client, address, page = asked(where)
    services.edit_app(where.apps["public"].ref, draft("public", scopes=("patient/Patient.rs",)), SYSTEM)
    assert "Problems" not in text(client.get(address))
    back = client.post(address, fields(page) | ALLOW)
    assert granted(where, back) == {"launch/patient", "openid", "fhirUser", "patient/Patient.rs"}


def test_staff_without_the_second_step_are_led_to_it(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address, _page = asked(where, account=where.clerk)
    wanted = replace(settings.config(), staff_second_factor=True, demo=False)
    monkeypatch.setattr("chartpost.identity.queries.config", lambda: wanted)
    for answer in (
        client.get(address),
        client.post(address, {"find": "1", "who": "quill"}),
        client.post(address, ALLOW),
    ):
        assert answer["Location"] == "/account/2fa/"
    assert "Staff need a second sign-in step." in client.get("/account/2fa/").content.decode()


def again(client: Client, where: Office, address: str) -> Any:
    """The page after signing out in another tab and in again, on the way back."""
    client.post("/account/logout/")
    assert sign_in(client, address, where.account) == address
    return client.get(address)


def begins_again(shown: Any) -> str:
    """Where the page's link leads."""
    link = next(href for href in shown.content.decode().split('"') if href.startswith("/oauth/authorize?"))
    return unescape(link)


@pytest.mark.parametrize("named", [True, False], ids=["address named", "address left out"])
def test_who_signed_in_again_is_led_to_begin_again(where: Office, named: bool) -> None:
    parameters = ask(where.apps["public"], state="s&1", nonce="n=1")
    if not named:
        del parameters["redirect_uri"]
    with clock.at(clock.now() - timedelta(minutes=2)):
        client = signed_in(where.account)
        address = authorize(client, parameters)["Location"]
        page = client.get(address)
    form, before = fields(page) | ALLOW, waiting({"Location": address})
    shown = again(client, where, address)
    assert stopped(shown, 400, "You signed in again after the app sent you here.")
    assert stopped(client.post(address, form), 400, "You can begin again."), "an answer is not taken"
    fresh = client.get(begins_again(shown))["Location"]
    assert waiting({"Location": fresh}) == replace(
        before, key=waiting({"Location": fresh}).key, made_at=waiting({"Location": fresh}).made_at
    )
    assert sent(client.post(fresh, form))["state"] == "s&1"


@pytest.mark.parametrize("asked_of_it", [{"max_age": "240"}, {"max_age": "0"}, {"prompt": "login consent"}])
def test_what_was_asked_of_the_sign_in_is_asked_again(where: Office, asked_of_it: dict[str, str]) -> None:
    """It counts where the link is followed long after the new sign-in (OpenID Connect Core 1.0 3.1.2.1)."""
    with clock.at(clock.now() - timedelta(minutes=2)):
        client = signed_in(where.account)
        address = authorize(client, ask(where.apps["public"], **asked_of_it))["Location"]
        client.get(address)
    link = begins_again(again(client, where, address))
    assert asked_of_it.items() <= dict(parse_qsl(urlsplit(link).query)).items()
    with clock.at(clock.now() + timedelta(minutes=5)):
        late = client.get(link)["Location"]
        assert client.get(late)["Location"].startswith("/account/reauthenticate/")


def test_nobody_else_is_told_of_it(where: Office) -> None:
    with clock.at(clock.now() - timedelta(minutes=2)):
        client, address, _page = asked(where)
    other = services.add_account("ben@people.example", "Ben Quill", PASSWORD)
    client.post("/account/logout/")
    sign_in(client, address, other)
    assert "You signed in again" not in text(client.get(address))
    assert "You signed in again" not in text(signed_in(other).get(address))


def test_a_launch_is_begun_again_in_the_app_alone(where: Office) -> None:
    launch = services.make_launch(where.staff, where.apps["public"].client_id, where.person.id)
    with clock.at(clock.now() - timedelta(minutes=2)):
        client, address, _page = asked(where, account=where.clerk, scope="launch patient/Patient.rs", launch=launch)
    client.post("/account/logout/")
    sign_in(client, address, where.clerk)
    shown = client.get(address)
    assert "Go back to the app and start again." in text(shown)
    assert "/oauth/authorize?" not in shown.content.decode()


def test_a_launch_of_another_app_is_unknown(where: Office) -> None:
    launch = services.make_launch(where.staff, where.apps["public"].client_id, where.person.id)
    answer = authorize(signed_in(where.clerk), ask(where.apps["symmetric"], scope="launch openid", launch=launch))
    assert sent(answer)["error"] == "invalid_request"
    assert browser().get("/oauth/authorize").status_code == 400
