"""A request that did not come by the portal, as staff write it down (rulebook 8.1)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chartpost.desk import words
from chartpost.desk.forms.common import LANGUAGES, day, one_of, some_of
from chartpost.desk.forms.common import words as text
from chartpost.desk.forms.steps import SECTIONS
from chartpost.identity import queries as identity
from chartpost.kernel import clock

CAME_BY = [(key, word) for key, word in words.CHANNELS.items() if key != "portal"]


class IntakeForm(forms.Form):
    """How it arrived, who asks, about whom, what and how. Missing facts are asked for later; the clock runs."""

    facility = one_of(_("Where did it arrive?"), [], radio=False)
    channel = one_of(_("How did it come?"), CAME_BY)
    received_on = day(_("Day it arrived"), required=True, help_text=_("The day it reached any desk, mailbox or fax."))
    received_time = forms.TimeField(label=_("Time"), required=False, help_text=_("For example 14:30. Noon when empty."))
    vendor_on = day(_("Day our vendor received it"), help_text=_("Only when a vendor took it in for us."))
    signed = forms.BooleanField(label=_("It is signed"), required=False)
    subject_name = forms.CharField(label=_("Whose record? Full name"), max_length=200)
    former_names = forms.CharField(label=_("Former names"), required=False, max_length=200)
    birth_date = day(_("Birth date"))
    address = text(_("Postal address"), required=False, limit=300)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    relation = one_of(_("Who asks?"), words.choices(words.RELATIONS))
    requester_name = forms.CharField(
        label=_("Name of who asks"), required=False, max_length=200, help_text=_("Leave empty when the person asks.")
    )
    requester_contact = forms.CharField(label=_("How to reach who asks"), required=False, max_length=200)
    authority = forms.CharField(
        label=_("Document of authority seen"), required=False, max_length=200, help_text=_("Only for a representative.")
    )
    authority_ends = day(_("Authority ends on"))
    categories = some_of(_("What is asked for?"), SECTIONS)
    date_from = day(_("From"))
    date_to = day(_("To"))
    details = text(_("In their words"), required=False, limit=2000)
    mode = one_of(_("A copy, or to look at it?"), words.choices(words.MODES))
    formats = some_of(_("Formats"), words.choices(words.FORMATS))
    delivery = one_of(_("How should it get there?"), words.choices(words.DELIVERY))
    delivery_address = text(
        _("Address to send it to"), required=False, help_text=_("Leave empty for the address above.")
    )
    language = one_of(_("Language of letters"), LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = identity.facilities()
        self.fields["facility"].choices = [(p.ref, p.name) for p in self.places]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("date_from"), given.get("date_to")
        if start and end and start > end:
            self.add_error("date_to", _now("This day is before the first day. Write a later day, or leave it empty."))
        if given.get("relation") not in {None, "self"} and not given.get("requester_name"):
            self.add_error("requester_name", _now("Write the name of who asks."))
        if given.get("delivery") == "access_code" and not (given.get("phone") or given.get("requester_contact")):
            self.add_error("phone", _now("An access code needs a number to call. Write it, or choose another way."))
        moment = self.received_at(given)
        if moment and moment > clock.now():
            self.add_error("received_on", _now("This moment is in the future. Write the day it arrived."))
        return given

    def place(self, given: dict[str, Any]) -> Any:
        """The facility chosen."""
        return next((p for p in self.places if p.ref == given.get("facility")), None)

    def received_at(self, given: dict[str, Any]) -> datetime | None:
        """The moment it arrived, in the zone of its facility; noon (or now, today) when no time is given."""
        place, on = self.place(given), given.get("received_on")
        if place is None or on is None:
            return None
        zone = ZoneInfo(place.zone)
        if given.get("received_time"):
            return datetime.combine(on, given["received_time"], zone)
        noon = datetime(on.year, on.month, on.day, 12, tzinfo=zone)
        today = on == clock.today(place.zone)
        return min(noon, clock.now()) if today else noon
