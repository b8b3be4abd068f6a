"""The form of a new link."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.words import ORDER, SECTION_NAMES
from chartpost.formats.shlink import LABEL_LONGEST

USES = (("once", _("One time")), ("often", _("As often as needed, until it ends")), ("long", _("Always the newest")))
USE_HINTS = {
    "once": _("Good for one visit. After the first time the link is used up."),
    "often": _("What is in it stays as it is today."),
    "long": _("When the record changes, the link shows the change."),
}
DAYS = (("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")))
EARLIEST_YEAR, LATEST_YEAR = 1890, 2200
PASSCODE_SHORTEST, PASSCODE_LONGEST = 6, 100


class LinkForm(forms.Form):
    """What goes into a link, who may open it, and how long."""

    scope = forms.ChoiceField(
        label=_("What do you want to share?"),
        widget=forms.RadioSelect,
        initial="some",
        choices=[("all", _("Everything")), ("some", _("Only the parts I choose"))],
        error_messages={"required": _("Choose everything or parts.")},
    )
    categories = forms.MultipleChoiceField(label=_("Parts"), required=False, widget=forms.CheckboxSelectMultiple)
    date_from = forms.DateField(
        label=_("From this day"),
        required=False,
        widget=forms.SelectDateWidget,
        error_messages={"invalid": _("Write a real date: month, day and year.")},
    )
    date_to = forms.DateField(
        label=_("To this day"),
        required=False,
        widget=forms.SelectDateWidget,
        error_messages={"invalid": _("Write a real date: month, day and year.")},
    )
    formats = forms.MultipleChoiceField(
        label=_("Add files to it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("pdf", _("A PDF to read and print")),
            ("ccda", _("A file for a doctor's computer (C-CDA)")),
            ("originals", _("The papers in it, as they came")),
        ],
    )
    label = forms.CharField(
        label=_("Name of the link"),
        max_length=LABEL_LONGEST,
        help_text=_("Whoever gets the link sees this name. For example: My medicines"),
        error_messages={"required": _("Give the link a name.")},
    )
    use = forms.ChoiceField(
        label=_("How often can it be opened?"),
        widget=forms.RadioSelect,
        initial="often",
        choices=USES,
        error_messages={"required": _("Choose how often.")},
    )
    days = forms.ChoiceField(label=_("The link ends after"), initial="7", choices=DAYS)
    passcode = forms.CharField(
        label=_("Passcode"),
        required=False,
        strip=True,
        min_length=PASSCODE_SHORTEST,
        max_length=PASSCODE_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_(
            "You may leave this empty. Use 6 letters or numbers or more. Tell it in another way than the link."
        ),
        error_messages={"min_length": _("Use 6 letters or numbers or more.")},
    )
    direct = forms.BooleanField(
        label=_("Make a simple link for older apps"),
        required=False,
        help_text=_("It leads straight to the file and cannot have a passcode."),
    )
    once = forms.CharField(
        widget=forms.HiddenInput, max_length=32, min_length=22, initial=lambda: secrets.token_urlsafe(16)
    )

    def __init__(self, *args: Any, categories: frozenset[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [(c.name, SECTION_NAMES[c]) for c in ORDER if c in categories]
        self.fields["categories"].choices = shown  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Parts need at least one; dates run forward and are of our time; a simple link has no passcode."""
        data = super().clean() or {}
        if data.get("scope") == "some" and not data.get("categories"):
            self.add_error("categories", _("Choose at least one part."))
        first, last = data.get("date_from"), data.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", _("The last day is before the first day. Change one of them."))
        for name, day in (("date_from", first), ("date_to", last)):
            if day and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                self.add_error(name, _("Write the year with four digits."))
        if data.get("direct") and data.get("passcode"):
            self.add_error("direct", _("A simple link cannot have a passcode. Choose one of the two."))
        return data
