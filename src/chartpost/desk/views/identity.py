"""Who asks and about whom: tying a person, checking identity, the standing of a representative, asking for more."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.steps import AskForm, FindForm, IdentityForm
from chartpost.desk.pages import Step, attempt, done, note_read, staff
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.law.citation import Citation
from chartpost.law.errors import LawError
from chartpost.law.standing import StandingFacts, standing
from chartpost.rights import clocks, services
from chartpost.rights.models import AccessRequest

STANDING: dict[str, Any] = {
    "individual": _("Asks for their own record"),
    "personal_representative": _("Stands in the person's place"),
    "not_representative_for_service": _("Not the representative for a confidential service"),
    "declined": _("Need not be treated as the representative"),
    "none": _("Has no right of access of their own"),
}
OUTCOME: dict[str, Any] = {
    "proceed": _("Go on."),
    "authorization_needed": _("An authorization or a directive signed by the person is needed."),
    "limited_disclosure_164_510_b_5": _("Only what bears on the help they gave may be told."),
    "licensed_professional_decides": _("A licensed professional decides."),
    "disclosure_allowed_to_extent_of_state_law": _("State law says how much may be told."),
    "must_not_disclose": _("It may not be told."),
    "may_decline_to_treat_as_representative": _("The office may decline."),
    "not_phi": _("The record is no longer protected health information."),
}


class IdentityPage(Step):
    """Record how identity and authority were checked (45 CFR 164.514(h))."""

    title = _("Check who is asking")
    lead = _("Choose what you did. Any reasonable way is good; it may not be a barrier or a delay.")
    button = _("Identity is verified")
    said = _("The identity check is recorded.")
    form_class = IdentityForm
    template = "desk/steps/identity.html"

    def initial(self) -> dict[str, Any]:
        """The method that suits how the request came (rulebook INT-12)."""
        return {
            "method": "authority" if self.row.requester_relation != "self" else words.METHOD_FOR.get(self.row.channel)
        }

    def context(self) -> dict[str, Any]:
        """What to compare: the request beside the record."""
        person = identity.person_by_id(self.row.person_id) if self.row.person_id else None
        return {"person": person, "standing": standing_of(self.row), "check": self.row.identity_check}

    def act(self, form: forms.Form, /) -> None:
        """Record the check."""
        services.verify_identity(self.row.ref, form.cleaned_data["method"], form.cleaned_data["note"], self.actor)


class AskPage(Step):
    """Ask the person for what is missing: a message in the thread; the clock runs on (rulebook INT-11)."""

    title = _("Ask for information")
    lead = _("The clock does not stop while you wait.")
    button = _("Send and wait")
    said = _("Your question was sent.")
    form_class = AskForm

    def act(self, form: forms.Form, /) -> None:
        """Wait for the person, and write to them."""
        reason = form.cleaned_data["reason"]
        services.transition(self.row.ref, "ask_info", self.actor, reason=reason)
        services.write_message(self.row.ref, reason, self.actor)


class TiePage(Step):
    """Find the person a request is about and tie it to them."""

    title = _("Find the person")
    lead = _("Search, compare name, birth date and address, then choose.")
    button = _("Search")
    said = _("The request is tied to the person.")
    form_class = FindForm
    template = "desk/steps/tie.html"

    def initial(self) -> dict[str, Any]:
        """Search for the name on the request."""
        return {"text": self.row.subject_name}

    def post(self, request: HttpRequest, **_kwargs: str) -> HttpResponse:
        """Search, or choose one of those found."""
        staff(request, "person.search", Subject("office"))
        if request.POST.get("choose"):
            return self._choose(request)
        form = self.form(request.POST)
        found = identity.find_people(form.cleaned_data["text"]) if form.is_valid() else []
        note_read(self.actor, "person.search", None, "people", f"release request {self.row.number}", count=len(found))
        return self.page(request, form, found=found, searched=True)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        error = attempt(lambda: self._tie(request.POST["choose"]))
        if error:
            return self.page(request, self.form(), status=422, problem=error)
        return done(request, str(self.said), self.back())

    def _tie(self, ref: str) -> None:
        services.tie_person(self.row.ref, identity.person(ref).id, self.actor)


class StandingPage(Step):
    """In what place the requester stands, and by which rule (45 CFR 164.502(g))."""

    action = "request.read"
    http_method_names = ("get", "head")
    title = _("Who asks")
    template = "desk/steps/standing.html"

    def context(self) -> dict[str, Any]:
        """The standing, the authority behind it, and the accounts that act for the person."""
        acting = list(identity.representations(self.row.person_id)) if self.row.person_id else []
        return {
            "standing": standing_of(self.row),
            "relation": words.RELATIONS.get(self.row.requester_relation, self.row.requester_relation),
            "authority": _authority_facts(self.row),
            "acting": [(r, words.BASES.get(r.basis, r.basis)) for r in acting],
        }


def standing_of(row: AccessRequest) -> dict[str, Any]:
    """Who asks, in words: standing, what follows, the rule; or what is missing to say it."""
    try:
        result = standing(_facts(row))
    except LawError as error:
        return {
            "standing": _now("Not known yet"),
            "outcome": str(error),
            "rule": Citation("WHO-3", "45 CFR 164.502(g)(3)", "verified"),
        }
    if row.requester_relation == "caregiver" and row.authority.get("ref"):
        words_ = _now("Invited by the person, within the scope they gave")
        return {"standing": words_, "outcome": OUTCOME["proceed"], "rule": result.citation}
    return {
        "standing": STANDING.get(result.standing, result.standing),
        "outcome": OUTCOME.get(result.decision, result.decision),
        "rule": result.citation,
    }


def requester_of(row: AccessRequest) -> str:
    """The requester as the access rules know them: individual or representative."""
    return "individual" if row.requester_relation == "self" else "personal_representative"


def _facts(row: AccessRequest) -> StandingFacts:
    person = identity.person_by_id(row.person_id) if row.person_id else None
    born = (person.birth_date if person else None) or row.subject_birth_date
    today = clocks.local_day(row)
    died = person.deceased_on if person else None
    return StandingFacts(
        requester=row.requester_relation,
        authority=row.requester_relation if row.authority else None,
        authority_active=_in_force(row, today) if row.authority else None,
        subject_age=_years(born, today) if born else None,
        subject_deceased=died is not None,
        years_since_death=_years(died, today) if died else None,
        state=identity.facility(row.facility_id).state,
    )


def _in_force(row: AccessRequest, today: date) -> bool:
    ends = row.authority.get("ends_on")
    return not ends or today <= date.fromisoformat(str(ends))


def _years(since: date, today: date) -> int:
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))


def _authority_facts(row: AccessRequest) -> list[tuple[str, str]]:
    given = row.authority
    return [
        (_now("Document"), str(given.get("document") or given.get("evidence") or "")),
        (_now("Basis"), str(words.RELATIONS.get(str(given.get("basis", "")), given.get("basis", "")))),
        (_now("Ends on"), str(given.get("ends_on") or "")),
    ]
