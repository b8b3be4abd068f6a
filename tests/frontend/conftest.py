"""A site with the gallery, without the database."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches

from chartpost.portal import context

from . import urls

Settings = Any
PASSWORD = "correct horse battery staple"


class SignedIn:
    """Middleware: the reader is a member of staff who never existed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleNamespace(  # type: ignore[assignment]
            is_authenticated=True, name="Ana Ruiz", email="ana@example.org", is_staff_account="desk" in request.path
        )
        request.nav_counts = {"portal:downloads": 2, "desk:queue": 200, "desk:inbox": 3}  # type: ignore[attr-defined]
        return self._get_response(request)


@pytest.fixture
def real_middleware(settings: Settings) -> list[str]:
    """The middleware of the program itself, read before the gallery replaces it."""
    return list(settings.MIDDLEWARE)


@pytest.fixture
def gallery_site(settings: Settings, real_middleware: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings under which every template renders with the gallery's addresses."""
    settings.ROOT_URLCONF = urls
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.CSRF_COOKIE_SECURE = False
    settings.CSRF_COOKIE_NAME = "csrf"
    settings.MIDDLEWARE = [
        "chartpost.kernel.middleware.SecurityHeaders",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        f"{SignedIn.__module__}.SignedIn",
    ]
    monkeypatch.setattr(context, "office", lambda: SimpleNamespace(name="Riverside Community Health"))
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.fixture
def account_site(gallery_site: None, settings: Any, real_middleware: list[str]) -> None:
    settings.MIDDLEWARE = [
        name for name in real_middleware if not name.startswith(("chartpost.portal.", "whitenoise."))
    ]
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"
    """The real middleware over the gallery site, for pages that know who is signed in."""
    settings.SESSION_COOKIE_SECURE = False
    settings.SESSION_COOKIE_NAME = "session"


def sign_in(client: Client) -> None:
    """Make a person's account, sign in with it, and confirm the password once more as dangerous steps ask."""
    account = get_user_model().objects.create_user("ana@example.org", PASSWORD, name="Ana Ruiz")
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    answer = client.post("/account/login/", {"login": "ana@example.org", "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    client.post("/account/reauthenticate/", {"password": PASSWORD})
