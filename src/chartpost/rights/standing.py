"""In what place a requester stands (45 CFR 164.502(g)): facts of the request in, a ruling of `law` out.

A request is received whatever the standing; what is needed before a release is told, and the release waits for it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.law import standing as law
from chartpost.law.errors import LawError
from chartpost.rights.models import AccessRequest

GOES_ON = frozenset({"proceed", "authorization_held", "disclosure_allowed_to_extent_of_state_law"})
"""Decisions under which records may be released; for all others something is needed first."""
INVITED = "caregiver"
AUTHORIZATION = "authorization"


@dataclass(frozen=True)
class StandingView:
    """The ruling, in codes of `law.standing`; `needs` says in words what is missing (empty: nothing)."""

    standing: str
    decision: str
    rule: str
    cite: str
    needs: str

    @property
    def may_receive(self) -> bool:
        """Whether records may be released to this requester."""
        return self.decision in GOES_ON


def of(request: AccessRequest) -> StandingView:
    """The standing of whoever asks, today, from what the request, the record and the office know."""
    try:
        found = law.standing(_facts(request))
    except LawError:
        return StandingView("none", "birth_date_needed", "WHO-3", "45 CFR 164.502(g)(3)", needs("birth_date_needed"))
    decision = found.decision
    if decision == "authorization_needed" and _authorized(request, clock_day(request)):
        decision = "authorization_held"
    if decision in GOES_ON and _taken_back(request, clock_day(request)):
        decision = "authorization_needed"
    citation = found.citation
    return StandingView(found.standing, decision, citation.rule_id, citation.cite, needs(decision))


def keep(request: AccessRequest) -> StandingView:
    """Work the standing out and put it on the request (not stored yet)."""
    found = of(request)
    request.standing = {
        "standing": found.standing,
        "decision": found.decision,
        "rule": found.rule,
        "cite": found.cite,
        "on": clock_day(request).isoformat(),
    }
    return found


def from_actor(actor: Actor, person_id: int | None, given: dict[str, Any]) -> dict[str, Any]:
    """The authority behind a request from the portal: what the office has on file for the account wins."""
    held = actor.authority_for(person_id, asks=True)
    if held is None:
        return given
    ends = held.ends_on.isoformat() if held.ends_on else ""
    found = {"ref": held.ref, "basis": held.basis, "categories": held.categories, "ends_on": ends}
    return given | found | ({"beside": list(held.beside)} if held.beside else {})


def needs(decision: str) -> str:
    """What is missing before a release, in plain words."""
    return {
        "authorization_needed": _("A form signed by the person, or papers that show you may decide for them."),
        "birth_date_needed": _("The birth date of the person, to know if a parent may ask."),
        "limited_disclosure_164_510_b_5": _("Only what bears on the help you gave may be told. Staff will call you."),
        "licensed_professional_decides": _("A licensed professional must decide first."),
        "must_not_disclose": _("State law does not let us tell this."),
        "may_decline_to_treat_as_representative": _("The office decides if it may treat you as representative."),
        "treatment_disclosure_164_506_c": _("Send this as a request for treatment. It needs no form."),
        "not_phi": _("The law no longer covers these records. Ask us how to see them."),
    }.get(decision, "")


def clock_day(request: AccessRequest) -> date:
    """Today at the facility of a request."""
    return clock.today(identity.facility(request.facility_id).zone)


def _facts(request: AccessRequest) -> law.StandingFacts:
    person = identity.person_by_id(request.person_id) if request.person_id else None
    born = (person.birth_date if person else None) or request.subject_birth_date
    died = person.deceased_on if person else None
    today = clock_day(request)
    return law.StandingFacts(
        requester=request.requester_relation,
        authority=_authority(request),
        authority_active=_in_force(request, today),
        subject_age=years(born, today) if born else None,
        subject_deceased=died is not None,
        years_since_death=years(died, today) if died else None,
        state=identity.facility(request.facility_id).state,
    )


def _authority(request: AccessRequest) -> str | None:
    """The kind of paper behind the request, in the words of `law.standing`; None when there is none."""
    given = request.authority
    kind = given.get("basis") or (request.requester_relation if given.get("document") or given.get("evidence") else "")
    return str(kind) or None


def _in_force(request: AccessRequest, today: date) -> bool | None:
    if _authority(request) is None:
        return None
    ends = request.authority.get("ends_on")
    return not ends or today <= date.fromisoformat(str(ends))


def _taken_back(request: AccessRequest, today: date) -> bool:
    """Whether an account asked by rights to act of which one has ended since, and no paper was seen in its place."""
    ref = request.authority.get("ref")
    if not ref or request.authority.get("document"):
        return False
    held = [identity.authority(str(one)) for one in (ref, *request.authority.get("beside", ()))]
    return any(one is None or not one.in_force(today) for one in held)


def _authorized(request: AccessRequest, today: date) -> bool:
    """A caregiver the person invited, or anyone with the person's signed authorization, within its time."""
    basis = _authority(request)
    return basis in {INVITED, AUTHORIZATION} and bool(_in_force(request, today))


def years(since: date, today: date) -> int:
    """Whole years between two days."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
