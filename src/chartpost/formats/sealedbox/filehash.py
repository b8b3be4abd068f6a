"""The hash of a file in a manifest: SHA-256 over the SHA-256 digests of its 8 MiB parts.

WebCrypto has no hash that takes its input piece by piece; this one both sides compute in flat memory and in parallel.
"""

from collections.abc import Iterable
from hashlib import sha256

from chartpost.formats.sealedbox.text import b64u

PART = 8 * 1024 * 1024


class FileHash:
    """Takes the bytes of a file in any pieces; `size` counts them."""

    def __init__(self) -> None:
        self.size = 0
        self._digests = sha256()
        self._part = sha256()
        self._filled = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        view = memoryview(data)
        while view:
            piece = view[: PART - self._filled]
            self._part.update(piece)
            self._filled += len(piece)
            self.size += len(piece)
            view = view[len(piece) :]
            if self._filled == PART:
                self._digests.update(self._part.digest())
                self._part, self._filled = sha256(), 0

    def add_part(self, digest: bytes, size: int) -> None:
        """Take a part by its SHA-256 alone, where parts are hashed elsewhere; all but the last are 8 MiB."""
        if self.size % PART or not 0 < size <= PART:
            message = f"a part of {size} bytes after {self.size}; expected 8 MiB in all but the last"
            raise ValueError(message)
        self._digests.update(digest)
        self.size += size

    def text(self) -> str:
        """The hash so far in base64url; a file without bytes has no parts."""
        digests = self._digests.copy()
        if self._filled:
            digests.update(self._part.digest())
        return b64u(digests.digest())


def file_hash(pieces: Iterable[bytes]) -> str:
    """The hash of a whole file."""
    found = FileHash()
    for piece in pieces:
        found.update(piece)
    return found.text()
