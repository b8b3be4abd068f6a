"""Settling what waits in the inbox: staff say whose it is, or that it is nobody's; the import then goes on."""

from typing import Any

from django.db import transaction

from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger
from chartpost.records import models
from chartpost.records.errors import NotStored
from chartpost.records.ingest import ImportReport, originals, resume
from chartpost.records.ingest.decide import NEW


def settle(inbox_ref: str, person_id: int | None, actor: Actor) -> ImportReport:
    """File what waits with a person (None: with a new one) and go on with its import.

    Settling again in the same way only makes sure that the import is complete. Raises NotStored for an item settled
    in another way, NotFound for an unknown person.
    """
    wanted = identity.person_by_id(person_id).id if person_id is not None else None
    with transaction.atomic():
        item = _locked(inbox_ref)
        if item.state == "waiting":
            item.person_id = wanted
            _close(item, "settled", {"person": NEW if wanted is None else wanted}, actor)
            ledger.append(event(actor, "inbox.settle", wanted, f"inbox:{item.ref}", "import", outcome="filed"))
        elif item.state != "settled" or (item.person_id != wanted and wanted is not None):
            raise _settled()
    report = resume(item.file, actor)
    decided = item.file.people.get(item.key, {}).get("person")
    if wanted is None and isinstance(decided, int):
        models.InboxItem.objects.filter(pk=item.pk).update(person_id=decided)
    return report


def discard(inbox_ref: str, reason: str, actor: Actor) -> None:
    """Decide that what waits belongs in no record; the original stays with its reason. Twice is once."""
    with transaction.atomic():
        item = _locked(inbox_ref)
        if item.state == "discarded":
            return
        if item.state != "waiting":
            raise _settled()
        item.shown = {**item.shown, "discarded_because": reason}
        _close(item, "discarded", {"discarded": True}, actor)
        ledger.append(event(actor, "inbox.settle", None, f"inbox:{item.ref}", "import", outcome="discarded"))
        item.file.state = originals.state(item.file)
        item.file.save(update_fields=["state"])


def _locked(inbox_ref: str) -> models.InboxItem:
    """An item; the row of its file is locked, as by everybody who decides of a file."""
    rows = models.InboxItem.objects.select_related("file", "file__source").filter(ref=inbox_ref)
    item = rows.first()
    if item is None:
        raise NotStored(seen="an unknown inbox item", expected="one that waits", todo="Reload the inbox.")
    originals.fresh(item.file)
    item.refresh_from_db(fields=["state", "person_id", "shown"])
    return item


def _close(item: models.InboxItem, state: str, decision: dict[str, Any], actor: Actor) -> None:
    item.state, item.settled_by, item.settled_at = state, actor.account_id, clock.now()
    item.save(update_fields=["state", "person_id", "shown", "settled_by", "settled_at"])
    item.file.people[item.key] = {**item.file.people.get(item.key, {}), **decision}
    item.file.save(update_fields=["people"])


def _settled() -> NotStored:
    return NotStored(seen="an item settled in another way", expected="one that waits", todo="Reload the inbox.")
