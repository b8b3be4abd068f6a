"""Ending shares: taken back by the sender, over by time, and what is swept away after them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import transaction

from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock, parts
from chartpost.kernel.parts.sweeping import sweep as sweep_parts
from chartpost.shares import asks, ids, models, telling
from chartpost.shares.errors import NotThere
from chartpost.shares.services.making import check_open
from chartpost.shares.types import ENDED

ABANDONED = timedelta(days=7)
"""After so long without a part an upload that was never completed is over."""
BY_TOKEN: Mapping[str, str] = MappingProxyType({"how": "token"})
"""What the ledger says of an act of whoever holds the upload token, who need not be signed in."""
KEPT = timedelta(days=90)
"""How long the sender sees a share that is over."""


def revoke(share_id: str, actor: Actor, where: str = "") -> None:
    """Take an account's share back: its ciphertext goes at once. Raises NotThere for what is not theirs."""
    _end(mine(share_id, actor), "revoked", actor, where)


def revoke_for(share: models.Share, actor: Actor, where: str = "") -> None:
    """Take a share back for the office, whoever of its staff made it; the caller asked the policy."""
    _end(share, "revoked", actor, where)


def revoke_by_token(share: models.Share, where: str = "") -> None:
    """Take a share back by its upload token; one that is over stays as it is."""
    _end(share, "revoked", telling.sender(share), where, BY_TOKEN)


def extend(share_id: str, actor: Actor, expires_at: datetime, where: str = "") -> datetime:
    """Move the end of an account's share; raises NotThere, Gone, Malformed."""
    row = mine(share_id, actor)
    check_open(row)
    row.expires_at = asks.ends({"expires_at": expires_at.isoformat()})
    with transaction.atomic():
        row.save(update_fields=["expires_at"])
        telling.note("share.extend", row, actor, where)
    return row.expires_at


def drop_recipient(share: models.Share, recipient_id: str, where: str = "", actor: Actor | None = None) -> None:
    """Take one link back; the others stay. Without an actor the upload token is who asks. Raises NotThere."""
    with transaction.atomic():
        rows = models.Recipient.objects.filter(pk=recipient_id, share=share)
        if not rows.exists():
            raise _not_there("no such link")
        if rows.filter(ended_at=None).update(ended_at=clock.now()):
            by = telling.sender(share) if actor is None else actor
            telling.note("share.link_end", share, by, where, **(BY_TOKEN if actor is None else {}))


def unlock(share_id: str, recipient_id: str, actor: Actor, where: str = "") -> None:
    """Let a locked link be tried again; raises NotThere, Gone."""
    row = mine(share_id, actor)
    check_open(row)
    if not row.recipients.filter(pk=recipient_id).exists():
        raise _not_there("no such link")
    with transaction.atomic():
        models.Guess.objects.filter(pk=recipient_id).update(failures=0, locked_at=None)
        telling.note("share.unlock", row, actor, where)


def mine(share_id: str, actor: Actor) -> models.Share:
    """An account's own share; raises NotThere."""
    row = models.Share.objects.filter(pk=share_id, account_id=actor.account_id or 0).first()
    if row is None:
        raise _not_there("no such share of this account")
    return row


def expire() -> int:
    """End what is over by time or was abandoned, and forget what ended long ago; returns how many ended."""
    now, ended = clock.now(), 0
    live = models.Share.objects.exclude(state__in=ENDED)
    stale = live.filter(state="uploading", touched_at__lt=now - ABANDONED)
    for row in [*live.filter(expires_at__lte=now), *stale]:
        ended += _end(row, "expired", SYSTEM, "")
    for row in models.Share.objects.filter(state__in=ENDED, ended_at__lt=now - KEPT):
        models.Guess.objects.filter(pk__in=list(row.recipients.values_list("pk", flat=True))).delete()
        row.delete()
    known = models.Recipient.objects.values("pk")
    models.Guess.objects.filter(last_at__lt=now - KEPT).exclude(pk__in=known).delete()
    models.Open.objects.filter(ends_at__lt=now - KEPT, received_at=None).delete()
    return ended


def sweep(**more: Any) -> int:
    """Remove stored objects that no share names, and parts that a kill cut off; returns how many."""
    return sweep_parts(_named, **more)


def refile(from_id: int, to_id: int) -> None:
    """Move shares with their person when persons are merged or un-merged.

    What was sent of a record while it held another person's too is over at once.
    """
    rows = models.Share.objects.filter(person_id=from_id)
    filed = identity.belonging(rows.values_list("filed_person_id", flat=True).distinct(), to_id)
    rows.filter(filed_person_id__in=filed).update(person_id=to_id)
    since = identity.mixed_since(from_id, to_id)
    if since:
        mixed = models.Share.objects.filter(person_id__in=(from_id, to_id), made_at__gte=since)
        mixed.exclude(state__in=ENDED).update(expires_at=clock.now())


def _named(names: Collection[str]) -> set[str]:
    wanted = {ids.encode(bytes.fromhex(name)): name for name in names if len(name) == 32}
    rows = models.Object.objects.filter(pk__in=list(wanted)).values_list("pk", flat=True)
    return {wanted[pk] for pk in rows}


def _end(
    row: models.Share, state: str, actor: Actor, where: str, detail: Mapping[str, str] = MappingProxyType({})
) -> int:
    """End a share and delete its ciphertext; returns whether it had not ended before."""
    with transaction.atomic():
        rows = models.Share.objects.filter(pk=row.pk).exclude(state__in=ENDED)
        if not rows.update(state=state, ended_at=clock.now(), sealed_key=b""):
            return 0
        objects = list(models.Object.objects.filter(share=row).values_list("pk", "upload"))
        models.Object.objects.filter(share=row).delete()
        models.Recipient.objects.filter(share=row).update(wrapped=b"")
        telling.note("share.revoke" if state == "revoked" else "share.expire", row, actor, where, **detail)
    for object_id, upload in objects:
        parts.store().delete(ids.object_name(object_id), upload)
    return 1


def _not_there(seen: str) -> NotThere:
    return NotThere(seen=seen, expected="one of this account", todo="Choose it from the list.")
