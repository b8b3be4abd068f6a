"""Pieces that several forms of the desk share."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chartpost.desk.words import Word


def day(label: Word, *, required: bool = False, help_text: Word = "") -> forms.DateField:
    """A date in three boxes."""
    wrong = _("Write a real date: month, day and year.")
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.SelectDateWidget(),
        error_messages={"required": wrong, "invalid": wrong},
    )


def words(label: Word, *, required: bool = True, help_text: Word = "", limit: int = 500) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a few words here.")},
    )


def one_of(
    label: Word,
    options: Iterable[tuple[Any, Any]],
    *,
    required: bool = True,
    radio: bool = True,
    help_text: Word = "",
) -> forms.ChoiceField:
    """One of a few choices, as radio buttons or a list."""
    widget = forms.RadioSelect() if radio else forms.Select()
    return forms.ChoiceField(
        label=label,
        choices=list(options),
        required=required,
        widget=widget,
        help_text=help_text,
        error_messages={"required": _("Choose one.")},
    )


def some_of(label: Word, options: Iterable[tuple[Any, Any]], *, required: bool = False) -> forms.MultipleChoiceField:
    """Any of some choices, as check boxes."""
    return forms.MultipleChoiceField(
        label=label, choices=list(options), required=required, widget=forms.CheckboxSelectMultiple()
    )


def dollars(label: Word, help_text: Word = "") -> forms.DecimalField:
    """An amount in dollars; `cents` turns it into whole cents."""
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_digits=8, decimal_places=2, help_text=help_text
    )


def cents(amount: Decimal | None) -> int:
    """Dollars as whole cents; nothing is 0."""
    return int((amount or Decimal(0)) * 100)


LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
