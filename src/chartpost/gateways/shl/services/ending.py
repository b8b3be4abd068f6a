"""The end of links: stopped by their maker, over, or moved with their person."""

from django.db import transaction
from django.db.models import Q

from chartpost.gateways.shl import models
from chartpost.gateways.shl.services import building
from chartpost.gateways.shl.services.serving import gone
from chartpost.gateways.shl.types import OPEN_STATES
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import blobs, clock
from chartpost.ledger import services as ledger


def stop(ref: str, actor: Actor, where: str = "") -> None:
    """End a link of the actor's own at once and delete its file; one that ended stays as it is. Raises NotThere."""
    if not models.Link.objects.filter(ref=ref, account_id=actor.account_id or 0).exists():
        raise gone()
    _end(ref, "stopped", actor, where)


def expire() -> int:
    """End links whose time is over, used up and locked ones too; returns how many. Their files go with them."""
    over = models.Link.objects.filter(state__in=OPEN_STATES, ends_at__lte=clock.now())
    return sum(_end(ref, "expired", SYSTEM, "") for ref in list(over.values_list("ref", flat=True)))


def labelled(person_id: int, labels: int) -> None:
    """End links whose file stays as it is when entries got labels that hide them from who made the link."""
    for link in models.Link.objects.filter(person_id=person_id, state="ready", long_term=False):
        rows = building.rows_of(link)
        if rows is None or rows.hidden_labels & labels:
            _end(link.ref, "expired", SYSTEM, "")


@transaction.atomic
def _end(ref: str, state: str, actor: Actor, where: str) -> bool:
    row = models.Link.objects.select_for_update().get(ref=ref)
    if row.state not in OPEN_STATES:
        return False
    if row.blob:
        blobs.delete(row.blob)
    row.state, row.blob, row.wrapped_key, row.ended_at = state, "", b"", clock.now()
    row.save()
    action = "shl.stop" if state == "stopped" else "shl.expire"
    ledger.append(event(actor, action, row.person_id, f"shl:{ref}", where=where))
    return True


def refile(from_id: int, to_id: int) -> None:
    """Move links with their person when persons are merged or un-merged; files change owner too.

    A link whose file was made while the record held another person's too is over at once.
    """
    rows = models.Link.objects.filter(person_id=from_id)
    filed = identity.belonging(rows.values_list("filed_person_id", flat=True).distinct(), to_id)
    moving = list(rows.filter(filed_person_id__in=filed))
    models.Link.objects.filter(pk__in=[row.pk for row in moving]).update(person_id=to_id)
    for row in moving:
        if row.blob:
            blobs.reassign(row.blob, f"person:{to_id}")
    since = identity.mixed_since(from_id, to_id)
    if since:
        mixed = models.Link.objects.filter(person_id__in=(from_id, to_id), state__in=OPEN_STATES)
        mixed.filter(Q(built_at__gte=since) | Q(state="making")).update(ends_at=clock.now())
