"""A small office: two patients, a health care agent, a stranger, a clerk and an approver, some records, a request."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from django.test import Client

from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.models import Account
from chartpost.identity.types import SYSTEM, Actor, PersonView
from chartpost.kernel import clock, jobs
from chartpost.ledger import queries as ledger
from chartpost.records import services as records
from chartpost.records.types import Incoming, Selection
from chartpost.rights import letters
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import Ask

PASSWORD = "correct horse battery staple"


@dataclass
class World:
    """The persons and accounts of the office."""

    ana: PersonView
    ben: PersonView
    ana_account: Account
    agent_account: Account
    stranger_account: Account
    clerk_account: Account
    approver_account: Account
    facility_id: int

    def actor(self, account: Account) -> Actor:
        """The actor an account is."""
        return identity.actor_of(account, fresh=True)


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    """Pages link files by their plain names, nothing is collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def person(given: str, family: str, born: date, **more: Any) -> PersonView:
    fields = {"given": given, "family": family, "birth_date": born, "sex": "female", **more}
    return services.add_person(fields, [], SYSTEM)


@pytest.fixture
def world(db: None) -> World:
    services.save_office(
        {"name": "Riverside Community Health", "phone": "555 010 1000", "complaint_name": "Pat Lee"}, SYSTEM
    )
    services.save_facility({"name": "Riverside Clinic", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    ana = person(
        "Ana",
        "Ruiz",
        date(1986, 4, 28),
        phone="555 010 1234",
        email="ana@example.org",
        address_line="12 Oak Street",
        city="Salinas",
        state="CA",
        postal_code="93901",
    )
    ben = person("Ben", "Okafor", date(1950, 1, 2))
    accounts = {
        name: services.add_account(f"{name}@example.org", shown, PASSWORD, staff=name in {"clerk", "approver"})
        for name, shown in {
            "ana": "Ana Ruiz",
            "agent": "Gloria Okafor",
            "stranger": "Sam Stone",
            "clerk": "Carla Clerk",
            "approver": "Alan Approver",
        }.items()
    }
    services.link_own(accounts["ana"], ana.id, "test", SYSTEM)
    services.represent(accounts["agent"], ben.id, "health_care_agent", SYSTEM)
    services.give_role(accounts["clerk"], "clerk", SYSTEM)
    services.give_role(accounts["approver"], "approver", SYSTEM)
    return World(ana, ben, *accounts.values(), identity.facilities()[0].id)


def save(person: PersonView, *resources: dict[str, Any]) -> None:
    """File resources under a person."""
    source = records.source_id("test", "Riverside Clinic")
    records.save([Incoming(r, str(r["id"]), person.id) for r in resources], source, SYSTEM)


def a1c(name: str, day: str, value: float) -> dict[str, Any]:
    """A lab result with its usual range."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "Hemoglobin A1c"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
        "referenceRange": [
            {
                "low": {"value": 4.0, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
                "high": {"value": 5.6, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
            }
        ],
    }


def condition(name: str, day: str, text: str = "", **more: Any) -> dict[str, Any]:
    """A health problem."""
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": "Patient/p1"},
        "code": {"text": text or name},
        "recordedDate": day,
        **more,
    }


@pytest.fixture
def records_of_ana(world: World) -> World:
    """Results, problems and a note in Ana's record, one problem in Ben's."""
    save(
        world.ana,
        a1c("a1c-1", "2025-03-01", 5.4),
        a1c("a1c-2", "2025-09-01", 5.7),
        a1c("a1c-3", "2026-03-01", 6.1),
        condition("asthma", "2019-03", "Asthma"),
        condition("sprain", "2024-05-06", "Sprain of ankle"),
    )
    save(world.ben, condition("gout", "2020-01-01", "Gout"))
    return world


def signed_in(account: Account) -> Client:
    """A browser of an account that gave its password just now."""
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()
    return client


def entries(person: PersonView, action: str) -> int:
    """How many entries of an action the ledger holds about a person, reads included.

    Earlier tests leave reads in the spool of the process; references grow with time, so older ones are left out.
    """
    found = ledger.for_person(person.id, limit=500)
    return sum(entry.action == action and entry.ref > person.ref for entry in found)


def release(world: World, by: Actor | None = None, **asked: Any) -> AccessRequest:
    """A request about Ana, her own if `by` nobody else, released as a FHIR file by the verbs people use."""
    ask = Ask(
        requester_name="Ana Ruiz",
        subject_name="Ana Ruiz",
        facility_id=world.facility_id,
        person_id=world.ana.id,
        formats=("fhir",),
        signed_name="Ana Ruiz",
    )
    row = rights.submit(replace(ask, **asked), by or world.actor(world.ana_account))
    clerk, approver = world.actor(world.clerk_account), world.actor(world.approver_account)
    rights.verify_identity(row.ref, "portal", "", clerk)
    rights.choose_scope(row.ref, Selection(), clerk)
    rights.prepare(row.ref, clerk)
    jobs.run_waiting()
    rights.pass_qa(row.ref, {"person": True}, clerk)
    letters.make(row.ref, "grant", "en", clerk)
    return rights.transition(row.ref, "release", approver)


def submit(world: World, **asked: Any) -> AccessRequest:
    """A request of Ana, just received."""
    ask = Ask("Ana Ruiz", "Ana Ruiz", world.facility_id, person_id=world.ana.id, signed_name="Ana Ruiz")
    return rights.submit(replace(ask, **asked), world.actor(world.ana_account))


def put(row: AccessRequest, state: str, **fields: Any) -> AccessRequest:
    """Put a request straight into a state."""
    for name, value in {"state": state, **fields}.items():
        setattr(row, name, value)
    row.save()
    return row
