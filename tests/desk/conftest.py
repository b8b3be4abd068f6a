"""An office with staff of each role, a patient with a record, and ways to act in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import models, queries, services
from chartpost.identity.types import ROLES, SYSTEM, Actor, PersonView
from chartpost.kernel import clock, jobs
from chartpost.records import services as records
from chartpost.records.types import Incoming
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest
from chartpost.rights.types import Ask, Intake


@dataclass
class World:
    """The office of the tests."""

    facility_id: int
    facility_ref: str
    person: PersonView
    staff: dict[str, models.Account]
    clients: dict[str, Client] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """A member of staff as an actor."""
        return queries.actor_of(self.staff[role])

    def client(self, role: str) -> Client:
        """A browser signed in as a member of staff."""
        if role not in self.clients:
            self.clients[role] = Client()
            self.clients[role].force_login(self.staff[role])
        return self.clients[role]

    def request(self, **ask: Any) -> AccessRequest:
        """A request by mail about the patient, received today."""
        given: dict[str, Any] = {
            "requester_name": self.person.name,
            "subject_name": self.person.name,
            "facility_id": self.facility_id,
            "person_id": self.person.id,
            "birth_date": self.person.birth_date,
            "contact": {"address": "12 Oak Street\nSacramento, CA 95814"},
        }
        days = ask.pop("days_ago", 0)
        how = Intake("mail", clock.now() - timedelta(days=days), signed=True)
        return rights.intake(Ask(**{**given, **ask}), how, self.actor("clerk"))

    def url(self, row: AccessRequest, name: str = "request", **more: str) -> str:
        """The address of a page of a request."""
        return reverse(f"desk:{name}", kwargs={"ref": row.ref, **more})

    def post(self, role: str, row: AccessRequest, name: str, data: dict[str, Any] | None = None) -> Any:
        """Post a step; returns the answer."""
        return self.client(role).post(self.url(row, name), data or {}, secure=True)

    def get(self, role: str, address: str) -> Any:
        """Open a page."""
        return self.client(role).get(address, secure=True)


def day(prefix: str, value: Any) -> dict[str, int]:
    """A date as its three boxes send it."""
    return {f"{prefix}_month": value.month, f"{prefix}_day": value.day, f"{prefix}_year": value.year}


def condition(name: str, title: str, when: str, **more: Any) -> dict[str, Any]:
    """A small Condition resource."""
    subject = {"reference": "Patient/p1"}
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": subject,
        "code": {"text": title},
        "recordedDate": when,
        **more,
    }


def note(name: str, title: str, when: str) -> dict[str, Any]:
    """A small note kept as a DocumentReference."""
    return {
        "resourceType": "DocumentReference",
        "id": name,
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "description": title,
        "date": f"{when}T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": "VGFsaw==", "title": title}}],
    }


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A set-up office in California with one person, her record, and one account per role."""
    services.save_office(
        {
            "name": "Riverside Records",
            "address": "1 Main Street\nSacramento, CA 95814",
            "phone": "916 555 0100",
            "complaint_name": "Pat Lee, privacy officer",
            "complaint_phone": "916 555 0101",
        },
        SYSTEM,
    )
    ref = services.save_facility({"name": "Riverside Clinic", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    facility = queries.facilities()[0]
    person = services.add_person(
        {
            "given": "Ana",
            "family": "Ruiz",
            "birth_date": clock.today("UTC").replace(year=1984, month=3, day=5),
            "sex": "female",
            "address_line": "12 Oak Street",
            "city": "Sacramento",
            "state": "CA",
            "postal_code": "95814",
            "phone": "916 555 0199",
        },
        [("urn:mrn", "MRN-1001")],
        SYSTEM,
    )
    staff = {}
    for role in ROLES:
        staff[role] = services.add_account(f"{role}@office.test", f"{role.title()} Staff", None, staff=True)
        services.give_role(staff[role], role, SYSTEM)
    source = records.source_id("test", "Riverside Clinic")
    kept = [
        Incoming(condition("c1", "Asthma", "2024-05-01"), "c1", person.id),
        Incoming(condition("c2", "Ankle sprain", "2025-02-03"), "c2", person.id),
        Incoming(note("n1", "Visit note", "2025-02-03"), "n1", person.id),
    ]
    records.save(kept, source, SYSTEM)
    yield World(facility.id, ref, person, staff)


@pytest.fixture
def therapy(world: World) -> str:
    """Psychotherapy notes in the record; returns their key."""
    source = records.source_id("test", "Riverside Clinic")
    records.save([Incoming(note("psy", "Session notes", "2025-03-01"), "psy", world.person.id)], source, SYSTEM)
    records.label(world.person.id, "DocumentReference", "psy", Label.PSYCHOTHERAPY, SYSTEM)
    return "DocumentReference/psy"


@pytest.fixture
def ready(world: World) -> Callable[..., AccessRequest]:
    """Bring a request to "ready" by the pages; the clerk works, letters are made."""

    def bring(row: AccessRequest) -> AccessRequest:
        follow = [
            ("identity", {"method": "signature", "note": "Signature fits"}),
            ("scope", {}),
            ("package", {}),
        ]
        for name, data in follow:
            answer = world.post("clerk", row, name, data)
            assert answer.status_code == 302, (name, answer.content.decode()[:3000])
        jobs.run_waiting()
        row.refresh_from_db()
        checks = {"checks": [f"QA-{n}" for n in range(1, 8)], "package_ref": row.package_ref}
        answer = world.post("clerk", row, "qa", checks)
        assert answer.status_code == 302, answer.content.decode()[:3000]
        row.refresh_from_db()
        assert row.state == "ready"
        return row

    return bring


@pytest.fixture
def fresh(world: World) -> Callable[[str], Client]:
    """A browser of a role that signed in just now with a password."""

    def sign_in(role: str) -> Client:
        account = world.staff[role]
        account.set_password("correct horse battery")
        account.save()
        client = Client()
        given = {"login": f"{role}@office.test", "password": "correct horse battery"}
        answer = client.post(reverse("account_login"), given, secure=True)
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return client

    return sign_in
