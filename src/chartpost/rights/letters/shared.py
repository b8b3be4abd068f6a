"""Sentences several letters share."""

from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chartpost.delivery.build.words import full_date
from chartpost.identity import queries as identity
from chartpost.identity.types import OfficeView
from chartpost.rights.models import AccessRequest


def day(value: date) -> str:
    """A date in full words, in the letter's language."""
    return full_date(value, get_language() or "en")


def office() -> OfficeView:
    """The office; letters exist only after set-up."""
    found = identity.office()
    assert found is not None
    return found


def contact_sentence() -> str:
    """How to reach the records office."""
    return _("Questions? Call %(phone)s or write to us in the portal.") % {"phone": office().phone}


def how_delivered(request: AccessRequest) -> str:
    """By which way the records reach the reader."""
    return {
        "portal": _("You can open them in the portal. Sign in and choose your request."),
        "post": _("We are sending them by mail to the address above."),
        "hand_over": _("You can pick them up at our office. Please bring something that shows who you are."),
    }.get(request.delivery_channel, _("We are sending them the way you asked."))
