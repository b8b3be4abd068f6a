"""Taking the bytes of a part from the network into a file, hashed on the way, one piece in memory at a time."""

import errno
import hashlib
import hmac
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
from chartpost.kernel.straight import BUFFER, Out

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
    digest, left, over = hashlib.sha256(), length, False

    def gathered(view: memoryview) -> int:
        nonlocal left, over
        held = 0
        while left and held < BUFFER and not over:
            piece = read(min(TAKEN, left, BUFFER - held))
            digest.update(piece)
            view[held : held + len(piece)] = piece
            held, left, over = held + len(piece), left - len(piece), not piece
        return held

    out = Out(file, b"")
    try:
        if length >= LEAST:
            kept.hold(file)
        while left and not over:
            out.append(gathered)
        if not left and not hmac.compare_digest(digest.digest(), sha256):
            kept.forget()
            raise _broken("bytes of another SHA-256", "the bytes of the digest", "Send the part again.")
        out.end(b"")
    finally:
        out.close()
    return left


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
