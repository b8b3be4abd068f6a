"""What each key and ciphertext of the blob store is bound to; needs no database."""

from chartpost.kernel.keys import cipher

SHREDDED = b""


def context(blob_id: str) -> bytes:
    """What a file's ciphertext is bound to."""
    return b"chartpost/blob/v1/" + blob_id.encode()


def owner_context(owner: str) -> bytes:
    """What an owner's wrapped key is bound to."""
    return b"owner/" + owner.encode()


def seal_file_key(owner_key: bytes, blob_id: str, key: bytes) -> bytes:
    """A file's key under its owner's key."""
    return cipher.seal(owner_key, key, b"blob/" + blob_id.encode())


def open_file_key(owner_key: bytes, blob_id: str, wrapped: bytes) -> bytes:
    """A file's key from its wrapped form; raises UnwrapError."""
    return cipher.unseal(owner_key, wrapped, b"blob/" + blob_id.encode())
