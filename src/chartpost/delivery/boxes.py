"""Offline boxes: a package as sealed files on a stick or a disc, with a page that opens them anywhere.

The password is drawn here, printed on a sheet of its own and not kept. The archive is kept until it was given away, so
that it can be written again when a stick fails; whoever loses the password gets a new box.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from django.db import transaction

from chartpost.delivery import models, queries, sticks
from chartpost.delivery.closing import still_open
from chartpost.delivery.errors import NotReady, NotThere, WrongStep
from chartpost.delivery.types import BoxView, DeliveryView, PartView
from chartpost.formats import media
from chartpost.formats.pdf.lock import lock
from chartpost.formats.sealedbox import new_password, safe_name
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import blobs, clock
from chartpost.ledger import services as ledger

CHANNEL_NAME = "media"
VIEWER = Path(__file__).resolve().parents[1] / "static" / "built" / "openme.html"
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
    password, page = new_password(), viewer()
    with tempfile.SpooledTemporaryFile(_SPOOL) as archive:
        checks = sticks.write_archive(archive, _inside(found, password), password, page, clock.now())
        archive.seek(0)
        row = _keep(delivery_ref, archive, checks, actor)
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
    return sticks.disc(blobs.open(box.blob), box.made_at)


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
    forget(delivery)


@transaction.atomic
def _keep(delivery_ref: str, archive: IO[bytes], checks: sticks.Checks, actor: Actor) -> models.Box:
    delivery = models.Delivery.objects.select_for_update().get(ref=delivery_ref)
    _check_open(delivery.state)
    still_open(delivery_ref)
    forget(delivery)
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
        page_sha256=checks.page,
        box_sha256=checks.box,
        made_at=clock.now(),
        made_by=actor.account_id,
    )


def forget(delivery: models.Delivery) -> None:
    """Delete the archives of a delivery, in the caller's transaction; their hashes stay."""
    for row in delivery.boxes.exclude(blob=""):
        blobs.delete(row.blob)
        row.blob = ""
        row.save(update_fields=["blob"])


def _check_open(state: str) -> None:
    if state not in {"to_make", "made"}:
        raise WrongStep(
            seen="a delivery that was given away or stopped",
            expected="one that waits for its stick or disc",
            todo="Release the copies again to make another.",
        )


def viewer() -> bytes:
    """The built page that opens a box; raises NotReady."""
    try:
        return VIEWER.read_bytes()
    except OSError as error:
        raise NotReady(
            seen="no page for the stick", expected="the built frontend", todo="Ask the administrator to build it."
        ) from error


def _inside(found: DeliveryView, password: str) -> sticks.Inside:
    office = identity.office()
    sources = [_source(part) for part in found.package.parts]
    return sticks.Inside(sources, _paper(found, password), office.name if office else "", found.package.language)


def _source(part: PartView) -> media.Source:
    kind = part.media_type.partition(";")[0].strip().lower()
    return media.Source(safe_name(part.name), kind, part.size, lambda: _plain(part.ref))


def _plain(part_ref: str) -> Iterator[bytes]:
    with blobs.open(queries.part(part_ref)[2]) as stream:
        yield from sticks.read(stream)


def _paper(found: DeliveryView, password: str) -> bytes:
    """The summary as a PDF under the same password; empty where the package has none."""
    part = next((part for part in found.package.parts if part.format == "summary"), None)
    return lock(blobs.read(queries.part(part.ref)[2]), password) if part else b""


def _view(row: models.Box) -> BoxView:
    return BoxView(row.blob, row.size, row.page_sha256, row.box_sha256, row.made_at)
