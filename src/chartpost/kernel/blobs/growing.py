"""A stored file written piece by piece, where many are written side by side and none can be read as a stream."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from chartpost.formats.cobblestone import encrypt_stream
from chartpost.kernel.blobs import envelope, wrapping
from chartpost.kernel.blobs.services import named
from chartpost.kernel.blobs.stores import staging
from chartpost.kernel.blobs.types import BlobRef
from chartpost.kernel.blobs.writing import Written, disk_errors
from chartpost.kernel.ids import new_id

PIECE = 128 * 1024
"""Bytes that wait until they are encrypted together; more than a chunk of the encryption."""


class Growing:
    """One file: `write` as often as wanted, then `finish`; `drop` leaves nothing behind."""

    def __init__(self, owner: str, media_type: str) -> None:
        self._id, self._owner, self._media_type = new_id(), owner, media_type
        key, self._wrapped = envelope.new_file_key(owner, self._id)
        self._digest, self._waiting, self.size = sha256(), bytearray(), 0
        self._handed: list[bytes] = []
        self._sealed = encrypt_stream(self._pieces(), key, wrapping.context(self._id))
        self._path = staging() / self._id
        self._out = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with self._dropped_on_errors():
            self._out.write(next(self._sealed))

    def write(self, data: bytes) -> None:
        """Add bytes; raises StorageFullError."""
        self._waiting += data
        self.size += len(data)
        if len(self._waiting) >= PIECE:
            with self._dropped_on_errors():
                self._hand_over()
                self._out.write(next(self._sealed))

    def finish(self) -> BlobRef:
        """End the file and name it, in the caller's transaction; on disk when this returns. Raises StorageFullError."""
        with self._dropped_on_errors():
            if self._waiting:
                self._hand_over()
            for part in self._sealed:
                self._out.write(part)
            self._out.flush()
            os.fsync(self._out.fileno())
        self._out.close()
        written = Written(self._path, self._digest.hexdigest(), self.size)
        return named(self._id, written, self._owner, self._wrapped, self._media_type)

    def drop(self) -> None:
        """Forget the file."""
        with suppress(OSError):  # a full disk refuses what still waits to be written
            self._out.close()
        self._path.unlink(missing_ok=True)

    def _pieces(self) -> Iterator[bytes]:
        """What was handed over, a piece each time; the encryption gives something for each, as all hold a chunk."""
        while self._handed:
            yield self._handed.pop()

    def _hand_over(self) -> None:
        piece = bytes(self._waiting)
        self._waiting.clear()
        self._digest.update(piece)
        self._handed.append(piece)

    @contextmanager
    def _dropped_on_errors(self) -> Iterator[None]:
        try:
            with disk_errors():
                yield
        except BaseException:
            self.drop()
            raise
