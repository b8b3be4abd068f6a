"""Keys around keys: each file's key under its owner's key, each owner's key under the key ring."""

import secrets

from chartpost.kernel import keys
from chartpost.kernel.blobs.errors import BlobShreddedError
from chartpost.kernel.clock import now
from chartpost.kernel.keys import cipher
from chartpost.kernel.models import Blob, OwnerKey

KEY_BYTES = 32
SHREDDED = b""


def new_file_key(owner: str, blob_id: str) -> tuple[bytes, bytes]:
    """A fresh key for one file and its wrapped form; makes the owner's key when there is none."""
    key = secrets.token_bytes(KEY_BYTES)
    return key, wrap_file_key(owner, blob_id, key)


def wrap_file_key(owner: str, blob_id: str, key: bytes) -> bytes:
    """A file's key under its owner's key; makes the owner's key when there is none."""
    return cipher.seal(_owner_key(owner, make=True), key, _bound(blob_id))


def file_key(row: Blob) -> bytes:
    """The key of a stored file; raises BlobShreddedError, UnwrapError."""
    wrapped = bytes(row.wrapped)
    if wrapped == SHREDDED:
        raise _shredded()
    return cipher.unseal(_owner_key(row.owner, make=False), wrapped, _bound(row.id))


def context(blob_id: str) -> bytes:
    """What a file's ciphertext is bound to."""
    return b"chartpost/blob/v1/" + blob_id.encode()


def open_owner_key(owner: str, wrapped: bytes) -> bytes:
    """An owner's key from its wrapped form."""
    return keys.unwrap(wrapped, b"owner/" + owner.encode())


def open_file_key(owner_key: bytes, blob_id: str, wrapped: bytes) -> bytes:
    """A file's key from its wrapped form and its owner's key."""
    return cipher.unseal(owner_key, wrapped, _bound(blob_id))


def _owner_key(owner: str, *, make: bool) -> bytes:
    row = OwnerKey.objects.filter(owner=owner).first()
    if row is None and make:
        fresh = keys.wrap(secrets.token_bytes(KEY_BYTES), b"owner/" + owner.encode())
        row, _ = OwnerKey.objects.get_or_create(owner=owner, defaults={"wrapped": fresh, "created": now()})
    if row is None:
        raise _shredded()
    return open_owner_key(owner, bytes(row.wrapped))


def _bound(blob_id: str) -> bytes:
    return b"blob/" + blob_id.encode()


def _shredded() -> BlobShreddedError:
    return BlobShreddedError(
        seen="a file whose owner's key was destroyed",
        expected="nothing: its content is gone for good, as was decided",
        todo="tell the person asking that the file was erased",
    )
