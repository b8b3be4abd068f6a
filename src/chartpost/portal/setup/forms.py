"""The forms of the set-up: one question, or one group of questions, each."""

import re
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chartpost.identity.types import ROLES
from chartpost.portal.setup.places import STATE_CHOICES, ZONE_CHOICES

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
METHODS = [
    ("flat", _("One small price for every electronic copy: $6.50")),
    ("actual", _("What each copy really costs us")),
    ("average", _("Our average cost, by a schedule")),
]
METHOD_HINTS = {
    "flat": _("The simplest. Nothing to work out, and nobody can be charged too much."),
    "actual": _("Time spent on copying, times the pay per hour, plus supplies and postage."),
    "average": _("One labor cost for a standard request, plus supplies and postage."),
}
ROLE_LABELS = [
    ("clerk", _("Records clerk: takes in and prepares requests")),
    ("approver", _("Approver: releases copies")),
    ("reviewer", _("Licensed reviewer: decides what could do harm")),
    ("privacy", _("Privacy officer: oversees who saw what")),
    ("imaging", _("Imaging: files scans and X-rays")),
]


class PhoneField(forms.CharField):
    """A phone number as people write it; at least ten digits."""

    def clean(self, value: Any) -> Any:
        """The number, checked."""
        text = super().clean(value)
        if text and len(re.sub(r"\D", "", text)) < 10:
            raise ValidationError(_("Enter a phone number with area code, such as 510-555-0100."))
        return text


class Office(forms.Form):
    """Name and address of the office."""

    name = forms.CharField(label=_("Name of the office"), max_length=200)
    address = forms.CharField(label=_("Postal address"), widget=forms.Textarea, max_length=500)
    phone = PhoneField(label=_("Phone"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"}))
    email = forms.EmailField(label=_("E-mail address"), max_length=254)


class Facility(forms.Form):
    """One place of care."""

    name = forms.CharField(label=_("Name of the place"), max_length=200)
    state = forms.ChoiceField(label=_("State"), choices=STATE_CHOICES)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONE_CHOICES)


class Complaint(forms.Form):
    """Who takes complaints: name or title, and phone (45 CFR 164.524(d)(2)(iii))."""

    complaint_name = forms.CharField(label=_("Name or title"), max_length=200, help_text=_("Such as: Privacy officer"))
    complaint_phone = PhoneField(label=_("Phone"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"}))
    complaint_email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)


class Fees(forms.Form):
    """How the fee of a copy is worked out (45 CFR 164.524(c)(4))."""

    fee_method = forms.ChoiceField(label=_("How do you work out the fee?"), choices=METHODS, widget=forms.RadioSelect)


class Figures(forms.Form):
    """The labor cost behind the fee; in dollars on the page, in cents behind it."""

    labor = forms.DecimalField(label=_("Labor cost in dollars"), min_value=0, max_value=500, decimal_places=2)

    def answers(self) -> dict[str, int]:
        """The answer in whole cents."""
        return {"labor_cents": int(self.cleaned_data["labor"] * 100)}


class Release(forms.Form):
    """Whether two people are needed for a release."""

    two_person_release = forms.ChoiceField(
        label=_("Must a second person release what the first prepared?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        help_text=_("Choose yes when two or more people work in the office. You can change it later."),
    )


class Mail(forms.Form):
    """Where the test e-mail goes."""

    to = forms.EmailField(label=_("Send a test e-mail to"), max_length=254)


class Recovery(forms.Form):
    """Proof that the recovery key was printed."""

    printed = forms.BooleanField(label=_("I printed the recovery key, and I keep the paper in a safe place"))
    group = forms.CharField(max_length=12)

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].label = _("Type group %(number)d from your printed paper") % {"number": number}


def wrong_group(number: int) -> str:
    """What to say when the typed group is not the one on the paper."""
    return gettext("This is not group %(number)d. Groups are counted from the left, starting at 1.") % {
        "number": number
    }


class Account(forms.Form):
    """The first member of staff."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. A few words in a row are easy to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=128,
        strip=False,
    )
    again = forms.CharField(
        label=_("Password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=128,
        strip=False,
    )
    roles = forms.MultipleChoiceField(
        label=_("What else will you do?"),
        choices=ROLE_LABELS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("You will be an administrator. Choose what fits as well; you can change it later."),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords the same and strong enough."""
        values = super().clean() or {}
        password = values.get("password")
        if password and values.get("again") and password != values["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        elif password:
            try:
                validate_password(password, get_user_model()(email=values.get("email", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return values

    def chosen_roles(self) -> tuple[str, ...]:
        """The roles to give: administrator and what was chosen, in the order of the table."""
        chosen = {"admin", *self.cleaned_data["roles"]}
        return tuple(role for role in ROLES if role in chosen)


FORMS: dict[str, type[forms.Form]] = {
    "office": Office,
    "complaint": Complaint,
    "fees": Fees,
    "figures": Figures,
    "release": Release,
}
