"""Sessions end when they should, and a copied one ends for both who hold it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from chartpost.identity import models, turns
from chartpost.kernel import clock, jobs
from tests.identity.support import CHROME, FIREFOX, PASSWORD, browser, entries, sign_in, signed_in

START = datetime.fromisoformat("2026-11-21T10:00:00+00:00")
SESSION = django_settings.SESSION_COOKIE_NAME
At = Callable[[float], bool]


def at(client: Client, minutes: float) -> bool:
    """Whether the client is still signed in some minutes after it signed in."""
    with clock.at(START + timedelta(minutes=minutes)):
        return signed_in(client)


@pytest.fixture
def person(ana: models.Account) -> Client:
    client = browser()
    with clock.at(START):
        sign_in(client, ana.email, PASSWORD)
        assert signed_in(client)
    return client


@pytest.fixture
def staff(clerk: models.Account) -> Client:
    client = browser()
    with clock.at(START):
        sign_in(client, clerk.email, PASSWORD)
        assert signed_in(client)
    return client


def copy(client: Client, agent: str = CHROME, *, turn: bool = True) -> Client:
    """Another browser with the same cookies, as a thief would have them."""
    thief = browser(agent)
    for name in (SESSION, turns.COOKIE) if turn else (SESSION,):
        thief.cookies[name] = client.cookies[name].value
    return thief


def test_a_person_is_signed_out_after_half_an_hour_of_rest(person: Client) -> None:
    assert at(person, 29)
    assert at(person, 58), "each page starts the half hour anew"
    assert not at(person, 89)
    assert not at(person, 89.1), "and stays out"


def test_staff_are_signed_out_after_a_quarter_of_an_hour(staff: Client) -> None:
    assert at(staff, 14)
    assert not at(staff, 30)
    [entry] = entries("account.sign_out")
    assert entry.detail["reason"] == "idle"


def test_nobody_stays_longer_than_twelve_hours(person: Client) -> None:
    for minutes in range(20, 720, 20):
        assert at(person, minutes), minutes
    assert at(person, 719.9)
    assert not at(person, 720.1)
    assert entries("account.sign_out")[0].detail["reason"] == "long"


def test_the_page_after_log_off_says_why(person: Client) -> None:
    with clock.at(START + timedelta(minutes=31)):
        answer = person.get("/account/2fa/", follow=True)
    assert "keep your records private" in answer.content.decode()


def test_signing_in_again_starts_anew(person: Client, ana: models.Account) -> None:
    assert not at(person, 45)
    with clock.at(START + timedelta(minutes=46)):
        sign_in(person, ana.email, PASSWORD)
        assert signed_in(person)
    assert at(person, 70)


def test_a_cookie_in_another_make_of_browser_ends_the_session_for_both(person: Client) -> None:
    thief = copy(person, FIREFOX)
    assert not at(thief, 1)
    assert not at(person, 1)
    [entry] = entries("account.end_session")
    assert entry.detail["reason"] == "moved"
    assert entry.where == "127.0.0.1"
    jobs.run_waiting()
    assert "second browser" in str(mail.outbox[-1].body)


def test_a_copied_session_gives_itself_away_when_the_owner_goes_on(person: Client) -> None:
    thief = copy(person)
    assert at(thief, 2), "the same browser make and the same turn: nobody can tell yet"
    assert at(person, 6), "the owner gets a newer turn"
    assert at(person, 8)
    assert not at(thief, 10), "the old turn was shown after the newer one"
    assert not at(person, 10)
    assert entries("account.end_session")[0].detail["reason"] == "moved"


def test_a_copied_session_gives_itself_away_when_the_thief_goes_on(person: Client) -> None:
    thief = copy(person)
    assert at(thief, 6)
    assert at(thief, 7)
    assert not at(person, 9)
    assert not at(thief, 9)


def test_the_session_cookie_alone_is_worth_nothing(person: Client) -> None:
    assert not at(copy(person, turn=False), 1)
    assert not at(person, 1)


def test_a_forged_turn_is_worth_nothing(person: Client) -> None:
    for forged in ("999." + "0" * 32, "x", "", "1"):
        thief = copy(person)
        thief.cookies[turns.COOKIE] = forged
        assert not at(thief, 1)


def test_requests_already_on_their_way_do_no_harm(person: Client) -> None:
    slow = copy(person)
    assert at(person, 6)
    assert at(person, 6.2), "the newer turn is shown"
    assert at(slow, 6.9), "the older one within a minute"
    assert at(person, 7)


def test_sign_out_kills_the_session(person: Client) -> None:
    kept = copy(person)
    with clock.at(START + timedelta(minutes=1)):
        answer = person.post("/account/logout/")
    assert answer.cookies[turns.COOKIE].value == ""
    assert not Session.objects.exists()
    assert not at(kept, 1)
    assert entries("account.sign_out")[0].detail["reason"] == "asked"


def test_signing_in_changes_the_key_of_the_session(ana: models.Account) -> None:
    planted = browser()
    planted.get("/account/login/")
    planted.session.save()
    planted.cookies[SESSION] = before = planted.session.session_key or ""
    victim = browser()
    victim.cookies[SESSION] = before
    sign_in(victim, ana.email, PASSWORD)
    assert signed_in(victim)
    assert victim.cookies[SESSION].value != before
    planted.cookies[SESSION] = before
    assert not signed_in(planted)


@pytest.mark.parametrize("name", [SESSION, turns.COOKIE])
def test_cookies_are_for_this_host_and_unreadable_to_scripts(ana: models.Account, name: str) -> None:
    cookie = sign_in(browser(), ana.email, PASSWORD).cookies[name]
    assert name.startswith("__Host-")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["max-age"], "gone when the browser closes"


def test_every_session_is_listed_and_can_be_ended(person: Client, ana: models.Account) -> None:
    other = browser(FIREFOX)
    with clock.at(START):
        sign_in(other, ana.email, PASSWORD)
        assert signed_in(other)
        assert "Firefox" in person.get("/account/sessions/").content.decode()
        person.post("/account/sessions/", {})
        assert not signed_in(other)
        assert signed_in(person)


def test_a_new_password_ends_the_other_sessions(person: Client, ana: models.Account) -> None:
    other, new = browser(FIREFOX), "an even better set of words"
    with clock.at(START):
        sign_in(other, ana.email, PASSWORD)
        assert signed_in(other)
        values = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        assert person.post("/account/password/change/", values).status_code == 302
        assert signed_in(person)
        assert not signed_in(other)
    assert [e.object for e in entries("account.password")] == [f"account:{ana.ref}"]


def test_a_closed_account_is_out_at_once(person: Client, ana: models.Account) -> None:
    models.Account.objects.filter(pk=ana.pk).update(is_active=False)
    assert not at(person, 1)
