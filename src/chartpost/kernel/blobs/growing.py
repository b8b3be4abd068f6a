"""A stored file written piece by piece, where many are written side by side and none can be read as a stream."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256

from chartpost.formats.cobblestone import CHUNK
from chartpost.formats.cobblestone.derive import message_keys
from chartpost.formats.cobblestone.sizes import SALT
from chartpost.kernel.blobs import services, wrapping
from chartpost.kernel.blobs.envelope import Owner
from chartpost.kernel.blobs.stores import staging, store
from chartpost.kernel.blobs.types import BlobRef
from chartpost.kernel.blobs.writing import disk_errors
from chartpost.kernel.ids import new_id
from chartpost.kernel.straight import Out

PIECE = 32 * CHUNK
"""Bytes that wait until they are written together."""
SOME = 8 * CHUNK
"""Bytes that are encrypted while they are still in the processor's cache from being hashed."""


class Growing:
    """One file: `write` as often as wanted, then `store` and `name`; `drop` leaves nothing behind."""

    def __init__(self, owner: Owner, media_type: str) -> None:
        self._id, self._owner, self._media_type = new_id(), owner, media_type
        key, self._wrapped = owner.new_file_key(self._id)
        self._keys = message_keys(key, secrets.token_bytes(SALT), wrapping.context(self._id))
        self._digest, self._sealed = sha256(), 0
        self._waiting: list[bytes] = []
        self._held, self.size = 0, 0
        self._path = staging() / self._id
        self._out = Out(self._path, self._keys.header)

    def write(self, data: bytes) -> None:
        """Add bytes; raises StorageFullError."""
        self._waiting.append(data)
        self._held += len(data)
        self.size += len(data)
        if self._held >= PIECE:
            with self._dropped_on_errors():
                self._seal()

    def store(self) -> None:
        """End the file and put it where it stays; on disk when this returns. Raises StorageFullError."""
        with self._dropped_on_errors():
            self._seal()
            rest = b"".join(self._waiting)
            self._digest.update(rest)
            self._out.end(self._keys.seal(self._sealed, rest))
            self._out.close()
            store().take(self._id, self._path)

    def name(self) -> BlobRef:
        """Write the row of a stored file, in the caller's transaction; a file without one goes at the next sweep."""
        ref = BlobRef(self._id, self._digest.hexdigest(), self.size, self._media_type)
        return services.name(ref, self._owner.name, self._wrapped)

    def drop(self) -> None:
        """Forget the file."""
        self._out.close()
        self._path.unlink(missing_ok=True)

    def _seal(self) -> None:
        """Encrypt the whole chunks of what waits, and keep the rest."""
        view = memoryview(b"".join(self._waiting))
        whole = self._held // CHUNK * CHUNK
        for start in range(0, whole, PIECE):
            self._out.append(partial(self._sealed_into, view[start : min(start + PIECE, whole)]))
        self._waiting, self._held = [bytes(view[whole:])], self._held - whole

    def _sealed_into(self, chunks: memoryview, room: memoryview) -> int:
        """Encrypt whole chunks into the memory there is; returns how many bytes that makes."""
        size = 0
        for start in range(0, len(chunks), SOME):
            some = chunks[start : start + SOME]
            self._digest.update(some)
            size += self._keys.seal_all(self._sealed, some, room[size:])
            self._sealed += len(some) // CHUNK
        return size

    @contextmanager
    def _dropped_on_errors(self) -> Iterator[None]:
        try:
            with disk_errors():
                yield
        except BaseException:
            self.drop()
            raise
