"""Signing up and in, every way there is, and what the ledger says about it."""

import base64
import hashlib
import hmac
import re
import struct
import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client

from chartpost.identity import models, queries, services
from chartpost.kernel import clock
from tests.identity.support import PASSWORD, Browser, browser, entries, sign_in, signed_in


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    return browser()


def mailed_code() -> str:
    """The code in the newest mail."""
    found = re.search(r"^\s*([A-Z0-9]{3,6}-?[A-Z0-9]{3,6})\s*$", str(mail.outbox[-1].body), re.M)
    assert found is not None, mail.outbox[-1].body
    return found.group(1)


def totp(secret: str) -> str:
    """The code an authenticator app shows (RFC 6238: SHA-1, 30 s, 6 digits)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def add_totp(client: Client) -> str:
    """Confirm the password, then add an authenticator app; returns its secret."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    html = client.get("/account/2fa/totp/activate/").content.decode()
    found = re.search(r"\b[A-Z2-7]{32}\b", html)
    assert found is not None
    with patch("django.db.transaction.on_commit", lambda run, **_: run()):
        answer = client.post("/account/2fa/totp/activate/", {"code": totp(found.group(0))})
    assert answer.status_code == 302
    return found.group(0)


def sign_up(client: Client, email: str) -> Any:
    return client.post("/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})


@pytest.mark.usefixtures("office", "program_hashes")
def test_a_password_is_kept_as_argon2id_and_signs_in(client: Client) -> None:
    account = services.add_account("kept@people.example", "Kay Kept", PASSWORD)
    assert account.password.startswith("argon2$argon2id$")
    assert not account.check_password(PASSWORD.upper())
    sign_in(client, "kept@people.example", PASSWORD)
    assert signed_in(client)


def test_sign_up_is_closed_before_the_office_is_set_up(client: Client) -> None:
    sign_up(client, "new@people.example")
    assert not models.Account.objects.exists()


@pytest.mark.usefixtures("office")
def test_sign_up_asks_for_the_code_in_the_mail(client: Client) -> None:
    assert sign_up(client, "new@people.example")["Location"] == "/account/confirm-email/"
    assert not signed_in(client)
    client.post("/account/confirm-email/", {"code": "WRONG1"})
    assert not signed_in(client)
    answer = client.post("/account/confirm-email/", {"code": mailed_code()})
    assert answer["Location"] == "/welcome/"
    assert signed_in(client)
    account = models.Account.objects.get(email="new@people.example")
    assert not account.is_staff_account
    actor = queries.actor_of(account)
    assert (actor.own_persons, actor.authorities, actor.roles) == (frozenset(), (), frozenset())


@pytest.mark.usefixtures("office")
def test_sign_up_does_not_tell_who_has_an_account(ana: models.Account) -> None:
    new, known = sign_up(browser(), "new@people.example"), sign_up(browser(), ana.email)
    assert (new.status_code, new["Location"]) == (known.status_code, known["Location"])
    assert PASSWORD not in str(mail.outbox[-1].body)


def test_password_sign_in_is_ledgered(client: Client, ana: models.Account) -> None:
    assert sign_in(client, ana.email, PASSWORD)["Location"] == "/welcome/"
    [entry] = entries("account.sign_in")
    assert (entry.object, entry.who, entry.where) == (f"account:{ana.ref}", "Ana Ruiz", "127.0.0.1")


def test_a_machine_of_ipv4_is_told_and_counted_by_its_own_address(ana: models.Account) -> None:
    """One that guesses keeps nobody else of IPv4 out where addresses come mapped (RFC 4291 2.5.5.2)."""
    thief, own = (Browser(REMOTE_ADDR=f"::ffff:198.51.100.{n}") for n in (1, 2))
    for _ in range(12):
        sign_in(thief, "nobody@people.example", "wrong password here")
    assert sign_in(own, ana.email, PASSWORD)["Location"] == "/welcome/"
    assert [entry.where for entry in entries("account.sign_in")] == ["198.51.100.2"]


def test_a_failed_sign_in_is_ledgered_without_what_was_typed(client: Client, ana: models.Account) -> None:
    sign_in(client, ana.email, "wrong password here")
    sign_in(client, "nobody@people.example", "my-secret-typed-in-the-wrong-box")
    known, unknown = sorted(entries("account.sign_in_failed"), key=lambda e: e.object, reverse=True)
    assert known.object == f"account:{ana.ref}"
    assert unknown.object == ""
    for entry in (known, unknown):
        assert "@" not in str(entry)
        assert "secret" not in str(entry)
        assert "wrong password" not in str(entry)


def test_sign_in_by_mailed_code(client: Client, ana: models.Account) -> None:
    client.post("/account/login/code/", {"email": ana.email})
    client.post("/account/login/code/confirm/", {"code": "WRONG1"})
    assert not signed_in(client)
    assert entries("account.sign_in_failed")[0].detail["step"] == "code"
    client.post("/account/login/code/confirm/", {"code": mailed_code()})
    assert signed_in(client)
    assert len(entries("account.sign_in")) == 1


def test_a_mailed_code_for_nobody_looks_the_same(ana: models.Account) -> None:
    answers = [browser().post("/account/login/code/", {"email": e}) for e in (ana.email, "nobody@people.example")]
    assert answers[0]["Location"] == answers[1]["Location"]


def test_password_and_authenticator_app(client: Client, ana: models.Account) -> None:
    sign_in(client, ana.email, PASSWORD)
    secret = add_totp(client)
    changes = [(e.detail["kind"], e.detail["event"]) for e in entries("account.second_factor")]
    assert ("totp", "added") in changes
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True))), "sealed at rest"
    client.post("/account/logout/")
    assert "2fa/authenticate" in sign_in(client, ana.email, PASSWORD)["Location"]
    assert not signed_in(client)
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert not signed_in(client)
    assert entries("account.sign_in_failed")[0].detail["step"] == "second_step"
    cache.clear()
    client.post("/account/2fa/authenticate/", {"code": totp(secret)})
    assert signed_in(client)


def test_a_recovery_code_works_once(client: Client, ana: models.Account) -> None:
    sign_in(client, ana.email, PASSWORD)
    add_totp(client)
    client.post("/account/2fa/recovery-codes/generate/")
    html = client.get("/account/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"\b\d{8}\b|\b[a-z0-9]{5}-[a-z0-9]{5}\b", html)
    assert len(codes) == 10
    client.post("/account/logout/")
    for expected in (True, False):
        sign_in(client, ana.email, PASSWORD)
        client.post("/account/2fa/authenticate/", {"code": codes[0]})
        assert signed_in(client) is expected
        client.post("/account/logout/")
        cache.clear()


def test_taking_away_a_second_factor_is_ledgered(client: Client, ana: models.Account) -> None:
    sign_in(client, ana.email, PASSWORD)
    add_totp(client)
    client.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(type="totp").exists()
    assert ("totp", "removed") in [(e.detail["kind"], e.detail["event"]) for e in entries("account.second_factor")]


def test_guessing_passwords_is_slowed_down(client: Client, ana: models.Account) -> None:
    for _ in range(12):
        answer = sign_in(client, ana.email, "wrong password here")
    assert "Too many" in answer.content.decode()
    sign_in(client, ana.email, PASSWORD)
    assert not signed_in(client), "even the right password waits"


def test_guessing_mailed_codes_ends(client: Client, ana: models.Account) -> None:
    client.post("/account/login/code/", {"email": ana.email})
    code = mailed_code()
    for _ in range(3):
        client.post("/account/login/code/confirm/", {"code": "WRONG1"})
    client.post("/account/login/code/confirm/", {"code": code})
    assert not signed_in(client)


def test_a_forgotten_password(client: Client, ana: models.Account) -> None:
    client.post("/account/password/reset/", {"email": ana.email})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    page = client.get(link.group(1), follow=True)
    new = "an even better set of words"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert [e.object for e in entries("account.password")] == [f"account:{ana.ref}"]
    sign_in(browser(), ana.email, PASSWORD)
    other = browser()
    sign_in(other, ana.email, new)
    assert signed_in(other)
    assert client.get(link.group(1), follow=True).status_code == 200
    again = browser().get(link.group(1), follow=True).content.decode()
    assert "password1" not in again, "the link works once"


def test_reset_from_the_shell_ends_everything(client: Client, ana: models.Account) -> None:
    sign_in(client, ana.email, PASSWORD)
    add_totp(client)
    password = services.reset_account(ana.email)
    assert password is not None
    assert not signed_in(client)
    assert not Authenticator.objects.exists()
    sign_in(client, ana.email, password)
    assert signed_in(client)
    assert services.reset_account("nobody@people.example") is None


@pytest.mark.usefixtures("office")
def test_a_closed_account_cannot_sign_in(client: Client, ana: models.Account) -> None:
    models.Account.objects.filter(pk=ana.pk).update(is_active=False)
    sign_in(client, ana.email, PASSWORD)
    assert not signed_in(client)


def test_the_address_of_an_account_is_changed_after_signing_in_again(ana: models.Account) -> None:
    """Else whoever finds a session open takes the account over: a new address, then a new password."""
    client = browser()
    sign_in(client, ana.email, PASSWORD)
    assert client.get("/account/email/").status_code == 200
    later = time.time() + 600
    with clock.at(clock.now() + timedelta(minutes=10)), patch.object(time, "time", lambda: later):
        answer = client.post("/account/email/", {"action_add": "", "email": "eve@people.example"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert list(ana.emailaddress_set.values_list("email", flat=True)) == [ana.email]
