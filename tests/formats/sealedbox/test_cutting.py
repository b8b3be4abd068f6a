"""Parts sealed one by one are the object, and blocks opened one by one are the file, at every border."""

from hashlib import sha256

import pytest

from chartpost.formats import sealedbox as box
from chartpost.formats.sealedbox import BLOCK, PART, Buffers, Runs, objects

KEY, SALT = bytes(range(32)), bytes(range(24))
SHARE, OBJECT = "AAECAwQFBgcICQoLDA0ODw", "EBESExQVFhcYGRobHB0eHw"
CHUNK = 16_384
# The header shifts parts by 56 bytes: around these sizes the last chunk moves from one part into the next.
SIZES = [0, 1, CHUNK, BLOCK - CHUNK, BLOCK - 57, BLOCK - 56, BLOCK - 55, BLOCK - 41, BLOCK - 40, BLOCK - 1, BLOCK]
DATA = (bytes(range(251)) * (3 * BLOCK // 251 + 1))[: 3 * BLOCK]


def whole(data: bytes) -> bytes:
    return b"".join(box.seal_stream([data], KEY, SHARE, 1, OBJECT, salt=SALT))


def parts(data: bytes, into: Buffers) -> tuple[list[bytes], list[bytes]]:
    """The parts of the object of `data`, last first, and the digests of its blocks."""
    runs = Runs.sealing(KEY, SHARE, 1, OBJECT, SALT)

    def read(offset: int, target: memoryview) -> None:
        target[:] = data[offset : offset + len(target)]

    found, digests = [], []
    for number in reversed(range(len(box.part_bounds(box.sealed_size(len(data)))))):
        part = box.seal_part(runs, len(data), number, read, into)
        found.insert(0, bytes(part.sealed))
        digests[:0] = part.blocks
        before = number * box.part_size(box.sealed_size(len(data))) // PART * BLOCK - CHUNK
        assert part.lead == (sha256(data[before : before + CHUNK]).digest() if number else b"")
    return found, digests


@pytest.mark.parametrize("extra", [0, BLOCK])
@pytest.mark.parametrize("size", SIZES)
def test_parts_are_the_object(size: int, extra: int) -> None:
    data = DATA[: size + extra]
    found, digests = parts(data, Buffers.make())
    assert [len(part) for part in found] == [length for _, length in box.part_bounds(box.sealed_size(len(data)))]
    assert b"".join(found) == whole(data)
    assert digests == [sha256(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK)]


def test_parts_of_twice_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_PARTS", 1)
    data = DATA[: 2 * BLOCK - 100]
    assert box.part_size(box.sealed_size(len(data))) == 2 * PART
    found, digests = parts(data, Buffers.make(2))
    assert b"".join(found) == whole(data)
    assert len(digests) == 2
    monkeypatch.setattr(objects, "MAX_PARTS", 2)
    data = DATA[: 2 * BLOCK + CHUNK]
    found, _ = parts(data, Buffers.make(2))
    assert [len(part) for part in found] == [2 * PART, box.sealed_size(len(data)) - 2 * PART]
    assert b"".join(found) == whole(data)


@pytest.mark.parametrize("size", [*SIZES, BLOCK + 1, 2 * BLOCK])
def test_blocks_are_the_file(size: int) -> None:
    data = DATA[:size]
    sealed, plain = memoryview(whole(data)), memoryview(bytearray(BLOCK))
    runs = Runs.opening(KEY, SHARE, 1, OBJECT, bytes(sealed[:56]))
    found = bytearray(size)
    for block in reversed(box.blocks(size)):
        count = runs.open_into(
            block.first_chunk, sealed[block.start : block.start + block.length], plain, last=block.last
        )
        assert count == block.size
        found[block.at : block.at + count] = plain[:count]
    assert bytes(found) == data
    assert sum(block.length for block in box.blocks(size)) + 56 == len(sealed)


def test_blocks_in_another_place_or_cut_are_refused() -> None:
    data = DATA[: BLOCK + 5]
    sealed, plain = memoryview(whole(data)), memoryview(bytearray(BLOCK))
    runs = Runs.opening(KEY, SHARE, 1, OBJECT, bytes(sealed[:56]))
    first, last = box.blocks(len(data))
    body = sealed[first.start : first.start + first.length]
    for place, piece, end in [
        (512, body, False),
        (0, body[: 5 * 16_400], True),
        (0, body[:-1], False),
        (0, body[:-1], True),
        (512, sealed[last.start : last.start + 15], True),
        (512, sealed[last.start :], False),
    ]:
        with pytest.raises(box.BoxError):
            runs.open_into(place, piece, plain, last=end)
    with pytest.raises(box.BoxError):
        Runs.opening(KEY, SHARE, 2, OBJECT, bytes(sealed[:56]))


def test_a_run_that_is_not_the_last_holds_whole_chunks() -> None:
    runs = Runs.sealing(KEY, SHARE, 1, OBJECT, SALT)
    with pytest.raises(ValueError, match="whole chunks"):
        runs.seal_into(0, memoryview(bytes(CHUNK + 1)), memoryview(bytearray(PART)), last=False)
