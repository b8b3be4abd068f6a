"""Sealing a released package at the office: the same format as a sealed share, but not zero-knowledge.

The office holds the record already and could have read what it seals; what this adds is a way to the reader that nobody
in between can look into. The link and the password are given out once and are not kept.
"""

import hashlib
import io
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from chartpost.delivery import channels
from chartpost.delivery import queries as deliveries
from chartpost.delivery.closing import still_open
from chartpost.delivery.errors import BadRecipient
from chartpost.delivery.types import Channel, PartView
from chartpost.formats import sealedbox as box
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.kernel import blobs, clock
from chartpost.kernel.config import config
from chartpost.shares import models, queries, services
from chartpost.shares.types import ENDED, ShareView

CHANNEL_NAME = "sealed"
_PIECE = 1024 * 1024
Json = dict[str, Any]


@dataclass(frozen=True)
class SealedByOffice:
    """What the reader needs, each told another way: a link and a password. Neither is kept here."""

    link: str = field(repr=False)
    password: str = field(repr=False)


def register() -> None:
    """Make the channel known."""
    channels.register(Channel(CHANNEL_NAME, "released", check=_check, on_close=_close))


def seal(delivery_ref: str, actor: Actor, where: str = "") -> SealedByOffice:
    """Seal the files of a released delivery into a new share; links made for it before end.

    Raises NotThere, WrongStep of the delivery room, and Full and TooLarge of this one.
    """
    found = deliveries.known_delivery(delivery_ref, CHANNEL_NAME)
    with transaction.atomic():
        still_open(delivery_ref)
    _end_all(delivery_ref, actor, where)
    share, share_key = box.new_id(), box.new_share_key()
    link = box.Link(config().share_origin or config().base_url, box.new_id(), secrets.token_bytes(32))
    password, params, salt = box.new_password(), box.PBKDF2_DEFAULT, secrets.token_bytes(box.SALT)
    keys = box.keys_for(link.secret, password, salt, params, link.recipient)
    parts = list(enumerate(found.package.parts, 1))
    entries = tuple(_entry(index, part) for index, part in parts)
    manifest = _manifest(link.recipient, params, entries)
    recipient = {
        "recipient": link.recipient,
        "params": params.render(),
        "salt": box.b64u(salt),
        "verifier": box.b64u(keys.verifier),
        "wrapped": box.b64u(box.wrap_share_key(keys, share_key, params)),
        "receipt_check": box.b64u(box.receipt_check(keys, manifest)),
        "label": "1",
    }
    with transaction.atomic():
        still_open(delivery_ref)
        asked = {"share": share, "recipients": [recipient]}
        made = services.make(asked, actor, person_id=found.person_id, zero_knowledge=False, where=where)
        models.Share.objects.filter(pk=share).update(delivery_ref=delivery_ref)
    row = services.sender(share, made.upload_token)

    def put(index: int, object_id: str, size: int, plain: Iterable[bytes]) -> None:
        sealed = box.seal_stream(plain, share_key, share, index, object_id)
        _put(row, index, object_id, box.sealed_size(size), sealed)

    put(0, box.new_id(), len(manifest), [manifest])
    for entry, (_, part) in zip(entries, parts, strict=True):
        put(entry.index, entry.object, entry.size, _pieces(part))
    services.complete(row, {}, where)
    with transaction.atomic():
        still_open(delivery_ref)  # closing it while it was sealed had its links be over
    return SealedByOffice(link.render(), password)


def take_back(delivery_ref: str, actor: Actor, where: str = "") -> None:
    """End every link of a delivery and delete what was sealed for it; raises NotThere, WrongStep."""
    deliveries.known_delivery(delivery_ref, CHANNEL_NAME)
    _end_all(delivery_ref, actor, where)


def _close(delivery_ref: str) -> None:
    """Have the links of a delivery be over, in the caller's transaction; what was sealed goes with the next sweep."""
    rows = models.Share.objects.filter(delivery_ref=delivery_ref).exclude(state__in=ENDED)
    rows.update(expires_at=clock.now())


def _end_all(delivery_ref: str, actor: Actor, where: str) -> None:
    for row in models.Share.objects.filter(delivery_ref=delivery_ref).exclude(state__in=ENDED):
        services.revoke_for(row, actor, where)


def shares_of(delivery_ref: str) -> list[ShareView]:
    """The shares made for a delivery, newest first."""
    rows = models.Share.objects.filter(delivery_ref=delivery_ref).order_by("-made_at")
    return [view for row in rows if (view := queries.share(row.pk, row.account_id)) is not None]


def _check(recipient: Mapping[str, Any]) -> None:
    if not str(recipient.get("name", "")).strip():
        raise BadRecipient(
            seen="no name",
            expected="the name of the person who gets the link",
            todo="Write the name, then release it.",
        )


def _entry(index: int, part: PartView) -> box.FileEntry:
    kind = part.media_type.partition(";")[0].strip().lower()
    return box.FileEntry(
        index=index,
        object=box.new_id(),
        name=box.safe_name(part.name),
        type=kind,
        size=part.size,
        mtime=None,
        hash=box.file_hash(_pieces(part)),
        sealed_size=box.sealed_size(part.size),
    )


def _manifest(recipient: str, params: box.Params, entries: tuple[box.FileEntry, ...]) -> bytes:
    office = identity.office()
    created = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    title = office.name if office else ""
    return box.Manifest(title, "", created, {recipient: params}, entries).render()


def _pieces(part: PartView) -> Iterator[bytes]:
    with blobs.open(deliveries.part(part.ref)[2]) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _put(row: models.Share, index: int, object_id: str, size: int, sealed: Iterator[bytes]) -> None:
    """Store an object part by part, with one part in memory."""
    services.add_object(row, {"object": object_id, "index": index, "size": size})
    take = _reader(sealed)
    for number, (_, length) in enumerate(box.part_bounds(size)):
        data = take(length)
        digest = hashlib.sha256(data).digest()
        services.put_part(row, object_id, number, services.Incoming(digest, length, io.BytesIO(data).read))


def _reader(pieces: Iterator[bytes]) -> Callable[[int], bytes]:
    kept = bytearray()

    def take(length: int) -> bytes:
        while len(kept) < length and (piece := next(pieces, b"")):
            kept.extend(piece)
        data = bytes(kept[:length])
        del kept[:length]
        return data

    return take
