"""Requests of apps on their way: over sign-in, several at a time, in a window of their own."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet

from chartpost.gateways.smart import asks, limits
from chartpost.identity import services, sessions
from chartpost.kernel import clock
from tests.gateways.smart.pages import fields, text
from tests.gateways.smart.support import Office, ask, authorize, exchange, office, sent, signed_in, waiting
from tests.identity.support import PASSWORD, browser

TYPES = ("Condition", "Observation", "Immunization", "Procedure", "Encounter", "Goal", "CarePlan", "CareTeam")
LONG = "launch/patient openid fhirUser offline_access " + " ".join(
    f"patient/{kind}.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|{word}"
    for kind in TYPES
    for word in ("laboratory", "vital-signs", "survey", "social-history")
)
OPENER = "Cross-Origin-Opener-Policy"


def sign_in(client: Client, page: str, account: Any) -> Any:
    """Sign in on the way to a page; returns where it leads."""
    return client.post(f"/account/login/?next={page}", {"login": account.email, "password": PASSWORD})["Location"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_long_request_survives_sign_in(where: Office, method: str) -> None:
    client, parameters = browser(), ask(where.apps["public"], scope=LONG, state="s" * 2000)
    if method == "get":
        page = authorize(client, parameters)["Location"]
    else:
        page = client.get(client.post("/oauth/authorize", parameters)["Location"])["Location"]
    assert sign_in(client, page, where.account) == page
    shown = client.get(page)
    assert (shown.status_code, "public app" in text(shown)) == (200, True)
    assert len(waiting({"Location": page}).scopes) == 4 + 4 * len(TYPES)
    assert sent(client.post(page, {"deny": "1"}))["state"] == "s" * 2000


def aged(client: Client, seconds: int) -> None:
    """Let the proofs of a session be so many seconds old."""
    session = client.session
    for proof in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        proof["at"] -= seconds
    session.save()


def claims(where: Office, code: str) -> dict[str, Any]:
    """What the id token given for a code says."""
    answer = exchange(browser(), where, where.apps["public"], code).json()
    keys = KeySet.import_key_set(browser().get("/oauth/jwks.json").json())
    return dict(jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims)


@pytest.mark.parametrize(
    "changes", [{"prompt": "login"}, {"prompt": "consent login"}, {"max_age": "0"}, {"max_age": "60"}]
)
def test_an_app_may_ask_for_a_fresh_sign_in(where: Office, changes: dict[str, str]) -> None:
    """OpenID Connect Core 1.0 3.1.2.1; once, and the request goes on with the moment in its id token (`auth_time`)."""
    client = browser()
    sign_in(client, "/", where.account)
    aged(client, 100)
    page = authorize(client, ask(where.apps["public"], **changes))["Location"]
    for turned in (client.get(page), client.post(page, {"allow": "1"})):
        assert turned["Location"].startswith("/account/reauthenticate/?next=")
        assert turned[OPENER] == "unsafe-none"
    turned = client.get(page)["Location"]
    assert client.post(turned, {"password": "wrong"}).status_code == 200
    assert client.get(page).status_code == 302, "not proved yet"
    before = int(clock.now().timestamp())
    assert client.post(turned, {"password": PASSWORD})["Location"] == page
    found = client.get(page)
    assert found.status_code == 200
    back = client.post(page, fields(found) | {"allow": "1"})
    assert before <= claims(where, sent(back)["code"])["auth_time"] <= clock.now().timestamp()


def test_a_sign_in_that_is_young_enough_is_enough(where: Office) -> None:
    client = browser()
    sign_in(client, "/", where.account)
    aged(client, 100)
    page = authorize(client, ask(where.apps["public"], max_age="3600"))["Location"]
    found = client.get(page)
    assert found.status_code == 200
    back = client.post(page, fields(found) | {"allow": "1"})
    assert 99 <= clock.now().timestamp() - claims(where, sent(back)["code"])["auth_time"] < 160


def test_who_signs_in_for_a_request_has_signed_in_freshly(where: Office) -> None:
    client = browser()
    page = authorize(client, ask(where.apps["public"], prompt="login", max_age="0"))["Location"]
    assert sign_in(client, page, where.account) == page
    assert client.get(page).status_code == 200


def test_a_form_longer_than_an_address_can_be_is_told_so(where: Office) -> None:
    answer = browser().post("/oauth/authorize", ask(where.apps["public"], state="s" * 17_000))
    assert (answer.status_code, "This app cannot connect" in text(answer)) == (400, True)


def test_a_request_waits_an_hour_for_sign_in_and_then_a_quarter_for_an_answer(where: Office) -> None:
    client, moment = browser(), clock.now()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    late = authorize(client, ask(where.apps["public"]))["Location"]
    client.force_login(where.account)
    with clock.at(moment + timedelta(minutes=50)):
        client.force_login(where.account)
        assert client.get(page).status_code == 200
    with clock.at(moment + timedelta(minutes=64)):
        assert client.get(page).status_code == 200
        assert client.get(late).status_code == 400
    with clock.at(moment + timedelta(minutes=66)):
        assert client.get(page).status_code == 400


def test_a_request_lasts_when_a_new_password_changes_the_session(where: Office) -> None:
    client, new = signed_in(where.account), "seven new otters maple 77"
    client.get("/apps/")
    page = authorize(client, ask(where.apps["public"]))["Location"]
    assert client.get(page).status_code == 200
    before = client.session.session_key
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.session.session_key != before
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("key", ["a%00b" * 8, "A" * 32, "x" * 300])
def test_what_is_no_key_names_no_request(where: Office, key: str) -> None:
    assert signed_in(where.account).get(f"/oauth/consent/{key}/").status_code in {400, 404}


def test_strangers_of_one_address_bring_so_many(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "ask", (2, limits.HOUR))
    parameters = ask(where.apps["public"])
    answers = [authorize(browser(), parameters) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert "Wait an hour" in text(answers[2])
    assert "makers of the app" not in text(answers[2]), "nothing is wrong with it"
    assert browser().get("/oauth/authorize", parameters, REMOTE_ADDR="203.0.113.9").status_code == 303
    assert authorize(signed_in(where.account), parameters).status_code == 303


def test_a_request_brought_when_the_session_had_ended_waits_for_sign_in(where: Office) -> None:
    client = signed_in(where.account)
    client.get("/apps/")
    with clock.at(clock.now() + timedelta(minutes=31)):
        page = authorize(client, ask(where.apps["public"]))["Location"]
        assert client.get(page)["Location"] == f"/account/login/?next={page}"
        assert sign_in(client, page, where.account) == page
        assert client.get(page).status_code == 200


def test_only_the_browser_that_brought_a_request_gets_it_back(where: Office) -> None:
    client = browser()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    other = browser()
    authorize(other, ask(where.apps["public"]))
    assert sign_in(other, page, where.account) == page
    assert other.get(page).status_code == 400
    assert sign_in(client, page, where.account) == page
    assert client.get(page).status_code == 200


def test_a_request_put_before_one_account_is_not_put_before_another(where: Office) -> None:
    client = browser()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    assert sign_in(client, page, where.account) == page
    assert client.get(page).status_code == 200
    client.post("/account/logout/")
    assert sign_in(client, page, where.clerk) == page
    assert client.get(page).status_code == 400


def test_the_key_of_a_request_is_no_session_of_anybody(where: Office) -> None:
    client = browser()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    sign_in(client, page, where.account)
    client.get(page)
    other = browser()
    other.cookies["__Host-chartpost"] = page.rstrip("/").rpartition("/")[2]
    assert other.get(page)["Location"].startswith("/account/login/")
    assert sign_in(other, page, where.account) == page
    assert other.get(page).status_code == 400


def test_a_launch_is_opened_by_whoever_signs_in(where: Office) -> None:
    scope = "launch openid fhirUser patient/Patient.rs"
    launch = services.make_launch(where.staff, where.apps["public"].client_id, where.person.id)
    client = browser()
    page = authorize(client, ask(where.apps["public"], scope=scope, launch=launch))["Location"]
    sign_in(client, page, where.clerk)
    assert "Ana Quill" in text(client.get(page))
    assert waiting({"Location": page}).person_id == where.person.id


def test_a_launch_that_went_stale_before_sign_in_is_shown(where: Office) -> None:
    """A redirect to the app would follow from the form of the sign-in page, whose policy leads nowhere else."""
    launch = services.make_launch(where.staff, where.apps["public"].client_id, where.person.id)
    client = browser()
    page = authorize(client, ask(where.apps["public"], scope="launch openid", launch=launch))["Location"]
    sign_in(client, page, where.account)
    answer = client.get(page)
    assert (answer.status_code, "This app cannot connect" in text(answer)) == (400, True)


def test_pages_on_the_way_keep_the_window_that_opened_them(where: Office) -> None:
    client = browser()
    first = authorize(client, ask(where.apps["public"]))
    page = first["Location"]
    asked = client.get(page)
    form = client.get(asked["Location"])
    back = client.post(asked["Location"], {"login": where.account.email, "password": PASSWORD})
    for answer in (first, asked, form, back, client.get(page), client.post(page, {"deny": "1"})):
        assert answer[OPENER] == "unsafe-none"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_other_pages_keep_to_themselves(where: Office) -> None:
    assert browser().get("/account/login/")[OPENER] == "same-origin"
    client = browser()
    page = authorize(client, ask(where.apps["public"]))["Location"]
    sign_in(client, page, where.account)
    assert client.get("/apps/")[OPENER] == "same-origin"
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert client.get("/account/login/")[OPENER] == "same-origin"


def test_requests_of_strangers_are_forgotten(where: Office) -> None:
    authorize(browser(), ask(where.apps["public"]))
    assert Session.objects.count() == 2
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert sessions.forget_expired() == 2


@pytest.mark.django_db(transaction=True)
def test_requests_that_come_at_once_all_wait() -> None:
    where = office()
    client, together = signed_in(where.account), threading.Barrier(3)
    pages: list[str] = []

    def bring() -> None:
        mine = browser()
        mine.cookies = client.cookies.copy()
        try:
            together.wait()
            pages.append(authorize(mine, ask(where.apps["public"]))["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=bring) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    assert asks.SECONDS < asks.SIGN_IN_SECONDS
