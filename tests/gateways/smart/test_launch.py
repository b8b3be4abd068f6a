"""A whole launch: the page, the code, the tokens, for each kind of app (SMART 2.2, certification checklist 1.3-1.4)."""

from html.parser import HTMLParser

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.identity import tokens
from chartpost.kernel.db import raw
from tests.gateways.smart.pages import fields
from tests.gateways.smart.support import (
    REDIRECT,
    SCOPES,
    Office,
    ask,
    authorize,
    code_for,
    exchange,
    refresh,
    sent,
    signed_in,
    tokens_of,
)
from tests.identity.support import browser, entries


class Form(HTMLParser):
    """What the boxes of a page stand at."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a box that is ticked."""
        facts = dict(attrs)
        if tag == "input" and "checked" in facts:
            self.values.setdefault(facts["name"] or "", []).append(facts["value"] or "")


def through_the_page(where: Office, parameters: dict[str, str], method: str = "get") -> dict[str, str]:
    """Walk authorize and the consent page with everything ticked; returns what the app gets."""
    client = signed_in(where.account)
    first = authorize(client, parameters) if method == "get" else client.post("/oauth/authorize", parameters)
    if method == "post":
        first = client.get(first["Location"])
    assert first.status_code == 303
    page = first["Location"]
    shown = client.get(page)
    assert shown.status_code == 200
    done = client.post(page, fields(shown) | {"allow": "1"})
    assert done["Location"].startswith(REDIRECT + "?")
    return sent(done)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_person_lets_an_app_in(where: Office, method: str) -> None:
    app = where.apps["public"]
    back = through_the_page(where, ask(app), method)
    assert back["state"] == "state-1"
    assert back["iss"] == issuer()
    found = exchange(browser(), where, app, back["code"]).json()
    assert found["patient"] == "pat-ana"


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_what_a_token_response_says(where: Office, kind: str) -> None:
    app = where.apps[kind]
    response = exchange(browser(), where, app, code_for(where, app))
    found = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Pragma"] == "no-cache"
    assert found["token_type"] == "Bearer"
    assert found["expires_in"] == 3600
    assert set(found["scope"].split()) == set(SCOPES.split())
    assert found["patient"] == "pat-ana"
    assert len(found["access_token"]) >= 43
    assert found["refresh_token"] != found["access_token"]
    published = browser().get("/oauth/jwks.json").json()
    claims = jwt.decode(found["id_token"], KeySet.import_key_set(published), algorithms=["RS256"])
    assert claims.header["kid"] in {key["kid"] for key in published["keys"]}
    assert claims.claims["iss"] == issuer()
    assert claims.claims["aud"] == app.client_id
    assert claims.claims["fhirUser"] == f"{fhir_base()}/Patient/pat-ana"
    assert claims.claims["nonce"] == "n-1"
    assert 1 <= len(claims.claims["sub"]) <= 255
    assert claims.claims["exp"] > claims.claims["iat"]


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_tokens_are_renewed(where: Office, kind: str) -> None:
    first = tokens_of(where, kind)
    again = refresh(browser(), where, where.apps[kind], first["refresh_token"]).json()
    assert again["refresh_token"] != first["refresh_token"]
    assert set(again["scope"].split()) == set(first["scope"].split())
    assert again["patient"] == "pat-ana"
    access = tokens.access(again["access_token"], raw.django())
    assert access is not None
    assert access.patient_id == "pat-ana"


def test_the_token_reaches_that_person_alone(where: Office) -> None:
    access = tokens.access(tokens_of(where)["access_token"], raw.django())
    assert access is not None
    assert set(access.persons) == {where.person.id}
    assert access.everyone is None
    assert {(s.type, "".join(sorted(s.actions))) for s in access.scopes} == {
        ("Patient", "rs"),
        ("Observation", "rs"),
        ("Condition", "rs"),
    }
    assert access.fhir_user == "Patient/pat-ana"


def test_the_ledger_tells_the_person(where: Office) -> None:
    tokens_of(where)
    assert [e.person_id for e in entries("app.approve")] == [where.person.id]
    assert [e.person_id for e in entries("app.token")] == [where.person.id]
