"""Forms of the access code pages."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _


class AccessCodeForm(forms.Form):
    """The code on the sheet and the date of birth."""

    code = forms.CharField(
        label=_("Access code"),
        max_length=20,
        help_text=_("It is on the sheet we sent you. It has 12 letters and numbers."),
        error_messages={"required": _("Write the code on your sheet.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        widget=forms.SelectDateWidget,
        help_text=_("Of the person the copies are about. For example: 4 28 1986"),
        error_messages={
            "required": _("Write the date of birth: month, day and year."),
            "invalid": _("Write a real date: month, day and year."),
        },
    )


class PasswordForm(forms.Form):
    """The one-time password somebody said on the phone."""

    password = forms.CharField(
        label=_("One-time password"),
        max_length=12,
        help_text=_("Six digits. We say them on the phone. They work for 15 minutes."),
        validators=[RegexValidator(r"^\s*(?:\d\s*){6}$", _("Write the six digits."))],
        error_messages={"required": _("Write the six digits.")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
