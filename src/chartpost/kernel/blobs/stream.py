"""A stored file as a seekable stream of plaintext."""

import io
from typing import BinaryIO, cast

from chartpost.formats.cobblestone import CobblestoneError, Reader
from chartpost.kernel.blobs.errors import damaged

BUFFER = 256 * 1024


class _Plaintext(io.RawIOBase):
    def __init__(self, blob_id: str, reader: Reader) -> None:
        super().__init__()
        self._blob_id, self._reader, self._at = blob_id, reader, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size}[whence]
        if base + offset < 0:
            message = f"position {base + offset}; expected 0 or more"
            raise ValueError(message)
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._reader.read(self._at, len(buffer))
        except CobblestoneError as error:
            raise damaged(self._blob_id) from error
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def plaintext(blob_id: str, reader: Reader) -> BinaryIO:
    """A buffered, seekable, read-only stream over `reader`."""
    return cast("BinaryIO", io.BufferedReader(_Plaintext(blob_id, reader), BUFFER))
