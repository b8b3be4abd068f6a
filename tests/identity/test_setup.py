"""The first start and the set-up pages: one link, no default password, nothing half done."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from chartpost.identity import first_start, models, queries, services
from chartpost.kernel import clock, facts, keys
from chartpost.kernel.config import config
from chartpost.kernel.keys import recovery as recovery_keys
from chartpost.portal.setup.steps import STEPS
from tests.identity.support import browser

pytestmark = pytest.mark.django_db
PASSWORD = "four plain words together"
OFFICE = {"name": "Lakeside Clinic", "address": "1 Main St\nOakland, CA", "phone": "510-555-0100", "email": "a@b.org"}
PLACE = {"name": "Main Street", "state": "CA", "zone": "America/Los_Angeles"}
CONTACT = {"complaint_name": "Privacy officer", "complaint_phone": "(510) 555-0101", "complaint_email": ""}
PERSON = {"name": "Ana Ruiz", "email": "ana@b.org", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def code() -> str:
    return services.make_setup_code()


@pytest.fixture
def client() -> Client:
    return browser()


def follow(client: Client, code: str, page: str, values: dict[str, Any]) -> str:
    """Answer one page; returns the name of the page it leads to."""
    answer = client.post(f"/setup/{code}/{page}/", values)
    assert answer.status_code == 302, re.findall(r'class="error"[^<]*<[^<]*<[^<]*', answer.content.decode())
    to = str(answer["Location"])
    return to.rstrip("/").rpartition("/")[2]


def print_key(client: Client, code: str) -> str:
    """Ask for the recovery key and read it off the page."""
    html = client.post(f"/setup/{code}/recovery/", {"make": "1"}).content.decode()
    return "-".join(re.findall(r"<li><code>(\w{5})</code></li>", html))


def asked_group(client: Client, code: str, key: str) -> str:
    number = client.session["chartpost_setup"]["recovery_asked"]["number"]
    return str(key.split("-")[int(number) - 1])


def answer_all(client: Client, code: str, method: str = "flat") -> None:
    assert follow(client, code, "office", OFFICE) == "facilities"
    assert follow(client, code, "facilities", PLACE) == "facilities"
    assert follow(client, code, "complaint", CONTACT) == "fees"
    if method == "flat":
        assert follow(client, code, "fees", {"fee_method": "flat"}) == "release"
    else:
        assert follow(client, code, "fees", {"fee_method": method}) == "figures"
        assert follow(client, code, "figures", {"labor": "21.30"}) == "release"
    assert follow(client, code, "release", {"two_person_release": "yes"}) == "mail"
    assert follow(client, code, "mail", {"skip": "1"}) == "recovery"
    key = print_key(client, code)
    assert follow(client, code, "recovery", {"printed": "on", "group": asked_group(client, code, key)}) == "check"


def test_start_prints_a_new_link_each_time_until_set_up(code: str) -> None:
    first, second = first_start.line(), first_start.line()
    links = [re.search(rf"{config().base_url}/setup/([^/\s]+)/", text) for text in (first, second)]
    found = [link.group(1) for link in links if link]
    assert len(set(found)) == 2
    assert [services.setup_code_good(c) for c in [code, *found]] == [False, False, True]
    assert not models.SetupLink.objects.filter(code_hash__contains=found[1]).exists()
    services.save_office({"name": "Lakeside"}, services.system_actor())
    assert first_start.line() == ""


def test_the_whole_set_up(client: Client, code: str) -> None:
    assert client.get(f"/setup/{code}/").status_code == 200
    answer_all(client, code)
    assert queries.office() is None, "nothing is set up before the last page"
    assert "Lakeside Clinic" in client.get(f"/setup/{code}/check/").content.decode()
    done = client.post(f"/setup/{code}/account/", {**PERSON, "roles": ["clerk", "privacy"]})
    assert (done.status_code, done["Location"]) == (302, "/account/2fa/")
    office = queries.office()
    assert office is not None
    assert (office.name, office.complaint_phone, office.fee_method) == ("Lakeside Clinic", "(510) 555-0101", "flat")
    assert office.two_person_release
    assert office.recovery_key_shown_at is not None
    assert [(f.name, f.state, f.zone) for f in queries.facilities()] == [("Main Street", "CA", "America/Los_Angeles")]
    [staff] = queries.staff()
    assert (staff.email, set(staff.roles)) == ("ana@b.org", {"admin", "clerk", "privacy"})
    assert facts.recorded(facts.RECOVERY_PRINTED) is not None
    assert client.get("/account/2fa/totp/activate/").status_code == 200, "signed in, and fresh enough to go on"


def test_the_link_is_dead_after_the_end(client: Client, code: str) -> None:
    answer_all(client, code)
    client.post(f"/setup/{code}/account/", PERSON)
    for name in ["", *(f"{s.name}/" for s in STEPS)]:
        assert browser().get(f"/setup/{code}/{name}").status_code == 410
    assert "already set up" in browser().get(f"/setup/{code}/").content.decode()


@pytest.mark.parametrize("hours", [0, 23])
def test_the_link_works_for_a_day(client: Client, code: str, hours: int) -> None:
    with clock.at(clock.now() + timedelta(hours=hours)):
        assert client.get(f"/setup/{code}/").status_code == 200


def test_an_old_or_wrong_link_says_how_to_get_a_new_one(client: Client, code: str) -> None:
    with clock.at(clock.now() + timedelta(hours=25)):
        old = client.get(f"/setup/{code}/")
    wrong = client.get("/setup/ABCD-ABCD-ABCD-ABCD-ABCD/")
    for answer in (old, wrong):
        assert answer.status_code == 410
        assert "prints a new link" in answer.content.decode()


def test_a_page_cannot_be_skipped(client: Client, code: str) -> None:
    follow(client, code, "office", OFFICE)
    assert client.get(f"/setup/{code}/check/")["Location"].endswith("/facilities/")
    assert client.post(f"/setup/{code}/account/", PERSON)["Location"].endswith("/facilities/")
    assert not models.Account.objects.exists()


def test_answers_can_be_changed_and_are_still_there(client: Client, code: str) -> None:
    answer_all(client, code, method="average")
    assert 'value="Lakeside Clinic"' in client.get(f"/setup/{code}/office/").content.decode()
    assert 'value="21.30"' in client.get(f"/setup/{code}/figures/").content.decode()
    assert follow(client, code, "office", {**OFFICE, "name": "Hillside Clinic"}) == "check"
    assert follow(client, code, "fees", {"fee_method": "actual"}) == "figures", "another method asks for its figure"
    assert follow(client, code, "figures", {"labor": "18.5"}) == "check"
    client.post(f"/setup/{code}/account/", PERSON)
    office = queries.office()
    assert office is not None
    assert (office.name, office.fee_method, office.labor_cents_per_hour) == ("Hillside Clinic", "actual", 1850)


def test_places_can_be_added_and_removed(client: Client, code: str) -> None:
    follow(client, code, "office", OFFICE)
    follow(client, code, "facilities", PLACE)
    follow(client, code, "facilities", PLACE)
    follow(client, code, "facilities", {**PLACE, "name": "Desert", "state": "AZ", "zone": "America/Phoenix"})
    assert [f["name"] for f in client.session["chartpost_setup"]["facilities"]] == ["Main Street", "Desert"]
    client.post(f"/setup/{code}/facilities/remove/", {"number": "0"})
    assert [f["name"] for f in client.session["chartpost_setup"]["facilities"]] == ["Desert"]


@pytest.mark.parametrize(
    ("page", "values", "says"),
    [
        ("office", {**OFFICE, "name": ""}, "Name of the office"),
        ("office", {**OFFICE, "phone": "12345"}, "area code"),
        ("facilities", {**PLACE, "zone": "Mars/Olympus"}, "Time zone"),
        ("complaint", {**CONTACT, "complaint_phone": ""}, "Phone"),
        ("fees", {"fee_method": "free"}, "work out the fee"),
        ("figures", {"labor": "-1"}, "Labor cost"),
        ("release", {}, "second person"),
        ("mail", {"to": "nobody"}, "test e-mail"),
    ],
)
def test_a_wrong_answer_is_told_on_its_page(
    client: Client, code: str, page: str, values: dict[str, Any], says: str
) -> None:
    html = client.post(f"/setup/{code}/{page}/", values).content.decode()
    problems = re.search(r'class="error-summary".*?</div>', html, re.S)
    assert problems is not None
    assert says in problems.group(0)


def test_the_recovery_key_is_shown_once_and_opens_the_home(client: Client, code: str) -> None:
    key = print_key(client, code)
    recovery_keys.parse(key)
    assert keys.keyring() is not None
    for html in (client.get(f"/setup/{code}/recovery/"), client.post(f"/setup/{code}/recovery/", {"group": "AAAAA"})):
        assert all(group not in html.content.decode() for group in key.split("-"))
    stored = str(dict(client.session))
    assert all(group not in stored for group in key.split("-"))


def test_the_recovery_key_must_be_on_paper(client: Client, code: str) -> None:
    key = print_key(client, code)
    group = asked_group(client, code, key)
    assert client.post(f"/setup/{code}/recovery/", {"group": group}).status_code == 200, "not ticked"
    assert client.post(f"/setup/{code}/recovery/", {"printed": "on", "group": "AAAAA"}).status_code == 200
    assert follow(client, code, "recovery", {"printed": "on", "group": group.lower()})
    again = print_key(client, code)
    assert again != key
    assert client.get(f"/setup/{code}/check/")["Location"].endswith("/office/")
    assert client.post(f"/setup/{code}/recovery/", {"printed": "on", "group": group}).status_code == 200


def test_the_test_mail_goes_out(client: Client, code: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    html = client.post(f"/setup/{code}/mail/", {"to": "ana@b.org"}).content.decode()
    assert [m.to for m in mail.outbox] == [["ana@b.org"]]
    assert "No mail server is set" in html
    assert str(config().home / "outbox") in html


class Broken:
    """A mail server that is not there."""

    def __init__(self, **_: Any) -> None: ...

    def send_messages(self, _: Any) -> int:
        raise ConnectionRefusedError


def test_a_mail_server_that_does_not_answer_is_told(client: Client, code: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    html = client.post(f"/setup/{code}/mail/", {"to": "ana@b.org"}).content.decode()
    assert "ConnectionRefusedError" in html
    assert "chartpost_setup" not in client.session


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"again": "something else here"}, "not the same"),
        ({"password": "short", "again": "short"}, "12 characters"),
        ({"password": "1qaz2wsx3edc", "again": "1qaz2wsx3edc"}, "common"),
        ({"password": "ana@b.org.ana", "again": "ana@b.org.ana"}, "similar"),
        ({"email": "ana"}, "e-mail"),
    ],
)
def test_a_weak_account_is_refused(client: Client, code: str, change: dict[str, str], says: str) -> None:
    answer_all(client, code)
    answer = client.post(f"/setup/{code}/account/", {**PERSON, **change})
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert queries.office() is None
    assert services.setup_code_good(code)


def test_two_browsers_cannot_both_finish(code: str) -> None:
    one, two = browser(), browser()
    answer_all(one, code)
    answer_all(two, code)
    assert one.post(f"/setup/{code}/account/", PERSON).status_code == 302
    assert two.post(f"/setup/{code}/account/", {**PERSON, "email": "eve@b.org"}).status_code == 410
    assert [a.email for a in queries.staff()] == ["ana@b.org"]
    assert len(queries.facilities()) == 1
