"""Access code: copies on our site for somebody without e-mail; a printed code, the date of birth, and a call."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chartpost.delivery import codes, queries
from chartpost.delivery.channels import printing
from chartpost.delivery.errors import BadRecipient
from chartpost.delivery.types import Channel
from chartpost.formats.pdf.types import ReceiptDocument
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.kernel.config import config


def check(recipient: Mapping[str, Any]) -> None:
    """Before release there must be a name and a telephone number to call; raises BadRecipient."""
    for key, what in (("name", "the name of the person who gets it"), ("phone", "a telephone number to call")):
        if not str(recipient.get(key, "")).strip():
            raise BadRecipient(seen=f"no {key}", expected=what, todo="Write it into the request, then release it.")


def code_sheet(delivery_ref: str, actor: Actor) -> bytes:
    """One page to mail or hand over: a new code and how to use it; earlier codes end. Raises NotThere, WrongStep."""
    found = queries.known_delivery(delivery_ref, codes.CHANNEL_NAME)
    office = identity.office()
    assert office is not None
    code = codes.make(delivery_ref, actor)
    made = codes.current(delivery_ref)
    assert made is not None
    language = "es" if found.package.language == "es" else "en"
    with translation.override(language):
        last = date_format(clock.local_date(made.ends_at, found.zone), "DATE_FORMAT")
        sheet = ReceiptDocument(
            office=printing.letterhead(office),
            title=_("Your access code"),
            number=found.ref,
            date=clock.today(found.zone),
            rows=(
                (_("For"), str(found.recipient.get("name", ""))),
                (_("Your code"), code),
                (_("Web page"), f"{config().base_url}/code/"),
                (_("Use it before"), last),
            ),
            statement=_(
                "Your copies are locked on our site. Keep this page safe. Do not write your date of birth on it."
            ),
            next_steps=(
                _("Open the web page on any phone or computer. You need no account and no e-mail."),
                _("Type the code and your date of birth."),
                _("We call you, or you call us: %(phone)s. We tell you a one-time password.") % {"phone": office.phone},
                _("Type the one-time password. Then save your copies."),
            ),
            lang="es" if language == "es" else "en",
            demo=config().demo,
        )
    return printing.typeset("receipt", sheet, sheet.lang, clock.now())


CHANNEL = Channel(codes.CHANNEL_NAME, "released", check=check)
