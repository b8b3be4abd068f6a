"""Encrypting data into a file of the staging folder, capped and hashed on the way."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chartpost.formats.cobblestone import encrypt_stream
from chartpost.kernel.blobs.errors import BlobTooLargeError, StorageFullError
from chartpost.kernel.blobs.stores import staging

PART = 1024 * 1024
SPARE_DISK = 256 * 1024 * 1024


@dataclass(frozen=True)
class Written:
    """A finished ciphertext file and what its plaintext was."""

    file: Path
    sha256: str
    size: int


def write(blob_id: str, data: bytes | BinaryIO, key: bytes, context: bytes, limit: int) -> Written:
    """Encrypt `data` into a staged file, on disk when this returns; raises BlobTooLargeError, StorageFullError."""
    known = _known_size(data)
    if known is not None:
        _check_size(known, limit)
        _check_disk(known)
    counter = _Counter(limit)
    file = staging() / blob_id
    try:
        with disk_errors(), os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for part in encrypt_stream(counter.parts(data), key, context):
                out.write(part)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return Written(file, counter.digest.hexdigest(), counter.size)


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full disk inside the block raises StorageFullError."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full("the disk ran full while writing") from error
        raise


class _Counter:
    def __init__(self, limit: int) -> None:
        self.digest, self.size, self._limit = hashlib.sha256(), 0, limit

    def parts(self, data: bytes | BinaryIO) -> Iterator[bytes]:
        for part in _parts(data):
            self.size += len(part)
            _check_size(self.size, self._limit)
            self.digest.update(part)
            yield part


def _parts(data: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(data, bytes):
        for start in range(0, len(data), PART):
            yield data[start : start + PART]
        return
    while part := data.read(PART):
        yield part


def _known_size(data: bytes | BinaryIO) -> int | None:
    """How much is still to come, where the source can tell."""
    if isinstance(data, bytes):
        return len(data)
    if not data.seekable():
        return None
    here = data.tell()
    end = data.seek(0, os.SEEK_END)
    data.seek(here)
    return end - here


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise BlobTooLargeError(
            seen=f"a file of {size:,} bytes or more",
            expected=f"at most {limit:,} bytes",
            todo="split the file, or leave out what is not needed",
        )


def _check_disk(size: int) -> None:
    free = shutil.disk_usage(staging()).free
    if free < size + SPARE_DISK:
        raise _full(f"{free:,} bytes free for a file of {size:,} bytes")


def _full(seen: str) -> StorageFullError:
    return StorageFullError(
        seen=seen,
        expected=f"room for the file and {SPARE_DISK:,} bytes to spare",
        todo="free space on the disk that holds CHARTPOST_HOME, then try again",
    )
