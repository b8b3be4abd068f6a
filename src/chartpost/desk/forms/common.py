"""Pieces that several forms of the desk share."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def day(label: str | Promise, *, required: bool = False, help_text: str | Promise = "") -> forms.DateField:
    """A date in three boxes."""
    return forms.DateField(label=label, required=required, help_text=help_text, widget=forms.SelectDateWidget())


def words(
    label: str | Promise, *, required: bool = True, help_text: str | Promise = "", limit: int = 500
) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=limit, widget=forms.Textarea(attrs={"rows": 3})
    )


def one_of(
    label: str | Promise,
    options: Iterable[tuple[Any, Any]],
    *,
    required: bool = True,
    radio: bool = True,
    help_text: str | Promise = "",
) -> forms.ChoiceField:
    """One of a few choices, as radio buttons or a list."""
    widget = forms.RadioSelect() if radio else forms.Select()
    return forms.ChoiceField(label=label, choices=list(options), required=required, widget=widget, help_text=help_text)


def some_of(
    label: str | Promise, options: Iterable[tuple[Any, Any]], *, required: bool = False
) -> forms.MultipleChoiceField:
    """Any of some choices, as check boxes."""
    return forms.MultipleChoiceField(
        label=label, choices=list(options), required=required, widget=forms.CheckboxSelectMultiple()
    )


def dollars(label: str | Promise, help_text: str | Promise = "") -> forms.DecimalField:
    """An amount in dollars; `cents` turns it into whole cents."""
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_digits=8, decimal_places=2, help_text=help_text
    )


def cents(amount: Decimal | None) -> int:
    """Dollars as whole cents; nothing is 0."""
    return int((amount or Decimal(0)) * 100)


LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
