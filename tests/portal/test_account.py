"""The account: settings, helpers, codes, and telling the office who one is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.models import Invitation, MatchRequest, OwnLink, Representation
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock

from .conftest import PASSWORD, World, signed_in


def day(prefix: str, when: date) -> dict[str, str]:
    """A date as its three boxes."""
    return {f"{prefix}_month": str(when.month), f"{prefix}_day": str(when.day), f"{prefix}_year": str(when.year)}


def soon(world: World) -> date:
    return world.actor(world.ana_account).today + timedelta(days=30)


def test_settings_are_kept(world: World) -> None:
    browser = signed_in(world.ana_account)
    answer = browser.post("/me/", {"language": "es", "zone": "America/Chicago"})
    world.ana_account.refresh_from_db()
    assert (world.ana_account.language, world.ana_account.zone) == ("es", "America/Chicago")
    assert answer.cookies["django_language"].value == "es"


def test_an_unknown_zone_is_refused(world: World) -> None:
    assert signed_in(world.ana_account).post("/me/", {"language": "en", "zone": "Mars"}).status_code == 422


def test_a_helper_is_invited_sees_their_part_and_is_ended(records_of_ana: World) -> None:
    world = records_of_ana
    ana = signed_in(world.ana_account)
    answers = {"scope": "some", "categories": ["PROBLEMS"], **day("ends_on", soon(world))}
    ana.post("/me/helper/", answers)
    assert ana.head("/me/helper/code/").status_code == 200
    code = ana.get("/me/helper/code/").context["code"]
    assert ana.get("/me/helper/code/")["Location"] == "/me/"
    helper = signed_in(world.stranger_account)
    helper.post("/start/", {"way": "code", "code": code.lower()})
    assert "Asthma" in helper.get("/record/problems/").content.decode()
    assert helper.get("/record/item/Observation/a1c-3/").status_code == 404
    row = Representation.objects.get(account=world.stranger_account)
    assert (row.basis, row.may_request, row.ends_on) == ("caregiver", False, soon(world))
    assert "Sam Stone" in ana.get("/me/").content.decode()
    ana.post(f"/me/helper/{row.ref}/end/")
    assert helper.get("/record/problems/")["Location"] == "/start/"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"scope": "all"}, "Write the last day"),
        ({"scope": "some"}, "Choose at least one part."),
        ({"scope": "all", **day("ends_on", date(2020, 1, 1))}, "from today on"),
        ({"scope": "all", **day("ends_on", date(2199, 1, 1))}, "within three years"),
    ],
)
def test_an_invitation_needs_parts_and_an_end(world: World, answers: dict[str, str], words: str) -> None:
    answer = signed_in(world.ana_account).post("/me/helper/", answers)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Invitation.objects.exists()


def test_who_lets_somebody_help_signs_in_again(world: World) -> None:
    browser = signed_in(world.ana_account)
    with clock.at(clock.now() + timedelta(minutes=6)):
        for answer in (browser.get("/me/helper/"), browser.post("/me/helper/", {"scope": "all"})):
            assert answer["Location"].startswith("/account/reauthenticate/")


def test_an_agent_invites_nobody(world: World) -> None:
    agent = signed_in(world.agent_account)
    assert agent.get("/me/helper/").status_code == 404
    assert agent.post("/me/helper/", {"scope": "all", **day("ends_on", soon(world))}).status_code == 404


def test_who_acts_no_more_is_no_helper(world: World) -> None:
    """The parent of somebody of age, and whoever's account was closed."""
    born = clock.today(identity.office_zone()) - timedelta(days=19 * 366)
    kim = services.add_person({"given": "Kim", "family": "Young", "birth_date": born}, [], SYSTEM)
    own = services.add_account("kim@people.example", "Kim Young", PASSWORD)
    services.link_own(own, kim.id, "invitation_code", SYSTEM)
    for name, basis in (("Pa Young", "parent"), ("Al Young", "caregiver"), ("Bo Young", "caregiver")):
        account = services.add_account(f"{name[:2].lower()}@people.example", name, PASSWORD)
        services.represent(account, kim.id, basis, SYSTEM)
    services.disable_account("al@people.example", SYSTEM)
    page = signed_in(own).get("/me/").content.decode()
    assert [name in page for name in ("Pa Young", "Al Young", "Bo Young")] == [False, False, True]


def test_a_helper_ended_by_another_page_at_this_moment_is_told_as_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM)
    end = services.end_representation

    def ended_first(*values: Any) -> None:
        end(*values)
        end(*values)

    monkeypatch.setattr("chartpost.portal.views.account.services.end_representation", ended_first)
    page = signed_in(world.ana_account).post(f"/me/helper/{row.ref}/end/", follow=True)
    assert "This person cannot see your record any more." in page.content.decode()


def test_only_the_person_ends_a_helper(world: World) -> None:
    row = Representation.objects.get(person_id=world.ben.id)
    assert signed_in(world.ana_account).post(f"/me/helper/{row.ref}/end/").status_code == 404
    assert signed_in(world.agent_account).post(f"/me/helper/{row.ref}/end/").status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None


def test_a_code_of_the_office_connects_an_account(world: World) -> None:
    code = services.invite("self", SYSTEM, world.ben.id)
    browser = signed_in(world.stranger_account)
    assert browser.post("/start/", {"way": "code", "code": code})["Location"] == "/welcome/"
    assert OwnLink.objects.get(account=world.stranger_account).person_id == world.ben.id
    again = signed_in(world.ana_account).post("/start/", {"way": "code", "code": code})
    assert "it was used" in again.content.decode()
    assert not OwnLink.objects.filter(account=world.ana_account, person_id=world.ben.id).exists()


def test_codes_cannot_be_guessed_for_long(world: World) -> None:
    cache.clear()
    code = services.invite("self", SYSTEM, world.ben.id)
    browser = signed_in(world.stranger_account)
    for _ in range(10):
        browser.post("/start/", {"way": "code", "code": "AAAA-AAAA-AAAA-AAAA"})
    refused = browser.post("/start/", {"way": "code", "code": code}).content.decode()
    assert "Too many tries." in refused
    assert not OwnLink.objects.filter(account=world.stranger_account).exists()


def test_without_a_code_the_office_is_told_who_one_is(world: World) -> None:
    browser = signed_in(world.stranger_account)
    answers = {"way": "who", "given": "Sam", "family": "Stone", **day("birth_date", date(1970, 5, 6))}
    browser.post("/start/", answers)
    row = MatchRequest.objects.get()
    assert (row.given, row.birth_date, row.state) == ("Sam", date(1970, 5, 6), "waiting")
    assert "We are looking for your record" in browser.get("/start/").content.decode()
    assert browser.get("/record/")["Location"] == "/start/"
    services.settle_match(row.ref, world.ben.id, world.actor(world.clerk_account))
    assert browser.get("/record/").status_code == 200


def test_who_one_is_needs_name_and_birth_date(world: World) -> None:
    answer = signed_in(world.stranger_account).post("/start/", {"way": "who", "given": "Sam"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write your last name." in page
    assert "Write your date of birth" in page
    assert not MatchRequest.objects.exists()


def test_an_authority_that_has_ended_opens_nothing(world: World) -> None:
    today = identity.actor_of(world.agent_account).today
    Representation.objects.filter(person_id=world.ben.id).update(ends_on=today - timedelta(days=1))
    assert signed_in(world.agent_account).get("/record/")["Location"] == "/start/"
