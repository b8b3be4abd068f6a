"""Introspection and revocation (checklist 1.4, RFC 7662, RFC 7009)."""

import time
from datetime import timedelta
from typing import Any

import pytest

from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.identity import queries, queries_apps, services, tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from tests.gateways.smart.support import Office, add_person, asserted, basic, draft, refresh, tokens_of
from tests.identity.support import browser


def told(token: str, headers: dict[str, Any] | None = None, **body: str) -> Any:
    response = browser().post("/oauth/introspect", {"token": token} | body, **(headers or {}))
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "no-store"
    return response.json()


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_what_is_told_of_an_active_token(where: Office) -> None:
    found = tokens_of(where, "symmetric")
    facts = told(found["access_token"], basic(where.apps["symmetric"].client_id, where.secret))
    assert facts["active"] is True
    assert facts["client_id"] == where.apps["symmetric"].client_id
    assert set(facts["scope"].split()) == set(found["scope"].split())
    assert 3500 < facts["exp"] - time.time() <= 3600
    assert facts["patient"] == "pat-ana"
    assert facts["iss"] == issuer()
    assert facts["sub"] == where.account.ref
    assert facts["fhirUser"] == f"{fhir_base()}/Patient/pat-ana"


def test_a_refresh_token_is_told_of_too(where: Office) -> None:
    found = tokens_of(where)
    facts = told(found["refresh_token"], bearer(found["access_token"]))
    assert facts["active"] is True
    assert facts["exp"] - time.time() > 90 * 86_400


def test_an_encounter_is_told(where: Office) -> None:
    app_id = where.apps["public"].client_id
    launched = services.make_launch(where.staff, app_id, where.person.id, "enc-1")
    opened = services.open_launch(launched, where.staff, app_id)
    assert opened is not None
    launch = {"launch": opened[0], "person_id": opened[1], "encounter_id": opened[2]}
    found = tokens_of(where, scope="launch openid patient/Patient.rs", actor=where.staff, launch=launch)
    assert told(found["access_token"], bearer(found["access_token"]))["encounter"] == "enc-1"


def test_of_anything_else_only_that_it_is_not_active(where: Office) -> None:
    app = where.apps["symmetric"]
    proof = basic(app.client_id, where.secret)
    first = tokens_of(where, "symmetric")
    refresh(browser(), where, app, first["refresh_token"])
    assert told("invented", proof) == {"active": False}
    assert told(first["refresh_token"], proof) == {"active": False}, "it was used"
    services.end_grant(queries_apps.grants_of_account(where.account.pk)[0].ref, where.actor)
    assert told(first["access_token"], proof) == {"active": False}


def test_what_no_door_takes_any_more_is_not_active(where: Office) -> None:
    """Whoever gave it may give it no more, though the tokens themselves stand."""
    proof = basic(where.apps["symmetric"].client_id, where.secret)
    helper = services.add_account("helper@people.example", "Hedy Helper", "correct horse battery staple")
    row = services.represent(helper, where.person.id, "caregiver", SYSTEM)
    theirs, own = tokens_of(where, actor=queries.actor_of(helper)), tokens_of(where)
    for kind in ("access_token", "refresh_token"):
        assert told(theirs[kind], proof)["active"]
    services.end_representation(row.ref, where.actor)
    tokens.forget()
    for kind in ("access_token", "refresh_token"):
        assert told(theirs[kind], proof) == {"active": False}
        assert told(own[kind], proof)["active"]


def test_a_refresh_token_the_token_address_refuses_is_not_active(where: Office) -> None:
    app = where.apps["symmetric"]
    found = tokens_of(where, "symmetric", "user/*.rs offline_access", actor=where.staff, person_id=None)
    prove = basic(app.client_id, where.secret)
    assert told(found["refresh_token"], prove)["active"] is True
    services.edit_app(app.ref, draft("symmetric", scopes=("user/Patient.rs",)), SYSTEM)
    assert refresh(browser(), where, app, found["refresh_token"]).status_code == 400
    assert told(found["refresh_token"], prove) == {"active": False}


def test_of_a_child_come_of_age_nothing_is_active(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = basic(where.apps["symmetric"].client_id, where.secret)
    child = add_person("Kid", "pat-kid")
    today = clock.today(queries.office_zone())
    services.represent(where.account, child.id, "parent", SYSTEM, ends_on=today)
    found = tokens_of(where, actor=queries.actor_of(where.account), person_id=child.id)
    assert told(found["access_token"], proof)["active"]
    tokens._kept.clear()
    monkeypatch.setattr(clock, "today", lambda _zone: today + timedelta(days=1))
    for kind in ("access_token", "refresh_token"):
        assert told(found[kind], proof) == {"active": False}


def test_who_may_ask(where: Office) -> None:
    found = tokens_of(where)
    token, public = found["access_token"], where.apps["public"].client_id
    assert told(token, bearer(token))["active"]
    assert told(token, **asserted(where.apps["backend"].client_id))["active"]
    other, _ = services.register_app(draft("public"), SYSTEM, reviewed=True)
    refused: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({}, {}),
        ({}, {"client_id": other.client_id}),
        ({}, {"client_id": public}),
        ({}, {"client_id": "nobody"}),
        ({}, {"client_id": where.apps["symmetric"].client_id}),
        ({}, {"client_id": where.apps["symmetric"].client_id, "client_secret": "wrong"}),
        (basic(where.apps["symmetric"].client_id, "wrong"), {}),
        (bearer("invented"), {}),
        (bearer(found["refresh_token"]), {}),
        ({"HTTP_AUTHORIZATION": "Digest x"}, {}),
    ]
    for headers, body in refused:
        response = browser().post("/oauth/introspect", {"token": token} | body, **headers)
        assert response.status_code == 401, (headers, body)
        brought = headers.get("HTTP_AUTHORIZATION", "").startswith("Bearer")
        assert ('error="invalid_token"' in response["WWW-Authenticate"]) is brought
        assert response.json()["error"] == ("invalid_token" if brought else "invalid_client")
        assert b"pat-ana" not in response.content
        guessed = browser().post("/oauth/introspect", {"token": "guess"} | body, **headers)
        assert guessed.status_code == 401, "nobody tries tokens out here"


def alive(token: str) -> bool:
    return tokens.access(token, raw.django()) is not None


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "other", ""])
def test_a_client_gives_its_tokens_back(where: Office, hint: str) -> None:
    app = where.apps["public"]
    found = tokens_of(where)
    facts = {"client_id": app.client_id, "token_type_hint": hint}
    assert browser().post("/oauth/revoke", facts | {"token": found["access_token"]}).status_code == 200
    assert not alive(found["access_token"])
    again = refresh(browser(), where, app, found["refresh_token"]).json()
    assert browser().post("/oauth/revoke", facts | {"token": again["refresh_token"]}).status_code == 200
    assert not alive(again["access_token"])
    assert refresh(browser(), where, app, again["refresh_token"]).status_code == 400


def test_an_unknown_token_is_no_error_and_one_of_another_client_stays(where: Office) -> None:
    found = tokens_of(where)
    other, _ = services.register_app(draft("public"), SYSTEM, reviewed=True)
    for token in ("invented", found["access_token"], found["refresh_token"]):
        assert browser().post("/oauth/revoke", {"client_id": other.client_id, "token": token}).status_code == 200
    assert alive(found["access_token"])


def test_a_confidential_client_proves_itself_to_give_back(where: Office) -> None:
    found = tokens_of(where, "symmetric")
    facts = {"client_id": where.apps["symmetric"].client_id, "token": found["access_token"]}
    assert browser().post("/oauth/revoke", facts).status_code == 401
    assert alive(found["access_token"])
    assert browser().post("/oauth/revoke", facts, **basic(facts["client_id"], where.secret)).status_code == 200
    assert not alive(found["access_token"])
