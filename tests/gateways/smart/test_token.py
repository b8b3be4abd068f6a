"""The token address: codes, clients, and everything that must not become a token (checklist 1.4)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from chartpost.gateways.smart import response, web
from chartpost.gateways.smart.validator import ASSERTION_TYPE
from chartpost.identity import app_models, queries_apps, services, tokens
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel import charsets, clock
from chartpost.kernel.db import raw
from tests.gateways.smart.support import (
    CHALLENGE,
    REDIRECT,
    VERIFIER,
    Office,
    add_person,
    ask,
    asserted,
    basic,
    code_for,
    draft,
    exchange,
    refresh,
    token,
    tokens_of,
)
from tests.identity.support import browser, entries


def good(value: str) -> bool:
    tokens.forget()
    return tokens.access(value, raw.django()) is not None


def error(response: Any, status: int, name: str) -> None:
    assert response.status_code == status, response.content
    assert response.json()["error"] == name
    assert response["Cache-Control"] == "no-store"


def test_an_invented_code_is_400(where: Office) -> None:
    error(exchange(browser(), where, where.apps["public"], "invented"), 400, "invalid_grant")


@pytest.mark.parametrize("client_id", ["nobody", "", "\x00"])
def test_an_unknown_client_is_401(where: Office, client_id: str) -> None:
    code = code_for(where, where.apps["public"])
    error(exchange(browser(), where, where.apps["public"], code, client_id=client_id), 401, "invalid_client")


@pytest.mark.parametrize("verifier", [None, "", "wrong" * 10, CHALLENGE, VERIFIER + "x", VERIFIER.swapcase()])
def test_without_the_verifier_there_is_no_token(where: Office, verifier: str | None) -> None:
    response = exchange(
        browser(), where, where.apps["public"], code_for(where, where.apps["public"]), code_verifier=verifier
    )
    assert response.status_code in {400, 401}
    assert "access_token" not in response.json()


@pytest.mark.parametrize("uri", [REDIRECT + "/", "https://evil.example/back", "https://app.example/other"])
def test_another_redirect_address_than_the_code_was_sent_to_is_400(where: Office, uri: str) -> None:
    """RFC 6749 5.2: a code that does not match the redirection URI used in the request is an invalid grant."""
    app = where.apps["public"]
    for code in (code_for(where, app), code_for(where, app, launch={"redirect_left_out": True})):
        error(exchange(browser(), where, app, code, redirect_uri=uri), 400, "invalid_grant")


def test_the_redirect_address_comes_again_where_the_request_had_it(where: Office) -> None:
    """RFC 6749 4.1.3: required if it was in the authorization request."""
    app = where.apps["public"]
    code = code_for(where, app)
    error(exchange(browser(), where, app, code, redirect_uri=None), 400, "invalid_request")
    assert exchange(browser(), where, app, code).status_code == 200
    for uri, status in ((None, 200), (REDIRECT, 200), (REDIRECT + "/", 400)):
        code = code_for(where, app, launch={"redirect_left_out": True})
        assert exchange(browser(), where, app, code, redirect_uri=uri).status_code == status, uri


def test_a_code_lives_a_minute(where: Office) -> None:
    code = code_for(where, where.apps["public"])
    with clock.at(clock.now() + timedelta(seconds=61)):
        error(exchange(browser(), where, where.apps["public"], code), 400, "invalid_grant")


def test_a_code_of_another_client_is_400(where: Office) -> None:
    other, _ = services.register_app(draft("public"), SYSTEM, reviewed=True)
    code = code_for(where, where.apps["public"])
    error(exchange(browser(), where, other, code), 400, "invalid_grant")
    assert exchange(browser(), where, where.apps["public"], code).status_code == 200, "and it is not used up"


def test_a_code_used_twice_ends_all_that_came_of_it(where: Office) -> None:
    app = where.apps["public"]
    code = code_for(where, app)
    first = exchange(browser(), where, app, code).json()
    second = refresh(browser(), where, app, first["refresh_token"]).json()
    assert good(second["access_token"])
    error(exchange(browser(), where, app, code), 400, "invalid_grant")
    assert not good(first["access_token"])
    assert not good(second["access_token"])
    error(refresh(browser(), where, app, second["refresh_token"]), 400, "invalid_grant")
    assert [entry.person_id for entry in entries("app.reuse")] == [where.person.id]


def test_a_code_fails_when_its_person_is_no_longer_in_reach(where: Office) -> None:
    code = code_for(where, where.apps["public"])
    services.disable_account(where.account.email, SYSTEM)
    error(exchange(browser(), where, where.apps["public"], code), 400, "invalid_grant")


def test_a_code_of_a_blocked_app_is_refused(where: Office) -> None:
    code = code_for(where, where.apps["public"])
    services.disable_app(where.apps["public"].ref, SYSTEM)
    error(exchange(browser(), where, where.apps["public"], code), 401, "invalid_client")


def test_a_secret_is_checked(where: Office) -> None:
    app = where.apps["symmetric"]
    facts = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    code = code_for(where, app)
    wrong: list[dict[str, Any]] = [
        {"client_id": app.client_id},
        {"client_id": app.client_id, "client_secret": ""},
        {"client_id": app.client_id, "client_secret": "wrong"},
        basic(app.client_id, "wrong"),
        basic(app.client_id, ""),
        basic("nobody", where.secret),
        {"HTTP_AUTHORIZATION": "Basic !!!"},
        {"HTTP_AUTHORIZATION": "Basic " + "w" * 20},
        asserted(app.client_id),
    ]
    for proof in wrong:
        response = token(browser(), **facts, code=code, **proof)
        assert response.status_code == 401, (proof, response.content)
        assert "WWW-Authenticate" in response
    sent = token(browser(), **facts, code=code, client_id=app.client_id, client_secret=where.secret)
    assert sent.status_code == 200, "in the body too"


def test_the_scheme_of_a_secret_counts_in_letters_of_any_size(where: Office) -> None:
    """RFC 9110 11.1: the scheme is case-insensitive."""
    app = where.apps["symmetric"]
    for scheme in ("basic", "BASIC"):
        proof = {name: value.replace("Basic", scheme) for name, value in basic(app.client_id, where.secret).items()}
        assert exchange(browser(), where, app, code_for(where, app), **proof).status_code == 200


def test_a_client_proves_itself_in_one_way_only(where: Office) -> None:
    """RFC 6749 2.3: not more than one method in each request."""
    app, other = where.apps["symmetric"], where.apps["asymmetric"]
    code = code_for(where, app)
    facts = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER, "code": code}
    facts |= {"token": "x"}
    right, named = basic(app.client_id, where.secret), {"client_id": app.client_id}
    wrong: list[dict[str, Any]] = [
        right | named | {"client_secret": "wrong"},
        right | named | {"client_secret": where.secret},
        basic(app.client_id, "wrong") | named | {"client_secret": where.secret},
        right | asserted(other.client_id),
        named | {"client_secret": where.secret} | asserted(other.client_id),
        right | {"client_assertion_type": ASSERTION_TYPE},
    ]
    for proof in wrong:
        for path in ("token", "revoke", "introspect"):
            headers = {name: value for name, value in proof.items() if name.startswith("HTTP_")}
            body = facts | {name: value for name, value in proof.items() if name not in headers}
            error(browser().post(f"/oauth/{path}", body, **headers), 400, "invalid_request")
    error(token(browser(), **facts, **right, client_id=other.client_id), 401, "invalid_client")
    assert token(browser(), **facts, **right, **named, client_secret="").status_code == 200, "a name is no proof"


def test_a_new_secret_ends_the_old_one(where: Office) -> None:
    app = where.apps["symmetric"]
    old, fresh = where.secret, services.new_app_secret(where.apps["symmetric"].ref, SYSTEM)
    code = code_for(where, app)
    assert exchange(browser(), where, app, code).status_code == 401
    where.secret = fresh
    assert exchange(browser(), where, app, code).status_code == 200
    assert old != fresh


def test_an_asymmetric_client_never_gets_by_without_its_signature(where: Office) -> None:
    app = where.apps["asymmetric"]
    code = code_for(where, app)
    facts = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER, "code": code}
    for proof in (
        {"client_id": app.client_id},
        {"client_id": app.client_id, "client_secret": ""},
        {"client_id": app.client_id, "client_secret": "x"},
        basic(app.client_id, ""),
        {"client_id": app.client_id, "client_assertion_type": ASSERTION_TYPE},
        {"client_id": app.client_id, "client_assertion_type": "other", **{"client_assertion": "x"}},
        {"client_id": where.apps["public"].client_id} | asserted(app.client_id),
    ):
        assert token(browser(), **facts, **proof).status_code == 401, proof


@pytest.mark.parametrize("kind", ["password", "implicit", "", "urn:ietf:params:oauth:grant-type:device_code", None])
def test_other_grants_are_400(where: Office, kind: str | None) -> None:
    facts = {"client_id": where.apps["public"].client_id, "username": "ana@people.example", "password": "x"}
    assert token(browser(), grant_type=kind, **facts).status_code == 400


def test_no_grant_type_and_an_unknown_one_are_different_errors(where: Office) -> None:
    error(token(browser(), code="x"), 400, "invalid_request")
    body = b'{"grant_type": "authorization_code"}'
    error(browser().post("/oauth/token", body, content_type="application/json"), 400, "invalid_request")
    error(token(browser(), grant_type="password"), 400, "unsupported_grant_type")


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_a_parameter_given_twice_is_400(where: Office, path: str) -> None:
    app = where.apps["public"]
    facts = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    code = code_for(where, app)
    twice = facts | {"client_id": app.client_id, "code": ["bad", code], "token": ["x", "y"]}
    response = browser().post(f"/oauth/{path}", twice)
    error(response, 400, "invalid_request")
    assert "more than once" in response.json()["error_description"]
    assert exchange(browser(), where, app, code).status_code == 200, "the code is still good"


def test_who_tried_a_secret_in_the_header_is_challenged_for_one(where: Office) -> None:
    wrong = basic(where.apps["symmetric"].client_id, "wrong")
    for path in ("token", "introspect", "revoke"):
        facts = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
        response = browser().post(f"/oauth/{path}", facts, **wrong)
        assert (response.status_code, response["WWW-Authenticate"].split()[0]) == (401, "Basic"), path


def test_parameters_in_the_address_are_400(where: Office) -> None:
    code = code_for(where, where.apps["public"])
    response = browser().post(f"/oauth/token?code={code}&x", ask(where.apps["public"]))
    error(response, 400, "invalid_request")


@pytest.mark.parametrize(
    "body", [b"", b"%", b"{}", b"grant_type=authorization_code&code=%00&client_id=%00", b"\xff" * 50]
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "x"])
def test_a_broken_body_is_never_a_500(where: Office, body: bytes, kind: str) -> None:
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/register"):
        client = browser()
        client.raise_request_exception = False
        response = client.post(path, body, content_type=kind)
        assert 400 <= response.status_code < 500, (path, response.content)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("&".join(f"a{number}=1" for number in range(3000)), FORM),
        ("a=" + "x" * 6_000_000, FORM),
        ("a=\xe9", f"{FORM}; charset=iso-8859-1"),
        ("a=1", "multipart/form-data"),
        ("a=1", "multipart/form-data; boundary=\xe9"),
    ],
)
@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_a_body_that_cannot_be_read_is_told_of_in_json(where: Office, path: str, body: str, kind: str) -> None:
    """RFC 6749 5.2; apps in a browser read it across origins."""
    response = browser().post(f"/oauth/{path}", body, content_type=kind, HTTP_ORIGIN="https://app.example")
    error(response, 400, "invalid_request")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Expected: UTF-8" in response.json()["error_description"]


@pytest.mark.parametrize("path", web.BY_PROGRAMS)
def test_a_body_in_an_encoding_nobody_reads_is_told_of_in_json(path: str) -> None:
    said: list[Any] = []
    door = charsets.checked(get_wsgi_application(), web.REFUSALS)
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": f"{FORM}; charset=utf-7"}
    (body,) = door(environ, lambda status, headers: said.extend((status, dict(headers))))
    assert said[0] == "400 Bad Request"
    assert said[1]["Content-Type"] == "application/json"
    assert said[1]["Access-Control-Allow-Origin"] == "*"
    assert json.loads(body)["error"] == "invalid_request"


def test_words_of_an_error_hold_no_other_letters_than_they_may(where: Office) -> None:
    """RFC 6749 5.2: error_description without quotes, backslashes and what is not ASCII."""
    said = browser().post("/oauth/token", {'a"\\\u00e9': ["1", "2"]}).json()["error_description"]
    assert said.isascii()
    assert not set(said) & {'"', "\\"}
    assert "more than once" in said


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_only_post_is_taken(where: Office, method: str) -> None:
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/register"):
        response = getattr(browser(), method)(path)
        assert response.status_code == 405
        assert response["Allow"] == "POST"


@pytest.mark.parametrize("path", [*web.BY_PROGRAMS, "/oauth/jwks.json"])
def test_any_origin_may_ask(where: Office, path: str) -> None:
    asked = browser().options(path, HTTP_ORIGIN="https://app.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST")
    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in asked["Access-Control-Allow-Headers"]
    answered = browser().post(path, {}, HTTP_ORIGIN="https://app.example")
    assert answered["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" in answered["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answered


def test_errors_are_readable_across_origins(where: Office) -> None:
    response = token(browser(), HTTP_ORIGIN="https://app.example", grant_type="x")
    assert response["Access-Control-Allow-Origin"] == "*"


def test_an_app_started_at_the_desk_gets_person_and_encounter(where: Office) -> None:
    app = where.apps["symmetric"]
    launch = services.make_launch(where.staff, app.client_id, where.person.id, "enc-1")
    found = services.open_launch(launch, where.staff, app.client_id)
    assert found is not None
    values = {"launch": found[0], "person_id": found[1], "encounter_id": found[2]}
    scope = "launch openid fhirUser offline_access patient/Patient.rs user/Practitioner.rs"
    response = exchange(browser(), where, app, code_for(where, app, scope, actor=where.staff, launch=values)).json()
    assert response["patient"] == "pat-ana"
    assert response["encounter"] == "enc-1"
    assert response["need_patient_banner"] is True
    assert "fhirContext" not in response, "SMART 2.2: any resource type other than Patient or Encounter"
    assert browser().get("/oauth/style.json").json()["color_background"].startswith("#")
    assert response["smart_style_url"].endswith("/oauth/style.json")
    access = tokens.access(response["access_token"], raw.django())
    assert access is not None
    assert access.fhir_user == f"Practitioner/{where.clerk.ref}"
    assert access.everyone is not None


def test_version_one_scopes_come_back_as_they_were_asked(where: Office) -> None:
    scope = "launch/patient patient/Patient.read patient/Observation.read"
    found = tokens_of(where, scope=scope)
    assert set(found["scope"].split()) == set(scope.split())
    assert "refresh_token" not in found
    assert "id_token" not in found


def test_a_person_gives_no_leave_to_write(where: Office) -> None:
    found = tokens_of(where, scope="launch/patient patient/*.* user/Observation.cruds patient/Goal.c")
    access = tokens.access(found["access_token"], raw.django())
    assert access is not None
    assert {letter for scope in access.scopes for letter in scope.actions} == {"r", "s"}
    assert "patient/Goal" not in found["scope"]


def test_two_people_do_not_mix(where: Office) -> None:
    other = add_person("Ben", "pat-ben")
    account = services.add_account("ben@people.example", "Ben Quill", "correct horse battery staple")
    services.link_own(account, other.id, "invitation_code", SYSTEM)
    first = tokens.access(tokens_of(where)["access_token"], raw.django())
    assert first is not None
    assert other.id not in first.persons
    assert [g.person_id for g in queries_apps.grants_of_account(account.pk)] == []


def test_a_token_lives_no_longer_than_what_it_was_given_for(where: Office) -> None:
    app = where.apps["public"]
    code = code_for(where, app, "launch/patient patient/Patient.rs")
    issued = app_tokens.redeem_code(code, app.client_id, "access", "", 86_400)
    assert issued is not None
    assert response.context(issued)["expires_in"] == 3600, "what is told is what is so"
    (grant,) = queries_apps.grants_of_app(app.ref)
    for minutes, held in ((59, True), (61, False)):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            assert good("access") is held
            assert (tokens.access_of_grant(grant.ref, raw.django()) is not None) is held


def test_a_token_ends_with_its_grant_though_it_says_longer(where: Office) -> None:
    found = tokens_of(where)
    app_models.AppGrant.objects.update(expires_at=clock.now() + timedelta(minutes=5))
    for minutes, held in ((4, True), (6, False)):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            assert good(found["access_token"]) is held
