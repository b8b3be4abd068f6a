"""Decrypting: as a stream, whole, or at any place of a message."""

from collections.abc import Callable, Iterable, Iterator

from chartpost.formats.cobblestone.derive import MessageKeys, keys_of
from chartpost.formats.cobblestone.errors import TruncatedError
from chartpost.formats.cobblestone.sizes import CHUNK, HEADER, SEALED_CHUNK, TAG, plaintext_size

ReadAt = Callable[[int, int], bytes | memoryview]


def decrypt_stream(parts: Iterable[bytes], key: bytes, context: bytes = b"") -> Iterator[bytes]:
    """Yield authenticated plaintext of a message that arrives in `parts` of any sizes.

    What was yielded is genuine, and the message is whole only when the iterator ends without an error:
    CommitmentError, TamperedError or TruncatedError.
    """
    keys: MessageKeys | None = None
    number, rest = 0, bytearray()
    for part in parts:
        rest += part
        if keys is None:
            if len(rest) < HEADER:
                continue
            keys = keys_of(key, bytes(rest[:HEADER]), context)
            del rest[:HEADER]
        whole = len(rest) // SEALED_CHUNK
        if whole:
            sealed = bytes(rest[: whole * SEALED_CHUNK])
            del rest[: whole * SEALED_CHUNK]
            yield _open_all(keys, number, sealed)
            number += whole
    if keys is None:
        keys = keys_of(key, bytes(rest), context)
    if len(rest) < TAG:
        message = "the message has no last chunk; its end is missing"
        raise TruncatedError(message)
    yield keys.open(number, bytes(rest))


def decrypt(message: bytes, key: bytes, context: bytes = b"") -> bytes:
    """The whole plaintext of `message`; see `decrypt_stream` for the errors."""
    return b"".join(decrypt_stream((message,), key, context))


class Reader:
    """Reads a message at any place, decrypting only the chunks it needs.

    `read_at(offset, length)` gives ciphertext bytes; `size` is the length of the whole message. Chunks are
    authenticated one by one; the length is proved by `check_end`, which the constructor calls.
    """

    def __init__(self, read_at: ReadAt, size: int, key: bytes, context: bytes = b"") -> None:
        self._read_at = read_at
        self.size = plaintext_size(size)
        self._end = size
        self._keys = keys_of(key, bytes(self._take(0, HEADER)), context)
        self.check_end()

    def check_end(self) -> None:
        """Authenticate the length by decrypting the last chunk; raises TamperedError."""
        last = self.size // CHUNK
        start = HEADER + last * SEALED_CHUNK
        self._keys.open(last, self._take(start, self._end - start))

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` plaintext bytes from `offset`; fewer at the end. One `read_at` call."""
        if offset < 0 or length < 0:
            message = f"offset {offset} and length {length}; expected both from 0"
            raise ValueError(message)
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        first, last = offset // CHUNK, (offset + length - 1) // CHUNK
        start = HEADER + first * SEALED_CHUNK
        sealed = self._take(start, min(self._end, HEADER + (last + 1) * SEALED_CHUNK) - start)
        plain = _open_all(self._keys, first, sealed)
        skip = offset - first * CHUNK
        return plain[skip : skip + length]

    def _take(self, offset: int, length: int) -> bytes | memoryview:
        data = self._read_at(offset, length)
        if len(data) != length:
            message = f"{len(data)} bytes at {offset}; expected {length}; the message was cut while it was read"
            raise TruncatedError(message)
        return data


def _open_all(keys: MessageKeys, first: int, sealed: bytes | memoryview) -> bytes:
    view = memoryview(sealed)
    count = -(-len(sealed) // SEALED_CHUNK)
    return b"".join(keys.open(first + i, view[i * SEALED_CHUNK : (i + 1) * SEALED_CHUNK]) for i in range(count))
