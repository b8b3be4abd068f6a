"""Whose record is open: the reader's own, or that of somebody they act for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from chartpost.delivery import queries as delivery
from chartpost.delivery.types import PackageView
from chartpost.identity import guard, policies, whose
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor, Authority, PersonView, RowFilter, Subject
from chartpost.ledger import services as ledger
from chartpost.portal import navigation
from chartpost.rights import queries as rights
from chartpost.rights.guards import subject
from chartpost.rights.models import AccessRequest

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


@dataclass(frozen=True)
class Reader:
    """Who reads, and whose record is open."""

    actor: Actor
    person: PersonView
    everyone: tuple[PersonView, ...]

    @property
    def authority(self) -> Authority | None:
        """The authority the reader acts by; None for their own record."""
        return None if self.own else self.actor.authority_for(self.person.id)

    @property
    def asking(self) -> Authority | None:
        """The authority the reader asks for records by; None for their own record, and where they may not ask."""
        return None if self.own else self.actor.authority_for(self.person.id, asks=True)

    @property
    def own(self) -> bool:
        """Whether the open record is the reader's own."""
        return self.person.id in self.actor.own_persons

    @property
    def record_name(self) -> str:
        """What pages call the open record."""
        return _("My record") if self.own else _("%(name)s's record") % {"name": self.person.name}

    @property
    def role(self) -> str:
        """What the reader is to the person, in plain words; empty for their own record."""
        return role(self.authority.basis) if self.authority else ""

    @property
    def why(self) -> str:
        """The purpose the ledger names."""
        return "own access" if self.own else "representative access"

    def rows(self, action: str = "record.read") -> RowFilter:
        """The part of the open record this reader may see."""
        return guard.rows(self.actor, action, self.person.id)

    def requests(self) -> list[AccessRequest]:
        """The requests about the person that this reader may open, newest first."""
        found = rights.for_person(self.person.id)
        return [r for r in found if policies.decide(self.actor, "request.read", subject(r)).allow]

    def packages(self) -> list[PackageView]:
        """The copies people made for themselves that this reader may open, newest first."""
        found = delivery.packages_of(self.person.id)
        return [p for p in found if policies.decide(self.actor, "record.download", package_subject(p)).allow]


def package_subject(package: PackageView) -> Subject:
    """A copy as policies see it: whose it is, who made it, and of what part of the record."""
    return Subject("package", person_id=package.person_id, owner_id=package.made_by, rows=package.rows)


def role(basis: str) -> str:
    """What somebody is to a person they act for (45 CFR 164.502(g))."""
    return {
        "parent": _("parent"),
        "guardian": _("guardian"),
        "health_care_agent": _("health care agent"),
        "executor": _("executor"),
        "caregiver": _("caregiver"),
    }.get(basis, basis)


def everyone(actor: Actor) -> tuple[PersonView, ...]:
    """The persons an actor may read about today: their own record first, then the others by name."""
    others = {a.person_id for a in actor.authorities if a.in_force(actor.today)} - actor.own_persons
    found = [identity.person_by_id(key) for key in sorted(actor.own_persons | others)]
    return tuple(sorted(found, key=lambda p: (p.id not in actor.own_persons, p.name)))


def for_person(action: str) -> Callable[[Callable[..., AnyResponse]], Callable[..., HttpResponseBase]]:
    """A page about the open record: signed in, tied to a person, allowed by the policy; else turned away.

    A form that says in `whose` for whom it was shown is about that person.
    """

    def decorate(view: Callable[..., AnyResponse]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, **address: str | int) -> HttpResponseBase:
            actor = guard.require(request, "portal.open", Subject("portal"))
            if actor.kind == "staff":
                return redirect(navigation.desk_start(request))
            people = everyone(actor)
            person = _meant(request, people) or whose.chosen(request, people)
            if person is None:
                return redirect("portal:start")
            guard.require(request, action, Subject("record", person_id=person.id))
            if person == whose.chosen(request, people):
                whose.remember(request, own=person.id in actor.own_persons)
            return view(request, Reader(actor, person, people), **address)

        return page

    return decorate


def _meant(request: HttpRequest, people: Sequence[PersonView]) -> PersonView | None:
    """Whose record a form says it was shown for: another tab may have opened another record since then.

    Somebody the reader may not act for now is "not found": what was sent never goes to the record that is open instead.
    """
    said = request.POST.get("whose")
    if said is None:
        return None
    found = next((one for one in people if one.ref == said), None)
    if found is None:
        raise Http404
    return found


def about(request: HttpRequest, action: str, subject: Subject) -> Reader:
    """The reader of one thing (a request, a letter, a package) that names its person itself."""
    actor = guard.require(request, action, subject)
    assert subject.person_id is not None
    return Reader(actor, identity.person_by_id(subject.person_id), everyone(actor))


def note(request: HttpRequest, reader: Reader, action: str, what: str, **detail: str | int) -> None:
    """Write the ledger entry of a page that shows health information, before it leaves (45 CFR 164.312(b))."""
    entry = event(reader.actor, action, reader.person.id, what, reader.why, where(request), **detail)
    ledger.note_read(entry)


def where(request: HttpRequest) -> str:
    """The door and the address a page was asked from."""
    return f"portal {identity.where(request)}".strip()


def shell(request: HttpRequest) -> str:
    """The template around a page: the print shell when the address asks for it."""
    return "base/print.html" if "print" in request.GET else "portal/page.html"
