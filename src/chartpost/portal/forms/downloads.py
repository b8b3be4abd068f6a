"""The form of a copy people make for themselves."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chartpost.portal.views import words
from chartpost.portal.views.sections import Section


class DownloadForm(forms.Form):
    """Which parts, from when, as what."""

    scope = forms.ChoiceField(
        label=_("What do you want to save?"),
        widget=forms.RadioSelect,
        initial="all",
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
        label=_("Kind of file"),
        initial=["pdf"],
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, words.FORMATS[key]) for key in words.FORMAT_HINTS],
        error_messages={"required": _("Choose at least one kind of file.")},
    )

    def __init__(self, *args: Any, sections: tuple[Section, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["categories"]
        field.choices = [(s.category.name, s.name) for s in sections]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Parts need at least one; dates run forward."""
        data = super().clean() or {}
        if data.get("scope") == "some" and not data.get("categories"):
            self.add_error("categories", _("Choose at least one part."))
        first, last = data.get("date_from"), data.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", _("The last day is before the first day. Change one of them."))
        return data
