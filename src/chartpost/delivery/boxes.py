"""Offline boxes: a package as sealed files on a stick or a disc, with a page that opens them anywhere.

The password is drawn here, printed on a sheet of its own and not kept. The archive is kept until it was given away, so
that it can be written again when a stick fails; whoever loses the password gets a new box.
"""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, cast

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery import models, queries
from chartpost.delivery.box_words import readme
from chartpost.delivery.errors import NotReady, NotThere, WrongStep
from chartpost.delivery.types import BoxView, DeliveryView, PartView
from chartpost.formats import iso, media
from chartpost.formats.pdf.lock import lock
from chartpost.formats.sealedbox import new_password, safe_name
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import blobs, clock
from chartpost.ledger import services as ledger

CHANNEL_NAME = "media"
VIEWER = Path(__file__).resolve().parents[1] / "static" / "built" / "openme.html"
PAGE, SIDECAR, README, PAPER = "OPEN-ME.html", "records.cps", "README.txt", "RECORD.pdf"
VOLUME = "HEALTH_RECORDS"
"""What a computer calls the disc; it names nobody."""
_PIECE = 1024 * 1024
_SPOOL = 64 * 1024 * 1024


@dataclass(frozen=True)
class MadeBox:
    """A box just made, with its password, which is told this once."""

    view: BoxView
    password: str = field(repr=False)


def make(delivery_ref: str, actor: Actor) -> MadeBox:
    """Seal a delivery's files under a new password; an earlier box is deleted.

    Raises NotThere, WrongStep for another channel or once it was given away, NotReady when no viewer was built.
    """
    found = queries.known_delivery(delivery_ref, CHANNEL_NAME)
    _check_open(found.state)
    password, viewer = new_password(), _viewer()
    with ExitStack() as held:
        sealed = held.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))
        archive = held.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))
        box_hash = _copy(_seal(found, password).stream(), sealed)
        page, paper = _page(viewer, sealed), _paper(found, password)
        said = readme(paper=bool(paper))
        files = [
            (PAGE, len(page), [page]),
            (SIDECAR, sealed.tell(), _pieces(sealed)),
            (README, len(said), [said]),
            *([(PAPER, len(paper), [paper])] if paper else []),
        ]
        media.write_zip(archive, files, clock.now())
        archive.seek(0)
        row = _keep(delivery_ref, archive, sha256(page).hexdigest(), box_hash, actor)
    return MadeBox(_view(row), password)


def current(delivery_ref: str) -> BoxView | None:
    """The newest box of a delivery, or None."""
    row = models.Box.objects.filter(delivery__ref=delivery_ref).order_by("-pk").first()
    return _view(row) if row else None


def disc(delivery_ref: str) -> tuple[int, Iterator[bytes]]:
    """The same files as an image for a disc (ISO 9660, Joliet): its size in bytes, and its bytes.

    Raises NotThere where no box is kept, and WrongStep for a file too large for a disc.
    """
    box = current(delivery_ref)
    if box is None or not box.blob:
        raise NotThere(seen="no stick or disc", expected="one that was made", todo="Make it first.")
    archive = zipfile.ZipFile(blobs.open(box.blob))
    entries = [iso.Entry(i.filename, i.file_size, partial(_inner, archive, i)) for i in archive.infolist()]
    try:
        return iso.image_size(entries), iso.write_image(entries, volume=VOLUME, moment=box.made_at)
    except iso.IsoError as error:
        raise WrongStep(seen=error.seen, expected=error.expected, todo=error.todo) from error


def _inner(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        yield from _read(stream)


def give_away(delivery: models.Delivery) -> None:
    """Delete the archive of a box that leaves the house, in the caller's transaction; raises WrongStep without one.

    Deliveries of other channels have none and stay as they are.
    """
    if delivery.channel != CHANNEL_NAME:
        return
    if delivery.state != "made":
        raise WrongStep(
            seen="a delivery without a box that waits to leave",
            expected="a box that was made and not given away yet",
            todo="Make the box, write it to a stick or disc, then record that it left.",
        )
    _forget(delivery)


@transaction.atomic
def _keep(delivery_ref: str, archive: IO[bytes], page_hash: str, box_hash: str, actor: Actor) -> models.Box:
    delivery = models.Delivery.objects.select_for_update().get(ref=delivery_ref)
    _check_open(delivery.state)
    _forget(delivery)
    limit = 2**40  # the package is kept already, so this is no way to fill the disk
    kept = blobs.put(
        cast(BinaryIO, archive), owner=f"person:{delivery.person_id}", media_type="application/zip", limit=limit
    )
    delivery.state = "made"
    delivery.save(update_fields=["state"])
    ledger.append(event(actor, "media.make", delivery.person_id, f"delivery:{delivery_ref}"))
    return models.Box.objects.create(
        delivery=delivery,
        blob=kept.id,
        size=kept.size,
        page_sha256=page_hash,
        box_sha256=box_hash,
        made_at=clock.now(),
        made_by=actor.account_id,
    )


def _forget(delivery: models.Delivery) -> None:
    for row in delivery.boxes.exclude(blob=""):
        blobs.delete(row.blob)
        row.blob = ""
        row.save(update_fields=["blob"])


def _check_open(state: str) -> None:
    if state not in {"to_make", "made"}:
        raise WrongStep(
            seen="a delivery that was given away",
            expected="one that waits for its stick or disc",
            todo="Release the copies again to make another.",
        )


def _viewer() -> bytes:
    try:
        return VIEWER.read_bytes()
    except OSError as error:
        raise NotReady(
            seen="no page for the stick", expected="the built frontend", todo="Ask the administrator to build it."
        ) from error


def _seal(found: DeliveryView, password: str) -> media.SealedFiles:
    office = identity.office()
    with translation.override(found.package.language):
        note = _("These are copies of health records. Keep them in a safe place.")
    return media.seal_files(
        [_source(part) for part in found.package.parts],
        password,
        title=office.name if office else "",
        note=note,
        created=clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _source(part: PartView) -> media.Source:
    kind = part.media_type.partition(";")[0].strip().lower()
    return media.Source(safe_name(part.name), kind, part.size, lambda: _plain(part.ref))


def _plain(part_ref: str) -> Iterator[bytes]:
    with blobs.open(queries.part(part_ref)[2]) as stream:
        yield from _read(stream)


def _paper(found: DeliveryView, password: str) -> bytes:
    """The record to read as a PDF under the same password, summary first; empty where the package has none."""
    part = next((part for part in found.package.parts if part.format == "pdf"), None)
    return lock(blobs.read(queries.part(part.ref)[2]), password) if part else b""


def _copy(pieces: Iterable[bytes], into: IO[bytes]) -> str:
    """Write all pieces; their SHA-256."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
        into.write(piece)
    return found.hexdigest()


def _page(viewer: bytes, sealed: IO[bytes]) -> bytes:
    """The page, with the sealed bytes in it where they are few; leaves the stream at its end."""
    size = sealed.seek(0, 2)
    if size > media.INLINE:
        return media.fill_page(viewer)
    sealed.seek(0)
    return media.fill_page(viewer, sealed.read())


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    yield from _read(stream)


def _read(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _view(row: models.Box) -> BoxView:
    return BoxView(row.blob, row.size, row.page_sha256, row.box_sha256, row.made_at)
