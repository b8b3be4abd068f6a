"""Post: a sheet whose address shows in a window envelope, and everything in one PDF to print."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.delivery import queries
from chartpost.delivery.channels import printing
from chartpost.delivery.errors import BadRecipient
from chartpost.delivery.types import Channel, DeliveryView
from chartpost.formats.pdf.types import AddressSheet
from chartpost.identity import queries as identity
from chartpost.kernel.config import config

WINDOW_LINES = 5
WINDOW_CHARACTERS = 60
"""Of one line; longer ones would be set too small to read."""


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
    if max(map(len, lines)) > WINDOW_CHARACTERS:
        raise _bad("a line that is too long for the window", f"at most {WINDOW_CHARACTERS} characters", "Shorten it.")


def address_sheet(delivery_ref: str) -> bytes:
    """The sheet on top: its address shows in the window of a #10 envelope. Raises NotThere, WrongStep."""
    return _sheet(queries.known_delivery(delivery_ref, "post"))


def print_all(delivery_ref: str, letters: Sequence[bytes] = ()) -> printing.Packet:
    """Address sheet, letters (PDF, in order) and the record in one PDF to print, each on sheets of its own.

    The address sheet says how many pages each has. Raises NotThere, WrongStep, and NotReady where the package holds
    nothing that can be printed.
    """
    found = queries.known_delivery(delivery_ref, "post")
    record, *originals = printing.printable(found.package)
    with translation.override(found.package.language):
        inside = _contents(letters, record, originals)
    return printing.packet([_sheet(found, inside), *letters, record, *originals])


def _contents(letters: Sequence[bytes], record: bytes, originals: Sequence[bytes]) -> tuple[str, ...]:
    """What lies behind the address sheet, with page counts; in the language that is active."""
    papers = ((_("Letter"), letters), (_("Copies of health records"), [record]), (_("Documents"), originals))
    counts = [(name, [printing.page_count(data) for data in found]) for name, found in papers if found]
    sheets = 1 + sum(printing.sheets(count) for _name, found in counts for count in found)
    total = ngettext("%(n)d sheet with this one", "%(n)d sheets with this one", sheets) % {"n": sheets}
    return (*(f"{name}: {_pages(sum(found))}" for name, found in counts), total)


def _pages(count: int) -> str:
    return ngettext("%(n)d page", "%(n)d pages", count) % {"n": count}


def _sheet(found: DeliveryView, contents: tuple[str, ...] = ()) -> bytes:
    office = identity.office()
    assert office is not None
    language = found.package.language
    with translation.override(language):
        sheet = AddressSheet(
            office=printing.letterhead(office),
            address=address_lines(found.recipient),
            contents=contents or (_("Copies of health records"),),
            lang="es" if language == "es" else "en",
            demo=config().demo,
        )
    return printing.typeset("address_sheet", sheet, sheet.lang, found.released_at)


def _bad(seen: str, expected: str, todo: str) -> BadRecipient:
    return BadRecipient(seen=seen, expected=expected, todo=todo)


CHANNEL = Channel("post", "to_post", check=check)
