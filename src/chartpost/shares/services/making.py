"""Making a share and filling it: links, objects, and the step that makes it ready."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from chartpost.identity.types import Actor
from chartpost.kernel import clock, parts
from chartpost.kernel.errors import ChartpostError
from chartpost.shares import asks, ids, models, quotas, telling
from chartpost.shares.errors import Conflict, Gone, NotAllowed, NotThere
from chartpost.shares.types import ENDED, Made, ObjectView


def make(
    asked: Mapping[str, Any],
    actor: Actor,
    *,
    person_id: int | None = None,
    zero_knowledge: bool = True,
    where: str = "",
) -> Made:
    """Make a share from what a browser or program sent as JSON (asks.share); raises Malformed, NotAllowed, Conflict.

    `person_id` says whose record the files come from, for the ledger. The upload token is in the answer alone.
    """
    if actor.account_id is None:
        raise NotAllowed(seen="nobody signed in", expected="an account", todo="Sign in, then send again.")
    ask = asks.share(asked)
    token = ids.new_secret()
    row = models.Share(
        id=ask.share,
        account_id=actor.account_id,
        person_id=person_id,
        filed_person_id=person_id,
        zero_knowledge=zero_knowledge,
        token_hash=ids.hashed(token),
        max_opens=ask.max_opens,
        expires_at=ask.expires_at,
        made_at=clock.now(),
        touched_at=clock.now(),
    )
    with taken_once(), transaction.atomic():
        row.save(force_insert=True)
        for link in ask.recipients:
            _link(row, link)
        telling.note("share.make", row, actor, where, count=len(ask.recipients))
    return Made(row.id, token, row.expires_at)


def sender(share_id: str, token: str, *, ended_too: bool = False) -> models.Share:
    """The share an upload token fills; raises NotAllowed alike for unknown shares and wrong tokens, Gone once over."""
    row = models.Share.objects.filter(pk=share_id).first()
    kept = bytes(row.token_hash) if row else bytes(32)
    if not hmac.compare_digest(ids.hashed(token), kept) or row is None:
        raise NotAllowed(
            seen="no upload token of this share", expected="the token it was made with", todo="Make the share again."
        )
    if not ended_too:
        check_open(row)
    return row


def check_open(row: models.Share) -> None:
    """Raise Gone when a share is over."""
    state = "expired" if row.state not in ENDED and row.expires_at <= clock.now() else row.state
    if state in ENDED:
        words = {"revoked": "was taken back by its sender", "expired": "is over", "lost": "lost its files"}
        raise Gone(
            seen=f"a share that {words[state]}",
            expected="a share in use",
            todo="Ask the sender to send it again.",
            code=state,
        )


def add_recipient(share: models.Share, asked: Mapping[str, Any], where: str = "") -> str:
    """Add a link to a share, also once it is ready; returns its id."""
    link = asks.recipient(asked, share.max_opens)
    if share.drop_id:
        raise Conflict(
            seen="a link to what was sent into a drop",
            expected="that the owner of the drop alone opens it",
            todo="Send the files as a share of your own to whom else they are for.",
            code="wrong_state",
        )
    if share.recipients.count() >= asks.MOST_RECIPIENTS:
        raise Conflict(
            seen="a share with all links it may have",
            expected=f"at most {asks.MOST_RECIPIENTS} links",
            todo="Make another share.",
            code="wrong_state",
        )
    with taken_once(), transaction.atomic():
        _link(share, link)
        telling.note("share.link", share, telling.sender(share), where)
    return link.recipient


def add_object(share: models.Share, asked: Mapping[str, Any]) -> tuple[ObjectView, bool]:
    """Announce an object; the same again changes nothing. Returns it and whether it is new.

    Raises Conflict for an id or index in use, TooLarge, Full.
    """
    ask = asks.an_object(asked)
    there = models.Object.objects.filter(pk=ask.object).first()
    if there is None:
        _filling(share)
        row = models.Object(id=ask.object, share=share, index=ask.index, size=ask.size)
        name = ids.object_name(ask.object)
        row.upload = parts.store().begin(name)
        try:
            with taken_once(), transaction.atomic():
                quotas.take(share, ask.size)
                row.save(force_insert=True)
            return ObjectView(row.id, row.index, row.size, False), True
        except ChartpostError:
            there = models.Object.objects.filter(pk=ask.object).first()
            if there is None:  # else it was announced twice at the same moment
                parts.store().delete(name, row.upload)
                raise
    if (there.share_id, there.index, there.size) != (share.id, ask.index, ask.size):
        raise taken()
    return ObjectView(there.id, there.index, there.size, there.complete), False


def remove_object(share: models.Share, object_id: str) -> None:
    """Drop an object that is not to be part of the share after all; one that is gone stays gone."""
    _filling(share)
    row = models.Object.objects.filter(pk=object_id, share=share).first()
    if row is None:
        return
    row.delete()
    parts.store().delete(ids.object_name(object_id), row.upload)


def complete(share: models.Share, asked: Mapping[str, Any], where: str = "") -> str:
    """Make a share ready to be opened; raises Conflict naming what is missing. Again changes nothing."""
    if share.state == "ready":
        return share.state
    sealed_key = asks.data(asked, "sealed_key", 80, 512) if share.drop_id else b""
    _forget_lost(share)
    _check_whole(share)
    for row in share.objects_of.filter(complete=False):
        tags = list(row.parts.order_by("number").values_list("tag", flat=True))
        parts.store().finish(ids.object_name(row.id), row.upload, tags)
        models.Object.objects.filter(pk=row.pk).update(complete=True)
    with transaction.atomic():
        rows = models.Share.objects.filter(pk=share.pk, state="uploading")
        if rows.update(state="ready", ready_at=clock.now(), sealed_key=sealed_key):
            count = share.objects_of.count()
            telling.note(
                "drop.arrive" if share.drop_id else "share.send", share, telling.sender(share), where, count=count
            )
            if share.drop_id:
                telling.tell("arrived", share_id=share.id)
    return "ready"


def _forget_lost(share: models.Share) -> None:
    """Have parts sent again whose bytes a power cut took."""
    for row in share.objects_of.filter(complete=False):
        lost = parts.store().lost(ids.object_name(row.id), parts.part_count(row.size))
        models.Part.objects.filter(object=row, number__in=lost, stored=True).update(stored=False)


def _check_whole(share: models.Share) -> None:
    missing: dict[str, list[int]] = {}
    indexes = set()
    for row in share.objects_of.prefetch_related("parts"):
        indexes.add(row.index)
        there = {part.number for part in row.parts.all() if part.stored}
        left = [number for number in range(parts.part_count(row.size)) if number not in there]
        if left:
            missing[row.id] = left[:100]
    if missing or 0 not in indexes:
        raise Conflict(
            seen=f"{sum(map(len, missing.values()))} missing parts" if missing else "no manifest (object 0)",
            expected="every part of every object",
            todo="Send what is missing, then complete it.",
            code="incomplete",
            missing=missing,
        )
    if not share.drop_id and not share.recipients.exists():
        raise Conflict(
            seen="no link", expected="at least one link", todo="Add a link, then complete it.", code="incomplete"
        )


def _link(share: models.Share, link: asks.RecipientAsk) -> None:
    models.Recipient.objects.create(
        id=link.recipient,
        share=share,
        label=link.label,
        params=link.params,
        salt=link.salt,
        verifier=link.verifier,
        wrapped=link.wrapped,
        receipt_check=link.receipt_check,
        max_opens=link.max_opens or share.max_opens,
        made_at=clock.now(),
    )


def _filling(share: models.Share) -> None:
    if share.state != "uploading":
        raise Conflict(
            seen="a share that is complete",
            expected="one that is being filled",
            todo="Make another share for more files.",
            code="wrong_state",
        )


class taken_once:  # noqa: N801 - reads as a word in a with statement
    """Turns a second row under one id into Conflict."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise taken() from error


def taken() -> Conflict:
    """The error for an id or index in use."""
    return Conflict(seen="an id or index that is in use", expected="a new one", todo="Choose another id at random.")


def no_object() -> NotThere:
    """The error for an object that is not of this share."""
    return NotThere(seen="no such object", expected="an object of this share", todo="Announce it first.")
