"""The pages of the set-up, in order, as data."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chartpost.portal.setup.answers import Answers


@dataclass(frozen=True)
class Step:
    """One page: its name, the phase of the set-up it belongs to, its heading, and why it asks."""

    name: str
    phase: str | Promise
    title: str | Promise
    why: str | Promise = ""
    view: str = "step"

    def href(self, code: str) -> str:
        """The address of the page."""
        if self.view == "step":
            return reverse("setup:step", args=[code, self.name])
        return reverse(f"setup:{self.view}", args=[code])


OFFICE, RULES, MAIL, KEY, ACCOUNT = _("Office"), _("Fees"), _("E-mail"), _("Recovery key"), _("Account")
PHASES = (OFFICE, RULES, MAIL, KEY, ACCOUNT)

STEPS = (
    Step(
        "office",
        OFFICE,
        _("Your records office"),
        _("Letters and e-mails carry this name and address, so people know who writes to them."),
    ),
    Step(
        "facilities",
        OFFICE,
        _("Your places of care"),
        _("The state decides which law applies. The time zone decides on which day a legal deadline ends."),
        view="facilities",
    ),
    Step(
        "complaint",
        OFFICE,
        _("Who takes complaints"),
        _("Each letter that says no must name a person or a title, and a phone number, for complaints."),
    ),
    Step(
        "fees",
        RULES,
        _("What a copy costs"),
        _("Looking at records online is always free. For copies the law allows only a small, cost-based fee."),
    ),
    Step("figures", RULES, _("Your labor cost"), _("This is the figure the fee is worked out from.")),
    Step(
        "release",
        RULES,
        _("Who releases records"),
        _("A second pair of eyes catches a record that was about to go to the wrong person."),
    ),
    Step("mail", MAIL, _("Send a test e-mail"), view="mail"),
    Step("recovery", KEY, _("Print the recovery key"), view="recovery"),
    Step("check", ACCOUNT, _("Check your answers"), view="check"),
    Step(
        "account",
        ACCOUNT,
        _("Make the first staff account"),
        _("With this account you can invite the others. Set-up is finished when it is made."),
        view="account",
    ),
)
ASKED = tuple(s for s in STEPS if s.name not in {"check", "account"})


def needed(answers: Answers) -> tuple[Step, ...]:
    """The pages this office needs: a flat fee needs no figures."""
    return tuple(s for s in STEPS if s.name != "figures" or answers.needs_figures)


def missing(answers: Answers) -> Step | None:
    """The first page without an answer; None when only the account is left."""
    return next((s for s in needed(answers) if s in ASKED and not answers.has(s.name)), None)


def by_name(name: str) -> Step:
    """A page by its name; KeyError when there is none."""
    return {s.name: s for s in STEPS}[name]


def after(name: str, answers: Answers) -> Step:
    """The page that follows: the first open one behind this one, else the check page."""
    row = needed(answers)
    place = next(i for i, s in enumerate(row) if s.name == name)
    return next((s for s in row[place + 1 :] if not answers.has(s.name)), by_name("check"))


def before(name: str, answers: Answers) -> Step | None:
    """The page in front of this one; None on the first."""
    row = needed(answers)
    place = next(i for i, s in enumerate(row) if s.name == name)
    return row[place - 1] if place else None
