"""How a sealed object is cut into parts: 512 sealed chunks each, more for objects that would have over 10,000 parts."""

from chartpost.formats.cobblestone import HEADER, SEALED_CHUNK

PART = 512 * SEALED_CHUNK
MOST_PARTS = 10_000
"""S3 takes no more parts of one object (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html)."""
LEAST = HEADER + 16
"""Bytes of the shortest sealed object: a header and one empty chunk."""


def part_size(size: int) -> int:
    """Bytes of every part but the last of an object of `size` bytes."""
    return PART * max(1, -(-size // (PART * MOST_PARTS)))


def part_count(size: int) -> int:
    """How many parts an object of `size` bytes has."""
    return -(-size // part_size(size))


def part_length(size: int, number: int) -> int:
    """Bytes of part `number`, counted from 0; 0 for a part the object does not have."""
    each = part_size(size)
    return max(0, min(each, size - number * each)) if number >= 0 else 0
