"""Apps that can see the record: shown to the person, stopped by the person."""

from datetime import timedelta
from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import policies, queries_apps, services, tokens
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.models import Account
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from tests.portal.conftest import PASSWORD, World, signed_in

BACK = "https://app.example/back"
LAB = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
WANTED = ("launch/patient", "offline_access", "patient/Condition.rs", "patient/Observation.rs")


def connect(world: World, account: Account, person: PersonView, name: str = "Pocket", **more: Any) -> str:
    """An app somebody connected; returns the reference of its grant."""
    found = next((app for app in queries_apps.apps() if app.name == name), None)
    draft = AppDraft("public", name, (BACK,))
    app = found or services.register_app(draft, SYSTEM, reviewed=more.pop("reviewed", True))[0]
    granted = more.pop("granted", WANTED)
    asked = tuple(dict.fromkeys([*WANTED, *granted]))
    ask = AuthorizeRequest("", app.client_id, BACK, asked, "", "", "c" * 43, "https://localhost/fhir")
    person_id = None if more.pop("nobody", False) else person.id
    services.approve(ask, world.actor(account), person_id, granted, more.pop("hidden", 0), "offline_access" in granted)
    return queries_apps.grants_of_account(account.pk)[0].ref


def test_the_list_says_what_an_app_sees(world: World) -> None:
    connect(world, world.ana_account, world.ana)
    page = signed_in(world.ana_account).get("/apps/").content.decode()
    assert "Pocket" in page
    assert "Health problems<br>Tests and measurements" in page
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
    browser = signed_in(world.ana_account)
    assert "Not what is marked as: HIV" in browser.get("/apps/").content.decode()
    page = browser.get(f"/apps/{ref}/").content.decode()
    assert "Tests and measurements: Lab results" in page
    assert "Sensitive entries it does not get" in page
    assert "HIV" in page
    assert "has not looked at this app" in page


def test_what_an_app_says_of_itself_is_not_passed_on_as_known(world: World) -> None:
    unchecked = "The app says so. Nobody has checked it."
    said: dict[str, Any] = {"contact": "support@apple.com", "privacy_uri": "https://app.example/rules"}
    for name, home, reviewed in (
        ("False", "https://www.apple.com", False),
        ("Own", "https://app.example/about", False),
        ("Checked", "https://www.apple.com", True),
    ):
        services.register_app(AppDraft("public", name, (BACK,), home_uri=home, **said), SYSTEM, reviewed=reviewed)
        ref = connect(world, world.ana_account, world.ana, name=name)
        page = signed_in(world.ana_account).get(f"/apps/{ref}/").content.decode()
        assert (home in page) is (name != "False")
        assert "support@apple.com" in page
        assert page.count(unchecked) == (0 if reviewed else 2)


def test_a_site_is_not_shown_where_answers_may_go_elsewhere_too(world: World) -> None:
    """It costs an app nothing to name an address of another site beside its own."""
    home = "https://www.apple.com/health"
    draft = AppDraft("public", "Apple Health", (BACK, "https://www.apple.com/back"), home_uri=home)
    services.register_app(draft, SYSTEM, reviewed=False)
    ref = connect(world, world.ana_account, world.ana, name="Apple Health")
    assert home not in signed_in(world.ana_account).get(f"/apps/{ref}/").content.decode()


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


def test_what_was_let_in_for_a_person_stays_in_sight_when_the_giver_starts_to_work_here(world: World) -> None:
    agent = services.add_account("hedy@example.org", "Hedy Helper", PASSWORD)
    services.represent(agent, world.ana.id, "health_care_agent", SYSTEM)
    ref = connect(world, agent, world.ana, name="Agent's")
    services.accept_invitation(services.invite("staff", SYSTEM, roles=["imaging"]), agent, world.actor(agent))
    browser = signed_in(world.ana_account)
    assert "Hedy Helper" in browser.get("/apps/").content.decode()
    assert browser.post(f"/apps/{ref}/stop/", follow=True).status_code == 200
    assert queries_apps.grants_of_account(agent.pk) == []


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


WHO = ("openid", "fhirUser", "offline_access")


def test_an_app_that_asks_only_who_somebody_is_can_be_seen_and_stopped(world: World) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM)
    services.add_source(world.ana.id, "test", "pat-ana", [])
    ref = connect(world, world.ana_account, world.ana, granted=WHO, nobody=True)
    browser = signed_in(world.ana_account)
    for reader in (browser, signed_in(world.stranger_account)):
        page = reader.get("/apps/").content.decode()
        assert "Pocket" in page
        assert "Name and contact" in page
        assert "Ana Ruiz" in reader.get(f"/apps/{ref}/").content.decode()
    assert "Let an app see the record" in browser.get("/activity/").content.decode()
    assert "is stopped" in browser.post(f"/apps/{ref}/stop/", follow=True).content.decode()
    assert queries_apps.grants_for_person(world.ana.id) == []


def test_an_app_of_somebody_without_a_record_can_be_seen_and_stopped(world: World) -> None:
    ref = connect(world, world.agent_account, world.ben, granted=WHO, nobody=True)
    browser = signed_in(world.agent_account)
    assert "Only who you are" in browser.get("/apps/").content.decode()
    assert "Whose record" not in browser.get(f"/apps/{ref}/").content.decode().partition("<h1>")[2]
    assert signed_in(world.ana_account).get(f"/apps/{ref}/").status_code == 403
    assert "is stopped" in browser.post(f"/apps/{ref}/stop/", follow=True).content.decode()


def test_who_has_no_record_at_all_finds_and_stops_what_they_let_in(world: World) -> None:
    account = services.add_account("new@people.example", "Nia New", PASSWORD)
    browser = signed_in(account)
    assert browser.get("/apps/")["Location"] == "/start/", "nothing to show yet"
    ref = connect(world, account, world.ben, granted=WHO, nobody=True)
    page = browser.get("/apps/")
    assert (page.status_code, "Only who you are" in page.content.decode()) == (200, True)
    assert "is stopped" in browser.post(f"/apps/{ref}/stop/", follow=True).content.decode()
    over = browser.get("/apps/").content.decode()
    assert "No app is connected now." in over
    assert "Stopped by the person" in over


def test_who_acts_for_nobody_any_more_finds_what_they_let_in(world: World) -> None:
    account = services.add_account("new@people.example", "Nia New", PASSWORD)
    authority = services.represent(account, world.ben.id, "caregiver", SYSTEM)
    connect(world, account, world.ben, granted=("openid", "offline_access"), nobody=True)
    connect(world, account, world.ben, name="Reader")
    services.end_representation(authority.ref, SYSTEM)
    page = signed_in(account).get("/apps/").content.decode()
    assert "Pocket" in page
    assert "Ben" not in page.partition("<h1>")[2], "whose record it was is not told any more"


def merged(world: World) -> str:
    """Ana's record becomes part of another one; returns the merge."""
    kept = services.add_person({"given": "Anna", "family": "Ruiz"}, [], SYSTEM)
    return services.merge(kept.id, world.ana.id, "same", world.actor(world.clerk_account))


@pytest.mark.parametrize("nobody", [False, True])
def test_an_app_stays_in_the_list_when_the_record_is_merged(world: World, nobody: bool) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM)
    granted = WHO if nobody else WANTED
    ref = connect(world, world.ana_account, world.ana, granted=granted, nobody=nobody)
    merged(world)
    browser = signed_in(world.ana_account)
    assert "Pocket" in browser.get("/apps/").content.decode()
    assert "Anna Ruiz" in browser.get(f"/apps/{ref}/").content.decode()
    assert "Pocket" in signed_in(world.stranger_account).get("/apps/").content.decode()
    assert browser.post(f"/apps/{ref}/stop/").status_code == 302
    assert queries_apps.grant(ref).ended_at is not None


def test_the_person_stops_what_a_helper_let_in_before_a_merge(world: World) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM)
    ref = connect(world, world.stranger_account, world.ana)
    merge = merged(world)
    assert signed_in(world.ana_account).post(f"/apps/{ref}/stop/").status_code == 302
    assert queries_apps.grant(ref).ended_at is not None
    services.unmerge(merge, world.actor(world.clerk_account))
    assert [one.ref for one in queries_apps.grants_for_person(world.ana.id, ended=True)] == [ref]


def test_stopping_an_app_stops_it_on_every_device(world: World) -> None:
    first, second = (connect(world, world.ana_account, world.ana) for _ in range(2))
    other = connect(world, world.ana_account, world.ana, name="Other")
    page = signed_in(world.ana_account).post(f"/apps/{first}/stop/", follow=True).content.decode()
    assert "Pocket is stopped. It cannot see the record any more." in page
    assert [queries_apps.grant(ref).ended_why for ref in (first, second, other)] == ["person", "person", ""]


def test_stopping_an_app_for_one_record_leaves_it_another(world: World) -> None:
    services.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    hers, bens = connect(world, world.ana_account, world.ana), connect(world, world.ana_account, world.ben)
    signed_in(world.ana_account).post(f"/apps/{hers}/stop/")
    assert [queries_apps.grant(ref).ended_why for ref in (hers, bens)] == ["person", ""]


def test_the_list_of_one_record_names_the_other_records_apps_were_let_in_to(world: World) -> None:
    services.represent(world.ana_account, world.ben.id, "caregiver", SYSTEM)
    browser = signed_in(world.ana_account)
    assert "You also let an app see" not in browser.get("/apps/").content.decode()
    ref = connect(world, world.ana_account, world.ben)
    page = browser.get("/apps/").content.decode()
    assert "No app can see this record" in page
    assert f"You also let an app see the record of {world.ben.name}." in page
    browser.post(f"/apps/{ref}/stop/")
    assert "You also let an app see" not in browser.get("/apps/").content.decode()


@pytest.mark.parametrize("categories", [-1, 2])
def test_who_stops_an_app_hears_that_somebody_else_let_it_in_too(world: World, categories: int) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, categories=categories)
    hers, his = connect(world, world.ana_account, world.ana), connect(world, world.stranger_account, world.ana)
    page = signed_in(world.stranger_account).post(f"/apps/{his}/stop/", follow=True).content.decode()
    assert ("Somebody else let it in too" in page) is (categories == -1), "who acts for a part is not told of others"
    assert queries_apps.grant(hers).ended_at is None


def test_an_app_that_never_came_for_its_tokens_is_not_connected(world: World) -> None:
    ref = connect(world, world.ana_account, world.ana)
    with clock.at(clock.now() + timedelta(seconds=61)):
        assert queries_apps.grants_for_person(world.ana.id) == []
        page = signed_in(world.ana_account).get("/apps/").content.decode()
        assert "Until you stop it" not in page
        assert "The app did not finish connecting" in page
        app_tokens.forget_expired()
    assert queries_apps.grant(ref).ended_why == "unused"


def test_why_an_app_ended_is_said_when_the_account_was_reset(world: World) -> None:
    connect(world, world.ana_account, world.ana)
    services.reset_account(world.ana_account.email)
    world.ana_account.refresh_from_db()
    assert "a new password was set" in signed_in(world.ana_account).get("/apps/").content.decode()
