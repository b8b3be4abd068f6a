"""Taking in one part of an object. May be asked for many parts at once, twice for the same one, and be cut anywhere.

These few statements run for every part of every upload, so they are written out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection

from chartpost.kernel import clock, parts
from chartpost.kernel.db import raw
from chartpost.shares import ids, models
from chartpost.shares.errors import Conflict, Malformed
from chartpost.shares.services.making import no_object

TOUCH_SECONDS = 60
_LOOK = """
SELECT o.size, o.complete, o.upload, p.sha256, p.stored
FROM shares_object o LEFT JOIN shares_part p ON p.object_id = o.id AND p.number = ?
WHERE o.id = ? AND o.share_id = ?
"""
_CLAIM = """
INSERT INTO shares_part (object_id, number, sha256, size, tag, stored) VALUES (%s, %s, %s, %s, '', %s)
ON CONFLICT DO NOTHING
"""
_STORED = "UPDATE shares_part SET stored = %s, tag = %s WHERE object_id = %s AND number = %s"


@dataclass(frozen=True)
class _Place:
    """Where a part belongs, and what is known of it."""

    share: str
    object: str
    number: int
    size: int
    complete: bool
    upload: str
    sha256: bytes | None
    stored: bool


@dataclass(frozen=True)
class Incoming:
    """A part that is sent: the digest of all of it, and its bytes from `offset` on, `length` of them by `read(n)`."""

    sha256: bytes
    length: int
    read: Callable[[int], bytes]
    offset: int = 0


def put_part(share: models.Share, object_id: str, number: int, sent: Incoming) -> bool:
    """Keep part `number`; False when it was there already.

    The part is on disk when this returns. Raises NotThere, Malformed for a wrong length or other bytes than announced,
    Conflict for other bytes than were stored before and for an offset after what came, StorageFullError.
    """
    place = _look(share.pk, object_id, number)
    length = _length(place, sent.offset + sent.length)
    if _there(place, sent.sha256):
        return False
    if place.complete:
        raise no_object()
    kept = _kept(object_id, number)
    if sent.offset > kept.size:
        raise Conflict(
            seen=f"bytes from {sent.offset:,} on of part {number}",
            expected=f"an offset of at most {kept.size:,}",
            todo="Ask by HEAD how much came, then send the rest.",
            code="wrong_offset",
        )
    with parts.received(sent.read, length, sent.sha256, kept, sent.offset) as staged:
        _claim(place, sent.sha256, length)
        tag = parts.store().put(ids.object_name(object_id), place.upload, number, staged)
    _write(_STORED, (True, tag, object_id, number))
    _touch(share)
    return True


def begun(share: models.Share, object_id: str, number: int) -> int:
    """Bytes of part `number` that came, all or some; raises NotThere, Malformed for a part the object has not."""
    place = _look(share.pk, object_id, number)
    length = _length(place, parts.part_length(place.size, number))
    return length if place.stored else min(length, _kept(object_id, number).size)


def _kept(object_id: str, number: int) -> parts.Unfinished:
    return parts.Unfinished(ids.object_name(object_id), number)


def _length(place: _Place, length: int) -> int:
    """Bytes of the whole part; raises Malformed for another `length`."""
    expected = parts.part_length(place.size, place.number)
    if length != expected or not expected:
        raise Malformed(
            seen=f"{length:,} bytes for part {place.number}",
            expected=f"{expected:,} bytes" if expected else f"a part below {parts.part_count(place.size)}",
            todo="Cut the object as docs/sealed-api.md says.",
            code="wrong_length",
        )
    return length


def _look(share_id: str, object_id: str, number: int) -> _Place:
    row = raw.django().one(_LOOK, (number, object_id, share_id))
    if row is None:
        raise no_object()
    size, complete, upload, sha256, stored = row
    kept = None if sha256 is None else bytes(sha256)
    return _Place(share_id, object_id, number, size, bool(complete), upload, kept, bool(stored))


def _there(place: _Place, sha256: bytes) -> bool:
    """Whether this part is stored with these bytes; raises Conflict when it is claimed by others."""
    if place.sha256 is not None and place.sha256 != sha256:
        raise Conflict(
            seen=f"other bytes for part {place.number} than came before",
            expected="the same bytes: one object never holds two versions under one key",
            todo="Make a new object, sealed anew, and send all of it.",
            code="part_differs",
        )
    return place.stored


def _claim(place: _Place, sha256: bytes, length: int) -> None:
    """Write down whose bytes this part holds before they are moved there; whoever comes first decides."""
    try:
        _write(_CLAIM, (place.object, place.number, sha256, length, False))
    except IntegrityError:
        raise no_object() from None  # it was removed, or its share taken back, while the part came
    _there(_look(place.share, place.object, place.number), sha256)


def _write(statement: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _touch(share: models.Share) -> None:
    """Note that a share is being filled, once a minute."""
    now = clock.now()
    if (now - share.touched_at).total_seconds() > TOUCH_SECONDS:
        models.Share.objects.filter(pk=share.pk).update(touched_at=now)
