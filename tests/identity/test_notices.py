"""Mail says that something is new, in the reader's language, and never what."""

from datetime import date, timedelta

import pytest
from django.core import mail

from chartpost.identity import models, services
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.kernel import clock, jobs
from chartpost.kernel.config import config
from tests.identity.support import PASSWORD

KINDS = ["request", "message", "package", "letter", "arrived", "app", "app_user", "something else"]


@pytest.fixture
def ben(ana: models.Account) -> PersonView:
    """A person whose account is Ana's."""
    fields = {"given": "Benedikt", "family": "Okoro", "birth_date": date(2012, 1, 2)}
    person = services.add_person(fields, [], SYSTEM)
    services.link_own(ana, person.id, "invitation_code", SYSTEM)
    return person


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_holds_a_link_and_nothing_about_the_person(ben: PersonView, ana: models.Account, kind: str) -> None:
    services.notify(ben.id, kind, "/requests/abc/")
    assert mail.outbox == [], "it leaves after the step is kept, not within it"
    jobs.run_waiting()
    [sent] = mail.outbox
    assert sent.to == [ana.email]
    assert f"{config().base_url}/requests/abc/" in str(sent.body)
    for word in ("Benedikt", "Okoro", "2012", "Lakeside"):
        assert word not in f"{sent.subject} {sent.body}"


def test_a_mail_is_in_the_language_of_its_reader(ben: PersonView, ana: models.Account) -> None:
    services.save_settings(ana, "es")
    services.notify(ben.id, "message", "/")
    jobs.run_waiting()
    assert "La oficina" in str(mail.outbox[0].body)


def test_everybody_who_may_see_the_person_is_told_and_nobody_else(ben: PersonView, ana: models.Account) -> None:
    today = clock.today("America/Los_Angeles")
    terms = {
        "now": {},
        "ended": {"ends_on": today - timedelta(days=1)},
        "future": {"starts_on": today + timedelta(days=3)},
    }
    for name, dates in terms.items():
        account = services.add_account(f"{name}@people.example", name, PASSWORD)
        services.represent(account, ben.id, "caregiver", SYSTEM, **dates)
    services.add_account("stranger@people.example", "Stranger", PASSWORD)
    services.notify(ben.id, "message", "/")
    jobs.run_waiting()
    assert {m.to[0] for m in mail.outbox} == {ana.email, "now@people.example"}
