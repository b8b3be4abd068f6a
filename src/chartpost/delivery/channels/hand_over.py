"""Hand-over: somebody collects the copies at the office, shows who they are, and signs a receipt."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery import queries
from chartpost.delivery.channels import printing
from chartpost.delivery.errors import BadRecipient
from chartpost.delivery.types import FORMATS, Channel, DeliveryView
from chartpost.formats.pdf.types import ReceiptDocument
from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.kernel.config import config

HASH_SHOWN = 16


def check(recipient: Mapping[str, Any]) -> None:
    """Before release it must be known who may collect it; raises BadRecipient."""
    if not str(recipient.get("name", "")).strip():
        raise BadRecipient(
            seen="no name",
            expected="the name of the person who will collect it",
            todo="Write the name, then release it.",
        )


def pick_up_receipt(delivery_ref: str) -> bytes:
    """A one-page receipt to sign at the desk: what is handed over, to whom, when. Raises NotThere, WrongStep."""
    found = queries.known_delivery(delivery_ref, "hand_over")
    office = identity.office()
    assert office is not None
    language = found.package.language
    with translation.override(language):
        receipt = ReceiptDocument(
            office=printing.letterhead(office),
            title=_("Receipt for copies of health records"),
            number=found.ref,
            date=clock.today(found.zone),
            rows=_rows(found),
            statement=_("I received these copies today."),
            sign_here=(_("Signature"), _("Name in print")),
            lang="es" if language == "es" else "en",
            demo=config().demo,
        )
    return printing.typeset("receipt", receipt, receipt.lang, found.released_at)


def _rows(found: DeliveryView) -> tuple[tuple[str, str], ...]:
    files = tuple((_(FORMATS[p.format]), f"{p.name}\nSHA-256 {p.sha256[:HASH_SHOWN]}…") for p in found.package.parts)
    return ((_("To be collected by"), str(found.recipient.get("name", ""))), *files)


CHANNEL = Channel("hand_over", "to_hand_over", check=check)
