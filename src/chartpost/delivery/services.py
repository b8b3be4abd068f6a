"""Verbs of the delivery room: release a package by a channel, keep the evidence that it arrived."""

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from chartpost.delivery import boxes, channels, models, on_receipt, queries
from chartpost.delivery.errors import NotReady, NotThere, WrongStep
from chartpost.delivery.types import WAITING
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger

log = logging.getLogger("chartpost.delivery")

ACTIONS = {
    "opened": "delivery.open",
    "posted": "delivery.post",
    "handed_over": "delivery.hand_over",
    "arrived": "delivery.confirm",
    "problem": "delivery.fail",
}
"""Receipts and what the ledger calls them."""
TRACKING_CHARACTERS = 100
PROBLEM_CHARACTERS = 500


@transaction.atomic
def deliver(package_ref: str, channel_name: str, recipient: Mapping[str, Any], actor: Actor, zone: str = "") -> str:
    """Release a finished package by a channel; returns the delivery's reference.

    `zone` is the IANA time zone of the facility, the office's where it is empty. Raises NotReady, NoSuchChannel, and
    BadRecipient when the channel lacks something, such as the address; nothing is released then.
    """
    package = models.Package.objects.select_for_update().filter(ref=package_ref).first()
    if package is None or package.state != "ready":
        raise NotReady(
            seen="a package that is not built", expected="a finished package", todo="Wait, or build it again."
        )
    channel = channels.get(channel_name)
    channel.check(recipient)
    row = models.Delivery.objects.create(
        package=package,
        person_id=package.person_id,
        channel=channel.name,
        state=channel.first_state,
        recipient=dict(recipient),
        released_at=clock.now(),
        released_by=actor.account_id,
        zone=zone or identity.office_zone(),
    )
    ledger.append(event(actor, "delivery.release", package.person_id, f"delivery:{row.ref}", channel=channel.name))
    channel.on_release(row.ref)
    return row.ref


@transaction.atomic
def opened(delivery_ref: str, part_ref: str, sha256: str, actor: Actor) -> None:
    """A file was opened in the portal: a receipt with its hash, once per file and account.

    What staff open to check is no receipt. Raises NotThere when the file or its hash is not of this delivery.
    """
    row = _row(delivery_ref)
    if actor.kind == "staff":
        return
    if not row.package.parts.filter(ref=part_ref, sha256=sha256).exists():
        raise NotThere(
            seen="a file or hash of another package", expected="a file of this delivery", todo="Open the request again."
        )
    if row.receipts.filter(kind="opened", part_ref=part_ref, by_account=actor.account_id).exists():
        return
    try:
        with transaction.atomic():
            _receive(row, "opened", actor, part_ref=part_ref, sha256=sha256)
    except IntegrityError:
        log.info("the same file was opened twice at the same moment; one receipt is kept")


@transaction.atomic
def opened_by_link(delivery_ref: str) -> None:
    """Whoever holds link and password of a sealed delivery opened all of it and proved so; counted once."""
    row = _row(delivery_ref)
    if not row.receipts.filter(kind="opened").exists():
        _receive(row, "opened", Actor("code", ref=row.ref, name=str(row.recipient.get("name", ""))))


@transaction.atomic
def posted(delivery_ref: str, on: date, tracking: str, actor: Actor) -> None:
    """The package was posted on a day; raises WrongStep for another channel and for a day that cannot be."""
    row = _row(delivery_ref, "post", boxes.CHANNEL_NAME)
    zone = row.zone or identity.office_zone()
    if not clock.local_date(row.released_at, zone) <= on <= clock.today(zone):
        raise WrongStep(
            seen="a day before the release or after today",
            expected="the day it was posted",
            todo="Correct the day, then try again.",
        )
    if row.channel == "post" and row.state != "to_post":
        raise WrongStep(
            seen="copies that do not wait for the mail",
            expected="copies to post",
            todo="Open the request again to see where they are.",
        )
    boxes.give_away(row)
    row.state, row.posted_on, row.tracking = "posted", on, tracking.strip()[:TRACKING_CHARACTERS]
    row.save()
    _receive(row, "posted", actor, detail={"on": on.isoformat(), "tracking": row.tracking})


@transaction.atomic
def handed_over(delivery_ref: str, to_name: str, actor: Actor) -> None:
    """Somebody collected the package and signed for it; a second time for the same delivery is a WrongStep."""
    row = _row(delivery_ref, "hand_over", boxes.CHANNEL_NAME)
    if not to_name.strip():
        raise NotThere(
            seen="no name", expected="the name of the person who signed", todo="Write the name, then try again."
        )
    boxes.give_away(row)
    if row.channel == "hand_over" and row.state != "to_hand_over":
        raise WrongStep(
            seen="copies that are not waiting at the desk",
            expected="copies to hand over",
            todo="Open the request again to see where they are.",
        )
    row.state = "handed_over"
    row.save()
    _receive(row, "handed_over", actor, detail={"signed_by": to_name.strip()})


@transaction.atomic
def confirm(delivery_ref: str, arrived: bool, problem: str, actor: Actor) -> None:
    """The answer to "did it arrive, can you read it?"; a problem opens the delivery again.

    The same answer twice counts once.
    """
    row = _row(delivery_ref)
    state = "confirmed" if arrived else "problem"
    if row.state == state:
        return
    row.state, row.confirmed_at, row.problem = (
        state,
        clock.now(),
        "" if arrived else problem.strip()[:PROBLEM_CHARACTERS],
    )
    row.save()
    _receive(row, "arrived" if arrived else "problem", actor)


@transaction.atomic
def close(delivery_ref: str) -> None:
    """End the ways in from outside to a delivery that failed: it may be in wrong hands, and another takes its place."""
    row = _row(delivery_ref)
    row.closed_at = row.closed_at or clock.now()
    row.save(update_fields=["closed_at"])
    row.codes.filter(state="open").update(state="ended")
    _stop(row)
    channels.get(row.channel).on_close(row.ref)


@transaction.atomic
def stop(delivery_ref: str) -> None:
    """Have copies that did not leave the house stay here: they are not posted, handed over, printed or burnt."""
    _stop(_row(delivery_ref))


def _stop(row: models.Delivery) -> None:
    if row.state in WAITING:
        boxes.forget(row)
        row.state = "stopped"
        row.save(update_fields=["state"])


def _receive(row: models.Delivery, kind: str, actor: Actor, **fields: Any) -> None:
    models.Receipt.objects.create(
        delivery=row, kind=kind, by_account=actor.account_id, by_name=actor.name, at=clock.now(), **fields
    )
    ledger.append(event(actor, ACTIONS[kind], row.person_id, f"delivery:{row.ref}", channel=row.channel))
    on_receipt.tell(row.package.request_ref, row.ref, kind)


def _row(ref: str, *among: str) -> models.Delivery:
    row = models.Delivery.objects.select_for_update().filter(ref=ref).select_related("package").first()
    if row is None:
        raise NotThere(seen="an unknown delivery", expected="a delivery of this office", todo="Open the request again.")
    if among and row.channel not in among:
        raise WrongStep(
            seen=f"a delivery by {row.channel}",
            expected=f"one by {' or '.join(among)}",
            todo="Open the request again.",
        )
    if among and row.state == "stopped":
        raise queries.stopped()
    return row
