"""Forms of the office: search of the ledger, settings, facilities, staff."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.common import cents, day, dollars, one_of, some_of
from chartpost.desk.forms.common import words as text
from chartpost.formats.ccda import show
from chartpost.formats.npi import good as npi_good
from chartpost.law.fee_types import FLAT_LIMIT_CENTS
from chartpost.ledger.actions import WORDS


def number(label: Any) -> forms.CharField:
    """A National Provider Identifier: ten digits whose last one proves the others (45 CFR 162.406)."""
    return forms.CharField(label=label, required=False, max_length=10, validators=[_npi])


def _npi(text: str) -> None:
    if not npi_good(text):
        raise forms.ValidationError(_now("This is no NPI: it has ten digits, and the last one proves the others."))


class LedgerForm(forms.Form):
    """What a privacy officer looks for."""

    who = forms.CharField(label=_("Whose record (name or record number)"), required=False, max_length=100)
    action = one_of(
        _("What happened"),
        [("", _("Anything")), *sorted(WORDS.items(), key=lambda x: str(x[1]))],
        required=False,
        radio=False,
    )
    since = day(_("From"))
    until = day(_("To"))


class OfficeForm(forms.Form):
    """The office and its rules for fees and release."""

    name = forms.CharField(label=_("Name of the office"), max_length=200)
    address = text(_("Postal address"), limit=300)
    phone = forms.CharField(label=_("Telephone"), max_length=40)
    email = forms.EmailField(label=_("E-mail"), required=False)
    complaint_name = forms.CharField(label=_("Whom to complain to (name or title)"), max_length=200)
    complaint_phone = forms.CharField(label=_("Their telephone"), max_length=40)
    complaint_email = forms.EmailField(label=_("Their e-mail"), required=False)
    npi = number(_("National Provider Identifier (NPI), if the office has one"))
    fee_method = one_of(_("How fees are worked out"), words.choices(words.FEE_METHODS))
    flat = dollars(_("Flat fee in dollars"), _("At most $6.50, all included."))
    labor = dollars(_("Cost of an hour of copying, in dollars"))
    average = dollars(_("Average cost of copying for one request, in dollars"))
    two_person_release = forms.BooleanField(label=_("A second person releases what was prepared"), required=False)

    def clean_flat(self) -> Any:
        amount = self.cleaned_data["flat"]
        if cents(amount) > FLAT_LIMIT_CENTS:
            raise forms.ValidationError(
                _now("The flat fee may be at most $6.50. Write a lower one, or choose another method.")
            )
        return amount


class PartsForm(forms.Form):
    """Which parts of clinical documents this office shows first; the others follow in the usual order."""

    PLACES = 5

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [("", _("As usual")), *sorted(show.NAMES.items(), key=lambda part: part[1])]
        for place in range(1, self.PLACES + 1):
            label = _now("Part %(place)d") % {"place": place}
            self.fields[f"part_{place}"] = one_of(label, options, required=False, radio=False)
        self.fields["part_1"].help_text = _("Up to five parts come first. The others follow in the usual order.")

    def codes(self) -> list[str]:
        """The chosen codes, each once."""
        given = (self.cleaned_data[f"part_{place}"] for place in range(1, self.PLACES + 1))
        return list(dict.fromkeys(filter(None, given)))


class FacilityForm(forms.Form):
    """A place of the office: its state's law and its time zone set the clocks."""

    name = forms.CharField(label=_("Name"), max_length=200)
    state = forms.RegexField(label=_("State, two letters"), regex=r"^[A-Za-z]{2}$", max_length=2)
    zone = forms.CharField(label=_("Time zone"), max_length=60, help_text=_("For example America/Los_Angeles."))
    address = text(_("Address"), required=False, limit=300)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    npi = number(_("National Provider Identifier (NPI), if the place has one"))

    def clean_state(self) -> str:
        return str(self.cleaned_data["state"]).upper()

    def clean_zone(self) -> str:
        name = str(self.cleaned_data["zone"])
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            problem = _now("This is no time zone. Write one like America/Chicago.")
            raise forms.ValidationError(problem) from error
        return name


class StaffForm(forms.Form):
    """Roles of a new member of staff."""

    roles = some_of(_("Roles"), words.choices(words.ROLES), required=True)
