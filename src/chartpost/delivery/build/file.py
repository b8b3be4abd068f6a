"""One finished file of a package."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

BUFFER = 256 * 1024


@dataclass(frozen=True)
class File:
    """A file before it is stored; `open` gives its bytes from the start, so that a big one is never whole in memory."""

    format: str
    name: str
    media_type: str
    open: Callable[[], BinaryIO]
    pages: int | None = None


def whole(format: str, name: str, media_type: str, data: bytes, pages: int | None = None) -> File:
    """A file that is small enough to be held in memory."""
    return File(format, name, media_type, lambda: io.BytesIO(data), pages)


class _Pieces(io.RawIOBase):
    """A stream over byte strings that are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def stream(pieces: Iterator[bytes]) -> BinaryIO:
    """A readable stream over byte strings."""
    return cast("BinaryIO", io.BufferedReader(_Pieces(pieces), BUFFER))
