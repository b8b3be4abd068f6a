"""Keys around keys: each file's key under its owner's key, each owner's key under the key ring."""

import secrets

from chartpost.kernel import keys
from chartpost.kernel.blobs.errors import BlobShreddedError, missing
from chartpost.kernel.blobs.wrapping import SHREDDED, open_file_key, owner_context, seal_file_key
from chartpost.kernel.clock import now
from chartpost.kernel.db.raw import Db
from chartpost.kernel.models import Blob, OwnerKey

KEY_BYTES = 32


class Owner:
    """Whom many new files belong to; their key is opened once, and made when there is none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = _open(_row(name))

    def new_file_key(self, blob_id: str) -> tuple[bytes, bytes]:
        """A fresh key for one file and its wrapped form."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, seal_file_key(self._key, blob_id, key)


def new_file_key(owner: str, blob_id: str) -> tuple[bytes, bytes]:
    """A fresh key for one file and its wrapped form; makes the owner's key when there is none."""
    return Owner(owner).new_file_key(blob_id)


def wrap_file_key(owner: str, blob_id: str, key: bytes) -> bytes:
    """A file's key under its owner's key; makes the owner's key when there is none."""
    return seal_file_key(_open(_row(owner)), blob_id, key)


def file_key(blob: Blob) -> bytes:
    """The key of a stored file; raises BlobShreddedError, UnwrapError."""
    row = OwnerKey.objects.filter(owner=blob.owner).first()
    return _file_key(blob.id, bytes(blob.wrapped), blob.owner, bytes(row.wrapped) if row else None)


def file_key_in(db: Db, blob_id: str) -> bytes:
    """The same outside Django; raises BlobMissingError as well."""
    row = db.one(
        "SELECT b.wrapped, b.owner, o.wrapped FROM kernel_blob b"
        " LEFT JOIN kernel_ownerkey o ON o.owner = b.owner WHERE b.id = ?",
        [blob_id],
    )
    if row is None:
        raise missing(blob_id)
    return _file_key(blob_id, bytes(row[0]), row[1], bytes(row[2]) if row[2] else None)


def _file_key(blob_id: str, wrapped: bytes, owner: str, owner_key: bytes | None) -> bytes:
    if wrapped == SHREDDED or not owner_key:
        raise BlobShreddedError(
            seen="a file whose owner's key was destroyed",
            expected="nothing: its content is gone for good, as was decided",
            todo="tell the person asking that the file was erased",
        )
    return open_file_key(keys.unwrap(owner_key, owner_context(owner)), blob_id, wrapped)


def _row(owner: str) -> OwnerKey:
    row = OwnerKey.objects.filter(owner=owner).first()
    if row is None:
        fresh = keys.wrap(secrets.token_bytes(KEY_BYTES), owner_context(owner))
        row, _ = OwnerKey.objects.get_or_create(owner=owner, defaults={"wrapped": fresh, "created": now()})
    return row


def _open(row: OwnerKey) -> bytes:
    return keys.unwrap(bytes(row.wrapped), owner_context(row.owner))
