"""Forms of the record pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chartpost.portal.views.sections import ASKABLE


class SearchForm(forms.Form):
    """Words to look for in a record."""

    words = forms.CharField(
        label=_("Words to look for"),
        max_length=200,
        error_messages={"required": _("Write a word to look for.")},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class TimelineForm(forms.Form):
    """What the timeline shows: kinds of entries, and the year it begins with."""

    kind = forms.MultipleChoiceField(
        label=_("Show only"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(s.slug, s.name) for s in ASKABLE],
    )
    year = forms.IntegerField(required=False, min_value=1850, max_value=2200, widget=forms.HiddenInput)
