"""Reading what was received: capped, unpacked where it is gzip, never written to disk in the clear."""

import gzip
import io
from typing import IO, BinaryIO, cast

from chartpost.formats.filekinds import GZIP_MAGIC
from chartpost.formats.packed import BROKEN
from chartpost.records.errors import Refused

CHUNK = 1024 * 1024
MOST_RATIO = 300
"""Bytes out per byte in from which packed data is taken for a bomb; real records stay under 40."""


class Capped(io.RawIOBase):
    """A stream that raises Refused once more than `limit` bytes came out of it."""

    def __init__(self, inner: IO[bytes], limit: int) -> None:
        super().__init__()
        self._inner, self._limit, self._seen = inner, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._unpack(len(buffer))
        self._seen += len(data)
        if self._seen > self._limit:
            raise too_large(self._seen, self._limit, unpacked=True)
        buffer[: len(data)] = data
        return len(data)

    def _unpack(self, size: int) -> bytes:
        try:
            return self._inner.read(size)
        except BROKEN as error:
            raise Refused("packed data that is damaged or cut", "a whole file", "Ask for the file again.") from error


def unpacked(stream: BinaryIO, size: int, limit: int) -> BinaryIO:
    """The stream itself, or what is inside it when it is gzip: at most `limit` bytes and MOST_RATIO times `size`."""
    head = stream.read(len(GZIP_MAGIC))
    stream.seek(0)
    if head != GZIP_MAGIC:
        return stream
    inner = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    return cast("BinaryIO", io.BufferedReader(Capped(inner, min(limit, max(size * MOST_RATIO, CHUNK))), CHUNK))


def too_large(size: int, limit: int, *, unpacked: bool = False) -> Refused:
    """The refusal of a file over its cap."""
    what = "unpacked bytes or more" if unpacked else "bytes"
    return Refused(f"a file of {size:,} {what}", f"at most {limit:,}", "Split the file (NDJSON can be split by lines).")
