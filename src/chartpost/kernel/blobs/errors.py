"""Errors of the blob store.

BlobError
├── BlobMissingError    no such file
├── BlobShreddedError   its owner's key was destroyed on purpose
├── BlobTooLargeError   larger than the caller allows
├── BlobDamagedError    changed or cut since it was written
└── StorageFullError    no room on the disk
"""

from chartpost.kernel.errors import KernelError


class BlobError(KernelError):
    """An encrypted file cannot be stored or read."""


class BlobMissingError(BlobError):
    """No such file."""


class BlobShreddedError(BlobError):
    """The owner's key was destroyed on purpose; the content is gone for good."""


class BlobTooLargeError(BlobError):
    """The data is larger than the caller allows."""


class BlobDamagedError(BlobError):
    """The stored bytes were changed or cut since they were written."""


class StorageFullError(BlobError):
    """The disk has no room for the data."""


LOST = (BlobMissingError, BlobShreddedError, BlobDamagedError)
"""Errors of a file whose content is gone: asking again does not help."""


def missing(blob_id: str) -> BlobMissingError:
    """The error for a file that is not there."""
    return BlobMissingError(
        seen=f"no stored file {blob_id}",
        expected="a file that was stored before",
        todo="run `chartpost backup verify` on the newest backup and restore if it holds the file",
    )


def damaged(blob_id: str) -> BlobDamagedError:
    """The error for a file whose bytes are not genuine."""
    return BlobDamagedError(
        seen=f"stored file {blob_id} does not decrypt",
        expected="the bytes as they were written",
        todo="check the disk, then restore the file from a backup",
    )
