"""Forms of the account pages, and of tying an account to a person."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from chartpost.portal.views.sections import ASKABLE

USUAL_ZONES = (
    ("America/New_York", _("Eastern time")),
    ("America/Chicago", _("Central time")),
    ("America/Denver", _("Mountain time")),
    ("America/Phoenix", _("Arizona time")),
    ("America/Los_Angeles", _("Pacific time")),
    ("America/Anchorage", _("Alaska time")),
    ("Pacific/Honolulu", _("Hawaii time")),
    ("America/Puerto_Rico", _("Atlantic time")),
)
LONGEST_DAYS = 3 * 365


class SettingsForm(forms.Form):
    """Language and time zone."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language.")},
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Times on these pages are shown in it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = str(self.initial.get("zone") or "")
        usual = [("", _("The same as the office")), *USUAL_ZONES]
        known = {name for name, _label in usual}
        more = [(kept, kept)] if kept not in known and kept in available_timezones() else []
        self.fields["zone"].choices = [*usual, *more]  # type: ignore[attr-defined]


class CaregiverForm(forms.Form):
    """What a helper may see and do, and until when."""

    scope = forms.ChoiceField(
        label=_("What may they see?"),
        widget=forms.RadioSelect,
        initial="all",
        choices=[("all", _("My whole record")), ("some", _("Only the parts I choose"))],
        error_messages={"required": _("Choose one.")},
    )
    categories = forms.MultipleChoiceField(
        label=_("Parts"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(s.category.name, s.name) for s in ASKABLE],
    )
    may_request = forms.BooleanField(
        label=_("They may also ask for copies for me and read letters about my requests"), required=False
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        widget=forms.SelectDateWidget,
        help_text=_("After this day they see nothing. You can end it sooner at any time."),
        error_messages={
            "required": _("Write the last day: month, day and year."),
            "invalid": _("Write a real date: month, day and year."),
        },
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_ends_on(self) -> date:
        """A day from today on, within three years."""
        day: date = self.cleaned_data["ends_on"]
        if not self.today <= day <= self.today + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError(_("Choose a day from today on, within three years."))
        return day

    def clean(self) -> dict[str, Any]:
        """Parts need at least one."""
        data = super().clean() or {}
        if data.get("scope") == "some" and not data.get("categories"):
            self.add_error("categories", _("Choose at least one part."))
        return data

    def terms(self) -> dict[str, Any]:
        """The terms of the invitation."""
        data = self.cleaned_data
        chosen = [s.category for s in ASKABLE if s.category.name in data["categories"]]
        mask = sum(c.bit for c in chosen) if data["scope"] == "some" else -1
        return {"categories": mask, "may_request": data["may_request"], "ends_on": data["ends_on"]}


class CodeForm(forms.Form):
    """An invitation code."""

    code = forms.CharField(
        label=_("Code from the records office"),
        max_length=40,
        help_text=_("It has 16 letters and numbers, for example 7K3M-QX2P-9RTA-4CWB."),
        error_messages={"required": _("Write the code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class WhoForm(forms.Form):
    """Who somebody is, so that the office can find their record."""

    given = forms.CharField(
        label=_("First name"),
        max_length=120,
        error_messages={"required": _("Write your first name.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family = forms.CharField(
        label=_("Last name"),
        max_length=120,
        error_messages={"required": _("Write your last name.")},
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        widget=forms.SelectDateWidget,
        help_text=_("For example: 4 28 1986"),
        error_messages={
            "required": _("Write your date of birth: month, day and year."),
            "invalid": _("Write a real date: month, day and year."),
        },
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        validators=[RegexValidator(r"^[0-9 ()+.x-]{7,40}$", _("Write a phone number, for example 555 010 1234."))],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
