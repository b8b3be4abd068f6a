"""Taking the bytes of a part from the network into a file, hashed on the way, one piece in memory at a time."""

import errno
import fcntl
import hashlib
import hmac
import mmap
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chartpost.kernel.blobs.errors import StorageFullError
from chartpost.kernel.config import config
from chartpost.kernel.keys.files import make_folder
from chartpost.kernel.parts.errors import PartBrokenError
from chartpost.kernel.parts.unfinished import LEAST, Read, Unfinished

PIECE = 1024 * 1024
TAKEN = 128 * 1024
"""Bytes taken from the network at once: still in the processor's cache when they are hashed and written."""
GATHERED = 1024 * 1024
"""Bytes written at once."""
ALIGNED = 4096
_DIRECT: int = getattr(os, "O_DIRECT", 0)
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
def received(read: Read, length: int, sha256: bytes, kept: Unfinished, offset: int = 0) -> Iterator[Staged]:
    """The part of `length` bytes whose digest is `sha256`, on disk inside the block and gone after it, unless moved.

    `read(n)` gives at most n bytes, none at the end; the first `offset` bytes are those `kept` before. Raises
    PartBrokenError when fewer bytes come, which are kept, or others than announced; StorageFullError.
    """
    _check_disk(length)
    file = folder() / secrets.token_hex(16)
    try:
        with _room(kept), kept.before(offset, read) as whole:
            left = _write(file, whole, length, sha256, kept)
        if left:
            raise _broken(f"{length - left:,} bytes", f"{length:,} bytes", "Send the rest of the part.")
        try:
            yield Staged(file, length)
        finally:
            kept.forget()
    finally:
        file.unlink(missing_ok=True)


def _write(file: Path, read: Read, length: int, sha256: bytes, kept: Unfinished) -> int:
    """Write what comes to disk; returns how many bytes did not come. Raises PartBrokenError for other bytes."""
    digest, left = hashlib.sha256(), length
    out = _Straight(file)
    try:
        if length >= LEAST:
            kept.hold(file)
        while left and (piece := read(min(TAKEN, left))):
            digest.update(piece)
            out.write(piece)
            left -= len(piece)
        if not left and not hmac.compare_digest(digest.digest(), sha256):
            kept.forget()
            raise _broken("bytes of another SHA-256", "the bytes of the digest", "Send the part again.")
        out.sync()
    finally:
        out.close()
    return left


class _Straight:
    """A new file whose bytes go to the disk past the system's cache, where the file system can (open(2), O_DIRECT).

    They are not read again soon, and the copy into the cache is a fifth of the cost of an upload.
    """

    def __init__(self, file: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._file = os.open(file, flags | _DIRECT, 0o600)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            file.unlink(missing_ok=True)
            self._file = os.open(file, flags, 0o600)
        self._view = memoryview(mmap.mmap(-1, GATHERED))
        self._held = 0

    def write(self, piece: bytes) -> None:
        """Take some more bytes; they are written when enough came."""
        rest = memoryview(piece)
        while rest:
            room = min(len(rest), GATHERED - self._held)
            self._view[self._held : self._held + room] = rest[:room]
            self._held += room
            rest = rest[room:]
            if self._held == GATHERED:
                _write_all(self._file, self._view)
                self._held = 0

    def sync(self) -> None:
        """Write what is left, its odd end through the cache, and wait for the disk."""
        whole = self._held // ALIGNED * ALIGNED
        _write_all(self._file, self._view[:whole])
        if whole < self._held:
            fcntl.fcntl(self._file, fcntl.F_SETFL, fcntl.fcntl(self._file, fcntl.F_GETFL) & ~_DIRECT)
            _write_all(self._file, self._view[whole : self._held])
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file; the memory goes with the last look at it."""
        os.close(self._file)


def _write_all(out: int, piece: memoryview) -> None:
    view = piece
    while view:
        view = view[os.write(out, view) :]


@contextmanager
def _room(kept: Unfinished) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            kept.forget()
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
