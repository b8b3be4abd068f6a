"""The privacy officer sees which apps reach whose record, and ends that."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from chartpost.identity import queries as identity
from chartpost.identity import queries_apps, services
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.services import app_tokens
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from tests.desk.conftest import World
from tests.desk.test_apps import BACK, KEYS, app

pytestmark = pytest.mark.django_db
Fresh = Callable[[str], Client]


@pytest.fixture
def grant(world: World) -> str:
    """An app one person let in; returns the grant."""
    person = world.person
    account = services.add_account("own@people.example", "Own Er", "correct horse battery staple")
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    wanted = ("launch/patient", "patient/*.rs")
    asked = AuthorizeRequest("", app().client_id, BACK, wanted, "", "", "c" * 43, "https://localhost/fhir")
    services.approve(asked, identity.actor_of(account), person.id, wanted)
    return queries_apps.grants_for_person(person.id)[0].ref


def test_what_is_in_force_is_shown_and_noted(world: World, fresh: Fresh, grant: str) -> None:
    person = world.person
    page = fresh("privacy").get(reverse("desk:grants"), secure=True).content.decode()
    assert all(word in page for word in ("Pocket", person.name, "Own Er"))
    assert "app.grants" in [entry.action for entry in ledger.for_person(person.id)[:3]]


def test_people_are_looked_for_by_name(world: World, fresh: Fresh, grant: str) -> None:
    other = services.add_person({"given": "Otto", "family": "Other"}, [], SYSTEM)
    browser = fresh("privacy")
    for person in (world.person, other):
        page = browser.post(reverse("desk:grants"), {"text": person.name}, secure=True).content.decode()
        assert ("Pocket" in page) is (person == world.person)


def let_in(person: PersonView, wanted: tuple[str, ...] = ("launch/patient", "patient/*.rs")) -> str:
    """An app a new account of the person let in; returns the grant."""
    number = len(identity.accounts_of(person.id))
    account = services.add_account(f"{person.ref}-{number}@people.example", f"Own {number}", None)
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    asked = AuthorizeRequest("", app().client_id, BACK, wanted, "", "", "c" * 43, "https://localhost/fhir")
    services.approve(asked, identity.actor_of(account), None if "openid" in wanted else person.id, wanted)
    return queries_apps.grants_of_account(account.pk)[0].ref


def test_none_is_left_out_of_a_long_list(
    world: World, fresh: Fresh, grant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries_apps, "PAGE", 2)
    refs = [grant, *(let_in(world.person) for _ in range(4))]
    browser = fresh("privacy")
    page, seen = browser.get(reverse("desk:grants"), secure=True), []
    assert "5 connections of apps in use" in page.content.decode()
    while True:
        seen += [row[0].ref for row in page.context["rows"]]
        if not page.context["more_url"]:
            break
        assert 'rel="next"' in page.content.decode()
        page = browser.get(page.context["more_url"], secure=True)
    assert seen == sorted(refs, reverse=True)
    assert 'rel="prev"' in page.content.decode()


def test_a_search_looks_among_all_people(world: World, fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many people of one name only few let an app in; one of them is known to the app as its user alone."""
    monkeypatch.setattr(queries_apps, "PAGE", 1)
    people = [services.add_person({"given": f"Zoe{n:02}", "family": "Same"}, [], SYSTEM) for n in range(30)]
    refs = [let_in(people[29]), let_in(people[28], ("openid", "fhirUser"))]
    absorbed = services.add_person({"given": "Zoe", "family": "Elsewhere"}, [], SYSTEM)
    twice = services.add_person({"given": "Zoe", "family": "Between"}, [], SYSTEM)
    refs.append(let_in(absorbed))
    clerk = world.actor("clerk")
    services.merge(twice.id, absorbed.id, "same", clerk)
    services.merge(people[0].id, twice.id, "same", clerk)
    browser, given, seen = fresh("privacy"), {"text": "Same"}, []
    while True:
        page = browser.post(reverse("desk:grants"), given, secure=True)
        seen += [row[0].ref for row in page.context["rows"]]
        if not page.context["more"]:
            break
        assert "Show more" in page.content.decode()
        given["before"] = page.context["more"]
    assert seen == sorted(refs, reverse=True)
    assert "3 connections of apps in use" in page.content.decode()


def test_what_is_in_force_stays_in_sight_when_records_are_merged(world: World, fresh: Fresh, grant: str) -> None:
    kept = services.add_person({"given": "Kept", "family": "Person"}, [], SYSTEM)
    clerk = identity.actor_by_id(identity.staff()[0].id)
    assert clerk is not None
    services.merge(kept.id, world.person.id, "same", clerk)
    browser = fresh("privacy")
    for page in (
        browser.get(reverse("desk:grants"), secure=True),
        browser.post(reverse("desk:grants"), {"text": kept.name}, secure=True),
    ):
        assert "Pocket" in page.content.decode()
        assert kept.name in page.content.decode()
    browser.post(reverse("desk:grant_end", args=[grant]), secure=True)
    assert queries_apps.grant(grant).ended_why == "office"


def test_ending_one_counts_at_once(world: World, fresh: Fresh, grant: str) -> None:
    browser = fresh("privacy")
    for words in ("The access has ended", "had ended before"):
        page = browser.post(reverse("desk:grant_end", args=[grant]), secure=True, follow=True).content.decode()
        assert words in page
    over = queries_apps.grant(grant)
    assert (over.ended_at is not None, over.ended_why) == (True, "office")
    assert browser.post(reverse("desk:grant_end", args=["nothing"]), secure=True).status_code == 404


@pytest.mark.parametrize("role", ["clerk", "approver", "imaging", "admin"])
def test_others_of_the_office_do_not(world: World, fresh: Fresh, grant: str, role: str) -> None:
    assert fresh(role).get(reverse("desk:grants"), secure=True).status_code == 403
    if role != "admin":  # an administrator may end one, of which somebody else told them
        assert fresh(role).post(reverse("desk:grant_end", args=[grant]), secure=True).status_code in (403, 404)
        assert queries_apps.grant(grant).ended_at is None


def test_a_clerk_sees_and_ends_what_they_let_in_themselves(world: World, fresh: Fresh, grant: str) -> None:
    clerk, others = world.actor("clerk"), world.actor("approver")
    wanted = ("user/Patient.rs",)
    asked = AuthorizeRequest("", app().client_id, BACK, wanted, "", "", "c" * 43, "https://localhost/fhir")
    for actor in (clerk, others):
        services.approve(asked, actor, None, wanted)
    assert clerk.account_id is not None
    (own,) = queries_apps.grants_of_account(clerk.account_id)
    browser, page = fresh("clerk"), reverse("desk:my_grants")
    assert page in browser.get("/me/", secure=True).content.decode()
    assert [row[0].ref for row in browser.get(page, secure=True).context["rows"]] == [own.ref]
    ended = browser.post(reverse("desk:grant_end", args=[own.ref]), secure=True, follow=True)
    assert ended.redirect_chain[-1][0] == page
    assert "The access has ended" in ended.content.decode()
    assert queries_apps.grant(grant).ended_at is None


def shown(browser: Client, name: str) -> list[tuple[str, str]]:
    """Whose record each app of a page reaches, and what it sees."""
    page = html.fromstring(browser.get(reverse(name), secure=True).content)
    rows = [row.xpath("td//span[not(@class)]/text()") for row in page.xpath("//tbody/tr")]
    return [(row[0].strip(), row[2].strip()) for row in rows]


def test_who_only_signed_in_is_not_the_office(world: World, fresh: Fresh) -> None:
    account = services.add_account("new@people.example", "New Comer", "correct horse battery staple")
    asked = AuthorizeRequest("", app().client_id, BACK, ("openid",), "", "", "c" * 43, "https://localhost/fhir")
    for actor in (identity.actor_of(account), world.actor("clerk")):
        services.approve(asked, actor, None, ["openid"])
    assert shown(fresh("privacy"), "desk:grants") == [("No record", "Only who they are")] * 2
    assert shown(fresh("clerk"), "desk:my_grants") == [("No record", "Only who they are")]


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("user/Patient.rs", ("Records of the office", "Name and contact")),
        ("user/Patient.c", ("No record", "Nothing")),
    ],
)
def test_what_the_office_took_back_is_not_said_to_be_seen(
    world: World, fresh: Fresh, left: str, told: tuple[str, str]
) -> None:
    kind = app()
    asked = AuthorizeRequest("", kind.client_id, BACK, ("user/*.rs",), "", "", "c" * 43, "https://localhost/fhir")
    services.approve(asked, world.actor("clerk"), None, ["user/*.rs"])
    services.edit_app(kind.ref, AppDraft(kind.kind, kind.name, kind.redirect_uris, (left,)), SYSTEM)
    assert shown(fresh("privacy"), "desk:grants") == [told]
    assert shown(fresh("clerk"), "desk:my_grants") == [told]


def test_the_access_of_a_program_stays_ended_until_an_administrator_lets_it_in(world: World, fresh: Fresh) -> None:
    program = app(kind="backend", redirect_uris=(), launch_uri="", scopes=("system/*.rs",), jwks=KEYS)
    issued = (program.client_id, "system/*.rs")
    page, button = reverse("desk:app", args=[program.ref]), reverse("desk:app_let_in", args=[program.ref])
    assert app_tokens.issue_backend(*issued, "first", 300) == ""
    (grant,) = queries_apps.grants_of_app(program.ref)
    ended = fresh("privacy").post(reverse("desk:grant_end", args=[grant.ref]), secure=True, follow=True)
    assert "sees nothing more until an administrator lets it in" in ended.content.decode()
    assert app_tokens.issue_backend(*issued, "second", 300) == "withdrawn"
    assert fresh("privacy").post(button, secure=True).status_code == 403
    browser = fresh("admin")
    assert button in browser.get(page, secure=True).content.decode()
    again = browser.post(button, secure=True, follow=True).content.decode()
    assert ("The program is let in again" in again, button in again) == (True, False)
    assert app_tokens.issue_backend(*issued, "third", 300) == ""
    twice = browser.post(button, secure=True, follow=True).content.decode()
    assert ("The program is let in again" in twice, "Nothing was changed." in twice) == (False, True)
    assert len(ledger.search(Filter(action="app.admit"))) == 1, "who is in is not let in again"


def test_an_app_without_access_of_its_own_is_not_said_to_be_let_in(world: World, fresh: Fresh) -> None:
    button = reverse("desk:app_let_in", args=[app(kind="symmetric").ref])
    page = fresh("admin").post(button, secure=True, follow=True).content.decode()
    assert ("The program is let in again" in page, "Nothing was changed." in page) == (False, True)
