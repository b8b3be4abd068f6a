"""Which bytes of a file a part or a block of its object needs, and sealing one part by itself.

Parts (transport) begin 56 bytes before the border of a chunk, since the header comes first; blocks (hashes, and what
readers ask for) begin at it. Either can be worked on alone and in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from chartpost.formats.cobblestone import CHUNK, HEADER, SEALED_CHUNK
from chartpost.formats.sealedbox.objects import PART, PART_CHUNKS, part_size, sealed_size
from chartpost.formats.sealedbox.runs import BLOCK, Runs

ReadInto = Callable[[int, memoryview], None]
"""Fills the buffer with the plaintext bytes from an offset on; raises when they are not there."""


@dataclass(frozen=True)
class Buffers:
    """Memory for sealing one part at a time of objects whose parts have at most `factor` times the usual size."""

    plain: memoryview
    sealed: memoryview

    @classmethod
    def make(cls, factor: int = 1) -> "Buffers":
        """Buffers of 8 MiB times `factor`, and a chunk more."""
        chunks = PART_CHUNKS * factor + 1
        return cls(memoryview(bytearray(chunks * CHUNK)), memoryview(bytearray(chunks * SEALED_CHUNK + HEADER)))


@dataclass(frozen=True)
class Block:
    """One block of an object: its ciphertext from `start` on, its plaintext from `at` on; `last` ends the object."""

    number: int
    start: int
    length: int
    at: int
    size: int
    last: bool

    @property
    def first_chunk(self) -> int:
        """The number of its first chunk."""
        return self.number * PART_CHUNKS


def blocks(size: int) -> list[Block]:
    """The blocks of a file of `size` bytes; where it ends with a block, one without plaintext comes after it."""
    end, count = sealed_size(size), size // BLOCK + 1
    return [
        Block(
            n,
            HEADER + n * PART,
            min(PART, end - HEADER - n * PART),
            n * BLOCK,
            min(BLOCK, size - n * BLOCK),
            n + 1 == count,
        )
        for n in range(count)
    ]


def factor_of(size: int) -> int:
    """How many times the usual size the parts of a file of `size` bytes have; 1 up to 84 GB."""
    return part_size(sealed_size(size)) // PART


def seal_part(runs: Runs, size: int, number: int, read: ReadInto, into: Buffers) -> tuple[memoryview, list[bytes]]:
    """Part `number` of the object of a file of `size` bytes, and the SHA-256 of each block of plaintext it carries.

    The part lies in `into` until the next call. The same runs and plaintext give the same bytes.
    """
    chunks = PART_CHUNKS * factor_of(size)
    first, total = max(0, number * chunks - 1), size // CHUNK + 1
    end = min(total, (number + 1) * chunks)
    plain = into.plain[: min(size, end * CHUNK) - first * CHUNK]
    read(first * CHUNK, plain)
    if number == 0:
        into.sealed[:HEADER] = runs.header
    runs.seal_into(first, plain, into.sealed[HEADER:], last=end == total)
    skip = 0 if number == 0 else SEALED_CHUNK
    length = min(PART * factor_of(size), sealed_size(size) - number * PART * factor_of(size))
    starts = range(number * chunks * CHUNK, min(size, end * CHUNK), BLOCK)
    places = (start - first * CHUNK for start in starts)
    return into.sealed[skip : skip + length], [sha256(plain[place : place + BLOCK]).digest() for place in places]
