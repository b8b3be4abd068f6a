"""The verbs of the blob store."""

from collections.abc import Iterator
from typing import BinaryIO

from django.db import transaction

from chartpost.formats.cobblestone import CobblestoneError, Reader
from chartpost.kernel.blobs import envelope, wrapping
from chartpost.kernel.blobs.errors import damaged, missing
from chartpost.kernel.blobs.hold import nobody_holds
from chartpost.kernel.blobs.outgoing import Leaving
from chartpost.kernel.blobs.stores import store
from chartpost.kernel.blobs.stream import plaintext
from chartpost.kernel.blobs.types import BlobRef
from chartpost.kernel.blobs.writing import write
from chartpost.kernel.clock import now
from chartpost.kernel.db.raw import Db
from chartpost.kernel.ids import new_id
from chartpost.kernel.models import Blob, OwnerKey

LIMIT = 1024 * 1024 * 1024


def put(data: bytes | BinaryIO, *, owner: str, media_type: str, limit: int = LIMIT) -> BlobRef:
    """Encrypt and store bytes or a stream, which is read from where it stands and not closed.

    At most `limit` bytes (raises BlobTooLargeError, early where the size is known). The file is on disk before its
    row is written in the caller's transaction; a rollback leaves an unnamed file, which the sweep removes.
    """
    blob_id = new_id()
    key, wrapped = envelope.new_file_key(owner, blob_id)
    written = write(blob_id, data, key, wrapping.context(blob_id), limit)
    try:
        store().take(blob_id, written.file)
    finally:
        written.file.unlink(missing_ok=True)
    return name(BlobRef(blob_id, written.sha256, written.size, media_type), owner, wrapped)


def name(ref: BlobRef, owner: str, wrapped: bytes) -> BlobRef:
    """Write the row of a file that is in the store, in the caller's transaction."""
    Blob.objects.create(
        id=ref.id,
        owner=owner,
        wrapped=wrapped,
        sha256=ref.sha256,
        size=ref.size,
        media_type=ref.media_type,
        created=now(),
    )
    return ref


def open(blob_id: str) -> BinaryIO:
    """A seekable stream of the plaintext; raises BlobMissingError, BlobShreddedError, BlobDamagedError."""
    return plaintext(blob_id, _reader(blob_id))


def read(blob_id: str) -> bytes:
    """The whole plaintext; raises as `open` does."""
    reader = _reader(blob_id)
    try:
        return reader.read(0, reader.size)
    except CobblestoneError as error:
        raise damaged(blob_id) from error


def leaving(blob_id: str, first: int, last: int, db: Db) -> Leaving:
    """The plaintext from byte `first` to byte `last` for somebody who takes it once; raises as `open` does."""
    return Leaving(store(), blob_id, envelope.file_key_in(db, blob_id), first, last)


def ref(blob_id: str) -> BlobRef:
    """What is known about a file; raises BlobMissingError."""
    row = _row(blob_id)
    return BlobRef(row.id, row.sha256, row.size, row.media_type)


def exists(blob_id: str) -> bool:
    """Whether a file of this id is stored and not deleted."""
    return Blob.objects.filter(id=blob_id).exclude(wrapped=wrapping.SHREDDED).exists()


def iter_ids(owner: str | None = None) -> Iterator[str]:
    """The ids of all files, or of one owner's, oldest first."""
    rows = Blob.objects.exclude(wrapped=wrapping.SHREDDED).order_by("id")
    rows = rows if owner is None else rows.filter(owner=owner)
    yield from rows.values_list("id", flat=True).iterator(1000)


def delete(blob_id: str) -> None:
    """Delete a file; its bytes go when the transaction commits, or at the next sweep while a backup runs."""
    Blob.objects.filter(id=blob_id).delete()
    transaction.on_commit(lambda: _remove([blob_id]))


def shred(owner: str) -> int:
    """Destroy an owner's key, so that no copy of their files can be read again; returns how many files went."""
    ids = list(iter_ids(owner))
    with transaction.atomic():
        OwnerKey.objects.filter(owner=owner).delete()
        Blob.objects.filter(owner=owner).update(wrapped=wrapping.SHREDDED)
        transaction.on_commit(lambda: _remove(ids))
    return len(ids)


def reassign(blob_id: str, owner: str) -> None:
    """Give a file to another owner (merge, un-merge) by wrapping its key anew; the bytes stay as they are."""
    with transaction.atomic():
        row = _row(blob_id)
        key = envelope.file_key(row)
        row.owner, row.wrapped = owner, envelope.wrap_file_key(owner, blob_id, key)
        row.save(update_fields=["owner", "wrapped"])


def _row(blob_id: str) -> Blob:
    row = Blob.objects.filter(id=blob_id).first()
    if row is None:
        raise missing(blob_id)
    return row


def _reader(blob_id: str) -> Reader:
    row = _row(blob_id)
    key, where = envelope.file_key(row), store()
    try:
        return Reader(
            lambda offset, length: where.read_at(blob_id, offset, length),
            where.size(blob_id),
            key,
            wrapping.context(blob_id),
        )
    except CobblestoneError as error:
        raise damaged(blob_id) from error


def _remove(ids: list[str]) -> None:
    with nobody_holds() as free:
        for blob_id in ids if free else ():
            store().delete(blob_id)
