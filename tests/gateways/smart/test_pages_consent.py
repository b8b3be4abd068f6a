"""The page where a person decides: what it says, what can be left out, and what the app then has."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from lxml import html

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.gateways.smart import asks
from chartpost.identity import policies, queries, queries_apps, services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import jobs
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from tests.gateways.smart.pages import fields, text
from tests.gateways.smart.support import (
    SCOPES,
    Office,
    add_person,
    ask,
    authorize,
    draft,
    exchange,
    sent,
    signed_in,
)
from tests.identity.support import browser
from tests.support.reading import grade

WIDE = "launch/patient openid fhirUser offline_access patient/*.rs"
OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"


def asked(where: Office, account: Any = None, kind: str = "public", **changes: Any) -> tuple[Client, str, Any]:
    """A browser on the page, the page's address, and the page."""
    client = signed_in(account or where.account)
    where_to = authorize(client, ask(where.apps[kind], **changes))["Location"]
    return client, where_to, client.get(where_to)


def granted(where: Office, back: Any, kind: str = "public") -> set[str]:
    """The scopes of the token an answer leads to."""
    found = exchange(browser(), where, where.apps[kind], sent(back)["code"]).json()
    return set(found["scope"].split())


def test_the_page_says_who_asks_for_what(where: Office) -> None:
    _client, _address, page = asked(where)
    words = text(page)
    assert "public app" in words
    assert "on the site app.example" in words
    assert "The records office has looked at this app." in words
    assert "Ana Quill" in words
    assert "cannot change, add or delete" in words
    assert "HIPAA" in words
    assert grade(words) <= 8


def test_an_app_nobody_looked_at_is_marked(where: Office) -> None:
    where.apps["own"], _secret = services.register_app(draft("public", name="Stranger"), SYSTEM, reviewed=False)
    _client, _address, page = asked(where, kind="own")
    assert "has not looked at this app" in text(page)
    assert "Do you know this app?" in text(page)


def test_the_site_an_app_gives_itself_is_shown_when_answers_go_there_or_the_office_looked(where: Office) -> None:
    apple = "https://www.apple.com/health"
    for name, home, reviewed in (
        ("false", apple, False),
        ("checked", apple, True),
        ("own", "https://app.example/about", False),
    ):
        made = draft("public", name="Apple Health", home_uri=home)
        where.apps[name], _secret = services.register_app(made, SYSTEM, reviewed=reviewed)
    shown = {name: text(asked(where, kind=name)[2]).partition("It runs")[0] for name in ("false", "checked", "own")}
    assert "apple.com" not in shown["false"]
    assert "www.apple.com" in shown["checked"]
    assert "app.example" in shown["own"]


def test_the_site_of_the_privacy_rules_is_named(where: Office) -> None:
    made = draft("public", privacy_uri="https://www.apple.com/rules")
    where.apps["own"], _secret = services.register_app(made, SYSTEM, reviewed=False)
    assert "The app's privacy rules, on the site www.apple.com (opens a new tab)" in text(asked(where, kind="own")[2])


def test_enter_in_a_tick_box_is_no_answer(where: Office) -> None:
    """Browsers press the first button of the form then (HTML, 'implicit submission')."""
    client, address, page = asked(where)
    root = html.fromstring(page.content)
    first = root.xpath("//main//form[.//button[@name='allow']]//button")[0]
    assert "hidden" in first.attrib
    form = fields(page)
    form["see"] = [key for key in form["see"] if key != "Patient"]
    shown = client.post(address, form | {first.get("name"): first.get("value")})
    assert (shown.status_code, fields(shown)) == (200, form), "the page as it stood"
    assert queries_apps.grants_for_person(where.person.id) == []
    assert granted(where, client.post(address, form | {"allow": "1"}))


def test_an_app_that_only_asks_who_you_are_is_not_said_to_get_a_copy(where: Office) -> None:
    client, address, page = asked(where, scope="openid offline_access")
    words = text(page)
    for wrong in ("gets a copy", "HIPAA", "looks for new entries", "see a record"):
        assert wrong not in words
    assert "Let public app know who you are?" in words
    assert "It stays connected until you stop it" in words
    assert "it is connected for 1 hour" in words
    assert grade(words) <= 8
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == {"openid", "offline_access"}
    assert "The app gets a copy" in text(asked(where, scope="openid fhirUser")[2]), "it reads a name and an address"


def test_a_parent_is_not_asked_about_what_parents_never_see(where: Office) -> None:
    young = "Care a young person agreed to alone"
    parent = services.add_account("pat@people.example", "Pat Quill", "correct horse battery staple")
    services.represent(parent, where.person.id, "guardian", SYSTEM)
    client, address, page = asked(where, account=parent)
    assert young not in text(page)
    assert "Mental health" in text(page)
    client.post(address, fields(page) | {"allow": "1"})
    (grant,) = queries_apps.grants_for_person(where.person.id)
    assert grant.hidden_labels in {0, int(Label.MINOR_CONFIDENTIAL)}
    assert young in text(asked(where)[2])


def test_a_refusal_is_told_in_the_language_of_the_page(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address, page = asked(where)
    monkeypatch.setattr(queries_apps, "hindrance", lambda *_: "")
    services.disable_app(where.apps["public"].ref, SYSTEM)
    answer = client.post(address, fields(page) | {"allow": "1"})
    assert answer.status_code == 422
    assert "We could not do this. Nothing was shared. Go back to the app and start again." in text(answer)


def test_everything_ticked_is_what_the_app_asked_for(where: Office) -> None:
    client, address, page = asked(where)
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == set(SCOPES.split())


def test_a_type_left_out_is_not_granted(where: Office) -> None:
    client, address, page = asked(where, scope=WIDE)
    form = fields(page) | {"allow": "1"}
    form["see"] = [key for key in form["see"] if key != "Immunization"]
    scopes = granted(where, client.post(address, form))
    assert "patient/*.rs" not in scopes
    assert "patient/Immunization.rs" not in scopes
    assert {"patient/Patient.rs", "patient/Observation.rs", "patient/Condition.rs", "offline_access"} <= scopes


def test_some_kinds_of_a_type_give_granular_scopes_only(where: Office) -> None:
    client, address, page = asked(where)
    form = fields(page) | {"allow": "1"}
    lab, vitals = f"Observation:{OBSERVATION}|laboratory", f"Observation:{OBSERVATION}|vital-signs"
    form["see"] = [k for k in form["see"] if not k.startswith("Observation:")] + [lab, vitals]
    scopes = granted(where, client.post(address, form))
    assert {s for s in scopes if "Observation" in s} == {
        f"patient/Observation.rs?category={OBSERVATION}|laboratory",
        f"patient/Observation.rs?category={OBSERVATION}|vital-signs",
    }
    assert "patient/Condition.rs" in scopes


def test_a_granular_scope_asked_for_is_one_line(where: Office) -> None:
    lab = f"patient/Observation.rs?category={OBSERVATION}|laboratory"
    client, address, page = asked(where, scope=f"launch/patient patient/Patient.r {lab}")
    assert fields(page)["see"] == [f"Observation:{OBSERVATION}|laboratory", "Patient"]
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == {
        "launch/patient",
        "patient/Patient.r",
        lab,
    }


def test_version_1_scopes_stay_as_written(where: Office) -> None:
    scope = "launch/patient patient/Patient.read patient/Observation.read"
    client, address, page = asked(where, scope=scope)
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == set(scope.split())


def test_access_without_the_person_is_explained_and_can_be_left_out(where: Office) -> None:
    client, address, page = asked(where)
    assert "keep looking until you stop it" in text(page)
    form = fields(page) | {"allow": "1"}
    form["see"].remove("offline_access")
    answer = exchange(browser(), where, where.apps["public"], sent(client.post(address, form))["code"]).json()
    assert "offline_access" not in answer["scope"].split()
    assert "refresh_token" not in answer


def test_sensitive_entries_can_be_left_out(where: Office) -> None:
    client, address, page = asked(where)
    form = fields(page) | {"allow": "1"}
    form["sensitive"] = [key for key in form["sensitive"] if key not in {"mental", "hiv"}]
    client.post(address, form)
    (grant,) = queries_apps.grants_for_person(where.person.id)
    assert grant.hidden_labels == int(Label.MENTAL_HEALTH | Label.PSYCHOTHERAPY | Label.HIV)


def test_a_no_goes_back_to_the_app(where: Office) -> None:
    client, address, _page = asked(where)
    back = sent(client.post(address, {"deny": "1"}))
    assert (back["error"], back["state"]) == ("access_denied", "state-1")
    assert queries_apps.grants_for_person(where.person.id) == []
    assert client.get(address).status_code == 400


def test_nothing_chosen_is_asked_again(where: Office) -> None:
    client, address, page = asked(where)
    answer = client.post(address, {"allow": "1", "person": fields(page)["person"]})
    assert answer.status_code == 422
    assert "Choose at least one kind" in text(answer)
    assert queries_apps.grants_for_person(where.person.id) == []


def test_a_representative_chooses_whose_record(where: Office) -> None:
    mother = add_person("Rosa", "pat-rosa")
    services.represent(where.account, mother.id, "health_care_agent", SYSTEM)
    client, address, page = asked(where)
    assert "person" not in fields(page)
    assert client.post(address, fields(page) | {"allow": "1"}).status_code == 422
    back = client.post(address, fields(page) | {"allow": "1", "person": mother.ref})
    found = exchange(browser(), where, where.apps["public"], sent(back)["code"]).json()
    assert found["patient"] == "pat-rosa"


def test_nobody_gives_what_they_may_not_see(where: Office) -> None:
    other = add_person("Zoe", "pat-zoe")
    client, address, page = asked(where)
    answer = client.post(address, fields(page) | {"allow": "1", "person": other.ref})
    assert answer.status_code == 422
    assert queries_apps.grants_for_person(other.id) == []


def test_a_helper_with_part_of_a_record_is_told_so(where: Office) -> None:
    helper = services.add_account("helper@people.example", "Hal Helper", "correct horse battery staple")
    services.represent(
        helper, where.person.id, "caregiver", SYSTEM, categories=policies.mask(Category.MEDICINES), ends_on=None
    )
    _client, _address, page = asked(where, account=helper)
    assert "the app gets only that part: Medicines" in text(page)


def test_a_page_that_is_too_old_says_so(where: Office) -> None:
    client = signed_in(where.account)
    page = client.get("/oauth/consent/unknown/")
    assert page.status_code == 400
    assert "This page is over" in text(page)


def test_a_second_yes_is_told_of_the_first(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address, page = asked(where)
    monkeypatch.setattr(asks, "drop", lambda _key: None)  # as when both are on the way
    form = fields(page) | {"allow": "1"}
    assert client.post(address, form).status_code == 303
    second = client.post(address, form)
    assert second.status_code == 400
    assert "or you already gave your answer. Nothing new was shared." in text(second)
    assert len(queries_apps.grants_of_account(where.account.pk)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_person_hears_of_an_app_that_asks_only_who_they_are(where: Office) -> None:
    client, address, page = asked(where, scope="openid fhirUser offline_access")
    client.post(address, fields(page) | {"allow": "1"})
    jobs.run_waiting()
    assert [letter.to for letter in mail.outbox] == [["ana@people.example"]]
    assert [entry.person_id for entry in ledger.search(Filter(action="app.approve"))] == [where.person.id]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("scope", "sees"), [("openid", False), ("openid fhirUser", True), ("launch/patient patient/Goal.rs", True)]
)
def test_mail_says_that_an_app_sees_a_record_only_when_it_does(where: Office, scope: str, sees: bool) -> None:
    client, address, page = asked(where, scope=scope)
    client.post(address, fields(page) | {"allow": "1"})
    jobs.run_waiting()
    (letter,) = mail.outbox
    assert ("can now see a health record" in letter.body) is sees
    assert ("sees no health record" in letter.body) is not sees


def test_the_person_hears_of_a_new_app_by_mail(where: Office) -> None:
    client, address, page = asked(where)
    client.post(address, fields(page) | {"allow": "1"})
    jobs.run_waiting()
    (letter,) = mail.outbox
    assert letter.to == ["ana@people.example"]
    assert "/apps/" in letter.body
    assert "Quill" not in letter.body
    assert "public app" not in letter.body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("basis", "hears"), [("guardian", False), ("caregiver", True)])
def test_parents_do_not_hear_of_an_app_a_minor_let_in(where: Office, basis: str, hears: bool) -> None:
    other = services.add_account("pat@people.example", "Pat Quill", "correct horse battery staple")
    services.represent(other, where.person.id, basis, SYSTEM)
    client, address, page = asked(where)
    client.post(address, fields(page) | {"allow": "1"})
    jobs.run_waiting()
    told = {"ana@people.example", other.email} if hears else {"ana@people.example"}
    assert {letter.to[0] for letter in mail.outbox} == told


@pytest.mark.django_db(transaction=True)
def test_who_acts_for_a_part_hears_of_the_app_they_let_in(where: Office) -> None:
    other = services.add_account("pat@people.example", "Pat Quill", "correct horse battery staple")
    services.represent(other, where.person.id, "guardian", SYSTEM)
    client, address, page = asked(where, other)
    client.post(address, fields(page) | {"allow": "1"})
    jobs.run_waiting()
    assert {letter.to[0] for letter in mail.outbox} == {"ana@people.example", other.email}


def test_staff_are_told_the_rules_of_the_office(where: Office) -> None:
    scope = "openid fhirUser user/Patient.rs user/Observation.cruds"
    client, address, page = asked(where, account=where.clerk, scope=scope)
    words = text(page)
    assert "The rules of this office" in words
    assert "every record you may open" in words
    assert "It reads: Tests and measurements, Name and contact." in words
    assert "It changes: Tests and measurements." in words
    assert "Sensitive entries" not in words
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == set(scope.split())
    assert queries.actor_of(where.clerk).kind == "staff"


def test_an_app_started_at_the_desk_gets_the_person_of_its_launch(where: Office) -> None:
    launch = services.make_launch(where.staff, where.apps["public"].client_id, where.person.id, "visit-1")
    scope = "launch openid fhirUser patient/Patient.rs"
    client, address, page = asked(where, account=where.clerk, scope=scope, launch=launch)
    words = text(page)
    assert "Ana Quill" in words
    assert "with this record only" in words
    back = client.post(address, fields(page) | {"allow": "1"})
    found = exchange(browser(), where, where.apps["public"], sent(back)["code"]).json()
    assert (found["patient"], found["encounter"]) == ("pat-ana", "visit-1")


def test_staff_without_a_launch_look_for_the_person(where: Office) -> None:
    scope = "launch/patient openid fhirUser patient/Patient.rs"
    client, address, page = asked(where, account=where.clerk, scope=scope)
    assert "or start the app from the person's page" in text(page)
    assert 'name="allow"' not in page.content.decode()
    nobody = client.post(address, {"who": "nobody", "find": "1"})
    assert (nobody.status_code, "Nobody was found" in text(nobody)) == (422, True)
    found = client.post(address, {"who": "quill", "find": "1"})
    assert "Ana Quill" in text(found)
    assert ledger.search(Filter(action="person.search"), None, 5)[0].who == "Clara Clerk"
    back = client.post(address, fields(found) | {"allow": "1"})
    given = exchange(browser(), where, where.apps["public"], sent(back)["code"]).json()
    assert (given["patient"], set(given["scope"].split())) == ("pat-ana", set(scope.split()))


def test_staff_choose_among_those_found_only(where: Office) -> None:
    bea, cleo = add_person("Bea", "pat-bea"), services.add_person({"given": "Cleo", "family": "Other"}, [], SYSTEM)
    client, address, _page = asked(where, account=where.clerk)
    several = client.post(address, {"who": "quill", "find": "1"})
    assert fields(several).get("person") is None
    form = fields(several) | {"allow": "1"}
    assert client.post(address, form).status_code == 422
    assert client.post(address, form | {"person": cleo.ref}).status_code == 422
    back = client.post(address, form | {"person": bea.ref})
    assert exchange(browser(), where, where.apps["public"], sent(back)["code"]).json()["patient"] == "pat-bea"


def test_staff_who_work_with_no_records_find_nobody(where: Office) -> None:
    admin = services.add_account("admin@office.example", "Ada Admin", "correct horse battery staple", staff=True)
    services.give_role(admin, "admin", SYSTEM)
    client, address, page = asked(where, account=admin)
    assert "Ana Quill" not in text(client.post(address, {"who": "quill", "find": "1"}))
    assert sent(client.post(address, fields(page) | {"deny": "1"}))["error"] == "access_denied"


def test_an_account_without_a_record_is_told_what_to_do(where: Office) -> None:
    nobody = services.add_account("new@people.example", "Nia New", "correct horse battery staple")
    _client, _address, page = asked(where, account=nobody)
    assert "No record is connected yet" in text(page)
    assert 'name="allow"' not in page.content.decode()


def test_an_app_that_wants_to_change_things_is_told_no(where: Office) -> None:
    client, address, page = asked(where, scope="launch/patient patient/Observation.cruds patient/Goal.c")
    assert "The app asked for that, and we do not let it." in text(page)
    assert granted(where, client.post(address, fields(page) | {"allow": "1"})) == {
        "launch/patient",
        "patient/Observation.rs",
    }


def test_the_page_speaks_spanish(where: Office) -> None:
    client, address, _page = asked(where)
    page = client.get(address, HTTP_ACCEPT_LANGUAGE="es")
    words = text(page)
    assert "No permitir" in words
    assert "Don't allow" not in words
