"""Apps that register themselves (RFC 7591): what is taken, what is not, and that people are told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from chartpost.gateways.smart import limits
from chartpost.identity import queries_apps, services
from chartpost.identity.errors import AppRefused
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from tests.gateways.smart.support import KEYS, REDIRECT, Office, code_for, draft, exchange, public
from tests.identity.support import browser, entries

RIGHT: dict[str, Any] = {
    "client_name": "My Health",
    "redirect_uris": [REDIRECT],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "launch/patient patient/*.rs offline_access system/*.rs nonsense",
    "client_uri": "https://app.example/",
    "logo_uri": "https://app.example/logo.png",
    "contacts": ["dev@app.example"],
}


def send(metadata: Any, address: str = "198.51.100.7") -> Any:
    body = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    return browser().post("/oauth/register", body, content_type="application/json", REMOTE_ADDR=address)


def test_a_public_app_registers_and_is_used(where: Office) -> None:
    response = send(RIGHT)
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    found = response.json()
    assert "client_secret" not in found
    assert found["scope"] == "launch/patient patient/*.rs offline_access"
    assert found["contacts"] == ["dev@app.example"]
    app = queries_apps.app(found["client_id"])
    assert app is not None
    assert not app.reviewed
    assert app.contact == "dev@app.example"
    assert exchange(browser(), where, app, code_for(where, app, "launch/patient patient/Patient.rs")).status_code == 200
    assert len(entries("app.register")) == 5


def test_the_contacts_that_are_kept_come_back(where: Office) -> None:
    """RFC 7591 3.2.1: all that was registered; whole addresses, as many as there is room for."""
    given = ["", "first@app.example", "x" * 190 + "@app.example", "Second, of two <second@app.example>"]
    found = send(RIGHT | {"contacts": given}).json()
    assert found["contacts"] == [given[1], given[3]]
    app = queries_apps.app(found["client_id"])
    assert app is not None
    assert app.contact == ", ".join(found["contacts"])
    assert "contacts" not in send(RIGHT | {"contacts": []}).json()


def test_an_app_with_keys_registers(where: Office) -> None:
    for extra in ({"jwks": {"keys": [public("RS384")]}}, {"jwks_uri": "https://app.example/jwks.json"}):
        found = send(RIGHT | {"token_endpoint_auth_method": "private_key_jwt"} | extra)
        assert found.status_code == 201, found.content
        app = queries_apps.app(found.json()["client_id"])
        assert app is not None
        assert app.kind == "asymmetric"


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/back",
        "https://app.example/back#x",
        "https://user@app.example/back",
        "https://*.app.example/back",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "myapp:/back",
        "about:blank",
        "https:///back",
        "https://app.example;frame-ancestors/back",
        "https://app.example,evil/back",
        "https://app.example'/back",
        "https://[::1/back",
        "https://app.example:x/back",
        "https://app.example/ back",
        "https://app.example/\nback",
        "https://app.example\\back",
        "/back",
        "",
        "https://app.example/" + "x" * 400,
    ],
)
def test_a_redirect_address_that_is_not_safe_is_refused(where: Office, uri: str) -> None:
    response = send(RIGHT | {"redirect_uris": [uri]})
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/cb", "http://[::1]:8000/cb", "http://localhost:3000/cb", "com.example.app:/cb"]
)
def test_a_native_app_may_use_its_own_addresses(where: Office, uri: str) -> None:
    assert send(RIGHT | {"redirect_uris": [uri]}).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uris": []},
        {"redirect_uris": "https://app.example/back"},
        {"redirect_uris": [5]},
        {"redirect_uris": [REDIRECT] * 11},
        {"client_name": ""},
        {"client_name": "x" * 200},
        {"client_name": 5},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": ["x"]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": "x"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://app.example/jwks"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://169.254.169.254:x/"},
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [dict(KEYS["ES384"].as_dict(private=True))]},
        },
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["implicit"]},
        {"grant_types": [{}]},
        {"client_uri": "javascript:alert(1)"},
        {"client_uri": "https://[::1"},
        {"logo_uri": "data:image/png;base64,x"},
        {"tos_uri": 'https://x.example/"onclick='},
        {"jwks_uri": "https://app.example/jwks"},
        {"contacts": "dev@app.example"},
        {"scope": ["a"]},
        {"scope": "system/*.rs nonsense"},
    ],
)
def test_metadata_that_cannot_be_used_is_refused(where: Office, change: dict[str, Any]) -> None:
    response = send(RIGHT | change)
    assert response.status_code == 400
    assert response.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\u3164", "U+3164 HANGUL FILLER"),
        ("\u115f\u1160", "U+115F HANGUL CHOSEONG FILLER"),
        ("\uffa0", "U+FFA0 HALFWIDTH HANGUL FILLER"),
        ("\u2800", "U+2800 BRAILLE PATTERN BLANK"),
        ("My Health\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("My\u034fHealth", "U+034F COMBINING GRAPHEME JOINER"),
        ("My\u200bHealth", "U+200B ZERO WIDTH SPACE"),
        ("htlaeH \u202eyM", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("My Health\U000e0100", "U+E0100 VARIATION SELECTOR-17"),
        (" ", "no name"),
        ("x" * 121, "a name of 121 characters"),
    ],
)
def test_a_name_not_seen_whole_is_refused(where: Office, name: str, told: str) -> None:
    response = send(RIGHT | {"client_name": name})
    assert response.status_code == 400
    assert told in response.json()["error_description"]


@pytest.mark.parametrize("name", ["Mi salud día a día", "건강 기록", "ስልጠና", "स्वास्थ्य", "Health+ ♥ 🩺"])
def test_a_name_in_any_script_is_taken(where: Office, name: str) -> None:
    assert send(RIGHT | {"client_name": name}).json()["client_name"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"contacts": ["\ud800"]},
        {"contacts": ["a\0"]},
        {"redirect_uris": ["https://a.example/\ud800"]},
        {"redirect_uris": ["com.example.app:/\udfff"]},
        {"tos_uri": "https://a.example/\ud800"},
        {"tos_uri": "https://a.example/\0"},
        {"scope": "patient/Observation.rs?category=a|\ud800"},
        {"client_name": "\ud800"},
        {"something_else": {"deep": ["\ud800"]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "x": float("nan")}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "x": float("inf")}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "x": "\ud800"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "\ud800": 1}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "x": "\0"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA", "\0": 1}]}},
    ],
)
def test_metadata_that_cannot_be_kept_is_refused(where: Office, change: dict[str, Any]) -> None:
    response = send(RIGHT | change)
    assert response.status_code == 400, response.content
    assert response.json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999"])
def test_numbers_that_are_none_are_refused(where: Office, number: bytes) -> None:
    keys = b'"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"RSA","x":' + number + b"}]}"
    assert send(b'{"client_name":"x","redirect_uris":["https://a.example/b"],' + keys + b"}").status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"contact": "\udcff"},
        {"terms_uri": "https://a.example/\ud800"},
        {"terms_uri": "https://a.example/\0"},
        {"redirect_uris": ("https://a.example/\ud800",)},
        {"scopes": ("patient/Observation.rs?category=a|\ud800",)},
        {"scopes": ("patient/Observation.rs?category=a|%00",)},
        {"kind": "asymmetric", "jwks": {"keys": [{"x": float("nan")}]}},
        {"kind": "asymmetric", "jwks": {"keys": [{"x": "\ud800"}]}},
        {"kind": "asymmetric", "jwks": {"keys": [{"x": ["\0"]}]}},
    ],
)
def test_no_other_way_keeps_it_either(where: Office, change: dict[str, Any]) -> None:
    with pytest.raises(AppRefused):
        services.register_app(draft(change.pop("kind", "public"), **change), SYSTEM, reviewed=True)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"5", b"[" * 60_000, b"\xff", b'{"client_name":"\\u0000"}'],
)
def test_what_is_no_metadata_is_refused(where: Office, body: bytes) -> None:
    assert send(body).status_code == 400


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":"' + b"x" * 70_000 + b'"}', b" " * 3_000_000])
def test_a_body_that_is_too_long_is_413(where: Office, body: bytes) -> None:
    response = send(body)
    assert response.status_code == 413
    assert "65536 bytes" in response.json()["error_description"]


def test_how_an_app_proves_itself_must_be_named(where: Office) -> None:
    """RFC 7591 2: left out it means client_secret_basic, and nobody gets a secret here."""
    left_out = {name: value for name, value in RIGHT.items() if name != "token_endpoint_auth_method"}
    for sent, seen in ((left_out, "no"), (RIGHT | {"token_endpoint_auth_method": "client_secret_post"}, "another")):
        assert f"{seen} token_endpoint_auth_method" in send(sent).json()["error_description"]


def test_an_address_registers_ten_an_hour(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    for _ in range(limits.LIMITS["register"][0]):
        assert send(RIGHT).status_code == 201
    refused = send(RIGHT)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3600
    again = clock.now() + timedelta(seconds=int(refused["Retry-After"]))
    assert f"{again:%H}:00 UTC" in refused.json()["error_description"], "the hour is that of the clock"
    assert send(RIGHT, "198.51.100.8").status_code == 201
    monkeypatch.setitem(limits.LIMITS, "registered", (11, limits.HOUR))
    assert send(RIGHT, "198.51.100.9").status_code == 429, "and everybody together only so many"


def test_mistakes_use_up_no_registrations_and_tries_end_too(where: Office) -> None:
    cache.clear()
    for _ in range(limits.LIMITS["tried"][0] - 1):
        assert send(RIGHT | {"client_name": ""}).status_code == 400
    assert send(RIGHT).status_code == 201
    assert send(b"{}").status_code == 429
    assert send(b"{}", "198.51.100.8").status_code == 400


def test_what_is_refused_closes_the_door_to_nobody_else(where: Office) -> None:
    cache.clear()
    for number in range(limits.LIMITS["registered"][0] + 1):
        assert send(b"{}", f"198.51.100.{number}").status_code == 400
    assert send(RIGHT, "203.0.113.7").status_code == 201


def test_one_network_of_a_machine_counts_as_one_address(where: Office) -> None:
    """RFC 4291 2.5.4: the last 64 bits are the machine's own."""
    cache.clear()
    statuses = [send(RIGHT, f"2001:db8::{number:x}").status_code for number in range(limits.LIMITS["register"][0] + 1)]
    assert statuses == [201] * limits.LIMITS["register"][0] + [429]
    assert send(RIGHT, "2001:db8:0:1::1").status_code == 201
