"""Headers on every address, and the cap on uploads."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import StringConverter

from chartpost.kernel import uploads
from chartpost.kernel.middleware import HEADERS, POLICY
from tests.access.table import ROWS
from tests.access.test_matrix import addresses

pytestmark = pytest.mark.django_db


def plain_addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address of the program that needs no argument."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).lstrip("^").rstrip("$\\Z")
        if "<" in route or "(" in route:
            continue
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from plain_addresses(entry, route)


PUBLISHED = {"/.well-known/smart-configuration", "/oauth/.well-known/openid-configuration", "/oauth/jwks.json"}
PUBLISHED |= {"/brands.json", "/brands/logo.svg", "/oauth/style.json"}
"""What is the same for everybody and says nothing of anybody: it may be kept for a while."""


def test_every_address_carries_every_header() -> None:
    addresses = sorted({*plain_addresses(), "/none"})
    assert {"/healthz", "/readyz", "/account/login/"} <= set(addresses)
    client = Client(raise_request_exception=False)
    for address in addresses:
        response = client.get(address, secure=True)
        missing = [name for name in HEADERS if name not in response]
        assert not missing, (address, missing)
        kept = response["Cache-Control"]
        if address not in PUBLISHED or not kept.startswith("public, max-age="):
            assert kept in {"no-store", "max-age=0, no-cache, no-store, must-revalidate, private"}, address
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert not any(word in POLICY for word in ("unsafe", "*", "http", "data:"))


def test_cookies_are_for_this_host_over_tls_alone() -> None:
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert settings.CSRF_COOKIE_NAME.startswith("__Host-")
    assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SESSION_COOKIE_HTTPONLY


def named_addresses() -> list[str]:
    """Every address of a page that names something, with a name that holds NUL."""
    patterns, found = dict(addresses(get_resolver())), []
    for row in ROWS:
        converters = patterns[row].pattern.converters
        named = {name: "a\0b" if type(one) is StringConverter else 1 for name, one in converters.items()}
        if "a\0b" in named.values():
            found.append(reverse(row, kwargs=named))
    return found


def test_an_address_with_nul_is_of_nothing() -> None:
    """PostgreSQL fails when it is asked for a text with NUL."""
    asked = named_addresses()
    assert len(asked) > 50
    client = Client(raise_request_exception=False)
    assert {client.get(address, secure=True).status_code for address in asked} == {404}


def test_no_hsts_on_localhost() -> None:
    assert "Strict-Transport-Security" not in Client().get("/healthz", secure=True)


def test_an_unknown_host_is_refused() -> None:
    assert Client().get("/account/login/", secure=True, HTTP_HOST="evil.example").status_code == 400


def upload(size: int, **extra: str) -> object:
    file = SimpleUploadedFile("scan.pdf", b"x" * size)
    request = RequestFactory().post("/", {"title": "Scan", "file": file}, **extra)
    request.FILES  # noqa: B018 - reading it takes the upload in
    return request


def test_an_upload_under_the_cap_arrives_whole() -> None:
    request = upload(300_000)
    assert request.FILES["file"].size == 300_000  # type: ignore[attr-defined]
    assert not hasattr(request, "upload_too_large")


def test_an_upload_over_the_cap_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMIT_BYTES", 100_000)
    request = upload(300_000)
    assert "file" not in request.FILES  # type: ignore[attr-defined]
    assert request.upload_too_large  # type: ignore[attr-defined]


def test_an_upload_that_says_it_is_too_large_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(uploads.CappedUploadHandler, "receive_data_chunk", lambda *_: seen.append(1))
    monkeypatch.setattr(uploads, "LIMIT_BYTES", 100_000)
    request = upload(2_000_000)
    assert request.upload_too_large  # type: ignore[attr-defined]
    assert not seen
