"""A stored file on its way to somebody who takes it once, from its beginning to its end."""

from collections.abc import Iterator

from chartpost.formats.cobblestone import CHUNK, CobblestoneError, Reader
from chartpost.kernel import straight
from chartpost.kernel.blobs import wrapping
from chartpost.kernel.blobs.errors import damaged
from chartpost.kernel.blobs.stores import Store

PIECE = 32 * CHUNK
"""Bytes given at once: few enough to be in the processor's cache when the network takes them."""


class Leaving:
    """The plaintext from byte `first` to byte `last`, in pieces; an iterator that is closed when nobody wants more.

    The file is opened, and its end proved, when this is made: raises BlobMissingError, BlobDamagedError. A chunk that
    is found changed later raises BlobDamagedError then.
    """

    def __init__(self, store: Store, blob_id: str, key: bytes, first: int, last: int) -> None:
        self._blob_id, self._at, self._end = blob_id, first, last + 1
        self._file = store.opened(blob_id)
        self._view = memoryview(b"")
        try:
            with straight.buffer() as self._view:
                self._reader = Reader(self._read, self._file.size, key, wrapping.context(blob_id))
        except BaseException as error:
            self._file.close()
            if isinstance(error, CobblestoneError):
                raise damaged(blob_id) from error
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        wanted = min(PIECE - self._at % CHUNK, self._end - self._at)
        if wanted <= 0:
            self.close()
            raise StopIteration
        try:
            with straight.buffer() as self._view:
                piece = self._reader.read(self._at, wanted)
        except CobblestoneError as error:
            raise damaged(self._blob_id) from error
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Let go of the file; again changes nothing."""
        self._file.close()

    def _read(self, offset: int, length: int) -> bytes | memoryview:
        return self._file.read(offset, length, self._view)
