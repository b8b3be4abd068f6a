"""The sign-in and account pages, through the real views."""

import re

import pytest
from django.test import Client

from .conftest import sign_in
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
