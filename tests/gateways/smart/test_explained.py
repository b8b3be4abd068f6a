"""Errors of the OAuth library in words: seen, expected, what to do, wherever a maker of an app meets them."""

import re
from typing import Any

import pytest

from chartpost.gateways.smart.addresses import issuer, token_url
from chartpost.gateways.smart.explained import explained
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from tests.gateways.smart.pages import text
from tests.gateways.smart.support import (
    REDIRECT,
    Office,
    ask,
    asserted,
    authorize,
    code_for,
    draft,
    exchange,
    refresh,
    sent,
    signed_in,
    token,
    tokens_of,
)
from tests.identity.support import browser

ALLOWED = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
"""Letters of a description (RFC 6749 5.2)."""


def helps(words: str) -> bool:
    """Whether words say what was seen, what was expected and what to do, in letters they may have."""
    return all(part in words for part in ("Seen: ", "Expected: ", "Do: ")) and ALLOWED.fullmatch(words) is not None


def told(response: Any, error: str) -> None:
    found = response.json()
    assert found["error"] == error
    assert helps(found["error_description"]), found


def test_a_used_code_and_an_ended_refresh_token_are_explained(where: Office) -> None:
    app = where.apps["public"]
    code = code_for(where, app)
    value = exchange(browser(), where, app, code).json()["refresh_token"]
    told(exchange(browser(), where, app, code), "invalid_grant")
    told(refresh(browser(), where, app, value), "invalid_grant")


def test_the_words_do_not_tell_a_used_code_from_an_invented_one(where: Office) -> None:
    app = where.apps["public"]
    code = code_for(where, app)
    exchange(browser(), where, app, code)
    answers = [exchange(browser(), where, app, one).json() for one in (code, "invented")]
    assert answers[0] == answers[1]


def test_a_client_that_did_not_prove_itself_is_explained(where: Office) -> None:
    backend = where.apps["backend"].client_id
    facts = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    for proof in (asserted(backend, aud="https://other.example"), asserted(backend, jti=None), {"client_id": "nobody"}):
        response = token(browser(), **facts, **proof)
        told(response, "invalid_client")
        assert token_url() in response.json()["error_description"]


@pytest.mark.parametrize("scope", [None, "patient/*.rs", "bogus"])
def test_scopes_a_program_cannot_have_are_explained(where: Office, scope: str | None) -> None:
    facts = {"grant_type": "client_credentials", "scope": scope}
    told(token(browser(), **facts, **asserted(where.apps["backend"].client_id)), "invalid_scope")


def test_a_refresh_for_more_than_was_granted_is_explained(where: Office) -> None:
    value = tokens_of(where)["refresh_token"]
    told(refresh(browser(), where, where.apps["public"], value, scope="patient/*.rs"), "invalid_scope")


@pytest.mark.parametrize("left_out", ["code_verifier", "redirect_uri"])
def test_what_a_token_request_left_out_is_named(where: Office, left_out: str) -> None:
    app = where.apps["public"]
    response = exchange(browser(), where, app, code_for(where, app), **{left_out: None})
    told(response, "invalid_request")
    assert f"no {left_out}" in response.json()["error_description"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": None},
        {"scope": "system/*.rs"},
        {"response_type": "token"},
        {"response_type": "nothing"},
        {"response_type": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "S512"},
        {"prompt": "none"},
    ],
)
def test_the_app_is_told_in_words(where: Office, changes: dict[str, Any]) -> None:
    response = authorize(signed_in(where.account), ask(where.apps["public"], **changes))
    assert response["Location"].startswith(f"{REDIRECT}?error=")
    assert helps(sent(response)["error_description"]), sent(response)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "back"},
        {"state": "s" * 3000},
    ],
)
def test_the_makers_are_told_on_the_page(where: Office, changes: dict[str, Any]) -> None:
    page = authorize(signed_in(where.account), ask(where.apps["public"], **changes))
    assert page.status_code == 400
    assert all(part in text(page) for part in ("Seen: ", "Expected: ", "Do: ")), text(page)


@pytest.mark.parametrize("changes", [{"scope": None}, {"scope": "patient/Foo.rs"}, {"aud": None}, {"prompt": "none"}])
def test_of_an_app_not_looked_at_the_person_reads_the_error(where: Office, changes: dict[str, Any]) -> None:
    """RFC 9700 4.11.2: nobody registers an app to have the office lead people to its address; the page tells makers."""
    app, _ = services.register_app(draft("public"), SYSTEM, reviewed=False)
    page = authorize(signed_in(where.account), ask(app, **changes))
    assert page.status_code == 400
    assert "Expected: " in text(page)
    assert "only for an app the office has looked at" in text(browser().get("/developers/"))


def test_words_of_the_library_that_are_not_known_are_kept() -> None:
    assert explained("invalid_request", "Duplicate client_id parameter.") == "Duplicate client_id parameter."
    assert explained("other", None) == ""
    assert f"{issuer()}/register" in explained("invalid_request", "Missing client_id parameter.")
