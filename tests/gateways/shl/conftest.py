"""An office with Ana, whose record has a little of everything, her helper, and a way to make links quickly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.shlink import Payload, parse
from chartpost.gateways.shl import services as shl
from chartpost.gateways.shl.types import Asked
from chartpost.identity import policies, services
from chartpost.identity import queries as identity
from chartpost.identity.models import Account
from chartpost.identity.types import SYSTEM, Actor, PersonView
from chartpost.kernel import jobs
from chartpost.records import services as records
from chartpost.records.types import Incoming, Selection

PASSWORD = "correct horse battery staple"
Make = Callable[..., Payload]


@dataclass
class World:
    """Ana, her account, and that of a helper who may see her problems alone."""

    ana: PersonView
    ana_account: Account
    helper_account: Account

    @property
    def actor(self) -> Actor:
        """Ana, just signed in."""
        return identity.actor_of(self.ana_account, fresh=True)


@pytest.fixture(autouse=True)
def _no_counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test inherits what an earlier one used up of an address's share."""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    """Pages link files by their plain names, nothing is collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def world(db: None) -> World:
    office = {"name": "Riverside Community Health", "phone": "555 010 1000", "complaint_name": "Pat Lee"}
    services.save_office(office, SYSTEM)
    services.save_facility({"name": "Riverside Clinic", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    named = {"given": "Ana", "family": "Ruiz", "birth_date": date(1986, 4, 28), "sex": "female"}
    ana = services.add_person(named, [], SYSTEM)
    accounts = [services.add_account(f"{n}@example.org", n.title(), PASSWORD) for n in ("ana", "helper")]
    services.link_own(accounts[0], ana.id, "test", SYSTEM)
    narrow = policies.mask(Category.PROBLEMS)
    services.represent(accounts[1], ana.id, "caregiver", SYSTEM, categories=narrow)
    save(ana, *RESOURCES)
    return World(ana, *accounts)


@pytest.fixture
def api() -> Client:
    """Somebody's program, without cookies."""
    return Client()


@pytest.fixture
def make(world: World) -> Make:
    """Make a link to Ana's record through the service; its file is put together at once."""
    count = iter(range(1000))

    def made(*, built: bool = True, by: Account | None = None, **more: Any) -> Payload:
        base = {"selection": Selection(), "formats": (), "language": "en", "label": "My record", "days": 7}
        asked = Asked(**{**base, "person_id": world.ana.id, "once": f"{next(count):022}", **more})
        found = shl.make(asked, identity.actor_of(by or world.ana_account, fresh=True))
        if built:
            jobs.run_waiting()
        return parse(found.link)

    return made


def save(person: PersonView, *resources: dict[str, Any]) -> None:
    """File resources under a person."""
    source = records.source_id("test", "Riverside Clinic")
    records.save([Incoming(r, str(r["id"]), person.id) for r in resources], source, SYSTEM)


def resource(kind: str, name: str, text: str, **more: Any) -> dict[str, Any]:
    """A resource of Ana's with a code in plain text."""
    who = "patient" if kind in {"AllergyIntolerance", "Immunization"} else "subject"
    base = {"resourceType": kind, "id": name, who: {"reference": "Patient/p1"}}
    return {**base, "code": {"text": text}, **more}


RESOURCES = (
    resource("Condition", "asthma", "Asthma", recordedDate="2019-03"),
    resource("AllergyIntolerance", "nuts", "Peanuts", recordedDate="2011-05-01"),
    resource("Observation", "a1c", "Hemoglobin A1c", status="final", effectiveDateTime="2026-03-01"),
    {
        "resourceType": "MedicationRequest",
        "id": "inhaler",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "Albuterol inhaler"},
        "authoredOn": "2024-02-02",
    },
)
