"""The answers in words, for the check page."""

from typing import Any

from django.utils.translation import gettext as _

from chartpost.kernel.money import dollars
from chartpost.portal.setup.answers import Answers
from chartpost.portal.setup.places import state_name, zone_name
from chartpost.portal.setup.steps import by_name

Fact = tuple[str, str, str]


def facilities(answers: Answers) -> list[dict[str, Any]]:
    """The places with their states and zones in words."""
    return [
        {"number": n, "name": f["name"], "state": state_name(f["state"]), "zone": zone_name(f["zone"])}
        for n, f in enumerate(answers.facilities)
    ]


def facts(code: str, answers: Answers) -> list[Fact]:
    """Label, answer and the page to change it."""
    office, complaint = answers.of("office"), answers.of("complaint")
    places = "\n".join(f"{f['name']}, {f['state']}, {f['zone']}" for f in facilities(answers))
    contact = "\n".join(v for v in complaint.values() if v)
    rows = [
        (_("Office"), "\n".join([office["name"], office["address"], office["phone"], office["email"]]), "office"),
        (_("Places of care"), places, "facilities"),
        (_("Takes complaints"), contact, "complaint"),
        (_("Fee"), _fee(answers), "fees"),
        (_("A second person releases"), _yes(answers.of("release")["two_person_release"]), "release"),
        (_("Test e-mail"), _mail(answers.of("mail")), "mail"),
        (_("Recovery key"), _("Printed and checked"), "recovery"),
    ]
    if answers.needs_figures:
        rows.insert(4, (_("Labor cost"), dollars(answers.of("figures")["labor_cents"]), "figures"))
    return [(label, value, by_name(name).href(code)) for label, value, name in rows]


def _fee(answers: Answers) -> str:
    method = answers.of("fees")["fee_method"]
    if method == "flat":
        return _("$6.50 for an electronic copy")
    return _("Real cost of each copy") if method == "actual" else _("Average cost, by a schedule")


def _yes(word: str) -> str:
    return _("Yes") if word == "yes" else _("No")


def _mail(answer: dict[str, Any]) -> str:
    return _("Sent") if answer.get("outcome") == "sent" else _("Skipped")
