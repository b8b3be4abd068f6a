"""Asking for files: a public key that anybody with the drop's link may seal files to, without an account."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.shares import asks, ids, models, telling
from chartpost.shares.errors import Conflict, Gone, Malformed, NotAllowed, NotThere
from chartpost.shares.services.ending import mine
from chartpost.shares.services.making import check_open, taken_once
from chartpost.shares.services.opening import granted_to
from chartpost.shares.types import Made, Opened

KEY_LENGTHS = {1: 65, 2: 32}
"""Bytes of a public key: an uncompressed P-256 point, an X25519 key (RFC 9180 7.1)."""
WAITING = 20
"""Uploads into one drop that may be unfinished at the same time."""


def make_drop(asked: Mapping[str, Any], actor: Actor, where: str = "") -> str:
    """Make a drop: {drop, suite, public_key, params, salt, wrapped, expires_at?, most?}; returns its id.

    `wrapped` is the private key (PKCS#8) sealed with a key from the owner's passphrase, which never comes here.
    Raises Malformed, NotAllowed, Conflict.
    """
    if actor.account_id is None:
        raise NotAllowed(seen="nobody signed in", expected="an account", todo="Sign in first.")
    suite = asked.get("suite", 1)
    if suite not in KEY_LENGTHS or not ids.is_id(asked.get("drop")):
        raise Malformed(
            seen="a drop whose id or suite does not fit",
            expected="16 random bytes as base64url, and suite 1 (P-256) or 2 (X25519)",
            todo="Mend it and send it again.",
        )
    most = asked.get("most")
    row = models.Drop(
        id=asked["drop"],
        account_id=actor.account_id,
        suite=suite,
        public_key=asks.data(asked, "public_key", KEY_LENGTHS[suite]),
        params=asks.params(asked),
        salt=asks.data(asked, "salt", 16),
        wrapped=asks.data(asked, "wrapped", 60, 1024),
        most=most if isinstance(most, int) and 1 <= most <= 10_000 else None,
        made_at=clock.now(),
        expires_at=asks.ends(asked),
    )
    with taken_once(), transaction.atomic():
        row.save(force_insert=True)
        telling.note("drop.make", None, actor, where, thing=f"drop:{row.id}")
    return row.id


def close_drop(drop_id: str, actor: Actor, where: str = "") -> None:
    """Take no more files through a drop; what arrived stays. Raises NotThere."""
    with transaction.atomic():
        rows = models.Drop.objects.filter(pk=drop_id, account_id=actor.account_id or 0)
        if not rows.exists():
            raise NotThere(seen="no such drop", expected="one of this account", todo="Choose it from the list.")
        if rows.filter(closed_at=None).update(closed_at=clock.now()):
            telling.note("drop.close", None, actor, where, thing=f"drop:{drop_id}")


def open_drop(drop_id: str) -> models.Drop:
    """A drop that takes files; raises NotThere, Gone."""
    row = models.Drop.objects.filter(pk=drop_id).first()
    if row is None:
        raise NotThere(
            seen="no such drop", expected="the link as it was given", todo="Check the link, or ask for it again."
        )
    if row.closed_at is not None or row.expires_at <= clock.now():
        raise Gone(seen="a request for files that is over", expected="one in use", todo="Ask for a new link.")
    return row


def send_to_drop(drop_id: str, asked: Mapping[str, Any], where: str = "") -> Made:
    """Begin to send files into a drop: {share}; raises NotThere, Gone, Malformed, Conflict."""
    ask = asks.share({"share": asked.get("share")})
    token, now = ids.new_secret(), clock.now()
    with taken_once(), transaction.atomic():
        drop = open_drop(drop_id)
        models.Drop.objects.select_for_update().get(pk=drop.pk)
        came = models.Share.objects.filter(drop=drop)
        full = drop.most is not None and came.exclude(state="expired").count() >= drop.most
        if full or came.filter(state="uploading").count() >= WAITING:
            raise Conflict(
                seen="a drop that has all it takes", expected="room for more", todo="Ask the owner.", code="drop_full"
            )
        row = models.Share.objects.create(
            id=ask.share,
            account_id=drop.account_id,
            drop=drop,
            token_hash=ids.hashed(token),
            expires_at=ask.expires_at,
            made_at=now,
            touched_at=now,
        )
        telling.note("drop.begin", row, telling.holder(None), where)
    return Made(row.id, token, row.expires_at)


def open_arrival(share_id: str, actor: Actor, where: str = "") -> Opened:
    """A grant for the owner of a drop on what arrived; `wrapped` is the share key sealed to the drop's public key.

    Raises NotThere, Gone, Conflict while it is still coming.
    """
    row = mine(share_id, actor)
    check_open(row)
    if row.drop_id is None or row.state != "ready":
        raise Conflict(
            seen="files that are still on their way",
            expected="files that arrived through a drop",
            todo="Wait until they are here.",
            code="not_ready",
        )
    with transaction.atomic():
        opened = granted_to(row, None)
        telling.note("drop.open", row, actor, where)
    return opened
