"""Refresh tokens: good once, never wider than what was granted, over when the right behind them is (checklist 1.4)."""

from datetime import timedelta
from typing import Any

import pytest

from chartpost.gateways.smart.addresses import issuer
from chartpost.identity import app_models, queries, queries_apps, scopes, services, tokens
from chartpost.identity.errors import Denied
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from tests.gateways.smart.support import Office, add_person, code_for, draft, refresh, tokens_of
from tests.identity.support import browser, entries

WIDE = "launch/patient offline_access patient/*.rs"


def good(value: str) -> bool:
    tokens.forget()
    return tokens.access(value, raw.django()) is not None


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        (WIDE, "patient/Observation.rs"),
        (WIDE, "patient/Observation.r patient/Condition.s"),
        (WIDE, "patient/Observation.rs?category=http://x|laboratory"),
        (WIDE, "patient/Observation.read"),
        ("offline_access launch/patient patient/Observation.r patient/Observation.s", "patient/Observation.rs"),
    ],
)
def test_a_refresh_may_ask_for_less(where: Office, granted: str, asked: str) -> None:
    app = where.apps["public"]
    first = tokens_of(where, scope=granted)
    again = refresh(browser(), where, app, first["refresh_token"], scope=asked).json()
    assert again["scope"] == asked
    access = tokens.access(again["access_token"], raw.django())
    assert access is not None
    assert access.scopes == scopes.resources(asked.split())
    whole = refresh(browser(), where, app, again["refresh_token"]).json()
    assert set(whole["scope"].split()) == set(granted.split()), "the next one may have all again"


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("offline_access launch/patient patient/Observation.rs", "patient/Condition.rs"),
        ("offline_access launch/patient patient/Observation.rs", "patient/*.rs"),
        ("offline_access launch/patient patient/Observation.rs", "patient/Observation.rs patient/Condition.rs"),
        ("offline_access launch/patient patient/Observation.r", "patient/Observation.rs"),
        ("offline_access launch/patient patient/Observation.rs", "patient/Observation.cruds"),
        ("offline_access launch/patient patient/Observation.rs", "patient/Observation.*"),
        ("offline_access launch/patient patient/Observation.rs", "user/Observation.rs"),
        ("offline_access launch/patient patient/Observation.rs", "system/Observation.rs"),
        ("offline_access launch/patient patient/Observation.rs", "openid"),
        ("offline_access launch/patient patient/Observation.rs", "patient/Nothing.rs"),
        ("offline_access patient/Observation.rs?category=http://x|laboratory", "patient/Observation.rs"),
        ("offline_access patient/Observation.rs?category=http://x|a", "patient/Observation.rs?category=http://x|b"),
    ],
)
def test_a_refresh_never_gets_more(where: Office, granted: str, asked: str) -> None:
    app = where.apps["public"]
    first = tokens_of(where, scope=granted)
    response = refresh(browser(), where, app, first["refresh_token"], scope=asked)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_scope"
    assert refresh(browser(), where, app, first["refresh_token"]).status_code == 200, "and nothing was used up"


@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_a_refresh_token_used_twice_ends_the_family(where: Office, kind: str) -> None:
    app = where.apps[kind]
    first = tokens_of(where, kind)
    second = refresh(browser(), where, app, first["refresh_token"]).json()
    assert good(second["access_token"])
    assert refresh(browser(), where, app, first["refresh_token"]).status_code == 400
    assert not good(first["access_token"])
    assert not good(second["access_token"])
    assert refresh(browser(), where, app, second["refresh_token"]).status_code == 400
    assert len(entries("app.reuse")) == 1
    assert queries_apps.grants_of_account(where.account.pk, ended=True)[0].ended_why == "reuse"


def test_an_invented_one_and_one_of_another_client_are_400(where: Office) -> None:
    app = where.apps["public"]
    first = tokens_of(where)
    assert refresh(browser(), where, app, "invented").status_code == 400
    assert refresh(browser(), where, app, first["access_token"]).status_code == 400
    assert refresh(browser(), where, app, "").status_code == 400
    other, _ = services.register_app(draft("public"), SYSTEM, reviewed=True)
    assert refresh(browser(), where, other, first["refresh_token"]).status_code == 400
    assert refresh(browser(), where, where.apps["symmetric"], first["refresh_token"]).status_code == 400
    assert refresh(browser(), where, app, first["refresh_token"]).status_code == 200


def test_a_confidential_client_proves_itself_again(where: Office) -> None:
    for kind in ("symmetric", "asymmetric"):
        app = where.apps[kind]
        first = tokens_of(where, kind)
        facts = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": app.client_id}
        assert browser().post("/oauth/token", facts).status_code == 401


def test_without_offline_access_there_is_none(where: Office) -> None:
    scope = "launch/patient offline_access patient/Patient.rs"
    assert "refresh_token" not in tokens_of(where, scope="launch/patient patient/Patient.rs")
    found = tokens_of(where, scope=scope, granted="launch/patient patient/Patient.rs")
    assert "refresh_token" not in found
    assert "offline_access" not in found["scope"]


@pytest.mark.parametrize(("kind", "days"), [("public", 179), ("symmetric", 364), ("asymmetric", 364)])
def test_it_lives_on_while_it_is_used(where: Office, kind: str, days: int) -> None:
    """Three months at least, counted anew with each use (170.315(g)(10)(v)(A)(1)(iii))."""
    app, moment, value = where.apps[kind], clock.now(), tokens_of(where, kind)["refresh_token"]
    row = app_models.RefreshToken.objects.get(revoked=None)
    assert (row.expires - moment).days in {days, days + 1}
    for _ in range(3):
        if kind == "asymmetric":
            break  # its assertions are made by today's clock
        moment += timedelta(days=days)
        with clock.at(moment):
            response = refresh(browser(), where, app, value)
            assert response.status_code == 200
            value = response.json()["refresh_token"]
    with clock.at(moment + timedelta(days=days + 2)):
        assert refresh(browser(), where, app, value).status_code in {400, 401}


def test_online_access_ends_with_the_day(where: Office) -> None:
    app, moment = where.apps["public"], clock.now()
    value = tokens_of(where, scope="launch/patient online_access patient/Patient.rs")["refresh_token"]
    with clock.at(moment + timedelta(hours=11)):
        value = refresh(browser(), where, app, value).json()["refresh_token"]
    with clock.at(moment + timedelta(hours=13)):
        assert refresh(browser(), where, app, value).status_code == 400


def test_an_ended_grant_gives_nothing_more(where: Office) -> None:
    first = tokens_of(where)
    services.end_grant(queries_apps.grants_of_account(where.account.pk)[0].ref, where.actor)
    assert refresh(browser(), where, where.apps["public"], first["refresh_token"]).status_code == 400
    assert [entry.person_id for entry in entries("app.revoke")] == [where.person.id]


def test_a_closed_account_and_an_ended_representation_give_nothing_more(where: Office) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", "correct horse battery staple")
    row = services.represent(helper, where.person.id, "caregiver", SYSTEM)
    theirs = tokens_of(where, actor=queries.actor_of(helper))
    own = tokens_of(where)
    services.end_representation(row.ref, where.actor)
    services.disable_account(where.account.email, SYSTEM)
    for found in (theirs, own):
        assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400
        assert not good(found["access_token"])


def test_an_ended_role_gives_nothing_more(where: Office) -> None:
    found = tokens_of(where, scope="user/*.rs offline_access", actor=where.staff, person_id=None)
    again = refresh(browser(), where, where.apps["public"], found["refresh_token"]).json()
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    assert refresh(browser(), where, where.apps["public"], again["refresh_token"]).status_code == 400


def over_for_good(where: Office, found: dict[str, Any], why: str) -> None:
    assert not good(found["access_token"])
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 400
    assert [one.ended_why for one in app_models.AppGrant.objects.all()] == [why]
    assert app_models.AccessToken.objects.count() == 0


@pytest.mark.parametrize("by_day", [False, True])
def test_a_later_right_does_not_revive_what_an_earlier_one_gave(where: Office, by_day: bool) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", "correct horse battery staple")
    row = services.represent(helper, where.person.id, "health_care_agent", SYSTEM)
    found = tokens_of(where, actor=queries.actor_of(helper))
    app_tokens.forget_expired()
    assert good(found["access_token"])
    if by_day:
        row.ends_on = queries.actor_of(helper).today - timedelta(days=1)
        row.save()
        app_tokens.forget_expired()
    else:
        services.end_representation(row.ref, SYSTEM)
    services.represent(helper, where.person.id, "caregiver", SYSTEM)
    over_for_good(where, found, "right")


def test_the_end_of_one_right_leaves_what_others_gave(where: Office) -> None:
    helper = services.add_account("helper@people.example", "Hedy Helper", "correct horse battery staple")
    agent = services.represent(helper, where.person.id, "health_care_agent", SYSTEM)
    own, mine = tokens_of(where), add_person("Hedy", "pat-hedy")
    services.link_own(helper, mine.id, "invitation_code", SYSTEM)
    hers = tokens_of(where, actor=queries.actor_of(helper), person_id=mine.id)
    services.end_representation(agent.ref, SYSTEM)
    assert good(own["access_token"])
    assert good(hers["access_token"])


@pytest.mark.parametrize("left", [[], ["imaging"]])
def test_a_later_role_does_not_revive_what_an_earlier_one_gave(where: Office, left: list[str]) -> None:
    for role in left:
        services.give_role(where.clerk, role, SYSTEM)
    found = tokens_of(where, scope="openid user/*.rs offline_access", actor=where.staff, person_id=None)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    services.give_role(where.clerk, "reviewer", SYSTEM)
    over_for_good(where, found, "right")


def test_a_role_beside_another_ends_no_app(where: Office) -> None:
    services.give_role(where.clerk, "approver", SYSTEM)
    found = tokens_of(where, scope="openid user/*.rs offline_access", actor=where.staff, person_id=None)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    assert good(found["access_token"])


def test_a_closed_account_ends_its_apps_for_good(where: Office) -> None:
    found = tokens_of(where)
    services.disable_account(where.account.email, SYSTEM)
    over_for_good(where, found, "account")


def test_imaging_staff_sign_in_to_an_app_that_asks_only_who_they_are(where: Office) -> None:
    services.give_role(where.clerk, "imaging", SYSTEM)
    services.end_role(where.clerk.ref, "clerk", SYSTEM)
    found = tokens_of(where, scope="openid fhirUser offline_access", actor=where.staff, person_id=None)
    assert refresh(browser(), where, where.apps["public"], found["refresh_token"]).status_code == 200
    with pytest.raises(Denied):
        code_for(where, where.apps["public"], "openid user/*.rs", actor=where.staff, person_id=None)


def test_a_refreshed_id_token_names_the_same_person(where: Office) -> None:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(browser().get("/oauth/jwks.json").json())
    first = tokens_of(where)
    again = refresh(browser(), where, where.apps["public"], first["refresh_token"]).json()
    subjects = {jwt.decode(found["id_token"], keys, algorithms=["RS256"]).claims["sub"] for found in (first, again)}
    assert subjects == {where.account.ref}
    assert jwt.decode(again["id_token"], keys, algorithms=["RS256"]).claims["iss"] == issuer()
    less = refresh(
        browser(), where, where.apps["public"], again["refresh_token"], scope="openid patient/Patient.rs"
    ).json()
    claims = jwt.decode(less["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["sub"] in subjects
    assert "fhirUser" not in claims, "it was not asked for again"
    assert not {"nonce", "auth_time"} & set(claims), "those of the request"
