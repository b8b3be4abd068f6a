"""What a hostile app, site or former member of staff tries at the OAuth door: each attempt once."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chartpost.identity import queries, queries_apps, services, tokens
from chartpost.identity.errors import AppRefused
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from tests.gateways.smart.support import (
    CHALLENGE,
    REDIRECT,
    Office,
    add_person,
    ask,
    authorize,
    code_for,
    draft,
    exchange,
    refresh,
    sent,
    signed_in,
    tokens_of,
)
from tests.identity.support import PASSWORD, browser, sign_in
from tests.identity.test_signin import add_totp

STAFF = "openid offline_access user/*.rs"


def reached(value: str) -> Any:
    tokens.forget()
    return tokens.access(value, raw.django())


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example\\@127.0.0.1:49152/cb",
        "http://evil.example@127.0.0.1:49152/cb",
        "http://a;b@127.0.0.1:49152/cb",
        "http://127.0.0.1:49152;default-src/cb",
        "http://127.0.0.1:49152/cb?a=b",
        "http://127.0.0.1:49152/cb#x",
        "http://127.0.0.1.evil.example:49152/cb",
        "https://127.0.0.1:49152/cb",
        "http://127.0.0.1:49152/cb/../x",
    ],
)
def test_a_loopback_address_is_nothing_but_itself(where: Office, uri: str) -> None:
    app, _ = services.register_app(draft("public", redirect_uris=("http://127.0.0.1/cb",)), SYSTEM, reviewed=True)
    answer = authorize(signed_in(where.account), ask(app, redirect_uri=uri))
    assert answer.status_code == 400, answer.get("Location")


@pytest.mark.parametrize(
    "name", ["Good\u202egnihton", "Good\nApp", "A\x00B", "A\u200bB", "\u2066x", "a\x1b[2J", "\ufeffA"]
)
def test_a_name_is_what_it_looks_like(where: Office, name: str) -> None:
    with pytest.raises(AppRefused):
        services.register_app(draft("public", name=name), SYSTEM, reviewed=False)


def test_names_in_other_scripts_are_names(where: Office) -> None:
    for name in ("Méditrack 2", "健康", "Mi Salud – niños", "Здоровье"):
        services.register_app(draft("public", name=name), SYSTEM, reviewed=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"},
        {"prompt": "none"},
        {"code_challenge": None},
        {"response_type": "token"},
        {"scope": "nothing"},
    ],
)
def test_an_app_nobody_looked_at_does_not_make_us_a_springboard(where: Office, changes: dict[str, Any]) -> None:
    app, _ = services.register_app(draft("public", redirect_uris=("https://evil.example/x",)), SYSTEM, reviewed=False)
    answer = authorize(browser(), ask(app, redirect_uri="https://evil.example/x", **changes))
    assert answer.status_code != 303 or "evil.example" not in answer["Location"].partition("?")[0]


def test_a_form_of_another_site_allows_nothing(where: Office) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(where.account)
    page = authorize(client, ask(where.apps["public"]))["Location"]
    assert client.post(page, {"allow": "1", "person": where.person.ref, "see": ["Patient"]}).status_code == 403
    page_text = client.get(page).content.decode()
    value = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page_text)
    assert value


def test_what_an_app_says_of_itself_stays_text(where: Office) -> None:
    name = "<script>alert(1)</script>"
    app, _ = services.register_app(
        draft("public", name=name, home_uri="https://a.example/%22onload=x", privacy_uri="https://a.example/'x"),
        SYSTEM,
        reviewed=False,
    )
    client = signed_in(where.account)
    page = client.get(authorize(client, ask(app))["Location"])
    assert page.status_code == 200
    assert b"<script>alert" not in page.content
    assert b"&lt;script&gt;" in page.content


def test_staff_without_the_second_step_reach_nothing_by_apps(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tokens_of(where, "public", STAFF, actor=where.staff, person_id=None)
    assert reached(found["access_token"]).everyone is not None
    need(monkeypatch)
    access = reached(found["access_token"])
    assert access is None or (access.everyone is None and not access.persons)
    again = refresh(browser(), where, where.apps["public"], found["refresh_token"])
    assert again.status_code == 400, again.content


def test_staff_with_the_second_step_go_on_until_it_is_taken_away(
    where: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, client = tokens_of(where, "public", STAFF, actor=where.staff, person_id=None), browser()
    need(monkeypatch)
    sign_in(client, where.clerk.email, PASSWORD)
    add_totp(client)
    assert reached(found["access_token"]).everyone is not None
    renewed = refresh(browser(), where, where.apps["public"], found["refresh_token"]).json()
    live = renewed["access_token"]
    assert reached(live).everyone is not None
    client.post("/account/2fa/totp/deactivate/")
    assert tokens.known(live), "it is still kept as good"
    assert reached_by_others(live).everyone is None
    assert [grant.ended_at for grant in queries_apps.grants_of_account(where.clerk.pk)] == [None]
    answer = refresh(browser(), where, where.apps["public"], renewed["refresh_token"])
    assert answer.status_code == 400, answer.content
    add_totp(client)
    assert reached_by_others(live).everyone is not None, "nothing but the second step was missing"


def reached_by_others(value: str) -> Any:
    """What a process that was not told of a change, and looked a moment before it, says of a token within a second."""
    tokens._Epoch.look_at = time.monotonic() + tokens.POLL_SECONDS
    before = tokens.access(value, raw.django())
    assert before is not None
    time.sleep(tokens.POLL_SECONDS)
    after = tokens.access(value, raw.django())
    assert (before.everyone is None) != (after is None or after.everyone is None), "it looked again, and not before"
    return after


def need(monkeypatch: pytest.MonkeyPatch) -> None:
    """An office where staff need a second sign-in step."""
    from dataclasses import replace

    from chartpost.kernel import config as settings

    wanted = replace(settings.config(), staff_second_factor=True, demo=False)
    for place in ("chartpost.identity.tokens", "chartpost.identity.queries"):
        monkeypatch.setattr(f"{place}.config", lambda: wanted, raising=False)
    tokens._kept.clear()


def test_a_merge_and_its_undoing_move_what_an_app_reaches(where: Office) -> None:
    other = add_person("Anna", "pat-anna")
    found = tokens_of(where)
    first = reached(found["access_token"])
    merge = services.merge(other.id, where.person.id, "same", where.staff)
    both = reached(found["access_token"])
    assert (both.person_id, set(both.persons)) == (other.id, {other.id})
    services.unmerge(merge, where.staff)
    after = reached(found["access_token"])
    assert (after.person_id, set(after.persons), after.patient_id) == (
        first.person_id,
        set(first.persons),
        first.patient_id,
    )


def test_a_wrong_merge_gives_a_stranger_nothing_after_it_is_undone(where: Office) -> None:
    other = add_person("Bo", "pat-bo")
    theirs = services.add_account("bo@people.example", "Bo", "x" * 20)
    services.link_own(theirs, other.id, "invitation_code", SYSTEM)
    merge = services.merge(where.person.id, other.id, "mistake", where.staff)
    found = tokens_of(where, actor=queries.actor_of(theirs), person_id=where.person.id)
    assert reached(found["access_token"]).person_id == where.person.id
    services.unmerge(merge, where.staff)
    assert reached(found["access_token"]) is None
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    ("scope", "acting"),
    [
        ("openid fhirUser offline_access", False),
        ("launch/patient offline_access patient/*.rs", False),
        ("launch/patient offline_access patient/*.rs", True),
    ],
)
def test_apps_let_in_while_records_were_merged_are_parted_too(where: Office, scope: str, acting: bool) -> None:
    ben = add_person("Ben", "pat-ben")
    bens = services.add_account("ben@people.example", "Ben Other", PASSWORD)
    services.link_own(bens, ben.id, "invitation_code", SYSTEM)
    giver = services.add_account("helper@people.example", "Hedy Helper", PASSWORD) if acting else where.account
    if acting:
        services.represent(giver, where.person.id, "health_care_agent", SYSTEM)
    merge = services.merge(ben.id, where.person.id, "same", where.staff)
    person_id = ben.id if "launch" in scope else None
    theirs = tokens_of(where, "symmetric", scope, person_id=person_id, actor=queries.actor_of(bens))
    found = tokens_of(where, scope=scope, person_id=person_id, actor=queries.actor_of(giver))
    services.unmerge(merge, where.staff)
    assert reached(found["access_token"]) is None
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400
    pages = {who.name: signed_in(who).get("/apps/").content.decode() for who in (bens, where.account)}
    assert giver.name not in pages["Ben Other"]
    assert ["public app" in page for page in pages.values()] == [False, True]
    assert ["symmetric app" in page for page in pages.values()] == [True, False]
    assert reached(theirs["access_token"]) is not None


def test_apps_let_in_while_records_were_merged_twice_are_parted_step_by_step(where: Office) -> None:
    ben, cleo = add_person("Ben", "pat-ben"), add_person("Cleo", "pat-cleo")
    first = services.merge(ben.id, where.person.id, "same", where.staff)
    second = services.merge(cleo.id, ben.id, "same", where.staff)
    for scope, person_id in (("openid fhirUser", None), ("launch/patient patient/*.rs", cleo.id)):
        tokens_of(where, scope=scope, person_id=person_id, actor=queries.actor_of(where.account))
    of = [{grant.person_id for grant in queries_apps.grants_of_account(where.account.pk, ended=True)}]
    for merge in (second, first):
        services.unmerge(merge, where.staff)
        of.append({grant.person_id for grant in queries_apps.grants_of_account(where.account.pk, ended=True)})
    assert of == [{cleo.id}, {ben.id}, {where.person.id}]
    assert queries_apps.grants_of_account(where.account.pk) == []


def test_what_an_account_of_both_let_in_stays_where_it_is(where: Office) -> None:
    ben = add_person("Ben", "pat-ben")
    services.link_own(where.account, ben.id, "invitation_code", SYSTEM)
    merge = services.merge(ben.id, where.person.id, "same", where.staff)
    found = tokens_of(where, person_id=ben.id)
    services.unmerge(merge, where.staff)
    assert reached(found["access_token"]).person_id == ben.id


def test_registrations_are_counted_by_the_real_address(where: Office) -> None:
    body = {"client_name": "x", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
    client = browser()
    states = {
        client.post(
            "/oauth/register", body, content_type="application/json", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}"
        ).status_code
        for n in range(12)
    }
    assert 429 in states


def test_a_closed_account_ends_what_its_apps_reach(where: Office) -> None:
    found = tokens_of(where)
    assert reached(found["access_token"]) is not None
    services.disable_account(where.account.email, SYSTEM)
    assert reached(found["access_token"]) is None
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400


def test_the_day_an_authority_ends_its_apps_end(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from chartpost.identity import queries

    child = add_person("Kid", "pat-kid")
    today = clock.today(queries.office_zone())
    services.represent(where.account, child.id, "parent", SYSTEM, ends_on=today)
    found = tokens_of(where, actor=queries.actor_of(where.account), person_id=child.id)
    rows = reached(found["access_token"]).persons[child.id]
    assert rows.hidden_labels
    tokens._kept.clear()
    monkeypatch.setattr(clock, "today", lambda _zone: today + timedelta(days=1))
    assert reached(found["access_token"]) is None


def test_a_code_is_not_for_another_challenge(where: Office) -> None:
    app = where.apps["public"]
    for changes in (
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "x" * 43 + "="},
    ):
        answer = authorize(signed_in(where.account), ask(app, **changes))
        assert sent(answer)["error"] == "invalid_request"
    answer = exchange(browser(), where, app, code_for(where, app), code_verifier=CHALLENGE)
    assert answer.status_code == 400
