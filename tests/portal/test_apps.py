"""Apps that can see the record: shown to the person, stopped by the person."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import policies, queries_apps, services, tokens
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.models import Account
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from tests.portal.conftest import PASSWORD, World, signed_in

BACK = "https://app.example/back"
LAB = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
WANTED = ("launch/patient", "offline_access", "patient/Condition.rs", "patient/Observation.rs")


def connect(world: World, account: Account, person: PersonView, name: str = "Pocket", **more: Any) -> str:
    """An app somebody connected; returns the reference of its grant."""
    app, _secret = services.register_app(AppDraft("public", name, (BACK,)), SYSTEM, reviewed=more.pop("reviewed", True))
    ask = AuthorizeRequest("", app.client_id, BACK, WANTED, "", "", "c" * 43, "https://localhost/fhir")
    granted = more.pop("granted", WANTED)
    services.approve(ask, world.actor(account), person.id, granted, more.pop("hidden", 0), "offline_access" in granted)
    return queries_apps.grants_for_person(person.id)[0].ref


def test_the_list_says_what_an_app_sees(world: World) -> None:
    connect(world, world.ana_account, world.ana)
    page = signed_in(world.ana_account).get("/apps/").content.decode()
    assert "Pocket" in page
    assert "Health problems, Tests and measurements" in page
    assert "Not yet" in page
    assert "Until you stop it" in page


def test_the_list_is_reached_from_every_page(world: World) -> None:
    assert 'href="/apps/"' in signed_in(world.ana_account).get("/help/").content.decode()


def test_an_empty_list_says_how_to_connect_one(world: World) -> None:
    assert "To connect one, start in the app." in signed_in(world.ana_account).get("/apps/").content.decode()


def test_details_name_finer_kinds_and_what_is_left_out(world: World) -> None:
    ref = connect(
        world,
        world.ana_account,
        world.ana,
        granted=("patient/Condition.rs", LAB),
        hidden=int(Label.HIV),
        reviewed=False,
    )
    page = signed_in(world.ana_account).get(f"/apps/{ref}/").content.decode()
    assert "Tests and measurements: Lab results" in page
    assert "Sensitive entries it does not get" in page
    assert "HIV" in page
    assert "has not looked at this app" in page


def test_stopping_an_app_ends_its_token(world: World) -> None:
    ref = connect(world, world.ana_account, world.ana)
    token = new_id()
    _token(ref, token)
    assert tokens.access(token, raw.django()) is not None
    browser = signed_in(world.ana_account)
    page = browser.post(f"/apps/{ref}/stop/", follow=True).content.decode()
    assert "Pocket is stopped. It cannot see the record any more." in page
    assert "Apps that were stopped" in page
    tokens.forget()
    assert tokens.access(token, raw.django()) is None
    again = browser.post(f"/apps/{ref}/stop/", follow=True).content.decode()
    assert "was stopped before" in again


def _token(grant_ref: str, token: str) -> None:
    from datetime import timedelta

    from chartpost.identity import app_models
    from chartpost.identity.services.grants import hashed
    from chartpost.kernel.clock import now

    grant = app_models.AppGrant.objects.get(ref=grant_ref)
    app_models.AccessToken.objects.create(
        grant=grant,
        user_id=grant.account_id,
        application=grant.app,
        token="",
        expires=now() + timedelta(hours=1),
        scope=grant.scopes,
    )
    app_models.AccessToken.objects.filter(grant=grant).update(token_checksum=hashed(token))


def test_what_staff_work_with_is_not_in_the_list(world: World) -> None:
    connect(world, world.clerk_account, world.ana, name="Desk helper")
    assert "Desk helper" not in signed_in(world.ana_account).get("/apps/").content.decode()


def test_a_helper_stops_only_their_own(world: World) -> None:
    helper = services.add_account("helper@example.org", "Hal Helper", PASSWORD)
    mask = policies.mask(Category.MEDICINES)
    services.represent(helper, world.ana.id, "caregiver", SYSTEM, categories=mask)
    hers = connect(world, world.ana_account, world.ana, name="Hers")
    his = connect(world, helper, world.ana, name="His")
    browser = signed_in(helper)
    assert browser.post(f"/apps/{hers}/stop/").status_code == 404
    assert browser.post(f"/apps/{his}/stop/").status_code == 302
    assert [g.ref for g in queries_apps.grants_for_person(world.ana.id)] == [hers]


@pytest.mark.parametrize("terms", [{"basis": "guardian"}, {"basis": "caregiver", "categories": 2}])
@pytest.mark.parametrize("over", [False, True])
def test_who_acts_for_a_part_sees_only_apps_they_let_in(world: World, terms: dict[str, Any], over: bool) -> None:
    services.represent(world.stranger_account, world.ana.id, actor=SYSTEM, **terms)
    hers = connect(world, world.ana_account, world.ana, name="Teen clinic")
    his = connect(world, world.stranger_account, world.ana, name="Family app")
    for ref in (hers, his) if over else ():
        services.end_grant(ref, SYSTEM)
    helper, ana = signed_in(world.stranger_account), signed_in(world.ana_account)
    page = helper.get("/apps/").content.decode()
    assert "Family app" in page
    assert "Teen clinic" not in page
    assert [helper.get(f"/apps/{ref}/").status_code for ref in (hers, his)] == [404, 200]
    page = ana.get("/apps/").content.decode()
    assert "Family app" in page
    assert "Teen clinic" in page


def test_who_acts_for_the_whole_record_sees_every_app(world: World) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM)
    ref = connect(world, world.ana_account, world.ana, name="Pocket")
    browser = signed_in(world.stranger_account)
    assert "Pocket" in browser.get("/apps/").content.decode()
    assert browser.get(f"/apps/{ref}/").status_code == 200


@pytest.mark.parametrize("who", ["stranger_account", "agent_account", "clerk_account"])
def test_others_find_nothing(world: World, who: str) -> None:
    ref = connect(world, world.ana_account, world.ana)
    browser = signed_in(getattr(world, who))
    assert browser.get(f"/apps/{ref}/").status_code in {403, 404}
    assert browser.post(f"/apps/{ref}/stop/").status_code in {403, 404}
    assert queries_apps.grants_for_person(world.ana.id)[0].ended_at is None
