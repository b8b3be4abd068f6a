"""Post: a sheet whose address shows in a window envelope, and everything in one PDF to print."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery import queries
from chartpost.delivery.channels import printing
from chartpost.delivery.errors import BadRecipient
from chartpost.delivery.types import Channel, DeliveryView
from chartpost.formats.pdf.types import AddressSheet
from chartpost.identity import queries as identity
from chartpost.kernel.config import config

WINDOW_LINES = 5


def address_lines(recipient: Mapping[str, Any]) -> tuple[str, ...]:
    """Name and postal address, one line each, from `address` (lines) or address_line, city, state and postal_code."""
    town = f"{recipient.get('city', '')}, {recipient.get('state', '')} {recipient.get('postal_code', '')}".strip(" ,")
    given = str(recipient.get("address", "")).splitlines() or [
        *str(recipient.get("address_line", "")).splitlines(),
        town,
    ]
    name = str(recipient.get("name", "")).strip()
    lines = [line.strip() for line in given if line.strip()]
    return (name, *(line for line in lines if line != name))


def check(recipient: Mapping[str, Any]) -> None:
    """Before release there must be a name and an address that fits the window; raises BadRecipient."""
    lines = address_lines(recipient)
    if not lines[0]:
        raise _bad("no name", "the name of the person it goes to", "Write the name, then release it.")
    if len(lines) < 2:
        raise _bad("no postal address", "street and town", "Ask for the address and write it, then release it.")
    if len(lines) > WINDOW_LINES:
        raise _bad(
            f"an address of {len(lines)} lines with the name",
            f"at most {WINDOW_LINES} lines, which show in the window",
            "Shorten it.",
        )


def address_sheet(delivery_ref: str) -> bytes:
    """The sheet on top: its address shows in the window of a #10 envelope. Raises NotThere, WrongStep."""
    return _sheet(queries.known_delivery(delivery_ref, "post"))


def print_all(delivery_ref: str, letters: Sequence[bytes] = ()) -> bytes:
    """Address sheet, letters (PDF, in order) and the record in one PDF to print.

    Raises NotThere, WrongStep, and NotReady where the package holds nothing that can be printed.
    """
    found = queries.known_delivery(delivery_ref, "post")
    return printing.joined([_sheet(found), *letters, *printing.printable(found.package)])


def _sheet(found: DeliveryView) -> bytes:
    office = identity.office()
    assert office is not None
    language = found.package.language
    with translation.override(language):
        sheet = AddressSheet(
            office=printing.letterhead(office),
            address=address_lines(found.recipient),
            contents=(_("Copies of health records"),),
            lang="es" if language == "es" else "en",
            demo=config().demo,
        )
    return printing.typeset("address_sheet", sheet, sheet.lang, found.released_at)


def _bad(seen: str, expected: str, todo: str) -> BadRecipient:
    return BadRecipient(seen=seen, expected=expected, todo=todo)


CHANNEL = Channel("post", "to_post", check=check)
