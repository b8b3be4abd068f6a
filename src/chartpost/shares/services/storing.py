"""Taking in one part of an object. May be asked for many parts at once, twice for the same one, and be cut anywhere."""

from collections.abc import Callable

from django.db import IntegrityError

from chartpost.kernel import clock, parts
from chartpost.shares import ids, models
from chartpost.shares.errors import Conflict, Malformed
from chartpost.shares.services.making import no_object

TOUCH_SECONDS = 60


def put_part(
    share: models.Share, object_id: str, number: int, sha256: bytes, length: int, read: Callable[[int], bytes]
) -> bool:
    """Keep part `number`, `length` bytes read by `read(n)`, whose digest is `sha256`; False when it was there already.

    The part is on disk when this returns. Raises NotThere, Malformed for a wrong length or other bytes than announced,
    Conflict for other bytes than were stored before, StorageFullError.
    """
    row = models.Object.objects.filter(pk=object_id, share_id=share.pk).first()
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
        _claim(row, number, sha256, length)
        tag = parts.store().put(ids.object_name(row.id), row.upload, number, staged)
    models.Part.objects.filter(object_id=row.pk, number=number).update(stored=True, tag=tag)
    _touch(share)
    return True


def _there(row: models.Object, number: int, sha256: bytes) -> bool:
    """Whether this part is stored with these bytes; raises Conflict when it is claimed by others."""
    part = models.Part.objects.filter(object_id=row.pk, number=number).values_list("sha256", "stored").first()
    if part is None:
        return False
    if bytes(part[0]) != sha256:
        raise Conflict(
            seen=f"other bytes for part {number} than came before",
            expected="the same bytes: one object never holds two versions under one key",
            todo="Make a new object, sealed anew, and send all of it.",
            code="part_differs",
        )
    return part[1]


def _claim(row: models.Object, number: int, sha256: bytes, length: int) -> None:
    """Write down whose bytes part `number` holds before they are moved there; whoever comes first decides."""
    claim = models.Part(object_id=row.pk, number=number, sha256=sha256, size=length)
    try:
        models.Part.objects.bulk_create([claim], ignore_conflicts=True)
    except IntegrityError:
        raise no_object() from None  # it was removed, or its share taken back, while the part came
    _there(row, number, sha256)


def _touch(share: models.Share) -> None:
    """Note that a share is being filled, once a minute."""
    now = clock.now()
    if (now - share.touched_at).total_seconds() > TOUCH_SECONDS:
        models.Share.objects.filter(pk=share.pk).update(touched_at=now)
