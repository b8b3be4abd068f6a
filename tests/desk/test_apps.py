"""Apps at the desk: registered by administrators, started on a person's record by those who work with it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import queries_apps, services
from chartpost.identity.app_types import AppDraft, AppView, AuthorizeRequest
from chartpost.identity.types import SYSTEM
from chartpost.records import services as records
from chartpost.records.types import Incoming
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
BACK = "https://app.example/back"
START = "https://app.example/start"
KEYS = {"keys": [{"kty": "EC", "crv": "P-384", "kid": "k1", "x": "AA", "y": "AA"}]}
Fresh = Callable[[str], Client]


def register(browser: Client, **more: Any) -> Any:
    """Send the form."""
    given = {"kind": "public", "name": "Pocket", "redirect_uris": BACK, **more}
    return browser.post(reverse("desk:app_new"), given, secure=True, follow=True)


def app(**more: Any) -> AppView:
    """A registered app."""
    facts = {"kind": "public", "name": "Pocket", "redirect_uris": (BACK,), "launch_uri": START, **more}
    reviewed = facts.pop("reviewed", True)
    return services.register_app(AppDraft(**facts), SYSTEM, reviewed=reviewed)[0]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("public", {}),
        ("symmetric", {}),
        ("asymmetric", {"jwks": json.dumps(KEYS)}),
        ("asymmetric", {"jwks_uri": "https://app.example/keys"}),
        ("backend", {"jwks": json.dumps(KEYS), "redirect_uris": "", "scopes": "system/*.rs"}),
    ],
)
def test_an_administrator_registers_each_kind(world: World, fresh: Fresh, kind: str, more: dict[str, str]) -> None:
    page = register(fresh("admin"), kind=kind, **more).content.decode()
    (found,) = queries_apps.apps()
    assert (found.kind, found.reviewed) == (kind, True)
    assert found.client_id in page
    assert ("The secret, shown once" in page) is (kind == "symmetric")


def test_a_secret_is_shown_once_and_can_be_made_anew(world: World, fresh: Fresh) -> None:
    browser = fresh("admin")
    register(browser, kind="symmetric")
    found = queries_apps.apps()[0]
    address = reverse("desk:app", args=[found.ref])
    assert "shown once" not in browser.get(address, secure=True).content.decode()
    again = browser.post(reverse("desk:app_secret", args=[found.ref]), secure=True, follow=True)
    assert "shown once" in again.content.decode()


def test_a_look_at_the_head_of_the_page_leaves_the_secret(world: World, fresh: Fresh) -> None:
    found, browser = app(kind="symmetric"), fresh("admin")
    address = reverse("desk:app", args=[found.ref])
    browser.post(reverse("desk:app_secret", args=[found.ref]), secure=True)
    assert browser.head(address, secure=True).status_code == 200
    assert "The secret, shown once" in browser.get(address, secure=True).content.decode()


def test_a_secret_is_shown_on_the_page_of_its_own_app(world: World, fresh: Fresh) -> None:
    browser, others = fresh("admin"), app(name="Other")
    register(browser, kind="symmetric")
    found = next(one for one in queries_apps.apps() if one.kind == "symmetric")
    address = reverse("desk:app", args=[found.ref])
    assert browser.post(reverse("desk:app_secret", args=[found.ref]), secure=True)["Location"] == address
    assert "shown once" not in browser.get(reverse("desk:app", args=[others.ref]), secure=True).content.decode()
    assert "shown once" in browser.get(address, secure=True).content.decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"redirect_uris": "http://app.example/back"}, "a redirect address that is not safe"),
        ({"redirect_uris": ""}, "0 redirect addresses"),
        ({"kind": "asymmetric"}, "no keys, or two sets"),
        ({"kind": "asymmetric", "jwks": "no json"}, "This is no JSON"),
        ({"kind": "asymmetric", "jwks": '{"keys": [{"x": "\\ud800"}]}'}, "This is no JSON"),
        ({"kind": "asymmetric", "jwks": '{"keys": [{"x": NaN}]}'}, "This is no JSON"),
        ({"kind": "asymmetric", "jwks": '{"keys": [{"x": "\\u0000"}]}'}, "text that cannot be kept"),
        ({"kind": "asymmetric", "jwks": '{"a":' * 5000}, "This is no JSON"),
        ({"kind": "asymmetric", "jwks": "[]"}, "This is no key set"),
        ({"scopes": "patient/Nothing.rs"}, "the scope patient/Nothing.rs"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_wrong_app_is_refused_with_words(world: World, fresh: Fresh, more: dict[str, str], said: str) -> None:
    answer = register(fresh("admin"), **more)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert queries_apps.apps() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"redirect_uris": "http://app.example/back"}, "redirect_uris"),
        ({"kind": "asymmetric"}, "jwks_uri"),
        ({"kind": "asymmetric", "jwks_uri": "http://app.example/keys"}, "jwks_uri"),
        ({"kind": "asymmetric", "jwks": '{"keys": []}'}, "jwks"),
        ({"launch_uri": "ftp://app.example"}, "launch_uri"),
        ({"home_uri": "app.example"}, "home_uri"),
        ({"scopes": "patient/Nothing.rs"}, "scopes"),
        ({"kind": "backend", "redirect_uris": "", "scopes": "openid", "jwks": json.dumps(KEYS)}, "scopes"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(world: World, fresh: Fresh, more: dict[str, str], field: str) -> None:
    page = register(fresh("admin"), **more)
    found = html.fromstring(page.content)
    assert [one.get("name") for one in found.xpath("//main//*[@aria-invalid='true']")] == [field]
    assert "This cannot be done yet" not in found.text_content()


def test_a_change_that_is_wrong_is_told_at_its_field(world: World, fresh: Fresh) -> None:
    found = app()
    given = {"kind": found.kind, "name": "Pocket", "redirect_uris": BACK, "privacy_uri": "http://app.example"}
    page = fresh("admin").post(reverse("desk:app_edit", args=[found.ref]), given, secure=True)
    marked = html.fromstring(page.content).xpath("//main//*[@aria-invalid='true']/@name")
    assert (page.status_code, marked) == (422, ["privacy_uri"])


def test_a_program_is_shown_with_its_keys_and_what_is_kept_from_it(world: World, fresh: Fresh) -> None:
    facts = {"kind": "backend", "redirect_uris": (), "launch_uri": "", "scopes": ("system/*.rs",)}
    programs = (
        (app(**facts, jwks=KEYS, hidden_labels=int(Label.HIV)), "by name (kid)k1", "does not getHIV"),
        (app(**facts, jwks_uri="https://app.example/keys"), "public keyshttps://app.example/keys", "getNone chosen"),
    )
    for found, keys, kept in programs:
        page = " ".join(shown(fresh("admin"), found).split())
        assert keys in page
        assert kept in page
        assert "let this app in" not in page, "nobody lets in a program without a user"
    page = shown(fresh("admin"), app())
    assert "public keys" not in page
    assert "0 accounts let this app in" in page


def shown(browser: Client, found: AppView) -> str:
    """The words of the page of an app."""
    page = browser.get(reverse("desk:app", args=[found.ref]), secure=True)
    return str(html.fromstring(page.content).xpath("//main")[0].text_content())


def test_an_app_is_changed_and_keeps_its_keys(world: World, fresh: Fresh) -> None:
    found = app(kind="asymmetric", jwks=KEYS)
    address = reverse("desk:app_edit", args=[found.ref])
    browser = fresh("admin")
    assert START in browser.get(address, secure=True).content.decode()
    given = {"kind": "asymmetric", "name": "Pocket 2", "redirect_uris": f"{BACK}\n{BACK}2", "contact": "Kim"}
    assert browser.post(address, given, secure=True).status_code == 302
    changed = queries_apps.app_by_ref(found.ref)
    assert (changed.name, changed.contact, changed.redirect_uris) == ("Pocket 2", "Kim", (BACK, f"{BACK}2"))
    assert changed.launch_uri == ""
    assert browser.post(address, given | {"kind": "public"}, secure=True).status_code == 422


def test_what_the_form_does_not_show_stays_when_an_app_is_changed(world: World, fresh: Fresh) -> None:
    found = app(logo_uri="https://app.example/logo.png")
    given = {"kind": "public", "name": "Pocket", "redirect_uris": BACK}
    assert fresh("admin").post(reverse("desk:app_edit", args=[found.ref]), given, secure=True).status_code == 302
    assert queries_apps.app_by_ref(found.ref).logo_uri == "https://app.example/logo.png"


def test_many_apps_come_in_pages_with_few_queries(world: World, fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may register apps, so nobody knows how many there are."""
    apps = [app(name=f"Pocket {number}") for number in range(7)]
    browser, address, seen, counts = fresh("admin"), reverse("desk:apps"), [], set()
    browser.get(address, secure=True)
    for lines in (1, 7, 3):
        monkeypatch.setattr(queries_apps, "PAGE", lines)
        with CaptureQueriesContext(connection) as asked:
            page = browser.get(address, secure=True)
        counts.add(len(asked))
    assert len(counts) == 1, "as many for one app as for seven"
    while True:
        seen.append([one.ref for one, *_ in page.context["rows"]])
        if not page.context["more_url"]:
            break
        assert 'rel="next"' in page.content.decode()
        page = browser.get(page.context["more_url"], secure=True)
    newest = sorted((one.ref for one in apps), reverse=True)
    assert seen == [newest[:3], newest[3:6], newest[6:]]
    assert 'rel="prev"' in page.content.decode()


def test_an_app_is_looked_for_by_name_or_client_id(world: World, fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries_apps, "PAGE", 1)
    pocket, other = app(name="Pocket"), app(name="Other & pocket")
    browser, address = fresh("admin"), reverse("desk:apps")
    found = browser.get(address, {"text": " POCKET "}, secure=True)
    assert [one.ref for one, *_ in found.context["rows"]] == [other.ref]
    more = browser.get(found.context["more_url"], secure=True)
    assert [one.ref for one, *_ in more.context["rows"]] == [pocket.ref]
    by_id = browser.get(address, {"text": pocket.client_id}, secure=True)
    assert [one.ref for one, *_ in by_id.context["rows"]] == [pocket.ref]
    assert "No app fits" in browser.get(address, {"text": "a\0b%", "before": "\0"}, secure=True).content.decode()


def test_an_app_that_registered_itself_is_marked_as_checked(world: World, fresh: Fresh) -> None:
    found = app(reviewed=False)
    browser = fresh("admin")
    assert "Not checked" in browser.get(reverse("desk:apps"), secure=True).content.decode()
    browser.post(reverse("desk:app_review", args=[found.ref]), secure=True)
    assert queries_apps.app_by_ref(found.ref).reviewed
    assert "Take it back" in browser.get(reverse("desk:app", args=[found.ref]), secure=True).content.decode()
    browser.post(reverse("desk:app_unreview", args=[found.ref]), secure=True)
    assert not queries_apps.app_by_ref(found.ref).reviewed
    page = browser.get(reverse("desk:app", args=[found.ref]), secure=True).content.decode()
    assert ("Mark as checked" in page, "Take it back" in page) == (True, False)


def test_blocking_an_app_ends_what_people_gave_it_and_the_list_counts_them(world: World, fresh: Fresh) -> None:
    found = app()
    account = services.add_account("ana@people.test", "Ana Ruiz", None)
    services.link_own(account, world.person.id, "test", SYSTEM)
    from chartpost.identity.queries import actor_of

    wanted = ("launch/patient", "patient/*.rs")
    ask = AuthorizeRequest("", found.client_id, BACK, wanted, "", "", "c" * 43, "https://localhost/fhir")
    services.approve(ask, actor_of(account), world.person.id, wanted)
    browser = fresh("admin")
    page = browser.get(reverse("desk:app", args=[found.ref]), secure=True).content.decode()
    assert "1 account lets this app in now." in page
    assert "Ana" not in page
    browser.post(reverse("desk:app_disable", args=[found.ref]), secure=True)
    assert queries_apps.app_by_ref(found.ref).disabled
    (grant,) = queries_apps.grants_for_person(world.person.id, ended=True)
    assert grant.ended_why == "office"
    browser.post(reverse("desk:app_enable", args=[found.ref]), secure=True)
    assert not queries_apps.app_by_ref(found.ref).disabled


@pytest.mark.parametrize("role", ["clerk", "approver", "reviewer", "privacy", "imaging"])
def test_only_administrators_register_apps(world: World, fresh: Fresh, role: str) -> None:
    assert register(fresh(role)).status_code == 403
    assert queries_apps.apps() == []


def visit() -> dict[str, Any]:
    """A visit to the office."""
    return {
        "resourceType": "Encounter",
        "id": "v1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"text": "Check-up"}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2025-02-03T10:00:00Z"},
    }


def test_a_clerk_opens_an_app_on_a_record_and_a_visit(world: World) -> None:
    records.save([Incoming(visit(), "v1", world.person.id)], records.source_id("test", "Riverside Clinic"), SYSTEM)
    found = app()
    address = reverse("desk:launch", args=[world.person.ref])
    assert address in world.get("clerk", reverse("desk:person", args=[world.person.ref])).content.decode()
    page = world.get("clerk", address)
    assert "February 3, 2025" in page.content.decode()
    assert "form-action 'self' https:;" in page["Content-Security-Policy"]
    answer = world.client("clerk").post(address, {"app": found.ref, "encounter": "v1"}, secure=True)
    assert answer["Location"].startswith(START + "?")
    told = parse_qs(urlsplit(answer["Location"]).query)
    assert told["iss"][0].endswith("/fhir")
    opened = services.open_launch(told["launch"][0], world.actor("clerk"), found.client_id)
    assert opened is not None
    assert opened[1:] == (world.person.id, "v1")
    assert services.open_launch(told["launch"][0], world.actor("approver"), found.client_id) is None
    assert services.open_launch(told["launch"][0], world.actor("clerk"), app().client_id) is None, "another app"


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("https://app.example/#/start", "https://app.example/?iss="),
        ("https://app.example/?a=b#/start?c=d", "https://app.example/?a=b&iss="),
        ("https://app.example/go?a=b", "https://app.example/go?a=b&iss="),
        ("https://app.example", "https://app.example?iss="),
    ],
)
def test_a_launch_is_in_the_query_of_the_start_address(world: World, start: str, first: str) -> None:
    form = {"app": app(launch_uri=start).ref, "encounter": ""}
    gone = world.client("clerk").post(reverse("desk:launch", args=[world.person.ref]), form, secure=True)["Location"]
    assert gone.startswith(first)
    assert gone.partition("#")[2] == start.partition("#")[2]
    assert "launch" in parse_qs(urlsplit(gone).query)


def test_a_visit_of_nobody_is_refused(world: World) -> None:
    found = app()
    address = reverse("desk:launch", args=[world.person.ref])
    answer = world.client("clerk").post(address, {"app": found.ref, "encounter": "v9"}, secure=True)
    assert answer.status_code == 422


def test_apps_nobody_looked_at_or_blocked_ones_are_not_offered(world: World) -> None:
    app(reviewed=False)
    services.disable_app(app(name="Old").ref, SYSTEM)
    app(name="No start", launch_uri="")
    page = world.get("clerk", reverse("desk:launch", args=[world.person.ref])).content.decode()
    assert "No app can be opened from here" in page


def test_the_check_of_a_program_is_not_taken_back(world: World, fresh: Fresh) -> None:
    """No person reads of it, and nothing staff gave it would end."""
    found = app(kind="backend", redirect_uris=(), scopes=("system/*.rs",), jwks=KEYS, launch_uri="")
    browser, address = fresh("admin"), reverse("desk:app_unreview", args=[found.ref])
    assert "Take it back" not in browser.get(reverse("desk:app", args=[found.ref]), secure=True).content.decode()
    page = browser.post(address, secure=True, follow=True).content.decode()
    assert "People now read" not in page
    assert queries_apps.app_by_ref(found.ref).reviewed
