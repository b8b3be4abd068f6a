"""Which bytes of a file a part or a block of its object needs, and sealing one part by itself.

Parts (transport) begin 56 bytes before the border of a chunk, since the header comes first; blocks (hashes, and what
readers ask for) begin at it. Either can be worked on alone and in any order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chartpost.formats.cobblestone import CHUNK, HEADER, SEALED_CHUNK
from chartpost.formats.sealedbox.objects import PART, PART_CHUNKS, box_error, part_size, sealed_size
from chartpost.formats.sealedbox.runs import BLOCK, Runs

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

STEP_CHUNKS = 32
STEP, SEALED_STEP = STEP_CHUNKS * CHUNK, STEP_CHUNKS * SEALED_CHUNK
"""Bytes worked on at once, open and sealed: still in the processor's cache when they are hashed and written."""
ReadInto = Callable[[int, memoryview], None]
"""Fills the buffer with the plaintext bytes from an offset on; raises when they are not there."""


@dataclass(frozen=True)
class Buffers:
    """Memory for sealing one part at a time of objects whose parts have at most `factor` times the usual size."""

    plain: memoryview
    sealed: memoryview

    @classmethod
    def make(cls, factor: int = 1) -> "Buffers":
        """Buffers of 8 MiB times `factor` and a chunk more for what is sealed, and of one step for what is not."""
        chunks = PART_CHUNKS * factor + 1
        return cls(memoryview(bytearray(STEP)), memoryview(bytearray(chunks * SEALED_CHUNK + HEADER)))


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


@dataclass(frozen=True)
class SealedPart:
    """A part, and the SHA-256 of the plaintext in it: of each block, and of the chunk whose end it begins with.

    A part with the same digests is the same part; of part 0, which begins with the header, `lead` is empty.
    """

    sealed: memoryview
    lead: bytes
    blocks: list[bytes]


def seal_part(runs: Runs, size: int, number: int, read: ReadInto, into: Buffers) -> SealedPart:
    """Part `number` of the object of a file of `size` bytes; it lies in `into` until the next call.

    The same runs and plaintext give the same bytes.
    """
    chunks = PART_CHUNKS * factor_of(size)
    first, total = max(0, number * chunks - 1), size // CHUNK + 1
    end = min(total, (number + 1) * chunks)
    if number == 0:
        into.sealed[:HEADER] = runs.header
    begin, stop, place = first * CHUNK, min(size, end * CHUNK), HEADER
    digests = [sha256() for _ in range(number * chunks * CHUNK, stop, BLOCK)]
    lead = b""
    while True:
        plain = into.plain[: min(STEP, stop - begin)]
        read(begin, plain)
        if number and not lead:
            lead = sha256(plain[:CHUNK]).digest()
        _digest(digests, plain, begin - number * chunks * CHUNK)
        last = begin + len(plain) == stop
        place += runs.seal_into(begin // CHUNK, plain, into.sealed[place:], last=last and end == total)
        begin += len(plain)
        if last:
            break
    skip = 0 if number == 0 else SEALED_CHUNK
    length = min(PART * factor_of(size), sealed_size(size) - number * PART * factor_of(size))
    return SealedPart(into.sealed[skip : skip + length], lead, [one.digest() for one in digests])


def opened_steps(
    runs: Runs, block: Block, sealed: Iterable[memoryview], plain: memoryview, begin: int = 0
) -> Iterator[memoryview]:
    """The plaintext of a block from its byte `begin` on, a whole chunk's, step by step in `plain`; raises BoxError.

    `sealed` gives its ciphertext in pieces of `SEALED_STEP` bytes, the last as long as is left; `plain` has `STEP`
    bytes. Each step is proved genuine by itself, and lies in `plain` until the next is asked for.
    """
    chunk = begin // CHUNK
    left = block.length - chunk * SEALED_CHUNK
    for piece in sealed:
        left -= len(piece)
        yield plain[: runs.open_into(block.first_chunk + chunk, piece, plain, last=block.last and not left)]
        chunk += STEP_CHUNKS
    if left:
        raise box_error(runs.index)


def sealed_place(block: Block, begin: int) -> tuple[int, int]:
    """Where in the object the ciphertext of a block from its byte `begin` on, a whole chunk's, lies; how long it is."""
    skipped = begin // CHUNK * SEALED_CHUNK
    return block.start + skipped, block.length - skipped


def _digest(digests: "Sequence[Hash]", plain: memoryview, at: int) -> None:
    """Give each block its share of `plain`, which begins `at` bytes after the first; before it nothing counts."""
    while plain:
        count = -at if at < 0 else BLOCK - at % BLOCK
        if at >= 0:
            digests[at // BLOCK].update(plain[:count])
        plain, at = plain[count:], at + min(count, len(plain))
