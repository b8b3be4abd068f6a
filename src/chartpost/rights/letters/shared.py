"""Sentences several letters share."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chartpost.formats.readable.words import full_date
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
        "access_code": _("You can open them on our web page with the access code we send you. We call you for it."),
        "sealed": _("You can open them with a link and a password. We give you the password apart from the link."),
        "media": _how_by_media(request),
        "hand_over": _("You can pick them up at our office. Please bring something that shows who you are."),
    }.get(request.delivery_channel, _("We are sending them the way you asked."))


def _how_by_media(request: AccessRequest) -> str:
    if request.delivery_address:
        return _("We are mailing them on a locked stick or disc. The password comes in another letter, or we call you.")
    return _("You can pick them up on a locked stick or disc. You get the password on a sheet of its own.")


_TIMED = re.compile(r"(?P<minutes>\S+) min at (?P<rate>\S+) an hour")
_PAGED = re.compile(r"(?P<pages>\d+) pages at (?P<price>\S+)")


def fee_line(line: Mapping[str, Any]) -> str:
    """One line of a quote in the letter's language: what it is and how it was worked out."""
    names = {
        "labor": _("Work to make the copy"),
        "flat": _("Flat fee; it covers everything"),
        "postage": _("Postage"),
        "per_page": _("Copies of paper pages"),
        "summary": _("Summary you asked for"),
        "state_cap": _("Less: state law sets a limit"),
        "entity_cap": _("Less: our own limit"),
    }
    items = {"paper": _("Paper"), "media": _("Disc or stick you asked for")}
    item = str(line["item"])
    name = names.get(str(line["kind"])) or items.get(item, item)
    how = _worked_out(str(line["how"]))
    return f"{name} ({how})" if how else name


def _worked_out(how: str) -> str:
    timed, paged = _TIMED.fullmatch(how), _PAGED.fullmatch(how)
    if timed:
        return _("%(minutes)s minutes at %(rate)s an hour") % timed.groupdict()
    if paged:
        return _("%(pages)s pages at %(price)s each") % paged.groupdict()
    return ""
