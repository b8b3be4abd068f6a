"""Ways a request goes on or ends besides release: extension, refusal, redirect, nothing found, withdrawal, reviews."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk.forms.steps import DenyForm, ExtensionForm, NotHeldForm, OutcomeForm, ReasonForm, RedirectForm
from chartpost.desk.pages import REFUSED, Step, attempt, done, find, staff
from chartpost.identity import policies
from chartpost.identity.types import Subject
from chartpost.law.access import is_reviewable
from chartpost.law.rules import explain
from chartpost.rights import clocks, guards, letters, services
from chartpost.rights.errors import GuardFailed


class LetterStep(Step):
    """A step that makes its letter and moves the request, both or neither."""

    kind = ""
    event = ""
    template = "desk/steps/letter_step.html"

    def context(self) -> dict[str, Any]:
        """What the letter will say, with the rule behind each element."""
        elements = letters.preview_elements(self.kind)
        return {"elements": elements, "clock": clocks.of(self.row), "extending": self.event == "extend"}

    def act(self, form: forms.Form, /) -> None:
        """Make the letter, take the step."""
        facts = form.cleaned_data
        with transaction.atomic():
            letters.make(self.row.ref, self.kind, self.row.language, self.actor, **facts)
            services.transition(self.row.ref, self.event, self.actor, **facts)


class ExtendPage(LetterStep):
    """The one extension (45 CFR 164.524(b)(2)(ii)): written, with reason and date, inside the first limit."""

    title = _("Take more time")
    lead = _("Once only. The person gets a letter with the reason and the new day.")
    button = _("Make the letter and extend")
    said = _("The request is extended; the letter is sent.")
    form_class = ExtensionForm
    kind = "extension"
    event = "extend"


class RedirectPage(LetterStep):
    """The office does not hold the record and knows who does (45 CFR 164.524(d)(3))."""

    title = _("Tell who holds the records")
    lead = _("Use this when the office does not hold them and knows who does.")
    button = _("Make the letter and redirect")
    said = _("The person was told where to ask.")
    form_class = RedirectForm
    kind = "redirect"
    event = "redirect"


class NoRecordsPage(LetterStep):
    """Nothing was found, and it is not known who holds it (rulebook REV-5)."""

    title = _("No records found")
    lead = _("Search every source first. There is no fee for a search that finds nothing.")
    button = _("Make the letter and tell the person")
    said = _("The person was told that nothing was found.")
    form_class = NotHeldForm
    kind = "not_held"
    event = "no_records"


class WithdrawPage(Step):
    """The person takes the request back, in writing or by telephone."""

    action = "request.withdraw"
    title = _("The person withdraws the request")
    lead = _("Only the person can withdraw it. Write how and when they told you.")
    button = _("Record the withdrawal")
    said = _("The request is withdrawn.")
    form_class = ReasonForm

    def act(self, form: forms.Form, /) -> None:
        """Withdraw."""
        services.transition(self.row.ref, "withdraw", self.actor, reason=form.cleaned_data["reason"])


class FailedPage(Step):
    """The package did not arrive or cannot be read; the request opens again (rulebook DEL-11)."""

    title = _("The delivery failed")
    lead = _("The request opens again without a new one.")
    button = _("Record the failure")
    said = _("The request is open again.")
    form_class = ReasonForm

    def act(self, form: forms.Form, /) -> None:
        """Open again."""
        services.transition(self.row.ref, "delivery_failed", self.actor, reason=form.cleaned_data["reason"])


class SendMorePage(Step):
    """More of the record is to follow, or a part was missing; the request opens again (rulebook REV-6, SC-4)."""

    title = _("Send more")
    lead = _("Use this when something was missing, or when more has come in. No new request is needed.")
    button = _("Open the request again")
    said = _("The request is open again.")
    form_class = ReasonForm

    def act(self, form: forms.Form, /) -> None:
        """Open again."""
        services.transition(self.row.ref, "send_more", self.actor, reason=form.cleaned_data["reason"])


class DenyPage(Step):
    """Refuse in full: a ground of the closed list, the letter, an approver (45 CFR 164.524(d))."""

    action = "request.read"
    title = _("Refuse in full")
    lead = _("Refuse only what a ground covers. Everything else must be given.")
    button = _("Choose this ground")
    said = _("The ground is chosen. An approver can now refuse.")
    form_class = DenyForm
    template = "desk/steps/deny.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Clerks and approvers choose plain grounds, licensed reviewers the grounds of harm."""
        super().setup(request, *args, **kwargs)
        subject = guards.subject(self.row)
        works = policies.decide(self.actor, "request.work", subject)
        if not (works.allow or policies.decide(self.actor, "request.clinical_review", subject).allow):
            raise PermissionDenied(works.reason)

    def context(self) -> dict[str, Any]:
        """The ground chosen, and what the letter will say."""
        ground = self.row.decision.get("ground")
        elements = letters.preview_elements("denial", ground) if ground else ()
        return {"ground": ground, "decision": self.row.decision, "elements": elements}

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Choose the ground, or refuse."""
        if "refuse" not in request.POST:
            return super().post(request, **kwargs)
        staff(request, "request.work", guards.subject(self.row))
        error = attempt(self._refuse)
        if error:
            return self.page(request, self.form(), status=REFUSED, problem=error)
        return done(request, _now("The request is refused; the letter is sent."), super().back())

    def act(self, form: forms.Form, /) -> None:
        """Keep the ground; a ground of harm needs a licensed professional (45 CFR 164.524(a)(3))."""
        ground, reason = form.cleaned_data["ground"], form.cleaned_data["reason"]
        if is_reviewable(ground) and "reviewer" not in self.actor.roles:
            raise GuardFailed(
                "licensed_professional",
                _now("a ground of harm chosen by somebody who is not a licensed professional"),
                _now("a licensed reviewer's own judgment (45 CFR 164.524(a)(3))"),
                _now("Ask a licensed reviewer to choose it."),
            )
        services.set_ground(self.row.ref, ground, is_reviewable(ground), reason, self.actor)

    def back(self) -> str:
        """Stay, to refuse next."""
        return self.request.path

    @transaction.atomic
    def _refuse(self) -> None:
        letters.make(self.row.ref, "denial", self.row.language, self.actor)
        services.transition(self.row.ref, "deny", self.actor)


class DenialReviewPage(Step):
    """The review of a refusal by a reviewer who took no part in it (45 CFR 164.524(a)(4))."""

    action = "request.read"
    title = _("Review of the refusal")
    lead = _("A licensed reviewer who took no part decides on the grounds of harm only. The office must follow.")
    button = _("Record the decision")
    said = _("The review is recorded.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Staff record that the person asked; the reviewer decides."""
        row = find(kwargs["ref"])
        asked = row.state == "review_requested"
        self.form_class = OutcomeForm if asked else ReasonForm
        self.action = "request.review_denial" if asked else "request.work"
        staff(request, "desk.open", Subject("office"))
        super().setup(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        """The rule behind the review."""
        return {"rule": explain("REV-2")}

    def act(self, form: forms.Form, /) -> None:
        """Ask for the review, or decide it."""
        given = form.cleaned_data
        services.transition(self.row.ref, given.get("outcome", "ask_denial_review"), self.actor, reason=given["reason"])
