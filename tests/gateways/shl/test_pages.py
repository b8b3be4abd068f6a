"""The pages that make links: what is asked, that it is asked freshly, that a link is shown one time, and stopping."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.formats.shlink import Payload, parse
from chartpost.gateways.shl import models, queries, viewer
from chartpost.identity.models import Account
from chartpost.kernel import clock, jobs
from tests.gateways.shl.asking import ask, bundle_of
from tests.gateways.shl.conftest import PASSWORD, Make, World

pytestmark = pytest.mark.django_db
NEW, LINKS = "/shl/links/new/", "/shl/links/"


def signed_in(account: Account) -> Client:
    """A browser whose account proved itself just now."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": account.email, "password": PASSWORD}, secure=True)
    assert answer.status_code == 302, "signed in"
    return client


@pytest.fixture
def ana(world: World) -> Client:
    from allauth.account.models import EmailAddress

    for account in (world.ana_account, world.helper_account):
        EmailAddress.objects.update_or_create(
            user=account, email=account.email, defaults={"verified": True, "primary": True}
        )
    return signed_in(world.ana_account)


def fill(client: Client, **more: Any) -> Any:
    """Send the form as the page has it."""
    page = client.get(NEW, secure=True).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)
    person = re.search(r'name="person" value="([^"]+)"', page)
    assert once, page
    assert person
    asked = {"scope": "all", "label": "My medicines", "use": "often", "days": "7", "once": once[1], "person": person[1]}
    return client.post(NEW, {**asked, **more}, secure=True)


def link_on(page: Any) -> Payload:
    """The link a page shows."""
    found = re.search(r"data-link>([^<]+)<", page.content.decode())
    assert found, page.content.decode()
    return parse(found[1])


def test_a_link_is_made_shown_once_and_works(ana: Client, api: Client, world: World) -> None:
    page = fill(ana, passcode=" river7 ", use="long", days="30")
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert b'class="qr"' in page.content
    link = link_on(page)
    assert link.flag == {"L", "P"}
    assert link.label == "My medicines"
    assert (link.exp or 0) == pytest.approx((clock.now() + timedelta(days=30)).timestamp(), abs=60)
    jobs.run_waiting()
    assert bundle_of(api, link, passcode="river7")["type"] == "collection"
    shown = ana.get(LINKS, secure=True).content.decode()
    assert "My medicines" in shown
    assert "“Dr. Green”" in shown
    assert link.url.rpartition("/")[2] not in shown, "nobody can show it again"
    assert "shlink:/" not in shown


def test_the_same_form_makes_one_link(ana: Client) -> None:
    once = "x" * 22
    assert fill(ana, once=once).status_code == 200
    again = fill(ana, once=once)
    assert again.status_code == 422
    assert "This link was made already" in again.content.decode()
    assert models.Link.objects.count() == 1


def day(end: str, year: str, number: str = "3") -> dict[str, str]:
    """A day of March as the form sends it."""
    return {f"date_{end}_month": "3", f"date_{end}_day": number, f"date_{end}_year": year}


def test_dates_bound_what_a_link_carries(ana: Client, api: Client) -> None:
    link = link_on(fill(ana, **day("from", "2024"), **day("to", "2026"), formats=["originals"]))
    jobs.run_waiting()
    told = {entry["resource"]["resourceType"] for entry in bundle_of(api, link)["entry"]}
    assert told == {"Patient", "Observation"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"scope": "some"}, "Choose at least one part."),
        ({"scope": "some", "categories": ["NOTHING"]}, "Choose at least one part."),
        ({"label": ""}, "Give the link a name."),
        ({"label": "x" * 81}, "80"),
        ({"passcode": "12345"}, "Use 6 letters or numbers or more."),
        ({"passcode": "123456", "direct": "on"}, "A simple link cannot have a passcode."),
        ({**day("from", "2025"), **day("to", "2024")}, "The last day is before the first day."),
        ({**day("from", "2025", "45")}, "Write a real date"),
        ({**day("from", "25")}, "Write the year with four digits."),
        ({**day("to", "9999")}, "Write the year with four digits."),
        ({"use": "forever"}, ""),
        ({"days": "9999"}, ""),
        ({"formats": ["exe"]}, ""),
    ],
)
def test_what_cannot_be_is_told(ana: Client, wrong: dict[str, Any], words: str) -> None:
    page = fill(ana, **wrong)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert models.Link.objects.count() == 0


def test_only_parts_that_hold_something_are_offered(ana: Client) -> None:
    page = ana.get(NEW, secure=True).content.decode()
    assert 'value="ALLERGIES"' in page
    assert 'value="IMAGING"' not in page
    assert "The office that holds the record can read it" in page


def test_a_helper_gives_away_only_their_part(ana: Client, api: Client, world: World) -> None:
    helper = signed_in(world.helper_account)
    page = helper.get(NEW, secure=True).content.decode()
    assert 'value="PROBLEMS"' in page
    assert 'value="ALLERGIES"' not in page
    link = link_on(fill(helper))
    jobs.run_waiting()
    kinds = {e["resource"]["resourceType"] for e in bundle_of(api, link)["entry"]}
    assert "Condition" in kinds
    assert not {"AllergyIntolerance", "MedicationRequest", "Observation"} & kinds


def test_it_takes_a_fresh_sign_in(ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    answer = ana.get(NEW, secure=True)
    assert answer.status_code == 302
    assert reverse("account_reauthenticate") in answer["Location"]


def test_another_persons_record_cannot_be_named(ana: Client, world: World) -> None:
    assert ana.get(NEW, {"person": "0" * 26}, secure=True)["Location"] == reverse("portal:start")
    assert Client().get(NEW, secure=True).status_code == 302


def test_stopping_ends_it_at_once(ana: Client, api: Client, make: Make, world: World) -> None:
    link = make()
    (one,) = queries.links_of(world.ana_account.pk)
    assert signed_in(world.helper_account).post(f"{LINKS}{one.ref}/stop/", secure=True).status_code == 404
    assert ask(api, link).status_code == 200
    assert ana.post(f"{LINKS}{one.ref}/stop/", secure=True).status_code == 302
    assert ask(api, link).status_code == 404
    assert "Stopped" in ana.get(LINKS, secure=True).content.decode()
    row = models.Link.objects.get()
    assert (row.blob, bytes(row.wrapped_key)) == ("", b"")


def test_fifty_links_are_enough(ana: Client, make: Make, world: World) -> None:
    make(built=False)
    row = models.Link.objects.get()
    for n in range(49):
        row.pk, row.ref, row.token_hash, row.once = None, f"{n:026}", f"{n:064}", f"more{n:018}"
        row.save()
    page = fill(ana)
    assert page.status_code == 422
    assert "You have many links already." in page.content.decode()


@pytest.mark.parametrize(("address", "spoken"), [("/shl", "en"), ("/shl/?lang=es", "es")])
def test_the_page_that_opens_links_is_static_and_strict(api: Client, settings: Any, address: str, spoken: str) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    viewer._page.cache_clear()
    page = api.get(address, secure=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert not page.cookies
    assert f'<html lang="{spoken}"' in text
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self' https:" in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "unsafe" not in policy
    assert page["Referrer-Policy"] == "no-referrer"
    scripts = re.findall(r"<script([^>]*)>", text)
    assert scripts
    assert all("integrity=" in one and " src=" in one for one in scripts)
    assert not re.search(r"\son\w+=|style=", text)
