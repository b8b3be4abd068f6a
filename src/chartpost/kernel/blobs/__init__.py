"""Encrypted files: put, open, read, delete, shred.

Each file has its own key, wrapped under its owner's key, wrapped by the key ring; the bytes are Cobblestone-256.
Owners are `person:<id>` or `office`.
"""

from chartpost.kernel.blobs.errors import (
    BlobDamagedError,
    BlobError,
    BlobMissingError,
    BlobShreddedError,
    BlobTooLargeError,
    StorageFullError,
)
from chartpost.kernel.blobs.services import (
    LIMIT,
    delete,
    exists,
    iter_ids,
    open,
    put,
    read,
    reassign,
    ref,
    shred,
)
from chartpost.kernel.blobs.sweep import sweep
from chartpost.kernel.blobs.types import BlobRef

__all__ = [
    "LIMIT",
    "BlobDamagedError",
    "BlobError",
    "BlobMissingError",
    "BlobRef",
    "BlobShreddedError",
    "BlobTooLargeError",
    "StorageFullError",
    "delete",
    "exists",
    "iter_ids",
    "open",
    "put",
    "read",
    "reassign",
    "ref",
    "shred",
    "sweep",
]
