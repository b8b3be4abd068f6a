"""Opening a link: what everybody may ask, what only a proved holder gets, and the proof that it arrived.

A link that never was answers as one that is: the same header, the same count of tries, the same lock, the same work.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from chartpost.delivery import services as deliveries
from chartpost.identity import queries as identity
from chartpost.kernel import clock, keys, parts
from chartpost.shares import ids, models, telling
from chartpost.shares.errors import Conflict, Gone, Locked, NotAllowed, Refused, SharesError
from chartpost.shares.services.making import check_open, no_object
from chartpost.shares.types import DEFAULT_PARAMS, MOST_FAILURES, Header, ObjectView, Opened, Range

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
RENEW = timedelta(minutes=1)
_DECOY = "shares/decoy"


def header(recipient_id: str) -> Header:
    """What is needed to derive keys; an unknown link has a salt of its own too, the same every time."""
    row = _links(recipient_id).values_list("params", "salt").first()
    decoy = hmac.digest(keys.derive(_DECOY), recipient_id.encode(), "sha256")[:16]
    return Header(row[0], bytes(row[1])) if row else Header(DEFAULT_PARAMS, decoy)


def _links(recipient_id: str) -> QuerySet[models.Recipient]:
    """The link of this id; to what was sent into a drop there is none."""
    return models.Recipient.objects.filter(pk=recipient_id, share__drop=None)


def open_link(recipient_id: str, auth: bytes, where: str = "") -> Opened:
    """Open a link for whoever proves to hold link and password; one grant is one counted opening.

    Raises Refused with the tries left, Locked after ten wrong proofs; and only after a right proof Gone for a share
    that is expired, revoked or used up, Conflict for one that is not ready.
    """
    with transaction.atomic():
        found = _decide(recipient_id, auth, where)
    if isinstance(found, SharesError):
        raise found  # after the transaction: what was counted stays
    return found


def _decide(recipient_id: str, auth: bytes, where: str) -> Opened | SharesError:
    models.Guess.objects.get_or_create(pk=recipient_id)
    guess = models.Guess.objects.select_for_update().get(pk=recipient_id)
    link = _links(recipient_id).select_related("share").first()
    verifier = bytes(link.verifier) if link else keys.derive(_DECOY)
    right = hmac.compare_digest(hashlib.sha256(auth).digest(), verifier) and link is not None
    if guess.locked_at is not None:
        return locked()
    if not right or link is None:
        return _wrong(guess, link, where)
    if guess.failures:
        models.Guess.objects.filter(pk=guess.pk).update(failures=0)
    return _grant(link, where)


def _wrong(guess: models.Guess, link: models.Recipient | None, where: str) -> SharesError:
    guess.failures += 1
    guess.last_at = clock.now()
    left = MOST_FAILURES - guess.failures
    guess.locked_at = None if left > 0 else guess.last_at
    guess.save()
    share = link.share if link else None
    actor = telling.holder(link)
    telling.note("share.refuse", share, actor, where, count=guess.failures)
    if left > 0:
        return Refused(
            seen="a wrong password or link",
            expected="the link and the password the sender gave",
            todo="Check both and try again.",
            tries_left=left,
        )
    telling.note("share.lock", share, actor, where)
    telling.tell("locked", recipient_id=guess.pk)
    return locked()


def locked() -> Locked:
    """The error for a link with too many wrong proofs."""
    return Locked(
        seen=f"{MOST_FAILURES} wrong passwords",
        expected="the right one within ten tries",
        todo="Ask the sender for a new link.",
    )


def _grant(link: models.Recipient, where: str) -> Opened | SharesError:
    share = link.share
    try:
        check_open(share)
    except Gone as gone:
        return gone
    if link.ended_at is not None:
        return _gone("a link that was taken back by its sender", "revoked")
    if share.state != "ready":
        return Conflict(
            seen="a share that is still being sent",
            expected="one that is complete",
            todo="Wait until the sender is done, then try again.",
            code="not_ready",
        )
    free = models.Recipient.objects.filter(Q(max_opens=None) | Q(opens__lt=F("max_opens")), pk=link.pk)
    if not free.update(opens=F("opens") + 1):
        return _gone(f"a link that was opened {link.max_opens} times", "used_up")
    link.refresh_from_db(fields=["opens"])
    opened = granted_to(share, link)
    telling.note("share.open", share, telling.holder(link), where, count=link.opens)
    return opened


def granted_to(share: models.Share, link: models.Recipient | None) -> Opened:
    """A new grant on a share: for a link, or (None) for the owner of the drop it came into."""
    token, now = ids.new_secret(), clock.now()
    row = models.Open.objects.create(
        id=ids.new_id(),
        share=share,
        recipient=link,
        token_hash=ids.hashed(token),
        opened_at=now,
        last_at=now,
        ends_at=min(now + LONGEST, share.expires_at),
    )
    account = identity.account_by_id(share.account_id)
    office = identity.office() if account and account.is_staff else None
    return Opened(
        grant=token,
        grant_id=row.id,
        share=share.id,
        wrapped=bytes(link.wrapped) if link else bytes(share.sealed_key),
        objects=tuple(ObjectView(o.id, o.index, o.size, o.complete) for o in share.objects_of.order_by("index")),
        ends_at=row.ends_at,
        expires_at=share.expires_at,
        sender=office.name if office else account.name if account else "",
        zero_knowledge=share.zero_knowledge,
        opens_left=None if not link or link.max_opens is None else link.max_opens - link.opens,
    )


def granted(token: str, recipient_id: str = "", share_id: str = "") -> models.Open:
    """The grant a bearer token is, for this link (or this share of a drop), renewed by being used.

    Raises NotAllowed when it is unknown or its time is over, Gone when the share is.
    """
    row = models.Open.objects.select_related("share", "recipient").filter(token_hash=ids.hashed(token)).first()
    now = clock.now()
    known = row is not None and ((row.recipient_id == recipient_id) if recipient_id else row.share_id == share_id)
    if row is None or not known or now >= row.ends_at or now - row.last_at > IDLE:
        if row is not None and known:
            check_open(row.share)
        raise NotAllowed(
            seen="no grant of this link, or one whose time is over",
            expected="a grant used within the last 15 minutes",
            todo="Open the link again with its password.",
            code="grant_over",
        )
    check_open(row.share)
    if row.recipient is not None and row.recipient.ended_at is not None:
        raise _gone("a link that was taken back by its sender", "revoked")
    if now - row.last_at > RENEW:
        models.Open.objects.filter(pk=row.pk).update(last_at=now)
    return row


def readable(grant: models.Open, object_id: str) -> Range:
    """What a grant may read under an object's id; raises NotThere."""
    size = models.Object.objects.filter(pk=object_id, share_id=grant.share_id).values_list("size", flat=True).first()
    if size is None:
        raise no_object()
    return Range(ids.object_name(object_id), size)


def stream(found: Range, start: int, length: int, piece: int = parts.PIECE) -> Iterator[bytes]:
    """`length` bytes from `start` in pieces; raises PartMissingError at the first piece."""
    return parts.store().read(found.name, found.size, start, length, piece)


def receive(grant: models.Open, opened: bytes, mac: bytes, where: str = "") -> None:
    """Keep the proof that a holder of the keys opened everything whole; the same again changes nothing.

    Raises Refused for a wrong proof.
    """
    link = grant.recipient
    check = bytes(link.receipt_check) if link else bytes(32)
    if not hmac.compare_digest(hashlib.sha256(opened).digest(), check) or link is None:
        raise Refused(
            seen="a receipt that does not fit",
            expected="the proof made from the decrypted files",
            todo="Open the files again, then confirm.",
            code="bad_receipt",
        )
    with transaction.atomic():
        fresh = models.Open.objects.filter(pk=grant.pk, received_at=None)
        if fresh.update(received_at=clock.now(), mac=mac):
            telling.note("share.receive", grant.share, telling.holder(link), where)
            telling.tell("received", recipient_id=link.id)
            if grant.share.delivery_ref:
                deliveries.opened_by_link(grant.share.delivery_ref)


def _gone(seen: str, code: str) -> Gone:
    return Gone(seen=seen, expected="a link in use", todo="Ask the sender for a new one.", code=code)
