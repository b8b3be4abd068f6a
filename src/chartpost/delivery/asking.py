"""Asking, two business days after copies went out, whether they arrived and can be read."""

from datetime import date, timedelta

from django.db import transaction

from chartpost.delivery import models, on_receipt
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock
from chartpost.law.calendar import business_days_after
from chartpost.ledger import services as ledger

ASK_AFTER_BUSINESS_DAYS = 2
LATE = timedelta(days=30)
ON_THEIR_WAY = {"portal": "released", "post": "posted", "media": "posted"}
"""Channels to ask about, in the state where something may have arrived; who collects copies has them in hand."""


def ask_arrivals() -> int:
    """Ask once about each delivery that went out two business days ago or more; returns how many were asked.

    Days are counted at the facility. Who is asked, by mail that names nothing of the record, is for `rights`.
    """
    asked = 0
    waiting = models.Delivery.objects.filter(asked_at=None, confirmed_at=None, released_at__gt=clock.now() - LATE)
    for row in waiting.exclude(package__request_ref="").select_related("package"):
        zone = row.zone or identity.office_zone()
        sent_on = _sent_on(row, zone)
        if sent_on and business_days_after(sent_on, ASK_AFTER_BUSINESS_DAYS) <= clock.today(zone):
            asked += _ask(row)
    return asked


def _sent_on(row: models.Delivery, zone: str) -> date | None:
    if row.state != ON_THEIR_WAY.get(row.channel):
        return None
    return row.posted_on or clock.local_date(row.released_at, zone)


def _ask(row: models.Delivery) -> bool:
    with transaction.atomic():
        fresh = models.Delivery.objects.filter(pk=row.pk, asked_at=None, confirmed_at=None)
        if not fresh.update(asked_at=clock.now()):
            return False
        ledger.append(event(SYSTEM, "delivery.ask", row.person_id, f"delivery:{row.ref}"))
        on_receipt.tell(row.package.request_ref, row.ref, "asked")
    return True
