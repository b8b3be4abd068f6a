"""Encrypting a stream of bytes."""

import secrets
from collections.abc import Iterable, Iterator

from chartpost.formats.cobblestone.derive import message_keys
from chartpost.formats.cobblestone.sizes import CHUNK, SALT


def encrypt_stream(
    parts: Iterable[bytes], key: bytes, context: bytes = b"", *, salt: bytes | None = None
) -> Iterator[bytes]:
    """Yield the message of the concatenated `parts`, which may have any sizes; memory stays at one part.

    `key`: 32 uniformly random bytes. `context` must be given again for decrypting. `salt` is random unless a
    test vector fixes it.
    """
    keys = message_keys(key, secrets.token_bytes(SALT) if salt is None else salt, context)
    yield keys.header
    number, rest = 0, bytearray()
    for part in parts:
        rest += part
        whole = len(rest) // CHUNK * CHUNK
        if whole:
            view = memoryview(bytes(rest[:whole]))
            del rest[:whole]
            sealed = [keys.seal(number + i, view[i * CHUNK : (i + 1) * CHUNK]) for i in range(whole // CHUNK)]
            number += len(sealed)
            yield b"".join(sealed)
    yield keys.seal(number, bytes(rest))


def encrypt(plaintext: bytes, key: bytes, context: bytes = b"", *, salt: bytes | None = None) -> bytes:
    """The message of `plaintext`; see `encrypt_stream`."""
    return b"".join(encrypt_stream((plaintext,), key, context, salt=salt))
