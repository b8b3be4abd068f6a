"""Encrypted files: put, open, read, delete, shred.

Each file has its own key, wrapped under its owner's key, wrapped by the key ring; the bytes are Cobblestone-256.
Owners are `person:<id>` or `office`. The verbs load on first use, because they need Django's models; the rest of
the package works without Django, as restoring a backup must.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chartpost.kernel.blobs.errors import (
    BlobDamagedError,
    BlobError,
    BlobMissingError,
    BlobShreddedError,
    BlobTooLargeError,
    StorageFullError,
)
from chartpost.kernel.blobs.types import BlobRef

if TYPE_CHECKING:
    from chartpost.kernel.blobs.envelope import Owner
    from chartpost.kernel.blobs.growing import Growing
    from chartpost.kernel.blobs.services import (
        LIMIT,
        delete,
        exists,
        iter_ids,
        leaving,
        open,
        put,
        read,
        reassign,
        ref,
        shred,
    )
    from chartpost.kernel.blobs.sweeping import sweep

__all__ = [
    "LIMIT",
    "BlobDamagedError",
    "BlobError",
    "BlobMissingError",
    "BlobRef",
    "BlobShreddedError",
    "BlobTooLargeError",
    "Growing",
    "Owner",
    "StorageFullError",
    "delete",
    "exists",
    "iter_ids",
    "leaving",
    "open",
    "put",
    "read",
    "reassign",
    "ref",
    "shred",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    home = {"sweep": "sweeping", "Growing": "growing", "Owner": "envelope"}.get(name, "services")
    return getattr(import_module(f"{__name__}.{home}"), name)
