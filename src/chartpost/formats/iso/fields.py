"""Fields of ECMA-119 (ISO 9660): numbers in both byte orders, times, padded texts, directory records."""

import struct
from datetime import UTC, datetime
from typing import Literal

SECTOR = 2048
SELF, PARENT = b"\x00", b"\x01"
"""Identifiers of a directory's first two records (ECMA-119 6.8.2.2)."""
DIRECTORY = 2
"""File flag (ECMA-119 9.1.6)."""


def both16(value: int) -> bytes:
    """A number of 16 bits, least significant byte first and then most significant first (ECMA-119 7.2.3)."""
    return struct.pack("<H", value) + struct.pack(">H", value)


def both32(value: int) -> bytes:
    """A number of 32 bits in both orders (ECMA-119 7.3.3)."""
    return struct.pack("<I", value) + struct.pack(">I", value)


def order32(value: int, order: Literal["<", ">"]) -> bytes:
    """A number of 32 bits in one order."""
    return struct.pack(f"{order}I", value)


def short_time(moment: datetime) -> bytes:
    """Recording date and time, in UTC (ECMA-119 9.1.5)."""
    at = moment.astimezone(UTC)
    return bytes((at.year - 1900, at.month, at.day, at.hour, at.minute, at.second, 0))


def long_time(moment: datetime | None) -> bytes:
    """Date and time in digits, in UTC; None: not specified (ECMA-119 8.4.26.1)."""
    if moment is None:
        return b"0" * 16 + b"\x00"
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S00").encode("ascii") + b"\x00"


def record(name: bytes, place: int, size: int, moment: bytes, flags: int = 0) -> bytes:
    """A directory record (ECMA-119 9.1): `place` is a sector, `size` in bytes."""
    body = both32(place) + both32(size) + moment + bytes((flags, 0, 0)) + both16(1) + bytes((len(name),)) + name
    padded = body + b"\x00" * (len(name) % 2 == 0)
    return bytes((len(padded) + 2, 0)) + padded


def sectors(size: int) -> int:
    """How many sectors so many bytes take."""
    return -(-size // SECTOR)


def filled(data: bytes) -> bytes:
    """Bytes up to the end of their last sector."""
    return data + b"\x00" * (-len(data) % SECTOR)
