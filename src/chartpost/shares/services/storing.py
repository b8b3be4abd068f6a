"""Taking in one part of an object. May be asked for many parts at once, twice for the same one, and be cut anywhere."""

from collections.abc import Callable

from django.db import transaction

from chartpost.kernel import clock, parts
from chartpost.shares import ids, models
from chartpost.shares.errors import Conflict, Malformed
from chartpost.shares.services.making import check_open, no_object

TOUCH_SECONDS = 60


def put_part(
    share: models.Share, object_id: str, number: int, sha256: bytes, length: int, read: Callable[[int], bytes]
) -> bool:
    """Keep part `number`, `length` bytes read by `read(n)`, whose digest is `sha256`; False when it was there already.

    The part is on disk when this returns. Raises NotThere, Malformed for a wrong length or other bytes than announced,
    Conflict for other bytes than were stored before, StorageFullError.
    """
    row = models.Object.objects.filter(pk=object_id, share=share).first()
    if row is None:
        raise no_object()
    expected = parts.part_length(row.size, number)
    if length != expected or not expected:
        raise Malformed(
            seen=f"{length:,} bytes for part {number}",
            expected=f"{expected:,} bytes" if expected else f"a part below {parts.part_count(row.size)}",
            todo="Cut the object as docs/sealed-format.md says.",
            code="wrong_length",
        )
    if _there(row, number, sha256):
        return False
    if row.complete:
        raise no_object()
    with parts.received(read, length, sha256) as staged:
        _claim(share, row, number, sha256, length)
        tag = parts.store().put(ids.object_name(row.id), row.upload, number, staged)
    models.Part.objects.filter(object=row, number=number).update(stored=True, tag=tag)
    return True


def _there(row: models.Object, number: int, sha256: bytes) -> bool:
    """Whether this part is stored with these bytes; raises Conflict when it is claimed by others."""
    part = models.Part.objects.filter(object=row, number=number).first()
    if part is None:
        return False
    if bytes(part.sha256) != sha256:
        raise Conflict(
            seen=f"other bytes for part {number} than came before",
            expected="the same bytes: one object never holds two versions under one key",
            todo="Make a new object, sealed anew, and send all of it.",
            code="part_differs",
        )
    return part.stored


def _claim(share: models.Share, row: models.Object, number: int, sha256: bytes, length: int) -> None:
    """Write down whose bytes part `number` holds before they are moved there; whoever comes first decides."""
    with transaction.atomic():
        now = clock.now()
        held = models.Share.objects.select_for_update().filter(pk=share.pk).first()
        if held is None or not models.Object.objects.filter(pk=row.pk).exists():
            raise no_object()
        check_open(held)
        models.Part.objects.get_or_create(object=row, number=number, defaults={"sha256": sha256, "size": length})
        _there(row, number, sha256)
        if (now - held.touched_at).total_seconds() > TOUCH_SECONDS:
            held.touched_at = now
            held.save(update_fields=["touched_at"])
