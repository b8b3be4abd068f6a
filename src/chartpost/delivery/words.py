"""Where a delivery stands, in words that patients and staff both read."""

from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chartpost.delivery.types import DeliveryView
from chartpost.formats.readable.words import full_date
from chartpost.kernel.clock import local_date


def status_line(found: DeliveryView) -> tuple[str, str]:
    """One sentence and its tone (info, success or warning), in the language that is active."""
    return _LINES.get(found.state, _released)(found)


def _problem(_found: DeliveryView) -> tuple[str, str]:
    return _("There was a problem with these copies. We are looking into it."), "warning"


def _confirmed(found: DeliveryView) -> tuple[str, str]:
    day = _day(found.confirmed_at or found.released_at, found)
    return _("The copies arrived. This was confirmed on %(day)s.") % {"day": day}, "success"


def _to_post(found: DeliveryView) -> tuple[str, str]:
    return _("Released on %(day)s. The letter is not in the mail yet.") % {
        "day": _day(found.released_at, found)
    }, "info"


def _posted(found: DeliveryView) -> tuple[str, str]:
    day = full_date(found.posted_on, _language()) if found.posted_on else _day(found.released_at, found)
    text = _("Mailed on %(day)s.") % {"day": day}
    return f"{text} {_tracking(found.tracking)}".strip(), "info"


def _tracking(number: str) -> str:
    return _("Tracking number: %(number)s.") % {"number": number} if number else ""


def _to_make(found: DeliveryView) -> tuple[str, str]:
    return _("Released on %(day)s. The stick or disc is not made yet.") % {
        "day": _day(found.released_at, found)
    }, "info"


def _made(_found: DeliveryView) -> tuple[str, str]:
    return _("The stick or disc is made. It is not in the mail or picked up yet."), "info"


def _to_hand_over(found: DeliveryView) -> tuple[str, str]:
    day = _day(found.released_at, found)
    return _("Ready to pick up at the office since %(day)s. Bring a photo ID.") % {"day": day}, "info"


def _handed_over(found: DeliveryView) -> tuple[str, str]:
    receipt = next((r for r in reversed(found.receipts) if r.kind == "handed_over"), None)
    facts = {
        "name": receipt.detail.get("signed_by", "") if receipt else "",
        "day": _day(receipt.at if receipt else found.released_at, found),
    }
    return _("Picked up on %(day)s. %(name)s signed for it.") % facts, "success"


def _released(found: DeliveryView) -> tuple[str, str]:
    opened = [r for r in found.receipts if r.kind == "opened"]
    if opened:
        facts = {"day": _day(opened[0].at, found), "name": opened[0].by_name}
        return _("First opened on %(day)s by %(name)s.") % facts, "success"
    return _("Ready to open since %(day)s. Not opened yet.") % {"day": _day(found.released_at, found)}, "info"


def _day(moment: datetime, found: DeliveryView) -> str:
    day: date = local_date(moment, found.zone)
    return full_date(day, _language())


def _language() -> str:
    return (get_language() or "en")[:2]


def _stopped(_found: DeliveryView) -> tuple[str, str]:
    return _("These copies were stopped before they left the office."), "warning"


_LINES = {
    "problem": _problem,
    "confirmed": _confirmed,
    "to_post": _to_post,
    "posted": _posted,
    "to_make": _to_make,
    "made": _made,
    "to_hand_over": _to_hand_over,
    "handed_over": _handed_over,
    "stopped": _stopped,
}
