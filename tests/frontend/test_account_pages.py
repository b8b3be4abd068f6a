"""The sign-in and account pages, through the real views."""

import re
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from .conftest import PASSWORD, sign_in
from .test_templates import breaches

OPEN = ["login", "signup", "password/reset", "password/reset/done", "login/code", "inactive"]
SIGNED_IN = ["logout", "password/change", "email", "2fa", "2fa/totp/activate", "2fa/webauthn", "sessions"]

pytestmark = pytest.mark.django_db


def check(html: str) -> None:
    assert breaches(html) == []
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert 'href="/static/chartpost.css"' in html
    for name in re.findall(r'<input[^>]*type="(?:text|email|password)"[^>]*id="([^"]+)"', html):
        assert f'for="{name}"' in html, f"no label for {name}"


@pytest.mark.usefixtures("account_site")
@pytest.mark.parametrize("path", OPEN)
def test_page_for_everybody(client: Client, path: str) -> None:
    answer = client.get(f"/account/{path}/")
    assert answer.status_code == 200
    check(answer.content.decode())


@pytest.mark.usefixtures("account_site")
@pytest.mark.parametrize("path", SIGNED_IN)
def test_page_for_the_signed_in(client: Client, path: str) -> None:
    sign_in(client)
    answer = client.get(f"/account/{path}/")
    assert answer.status_code == 200
    check(answer.content.decode())


@pytest.mark.usefixtures("account_site")
def test_totp_picture_is_an_inline_svg(client: Client) -> None:
    sign_in(client)
    html = client.get("/account/2fa/totp/activate/").content.decode()
    assert '<svg class="qr"' in html
    assert "data:image" not in html


@pytest.mark.usefixtures("account_site")
def test_wrong_password_is_told_at_the_top(client: Client) -> None:
    html = client.post("/account/login/", {"login": "nobody@example.org", "password": "x"}).content.decode()
    assert 'class="error-summary"' in html


@pytest.mark.usefixtures("account_site")
def test_mail_names_the_office_and_nobody(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sign_in(client)
    client.post("/account/logout/")
    mail.outbox.clear()
    for address in ("ana@example.org", "nobody@example.org"):
        assert client.post("/account/password/reset/", {"email": address}).status_code == 302
    known, unknown = (message.body for message in mail.outbox)
    assert "/account/password/reset/key/" in known
    assert "there is no account with it" in unknown
    for body in (known, unknown):
        assert "Riverside Community Health" in body
        assert "Ana" not in body


@pytest.mark.usefixtures("account_site")
@pytest.mark.parametrize(
    "path",
    [
        "2fa/authenticate",
        "2fa/recovery-codes",
        "2fa/recovery-codes/generate",
        "2fa/totp/deactivate",
        "2fa/webauthn/add",
        "2fa/reauthenticate",
        "reauthenticate",
        "2fa",
    ],
)
def test_page_once_a_second_step_is_on(client: Client, path: str) -> None:
    sign_in(client)
    account = get_user_model().objects.get()
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(account)
    if path == "2fa/authenticate":
        client.post("/account/logout/")
        client.post("/account/login/", {"login": account.email, "password": PASSWORD})
    answer = client.get(f"/account/{path}/")
    assert answer.status_code == 200
    check(answer.content.decode())


@pytest.mark.usefixtures("account_site")
def test_code_by_mail_is_asked_for(client: Client) -> None:
    sign_in(client)
    client.post("/account/logout/")
    client.post("/account/login/code/", {"email": "ana@example.org"})
    html = client.get("/account/login/code/confirm/").content.decode()
    check(html)
    assert "ana@example.org" in html
    assert "input--code" in html


@pytest.mark.usefixtures("account_site")
def test_reset_link_leads_to_a_new_password(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sign_in(client)
    client.post("/account/logout/")
    mail.outbox.clear()
    client.post("/account/password/reset/", {"email": "ana@example.org"})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    html = client.get(link[1], follow=True).content.decode()
    check(html)
    assert "Choose a new password" in html
    check(client.get("/account/password/reset/key/0-wrong/").content.decode())
