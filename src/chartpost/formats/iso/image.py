"""The image: descriptors, path tables, directories, then the files one after the other (ECMA-119 6.7, Joliet 1995)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from chartpost.formats.iso import names
from chartpost.formats.iso.errors import IsoError
from chartpost.formats.iso.fields import SECTOR, both16, both32, filled, long_time, order32, sectors, short_time
from chartpost.formats.iso.tree import File, Folder, Hierarchy

LARGEST = 2**32 - SECTOR
"""Bytes of one file: its size is kept in 32 bits."""
_SYSTEM_AREA = 16
_DESCRIPTORS = 3
_RUN_OUT = 150
"""Empty sectors at the end, since drives read ahead."""
_JOLIET = b"%/E"
"""Escape sequence of UCS-2 level 3."""


@dataclass(frozen=True)
class Entry:
    """A file: its path with `/`, its size in bytes, and what gives exactly so many bytes."""

    path: str
    size: int
    read: Callable[[], Iterable[bytes]] = field(repr=False)


class _Image:
    """Everything but the bytes of the files, laid out."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.root = Folder()
        self.files = [File(entry.path, entry.size) for entry in entries]
        for entry, file in zip(entries, self.files, strict=True):
            if not 0 <= entry.size <= LARGEST:
                raise IsoError(
                    f"a file of {entry.size:,} bytes", f"at most {LARGEST:,}", "use a stick in place of a disc"
                )
            if not self.root.add(names.checked(entry.path), file):
                raise IsoError("a name that is used twice", "each path once", "give one file another name")
        self.plain, self.joliet = Hierarchy(self.root, joliet=False), Hierarchy(self.root, joliet=True)
        self.tables = [sectors(tree.path_table_size) for tree in (self.plain, self.joliet)]
        place = _SYSTEM_AREA + _DESCRIPTORS + 2 * sum(self.tables)
        place = self.joliet.put(self.plain.put(place))
        for file in self.files:
            file.place = place if file.size else 0
            place += sectors(file.size)
        self.sectors = place + _RUN_OUT

    def table_place(self, which: int, order: int) -> int:
        """The first sector of a path table: 0 plain, 1 Joliet; 0 little-endian, 1 big-endian."""
        return _SYSTEM_AREA + _DESCRIPTORS + 2 * sum(self.tables[:which]) + order * self.tables[which]


def image_size(entries: Sequence[Entry]) -> int:
    """Bytes of the image that `write_image` gives; raises IsoError."""
    return _Image(entries).sectors * SECTOR


def write_image(entries: Sequence[Entry], *, volume: str, moment: datetime) -> Iterator[bytes]:
    """The image piece by piece; the same files, volume and moment give the same bytes.

    `volume` is what a computer calls the disc: at most 16 of A-Z, 0-9 and `_`; `moment` is aware. Raises IsoError
    before the first byte for names and sizes, and in between for a file of another size than it said.
    """
    if not volume or len(volume) > 16 or not all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_" for c in volume):
        raise IsoError("a volume name that is no ISO 9660 name", "up to 16 of A-Z, 0-9 and _", "choose another")
    return _written(_Image(entries), entries, volume, moment)


def _written(image: _Image, entries: Sequence[Entry], volume: str, moment: datetime) -> Iterator[bytes]:
    at = short_time(moment)
    yield b"\x00" * SECTOR * _SYSTEM_AREA
    yield _descriptor(image, 0, volume, moment)
    yield _descriptor(image, 1, volume, moment)
    yield filled(b"\xffCD001\x01")
    for tree in (image.plain, image.joliet):
        yield tree.path_table("<")
        yield tree.path_table(">")
    for tree in (image.plain, image.joliet):
        yield from tree.directories(at)
    for entry in entries:
        yield from _whole(entry)
    yield b"\x00" * SECTOR * _RUN_OUT


def _whole(entry: Entry) -> Iterator[bytes]:
    left = entry.size
    for piece in entry.read():
        left -= len(piece)
        if left < 0:
            break
        yield piece
    if left:
        raise IsoError("a file that changed while it was written", "the size it had before", "write the image again")
    yield b"\x00" * (-entry.size % SECTOR)


def _descriptor(image: _Image, which: Literal[0, 1], volume: str, moment: datetime) -> bytes:
    """The primary (0) or Joliet (1) volume descriptor (ECMA-119 8.4, 8.5)."""
    tree = (image.plain, image.joliet)[which]

    def text(value: str, size: int) -> bytes:
        if which:
            return (value.encode("utf-16-be") + b"\x00 " * size)[: size - size % 2] + b"\x00" * (size % 2)
        return value.encode("ascii").ljust(size)

    def table(order: Literal[0, 1]) -> bytes:
        return order32(image.table_place(which, order), "<>"[order]) + bytes(4)  # type: ignore[arg-type]

    parts = (
        bytes((1 + which,)) + b"CD001" + b"\x01\x00",
        text("", 32) + text(volume, 32) + bytes(8),
        both32(image.sectors) + (_JOLIET if which else b"").ljust(32, b"\x00"),
        both16(1) + both16(1) + both16(SECTOR) + both32(tree.path_table_size),
        table(0) + table(1) + tree.root_record(short_time(moment)),
        text("", 128) * 3 + text("CHARTPOST", 128) + text("", 37) * 3,
        long_time(moment) * 2 + long_time(None) * 2 + b"\x01\x00",
    )
    return filled(b"".join(parts))
