"""Verbs of the delivery room: release a package by a channel, keep the evidence that it arrived."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from chartpost.delivery import channels, models, on_receipt
from chartpost.delivery.errors import NotReady, NotThere
from chartpost.identity import queries as identity
from chartpost.identity.services import event, notify
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock
from chartpost.law.calendar import business_days_after
from chartpost.ledger import services as ledger

ASK_AFTER_BUSINESS_DAYS = 2
LATE_DAYS = 30


@transaction.atomic
def deliver(package_ref: str, channel_name: str, recipient: dict[str, Any], actor: Actor) -> str:
    """Release a finished package by a channel; returns the delivery's reference. Raises NotReady."""
    package = models.Package.objects.filter(ref=package_ref).first()
    if package is None or package.state != "ready":
        raise NotReady(
            seen="a package that is not built", expected="a finished package", todo="Wait, or build it again."
        )
    channel = channels.get(channel_name)
    row = models.Delivery.objects.create(
        package=package,
        person_id=package.person_id,
        channel=channel.name,
        state=channel.first_state,
        recipient=recipient,
        released_by=actor.account_id,
    )
    ledger.append(
        event(
            actor,
            "delivery.release",
            package.person_id,
            f"delivery:{row.ref}",
            channel=channel.name,
            parts=package.parts.count(),
        )
    )
    channel.on_release(row.ref)
    return row.ref


def opened(delivery_ref: str, part_ref: str, sha256: str, actor: Actor) -> None:
    """A file was opened in the portal: a receipt with its hash, once per file and account."""
    row = _row(delivery_ref)
    if row.receipts.filter(kind="opened", part_ref=part_ref, by_account=actor.account_id).exists():
        return
    _receive(row, "opened", actor, part_ref=part_ref, sha256=sha256)


def posted(delivery_ref: str, on: date, tracking: str, actor: Actor) -> None:
    """The package was posted on a day."""
    row = _row(delivery_ref)
    row.state, row.posted_on, row.tracking = "posted", on, tracking
    row.save()
    _receive(row, "posted", actor, detail={"on": on.isoformat()})


def handed_over(delivery_ref: str, to_name: str, actor: Actor) -> None:
    """Somebody collected the package and signed for it."""
    row = _row(delivery_ref)
    if not to_name.strip():
        raise NotThere(
            seen="no name", expected="the name of the person who signed", todo="Write the name, then try again."
        )
    row.state = "handed_over"
    row.save()
    _receive(row, "handed_over", actor, detail={"signed_by": to_name.strip()})


def confirm(delivery_ref: str, arrived: bool, problem: str, actor: Actor) -> None:
    """The answer to "did it arrive, can you read it?"; a problem opens the delivery again."""
    row = _row(delivery_ref)
    row.confirmed_at = clock.now()
    row.state = "confirmed" if arrived else "problem"
    row.problem = problem.strip()[:500]
    row.save()
    _receive(row, "arrived" if arrived else "problem", actor)


@transaction.atomic
def _receive(row: models.Delivery, kind: str, actor: Actor, **fields: Any) -> None:
    models.Receipt.objects.create(delivery=row, kind=kind, by_account=actor.account_id, by_name=actor.name, **fields)
    ledger.append(event(actor, f"delivery.{kind}", row.person_id, f"delivery:{row.ref}", channel=row.channel))
    on_receipt.tell(row.package.request_ref, row.ref, kind)


def _row(ref: str) -> models.Delivery:
    row = models.Delivery.objects.filter(ref=ref).select_related("package").first()
    if row is None:
        raise NotThere(seen="an unknown delivery", expected="a delivery of this office", todo="Open the request again.")
    return row


def ask_arrivals() -> int:
    """Ask, two business days after release, whether it arrived and can be read; returns how many were asked."""
    today = clock.today(identity.office_zone())
    waiting = models.Delivery.objects.filter(
        asked_at=None, confirmed_at=None, released_at__gt=clock.now() - timedelta(days=LATE_DAYS)
    )
    asked = 0
    for row in waiting.select_related("package"):
        if not row.package.request_ref or business_days_after(row.released_at.date(), ASK_AFTER_BUSINESS_DAYS) > today:
            continue
        with transaction.atomic():
            row.asked_at = clock.now()
            row.save(update_fields=["asked_at"])
            ledger.append(event(SYSTEM, "delivery.ask", row.person_id, f"delivery:{row.ref}"))
        notify(row.person_id, "arrived", f"/requests/{row.package.request_ref}/")
        asked += 1
    return asked
