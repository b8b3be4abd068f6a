"""A small office to test against: facility, staff of each role, people with records, all made through services."""

import pickle
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from chartpost.demo.generator import SyntheticPerson
from chartpost.demo.generator.people import write_person
from chartpost.demo.generator.roster import ROSTER
from chartpost.demo.people import SHARED, fields_of, identifiers_of
from chartpost.identity import models, queries, services
from chartpost.identity.types import ROLES, SYSTEM, Actor, PersonView
from chartpost.records import services as records
from chartpost.records.types import Incoming

TODAY, SEED = date(2026, 11, 21), 7
PASSWORD = "correct horse battery staple"


@dataclass
class World:
    """The office and everyone in it."""

    facility_id: int
    staff: dict[str, models.Account] = field(default_factory=dict)
    people: dict[str, PersonView] = field(default_factory=dict)
    accounts: dict[str, models.Account] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The actor of a role or of a person's account."""
        return queries.actor_of(self.staff.get(name) or self.accounts[name], fresh=True)


def build(*keys: str) -> World:
    """An office with staff, and the synthetic people named, each with an account of their own."""
    services.save_office(OFFICE, SYSTEM)
    services.save_facility({"name": "Main Street", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    world = World(facility_id=queries.facilities()[0].id)
    for role in ROLES:
        account = services.add_account(f"{role}@office.example.org", role.title(), PASSWORD, staff=True)
        services.give_role(account, role, SYSTEM)
        world.staff[role] = account
    for key in keys:
        add(world, synthetic(key))
    return world


def synthetic(key: str) -> SyntheticPerson:
    """A synthetic person by key, as if written anew: the caller may change what is in it."""
    found: SyntheticPerson = pickle.loads(_written(key))
    return found


def everybody() -> list[str]:
    """The keys of all synthetic people, in order."""
    return [profile.key for profile in ROSTER]


@cache
def _written(key: str) -> bytes:
    """A person written once a process, kept as bytes so that nobody finds what another one changed."""
    profile = next(profile for profile in ROSTER if profile.key == key)
    return pickle.dumps(write_person(profile, SEED, TODAY))


def add(world: World, someone: SyntheticPerson) -> PersonView:
    """File a synthetic person's record and give them an account."""
    person = services.add_person(fields_of(someone.patient), identifiers_of(someone.patient), SYSTEM)
    services.add_source(person.id, "test", str(someone.patient["id"]), [])
    source = records.source_id("test", "Lakeside Family Health")
    incoming = [Incoming(r, str(r["id"]), 0 if r["resourceType"] in SHARED else person.id) for r in someone.resources()]
    records.save(incoming, source, SYSTEM)
    account = services.add_account(f"{someone.key}@people.example.org", person.name, PASSWORD)
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    world.people[someone.key] = person
    world.accounts[someone.key] = account
    return person


OFFICE: dict[str, Any] = {
    "name": "Lakeside Family Health",
    "address": "1 Main Street\nOakland, CA 94601",
    "phone": "510-555-0100",
    "complaint_name": "Pat Doe, privacy officer",
    "complaint_phone": "510-555-0101",
}
