"""The pages of the request form as a table: which question, when it is asked, what the check page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chartpost.identity import queries as identity
from chartpost.portal.forms import ask as forms
from chartpost.portal.templatetags._values import fulldate
from chartpost.portal.views import words
from chartpost.portal.views.reader import Reader
from chartpost.portal.views.sections import allowed, names
from chartpost.rights.types import Ask

Answers = dict[str, Any]
BY_MAIL = frozenset({"post", "media"})
"""Ways that need a postal address."""
PHASES = (lazy("What you want"), lazy("How you get it"), lazy("About you"), lazy("Check and sign"))


@dataclass(frozen=True)
class Step:
    """One page: its form, its phase (1 to 4), when it is asked, and its lines on the check page."""

    key: str
    form: type[forms.Question]
    phase: int
    label: str | Promise
    shown: Callable[[Answers], str]
    asked: Callable[[Answers], bool] = lambda _: True


def _wants_copy(answers: Answers) -> bool:
    return answers.get("mode") != "inspect"


def _listed(found: Any) -> str:
    return ", ".join(str(name) for name in found)


def _dates(answers: Answers) -> str:
    if answers.get("dates") != "range":
        return _("From all years")
    first, last = fulldate(answers.get("date_from")), fulldate(answers.get("date_to")) or _("now")
    return _("From %(first)s to %(last)s") % {"first": first, "last": last}


def _contact(answers: Answers) -> str:
    lines = [answers.get("requester_name"), answers.get("phone"), answers.get("email")]
    other = answers.get("former_names")
    lines.append(_("Other names: %(names)s") % {"names": other} if other else "")
    return "\n".join(line for line in lines if line)


def _address(answers: Answers) -> str:
    town = f"{answers.get('city', '')}, {answers.get('state', '')} {answers.get('postal_code', '')}"
    return f"{answers.get('address_line', '')}\n{town}"


def _place(answers: Answers) -> str:
    return next((f.name for f in identity.facilities() if f.id == answers.get("place")), "")


STEPS = (
    Step("place", forms.PlaceForm, 1, lazy("From"), _place, asked=lambda _: len(identity.facilities()) > 1),
    Step(
        "what",
        forms.WhatForm,
        1,
        lazy("What"),
        lambda a: _("Some parts") if a.get("scope") == "some" else _("Everything in the record"),
    ),
    Step(
        "parts",
        forms.PartsForm,
        1,
        lazy("Parts"),
        lambda a: names(forms.known_categories(a)),
        asked=lambda a: a.get("scope") == "some",
    ),
    Step("dates", forms.DatesForm, 1, lazy("Dates"), _dates),
    Step("how", forms.HowForm, 2, lazy("How"), lambda a: str(words.MODES.get(a.get("mode", ""), ""))),
    Step(
        "format",
        forms.FormatForm,
        2,
        lazy("Kind of file"),
        lambda a: _listed(words.FORMATS[f] for f in a.get("formats", ()) if f in words.FORMATS),
        asked=_wants_copy,
    ),
    Step(
        "delivery",
        forms.DeliveryForm,
        2,
        lazy("How you get it"),
        lambda a: str(words.DELIVERIES.get(a.get("delivery", ""), "")),
        asked=_wants_copy,
    ),
    Step(
        "address",
        forms.AddressForm,
        2,
        lazy("Mail it to"),
        _address,
        asked=lambda a: _wants_copy(a) and a.get("delivery") in BY_MAIL,
    ),
    Step("contact", forms.ContactForm, 3, lazy("How we reach you"), _contact),
    Step("more", forms.MoreForm, 3, lazy("Anything else"), lambda a: str(a.get("details", ""))),
)


def path(answers: Answers) -> list[Step]:
    """The pages asked with these answers, in order."""
    return [step for step in STEPS if step.asked(answers)]


def following(step: Step, answers: Answers) -> str:
    """The key of the page after one; `check` after the last."""
    keys = [s.key for s in path(answers)]
    at = keys.index(step.key) + 1 if step.key in keys else 0
    return keys[at] if at < len(keys) else "check"


def preceding(key: str, answers: Answers) -> str:
    """The key of the page before one; empty before the first."""
    keys = [s.key for s in path(answers)] + ["check", "sign"]
    at = keys.index(key) if key in keys else 0
    return keys[at - 1] if at else ""


def missing(answers: Answers, reader: Reader) -> str:
    """The key of the first page not yet answered well; empty when the form is complete."""
    return next((s.key for s in path(answers) if not _answered(s, answers, reader)), "")


def _answered(step: Step, answers: Answers, reader: Reader) -> bool:
    data = QueryDict(mutable=True)
    for name, value in answers.items():
        data.setlist(
            name, [str(v) for v in value] if isinstance(value, list) else ["" if value is None else str(value)]
        )
    given = make(step, reader, answers, data)
    return given.fields.keys() <= answers.keys() and given.is_valid()


def make(step: Step, reader: Reader, answers: Answers, data: QueryDict | None = None) -> forms.Question:
    """The form of a page for a reader, with the answers so far or the data sent."""
    known = {**suggested(reader), **answers}
    more: dict[str, Any] = {}
    if step.form is forms.PartsForm:
        more["sections"] = allowed(reader.asking.categories if reader.asking else -1)
    if step.form is forms.PlaceForm:
        more["places"] = [(f.id, f.name) for f in identity.facilities()]
    kind = forms.AgentContactForm if step.form is forms.ContactForm and not reader.own else step.form
    return kind(data, answers=known, **more)


def suggested(reader: Reader) -> Answers:
    """What the office knows already: nobody types their name or address twice (WCAG 2.2, 3.3.7)."""
    person, own = reader.person, reader.own
    return {
        "scope": "all",
        "dates": "all",
        "mode": "copy",
        "formats": ["pdf"],
        "delivery": "portal",
        "phone": person.phone if own else "",
        "email": person.email if own else "",
        "address_line": person.address_line if own else "",
        "city": person.city if own else "",
        "state": person.state if own else "",
        "postal_code": person.postal_code if own else "",
        "requester_name": "" if own or "@" in reader.actor.name else reader.actor.name,
    }


def signer(reader: Reader, answers: Answers) -> str:
    """The name that signs: the person's own, or that of who acts for them."""
    return reader.person.name if reader.own else str(answers.get("requester_name", ""))


def ask(reader: Reader, answers: Answers, key: str, signed_name: str, language: str) -> Ask:
    """The finished answers as a request (rulebook 8.1)."""
    person, authority = reader.person, reader.asking
    copies = _wants_copy(answers)
    ranged = answers.get("dates") == "range"
    return Ask(
        requester_name=signer(reader, answers),
        subject_name=person.name,
        facility_id=int(answers.get("place") or identity.facilities()[0].id),
        person_id=person.id,
        relation=authority.basis if authority else "self",
        requester_contact=str(answers.get("phone") or answers.get("email") or ""),
        former_names=answers.get("former_names", ""),
        birth_date=person.birth_date,
        contact={"phone": answers.get("phone", ""), "email": answers.get("email", "")},
        categories=forms.known_categories(answers),
        date_from=_day(answers.get("date_from")) if ranged else None,
        date_to=_day(answers.get("date_to")) if ranged else None,
        details=answers.get("details", ""),
        mode=answers["mode"],
        formats=tuple(answers["formats"]) if copies else ("pdf",),
        delivery=answers["delivery"] if copies else "hand_over",
        delivery_address=_postal(answers) if copies and answers["delivery"] in BY_MAIL else {},
        language=language,
        signed_name=signed_name,
        key=key,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _postal(answers: Answers) -> dict[str, str]:
    return {name: str(answers[name]) for name in ("address_line", "city", "state", "postal_code")}
