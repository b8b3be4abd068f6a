"""Runs of chunks sealed and opened into buffers that are used again: no copy, no allocation for each chunk.

Several threads may work on runs of one object at once; the cipher runs outside of the interpreter's lock.
"""

from cryptography.exceptions import InvalidTag

from chartpost.formats.cobblestone import CHUNK, SEALED_CHUNK
from chartpost.formats.cobblestone.derive import MessageKeys, keys_of, message_keys
from chartpost.formats.cobblestone.errors import CobblestoneError
from chartpost.formats.sealedbox.objects import PART_CHUNKS, box_error, object_context, object_key

_TAG = SEALED_CHUNK - CHUNK
BLOCK = PART_CHUNKS * CHUNK
"""Plaintext bytes of a block: what one entry of a file's hash covers, 8 MiB."""


class Runs:
    """The chunks of one object; made by `sealing` or `opening`."""

    def __init__(self, keys: MessageKeys, index: int) -> None:
        self._keys, self.index = keys, index

    @classmethod
    def sealing(cls, share_key: bytes, share: str, index: int, object_id: str, salt: bytes) -> "Runs":
        """For sealing under a salt of 24 bytes, which no other plaintext may ever be sealed under."""
        context = object_context(share, index, object_id)
        return cls(message_keys(object_key(share_key, index), salt, context), index)

    @classmethod
    def opening(cls, share_key: bytes, share: str, index: int, object_id: str, header: bytes) -> "Runs":
        """For opening an object that begins with `header`, 56 bytes; raises BoxError."""
        context = object_context(share, index, object_id)
        try:
            return cls(keys_of(object_key(share_key, index), header, context), index)
        except CobblestoneError as error:
            raise box_error(index) from error

    @property
    def header(self) -> bytes:
        """The first 56 bytes of the object."""
        return self._keys.header

    def seal_into(self, first: int, plain: memoryview, out: memoryview, *, last: bool) -> int:
        """Seal chunks from number `first` on into `out`; with `last` also the short last one. Returns bytes written.

        Without `last`, `plain` holds whole chunks.
        """
        count = len(plain) // CHUNK + (1 if last else 0)
        if not last and len(plain) % CHUNK:
            message = f"{len(plain)} bytes; expected whole chunks of {CHUNK}"
            raise ValueError(message)
        seal, nonce, size = self._keys.aead.encrypt_into, self._keys.nonce, len(plain)
        for number in range(count):
            start, end = number * CHUNK, min(size, (number + 1) * CHUNK)
            place = number * SEALED_CHUNK
            seal(nonce(first + number), plain[start:end], None, out[place : place + end - start + _TAG])
        return size + count * _TAG

    def open_into(self, first: int, sealed: memoryview, out: memoryview, *, last: bool) -> int:
        """Open chunks from number `first` on into `out`; with `last` the short last one ends it. Returns bytes written.

        Raises BoxError for anything but what was sealed there; `out` then holds nothing to be used.
        """
        rest = len(sealed) % SEALED_CHUNK
        if (rest < _TAG) if last else rest:
            raise box_error(self.index)
        count, size = -(-len(sealed) // SEALED_CHUNK), len(sealed)
        unseal, nonce = self._keys.aead.decrypt_into, self._keys.nonce
        try:
            for number in range(count):
                start, end = number * SEALED_CHUNK, min(size, (number + 1) * SEALED_CHUNK)
                place = number * CHUNK
                unseal(nonce(first + number), sealed[start:end], None, out[place : place + end - start - _TAG])
        except InvalidTag as error:
            raise box_error(self.index) from error
        return size - count * _TAG
