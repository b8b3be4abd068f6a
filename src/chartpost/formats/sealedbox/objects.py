"""Objects of a share: Cobblestone-256 under a key and a context of their own, cut into parts for transport.

Object 0 is the manifest, 1 and up are files. The same key, salt and plaintext give the same bytes again, so that
an upload can be resumed; another plaintext must have another salt.
"""

import struct
from collections.abc import Iterable, Iterator

from chartpost.formats import cobblestone
from chartpost.formats.cobblestone import SEALED_CHUNK, CobblestoneError
from chartpost.formats.sealedbox.errors import BoxError
from chartpost.formats.sealedbox.keys import ROOT, hkdf
from chartpost.formats.sealedbox.text import ID_BYTES, unb64u

PART_CHUNKS = 512
PART = PART_CHUNKS * SEALED_CHUNK
MAX_PARTS = 10_000


def object_key(share_key: bytes, index: int) -> bytes:
    """The key of object `index`: HKDF-SHA-256 of the share key."""
    return hkdf(share_key, b"", f"{ROOT}obj/{index}")


def object_context(share: str, index: int, object_id: str) -> bytes:
    """What an object is bound to: share, place and its own id, 40 bytes."""
    return b"CPS1" + unb64u(share, ID_BYTES) + struct.pack(">I", index) + unb64u(object_id, ID_BYTES)


def seal_stream(
    parts: Iterable[bytes], share_key: bytes, share: str, index: int, object_id: str, *, salt: bytes | None = None
) -> Iterator[bytes]:
    """Yield the object of the concatenated plaintext `parts`; `salt` (24 bytes) is random unless one is resumed."""
    context = object_context(share, index, object_id)
    return cobblestone.encrypt_stream(parts, object_key(share_key, index), context, salt=salt)


def open_stream(parts: Iterable[bytes], share_key: bytes, share: str, index: int, object_id: str) -> Iterator[bytes]:
    """Yield genuine plaintext; the object was whole only if this ends without BoxError."""
    context = object_context(share, index, object_id)
    try:
        yield from cobblestone.decrypt_stream(parts, object_key(share_key, index), context)
    except CobblestoneError as error:
        raise box_error(index) from error


def box_error(index: int) -> BoxError:
    """The one answer to any object that is not what the sender sealed, however it differs."""
    return BoxError(
        seen=f"bytes of object {index} that were changed, cut, moved or swapped",
        expected="the object as the sender sealed it",
        todo="delete what was saved of it and try again; if it happens again, tell the sender",
    )


def sealed_size(size: int) -> int:
    """How many bytes the object of `size` plaintext bytes has."""
    return cobblestone.ciphertext_size(size)


def part_size(sealed: int) -> int:
    """Bytes of each part but the last of an object of `sealed` bytes: as many times `PART` as 10,000 parts need."""
    return PART * max(1, -(-sealed // (PART * MAX_PARTS)))


def part_bounds(sealed: int) -> list[tuple[int, int]]:
    """Offset and length of each part of an object."""
    size = part_size(sealed)
    return [(start, min(size, sealed - start)) for start in range(0, sealed, size)]
