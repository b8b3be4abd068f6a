"""Taking the bytes of a part from the network into a file, hashed on the way, one piece in memory at a time."""

import errno
import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chartpost.kernel.blobs.errors import StorageFullError
from chartpost.kernel.config import config
from chartpost.kernel.keys.files import make_folder
from chartpost.kernel.parts.errors import PartBrokenError

PIECE = 1024 * 1024
TAKEN = 128 * 1024
"""Bytes taken from the network at once: still in the processor's cache when they are hashed and written."""
SPARE_DISK = 256 * 1024 * 1024


@dataclass(frozen=True)
class Staged:
    """A part on disk that is what was announced."""

    file: Path
    length: int


def root() -> Path:
    """The folder of sealed objects."""
    return config().home / "parts"


def folder() -> Path:
    """The folder of parts that are on their way in."""
    found = root() / ".new"
    make_folder(root())
    make_folder(found)
    return found


@contextmanager
def received(read: Callable[[int], bytes], length: int, sha256: bytes) -> Iterator[Staged]:
    """The part of `length` bytes whose digest is `sha256`, on disk inside the block and gone after it, unless moved.

    `read(n)` gives at most n bytes, none at the end. Raises PartBrokenError when fewer bytes come or others than
    announced, StorageFullError.
    """
    _check_disk(length)
    file = folder() / secrets.token_hex(16)
    try:
        with _room():
            _write(file, read, length, sha256)
        yield Staged(file, length)
    finally:
        file.unlink(missing_ok=True)


def _write(file: Path, read: Callable[[int], bytes], length: int, sha256: bytes) -> None:
    digest, left = hashlib.sha256(), length
    out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        while left:
            piece = read(min(TAKEN, left))
            if not piece:
                raise _broken(f"{length - left:,} bytes", f"{length:,} bytes", "Send the part again.")
            digest.update(piece)
            _write_all(out, piece)
            left -= len(piece)
        if not hmac.compare_digest(digest.digest(), sha256):
            raise _broken("bytes of another SHA-256", "the bytes of Content-Digest", "Send the part again.")
        os.fdatasync(out)
    finally:
        os.close(out)


def _write_all(out: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(out, view) :]


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full("the disk ran full while writing") from error
        raise


def check_room(size: int) -> None:
    """Raise StorageFullError when the disk has no room for `size` more bytes."""
    _check_disk(size)


def _check_disk(size: int) -> None:
    free = shutil.disk_usage(folder()).free
    if free < size + SPARE_DISK:
        raise _full(f"{free:,} bytes free where {size:,} are to be stored")


def _full(seen: str) -> StorageFullError:
    return StorageFullError(
        seen=seen,
        expected=f"room for the bytes and {SPARE_DISK:,} to spare",
        todo="Tell the office that its disk is full; go on with the upload once there is room.",
    )


def _broken(seen: str, expected: str, todo: str) -> PartBrokenError:
    return PartBrokenError(seen=seen, expected=expected, todo=todo)
