"""A small office without records, and requests put straight into a state, for tests of the state table and of rules."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chartpost.delivery.models import Package
from chartpost.identity import models, queries, services
from chartpost.identity.types import SYSTEM, Actor, PersonView
from chartpost.kernel import clock
from chartpost.rights import clocks, said
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest, ItemDecision, Letter
from chartpost.rights.types import Ask
from tests.support.world import OFFICE, PASSWORD

ZONES = {"CA": "America/Los_Angeles", "WA": "America/Los_Angeles", "TX": "America/Chicago", "NY": "America/New_York"}
LETTERS = ("grant", "extension", "denial", "not_held", "redirect", "fee_estimate")


@dataclass
class Small:
    """The office, its staff by role, and one person with an account."""

    facility_id: int
    person: PersonView
    staff: dict[str, models.Account] = field(default_factory=dict)
    account: models.Account | None = None

    def actor(self, name: str) -> Actor:
        """The actor of a role, or `person`."""
        if name == "person":
            assert self.account is not None
            return queries.actor_of(self.account, fresh=True)
        return queries.actor_of(self.staff[name], fresh=True)


def build(state: str = "CA", zone: str = "", roles: tuple[str, ...] = ("clerk", "approver", "reviewer")) -> Small:
    """An office in a state, with staff and one adult."""
    services.save_office(OFFICE, SYSTEM)
    place = {"name": "Main Street", "state": state, "zone": zone or ZONES.get(state, "America/New_York")}
    services.save_facility(place, SYSTEM)
    small = Small(queries.facilities()[0].id, add_person("Rosa", "Alvarado", date(1968, 4, 2)))
    for role in roles:
        add_staff(small, role, role)
    small.account = services.add_account("rosa@people.example.org", small.person.name, PASSWORD)
    services.link_own(small.account, small.person.id, "invitation_code", SYSTEM)
    return small


def add_staff(small: Small, name: str, role: str) -> None:
    """One more member of staff."""
    account = services.add_account(f"{name}@office.example.org", name.title(), PASSWORD, staff=True)
    services.give_role(account, role, SYSTEM)
    small.staff[name] = account


def add_person(given: str, family: str, born: date, **more: Any) -> PersonView:
    """A person without a record."""
    fields = {"given": given, "family": family, "birth_date": born, "sex": "female", "address_line": "5 Elm Street"}
    place = {"city": "Oakland", "state": "CA", "postal_code": "94601"}
    return services.add_person({**fields, **place, **more}, [], SYSTEM)


def asked(small: Small, **more: Any) -> Ask:
    """The answers of a request by the person."""
    fields: dict[str, Any] = {
        "requester_name": small.person.name,
        "subject_name": small.person.name,
        "facility_id": small.facility_id,
        "person_id": small.person.id,
        "birth_date": small.person.birth_date,
        "signed_name": small.person.name,
    }
    return Ask(**{**fields, **more})


def submit(small: Small, **more: Any) -> AccessRequest:
    """A request by the person through the portal."""
    return rights.submit(asked(small, **more), small.actor("person"))


def add_package(row: AccessRequest) -> Package:
    """A package of a request that is ready to open."""
    return Package.objects.create(
        request_ref=row.ref,
        person_id=row.person_id,
        filed_person_id=row.person_id,
        selection={},
        rows={},
        formats=["pdf"],
        language="en",
        state="ready",
        ready_at=clock.now(),
    )


def complete(small: Small, state: str, **fields: Any) -> AccessRequest:
    """A request in a state, with everything any guard asks for: package, letters, ground, quote, checks."""
    row = submit(small)
    package = add_package(row)
    given: dict[str, Any] = {
        "state": state,
        "package_ref": package.ref,
        "prepared_by": small.staff["clerk"].pk,
        "identity_check": {"result": "verified", "method": "portal"},
        "qa": {"checks": {"person": True}},
        "decision": {
            "ground": "524(a)(3)(i)",
            "reviewable": True,
            "chosen_by": small.staff["clerk"].pk,
            "outcome": "refused",
        },
        "fee": {"allowed": True, "total_cents": 650, "lines": [], "facts": {}},
    }
    for name, value in {**given, **fields}.items():
        setattr(row, name, value)
    row.save()
    for kind in LETTERS:
        add_letter(row, kind)
    return AccessRequest.objects.get(pk=row.pk)


def add_letter(row: AccessRequest, kind: str) -> Letter:
    """A letter as if it was made, without its PDF."""
    values = {"extension": {"promised": promised(row).isoformat()}, "fee_estimate": {"total_cents": 650}}
    stated = {**said.now(kind, row), **values.get(kind, {})}
    return Letter.objects.create(
        request=row, kind=kind, language="en", template_version="test", values=stated, blob="none", sha256="0" * 64
    )


def add_denial(row: AccessRequest, reviewable: bool = True) -> ItemDecision:
    """One entry refused on a ground, and a cover letter that says so."""
    ground = "524(a)(3)(i)" if reviewable else "524(a)(2)(i)"
    made = ItemDecision.objects.create(
        request=row, key="DocumentReference/n1", decision="deny", ground=ground, reviewable=reviewable
    )
    add_letter(row, "grant")
    return made


def promised(row: AccessRequest) -> date:
    """The last day an extension may promise."""
    return clocks.last_day(row)


def today(row: AccessRequest) -> date:
    """Today at the request's facility."""
    return clocks.local_day(row)
