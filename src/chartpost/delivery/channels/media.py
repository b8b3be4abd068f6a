"""Media: copies on a stick or a disc, locked; the password goes on a sheet of its own, apart from it."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery import boxes, queries
from chartpost.delivery.channels import hand_over, post, printing
from chartpost.delivery.errors import NotThere, WrongStep
from chartpost.delivery.types import Channel
from chartpost.formats.pdf.types import ReceiptDocument
from chartpost.formats.sealedbox import word_list
from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.kernel.config import config

WORDS = 5


def is_mailed(recipient: Mapping[str, Any]) -> bool:
    """Whether it goes by mail: there is an address. Otherwise it is picked up."""
    return bool(recipient.get("address") or recipient.get("address_line"))


def check(recipient: Mapping[str, Any]) -> None:
    """Before release there must be a name, and an address that fits the window if it is mailed; raises BadRecipient."""
    if is_mailed(recipient):
        post.check(recipient)
    else:
        hand_over.check(recipient)


def password_sheet(delivery_ref: str, password: str) -> bytes:
    """One page to mail or hand over apart from the stick. Raises NotThere, WrongStep for no box or no such password."""
    found = queries.known_delivery(delivery_ref, boxes.CHANNEL_NAME)
    box = boxes.current(delivery_ref)
    if box is None:
        raise NotThere(seen="no stick or disc", expected="one that was made", todo="Make it first.")
    words = password.split("-")
    if len(words) != WORDS or not set(words) <= set(word_list()):
        raise WrongStep(seen="another password", expected="the five words drawn for it", todo="Make the box again.")
    office = identity.office()
    assert office is not None
    language = "es" if found.package.language == "es" else "en"
    with translation.override(language):
        sheet = ReceiptDocument(
            office=printing.letterhead(office),
            title=_("Your password"),
            number=found.ref,
            date=clock.today(found.zone),
            rows=(
                (_("For"), str(found.recipient.get("name", ""))),
                (_("Password"), _in_lines(words)),
                (_("Check number of OPEN-ME.html (SHA-256)"), _spaced(box.page_sha256)),
                (_("Check number of records.cps (SHA-256)"), _spaced(box.box_sha256)),
            ),
            statement=_(
                "Your copies are on a locked stick or disc. Keep this page apart from it. We keep no copy of it."
            ),
            next_steps=(
                _("Put the stick or disc into a computer and double-click OPEN-ME.html. You need no internet."),
                _("Type the password, with the dashes. Then look at your copies or save them."),
                _("SUMMARY.pdf is a summary of a few pages. It opens with the same password."),
                _("The check numbers tell whether a file is the one we made. Any tool for SHA-256 shows them."),
                _("Did you lose this page? Call us: %(phone)s. We make a new stick or disc.") % {"phone": office.phone},
            ),
            lang="es" if language == "es" else "en",
            demo=config().demo,
        )
    return printing.typeset("receipt", sheet, sheet.lang, clock.now())


def _in_lines(words: list[str]) -> str:
    """Two words on a line, so that no line breaks within one; the dash stays at the end of its line."""
    joined = [f"{word}-" for word in words[:-1]] + words[-1:]
    return "\n".join("".join(joined[at : at + 2]) for at in range(0, len(joined), 2))


def _spaced(digest: str) -> str:
    """A hash in groups of eight, so that it can be read and compared, and breaks over lines."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


CHANNEL = Channel(boxes.CHANNEL_NAME, "to_make", check=check)
