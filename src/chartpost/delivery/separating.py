"""Copies nobody opens any more: made while two persons were taken for one, or before entries became confidential."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from chartpost.delivery import boxes, models
from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM
from chartpost.kernel import blobs, clock
from chartpost.ledger import services as ledger

GONE = ("posted", "handed_over", "confirmed")
"""States of deliveries whose copies are in somebody's hands."""


def withdraw(person_ids: Sequence[int], since: datetime) -> int:
    """Take back packages of these persons built since a moment, in the caller's transaction; returns how many.

    Copies people made for themselves are deleted. What a request asked for stays on record, but no way leads to it:
    its access codes end, and a stick that is still here is deleted. What is being built is built anew.
    """
    found = models.Package.objects.select_for_update().filter(person_id__in=person_ids)
    found.filter(state="waiting").update(made_at=clock.now())
    ready = list(found.filter(state="ready", ready_at__gte=since))
    for row in ready:
        _take_back(row, "package.withdraw")
        _close(row.deliveries.all())
    return len(ready)


def labelled(person_id: int, labels: int) -> None:
    """Delete copies made for oneself, in the caller's transaction, when entries got labels that hide them from some.

    Who may still see all can make a new one. What is being built is built anew.
    """
    if not labels & (policies.EXCEPTED | int(Label.MINOR_CONFIDENTIAL)):
        return
    own = models.Package.objects.select_for_update().filter(person_id=person_id, request_ref="")
    own.filter(state="waiting").update(made_at=clock.now())
    for row in list(own.filter(state="ready")):
        _take_back(row, "package.recall")


def _take_back(row: models.Package, action: str) -> None:
    own = not row.request_ref
    for part in row.parts.exclude(blob="") if own else ():
        blobs.delete(part.blob)
    if own:
        row.parts.update(blob="")
    row.state = "expired" if own else "withdrawn"
    row.save(update_fields=["state"])
    ledger.append(event(SYSTEM, action, row.person_id, f"package:{row.ref}"))


def _close(deliveries: QuerySet[models.Delivery]) -> None:
    models.AccessCode.objects.filter(delivery__in=deliveries, state="open").update(state="ended")
    for row in deliveries:
        boxes.forget(row)
    deliveries.exclude(state__in=GONE).update(state="problem")
