"""Who asks and about whom: tying a person, checking identity, the standing of a representative, asking for more."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.steps import AskForm, AuthorityForm, FindForm, IdentityForm
from chartpost.desk.pages import Step, attempt, done, note_read, staff
from chartpost.desk.words import Word
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.rights import clocks, guards, letters, services, standing
from chartpost.rights.models import AccessRequest

STANDING: dict[str, Any] = {
    "individual": _("Asks for their own record"),
    "personal_representative": _("Stands in the person's place"),
    "not_representative_for_service": _("Not the representative for a confidential service"),
    "declined": _("Need not be treated as the representative"),
    "none": _("Has no right of access of their own"),
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
    """Ask the person for what is missing: a letter and a message; the clock runs on (rulebook INT-11)."""

    title = _("Ask for information")
    lead = _("They get a message in the portal and a letter. The clock does not stop while you wait.")
    button = _("Send and wait")
    form_class = AskForm
    template = "desk/steps/letter_step.html"

    @property
    def said(self) -> Word:  # type: ignore[override]
        """Where the question went: who asked on paper has to get it on paper."""
        if self.row.channel == "portal":
            return _("Your question was sent. They find the letter and your message in the portal.")
        return _("Your question is written. They did not ask in the portal: print the letter below and mail it.")

    def context(self) -> dict[str, Any]:
        """What the letter will say, with the rule behind each element."""
        return {"elements": letters.preview_elements("more_information"), "clock": clocks.of(self.row)}

    @transaction.atomic
    def act(self, form: forms.Form, /) -> None:
        """Make the letter, wait for the person, and write to them."""
        reason = form.cleaned_data["reason"]
        letters.make(self.row.ref, "more_information", self.row.language, self.actor, needed=reason)
        services.transition(self.row.ref, "ask_info", self.actor, reason=reason)
        services.write_message(self.row.ref, reason, self.actor)

    def back(self) -> str:
        """To the letters of the request."""
        return super().back() + "#letters"


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
    """In what place the requester stands, by which rule (45 CFR 164.502(g)), and the paper behind it."""

    action = "request.read"
    title = _("Who asks")
    button = _("I have seen this paper")
    said = _("The paper is recorded.")
    form_class = AuthorityForm
    template = "desk/steps/standing.html"

    def context(self) -> dict[str, Any]:
        """The standing, the authority behind it, and the accounts that act for the person."""
        acting = identity.representations(self.row.person_id) if self.row.person_id else []
        return {
            "standing": standing_of(self.row),
            "relation": words.RELATIONS.get(self.row.requester_relation, self.row.requester_relation),
            "authority": _authority_facts(self.row),
            "acting": [(r, words.BASES.get(r.authority.basis, r.authority.basis)) for r in acting],
            "no_button": not policies.decide(self.actor, "request.work", guards.subject(self.row)).allow,
        }

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Record the paper that lets somebody act for the person."""
        staff(request, "request.work", guards.subject(self.row))
        return super().post(request, **kwargs)

    def act(self, form: forms.Form, /) -> None:
        """Keep what the paper is, no copy of it."""
        given = form.cleaned_data
        ends = given["ends_on"].isoformat() if given["ends_on"] else ""
        services.check_authority(self.row.ref, given["document"], given["basis"], ends, self.actor)

    def back(self) -> str:
        """Stay, to see the standing that follows."""
        return self.request.path


def standing_of(row: AccessRequest) -> dict[str, Any]:
    """Who asks, in words: standing, what is still needed, the rule."""
    found = standing.of(row)
    if found.decision == "authorization_held":
        word: Any = _("Has the person's own permission")
    else:
        word = STANDING.get(found.standing, found.standing)
    return {"standing": word, "needs": found.needs, "may": found.may_receive, "rule": found.rule, "cite": found.cite}


def requester_of(row: AccessRequest) -> str:
    """The requester as the access rules know them: individual or representative."""
    return "individual" if row.requester_relation == "self" else "personal_representative"


def _authority_facts(row: AccessRequest) -> list[tuple[str, str]]:
    given = row.authority
    return [
        (_now("Document"), str(given.get("document") or given.get("evidence") or "")),
        (_now("Basis"), str(words.PAPERS.get(str(given.get("basis", "")), given.get("basis", "")))),
        (_now("Ends on"), str(given.get("ends_on") or "")),
    ]
