"""The questions of the request form, one form per page (rulebook 8.1)."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from chartpost.formats.fhirjson.terms import Category
from chartpost.portal.views import words
from chartpost.portal.views.sections import Section

EARLIEST_YEAR, LATEST_YEAR = 1890, 2200


class Question(forms.Form):
    """A page of the form: what was answered before is its starting value."""

    def __init__(self, data: QueryDict | None = None, *, answers: dict[str, Any]) -> None:
        super().__init__(data, initial=answers)
        self.answers = answers

    def to_answers(self) -> dict[str, Any]:
        """The checked answers as plain values for the draft."""
        return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in self.cleaned_data.items()}


class PlaceForm(Question):
    """Which place of the office keeps the records; its state's law counts too."""

    place = forms.TypedChoiceField(
        label=_("Which place do you want records from?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a place.")},
    )

    def __init__(
        self, data: QueryDict | None = None, *, answers: dict[str, Any], places: list[tuple[int, str]]
    ) -> None:
        super().__init__(data, answers=answers)
        self.fields["place"].choices = places  # type: ignore[attr-defined]


class WhatForm(Question):
    """Everything, or parts."""

    scope = forms.ChoiceField(
        label=_("What do you want?"),
        widget=forms.RadioSelect,
        choices=[("all", _("Everything in the record")), ("some", _("Some parts"))],
        error_messages={"required": _("Choose everything or some parts.")},
    )


class PartsForm(Question):
    """The parts of the record, by section."""

    categories = forms.MultipleChoiceField(
        label=_("Which parts do you want?"),
        help_text=_("Choose all that you need."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one part, or go back and choose everything.")},
    )

    def __init__(
        self, data: QueryDict | None = None, *, answers: dict[str, Any], sections: tuple[Section, ...]
    ) -> None:
        super().__init__(data, answers=answers)
        field = self.fields["categories"]
        field.choices = [(s.category.name, s.name) for s in sections]  # type: ignore[attr-defined]


class DatesForm(Question):
    """All time, or between two days, both included."""

    dates = forms.ChoiceField(
        label=_("From which time?"),
        widget=forms.RadioSelect,
        choices=[("all", _("From all years")), ("range", _("Only between two dates"))],
        error_messages={"required": _("Choose all years or two dates.")},
    )
    date_from = forms.DateField(
        label=_("First day"),
        widget=forms.SelectDateWidget,
        required=False,
        help_text=_("For example: 4 28 2019"),
        error_messages={"invalid": _("Write a real date: month, day and year.")},
    )
    date_to = forms.DateField(
        label=_("Last day"),
        widget=forms.SelectDateWidget,
        required=False,
        help_text=_("Leave it empty for up to now."),
        error_messages={"invalid": _("Write a real date: month, day and year.")},
    )

    def clean(self) -> dict[str, Any]:
        """A range needs a first day, in order; all years has none."""
        data = super().clean() or {}
        if data.get("dates") == "all":
            self._drop_dates()
            return {**data, "date_from": None, "date_to": None}
        first, last = data.get("date_from"), data.get("date_to")
        if data.get("dates") == "range" and not first and "date_from" not in self.errors:
            self.add_error("date_from", _("Write the first day."))
        if first and last and last < first:
            self.add_error("date_to", _("The last day is before the first day. Change one of them."))
        for name, day in (("date_from", first), ("date_to", last)):
            if day and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                self.add_error(name, _("Write the year with four digits."))
        return data

    def _drop_dates(self) -> None:
        for name in ("date_from", "date_to"):
            self.errors.pop(name, None)


class HowForm(Question):
    """A copy, a look, or both (45 CFR 164.524(c)(1))."""

    mode = forms.ChoiceField(
        label=_("How do you want to see the records?"),
        widget=forms.RadioSelect,
        choices=list(words.MODES.items()),
        error_messages={"required": _("Choose one.")},
    )


class FormatForm(Question):
    """The form and format of the copy (45 CFR 164.524(c)(2))."""

    formats = forms.MultipleChoiceField(
        label=_("Which kind of file do you want?"),
        help_text=_("You can choose more than one."),
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, words.FORMATS[key]) for key in words.FORMAT_HINTS],
        error_messages={"required": _("Choose at least one kind of file.")},
    )


class DeliveryForm(Question):
    """How the copy gets to the person."""

    delivery = forms.ChoiceField(
        label=_("How do you want to get it?"),
        widget=forms.RadioSelect,
        choices=[(key, word) for key, word in words.DELIVERIES.items() if key not in {"access_code", "sealed"}],
        error_messages={"required": _("Choose one way.")},
    )

    def clean_delivery(self) -> str:
        """Paper is a print of the PDF; the other files go through the portal only."""
        way = str(self.cleaned_data["delivery"])
        if way not in {"portal", "media"} and self.answers.get("formats", ["pdf"]) != ["pdf"]:
            raise forms.ValidationError(
                _("Only the PDF can be printed. Choose to open your files here, or go back and choose only PDF.")
            )
        return way


class AddressForm(Question):
    """Where to post it: checked against what is on file before it goes (rulebook DEL-5)."""

    address_line = forms.CharField(
        label=_("Street address"),
        max_length=200,
        error_messages={"required": _("Write the street address.")},
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    city = forms.CharField(
        label=_("City"),
        max_length=100,
        error_messages={"required": _("Write the city.")},
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    state = forms.CharField(
        label=_("State"),
        max_length=2,
        help_text=_("Two letters, for example CA"),
        validators=[RegexValidator(r"^[A-Za-z]{2}$", _("Write the state as two letters."))],
        error_messages={"required": _("Write the state.")},
        widget=forms.TextInput(attrs={"autocomplete": "address-level1"}),
    )
    postal_code = forms.CharField(
        label=_("ZIP code"),
        max_length=10,
        validators=[RegexValidator(r"^\d{5}(-\d{4})?$", _("Write a ZIP code of five digits."))],
        error_messages={"required": _("Write the ZIP code.")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )

    def clean_state(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["state"]).upper()


class ContactForm(Question):
    """How the office can reach the person, and other names the records may be under."""

    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        validators=[RegexValidator(r"^[0-9 ()+.x-]{7,40}$", _("Write a phone number, for example 555 010 1234."))],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("We never put health information in e-mail."),
        error_messages={"invalid": _("Write an e-mail address, for example ana@example.org.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    former_names = forms.CharField(
        label=_("Other names the records may be under"),
        max_length=200,
        required=False,
        help_text=_("For example, a name before a marriage."),
    )

    def clean(self) -> dict[str, Any]:
        """One way to reach the person is needed."""
        data = super().clean() or {}
        if not self.errors and not data.get("phone") and not data.get("email"):
            self.add_error("phone", _("Write a phone number or an e-mail address, so that we can reach you."))
        return data


class AgentContactForm(ContactForm):
    """The same for somebody who acts for the person: they give their own name."""

    requester_name = forms.CharField(
        label=_("Your own full name"),
        max_length=200,
        error_messages={"required": _("Write your own full name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("requester_name", "phone", "email", "former_names")


class MoreForm(Question):
    """Anything else, in the person's own words; a reason is never asked for (rulebook INT-3)."""

    details = forms.CharField(
        label=_("Is there anything else we should know?"),
        help_text=_("For example: only the visit in March, or leave out bills. You do not have to say why you ask."),
        widget=forms.Textarea,
        max_length=2000,
        required=False,
    )


class SignForm(forms.Form):
    """The electronic signature: the full name, typed, with the statement above it."""

    agree = forms.BooleanField(
        label=_("What I wrote is true, and I ask for these records."),
        error_messages={"required": _("Tick the box to say that this is true.")},
    )
    signed_name = forms.CharField(
        label=_("Type your full name to sign"),
        max_length=200,
        error_messages={"required": _("Type your full name. A request needs a signature.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    key = forms.CharField(max_length=26, widget=forms.HiddenInput)

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["signed_name"].help_text = _("Write it like this: %(name)s") % {"name": name}

    def clean_signed_name(self) -> str:
        """The name as given in the request; capitals and spaces do not matter."""
        typed = " ".join(str(self.cleaned_data["signed_name"]).split())
        if typed.casefold() != " ".join(self.name.split()).casefold():
            raise forms.ValidationError(
                _("This is not the name in your request. Write: %(name)s") % {"name": self.name}
            )
        return typed


def known_categories(answers: dict[str, Any]) -> tuple[str, ...]:
    """The categories asked for; none means everything."""
    if answers.get("scope") != "some":
        return ()
    return tuple(name for name in answers.get("categories", ()) if name in Category.__members__)
