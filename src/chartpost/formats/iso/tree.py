"""Folders of a disc, laid out: sizes first, then places, then the bytes of directories and path tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from chartpost.formats.iso import names
from chartpost.formats.iso.fields import DIRECTORY, PARENT, SECTOR, SELF, filled, order32, record, sectors


@dataclass
class File:
    """A file: its size in bytes and, once it is known, its first sector."""

    name: str
    size: int
    place: int = 0


@dataclass
class Folder:
    """A folder with what is in it; `ids` are the identifiers of its entries in one of the two sets of names."""

    name: str = ""
    parent: "Folder | None" = None
    folders: dict[str, "Folder"] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def add(self, parts: tuple[str, ...], file: File) -> bool:
        """Put a file into its folder; False when the name is taken."""
        *above, name = parts
        folder = self
        for part in above:
            if part in folder.files:
                return False
            folder = folder.folders.setdefault(part, Folder(part, folder))
        if name in folder.files or name in folder.folders:
            return False
        folder.files[name] = file
        return True

    def every(self) -> list["Folder"]:
        """This folder and all below it, level by level."""
        found = [self]
        for folder in found:  # grows while it is read
            found.extend(folder.folders.values())
        return found


class Hierarchy:
    """The folders under one set of names: Joliet's or the short ones."""

    def __init__(self, root: Folder, *, joliet: bool) -> None:
        self._joliet = joliet
        self._ids: dict[int, dict[str, bytes]] = {id(folder): self._named(folder) for folder in root.every()}
        self.folders = self._ordered(root)
        self._number = {id(folder): number for number, folder in enumerate(self.folders, 1)}
        self._places = self._sizes = dict.fromkeys(self._number, 0)
        self._sizes = {id(folder): self._size(folder) for folder in self.folders}

    @property
    def path_table_size(self) -> int:
        """Bytes of one path table."""
        return sum(8 + len(name) + len(name) % 2 for name in map(self._own_id, self.folders))

    def put(self, place: int) -> int:
        """Lay the directories out from a sector on; the first sector after them."""
        for folder in self.folders:
            self._places[id(folder)] = place
            place += self._sizes[id(folder)] // SECTOR
        return place

    def root_record(self, moment: bytes) -> bytes:
        """The record of the root directory (ECMA-119 8.4.18)."""
        root = self.folders[0]
        return record(SELF, self._places[id(root)], self._sizes[id(root)], moment, DIRECTORY)

    def path_table(self, order: Literal["<", ">"]) -> bytes:
        """A path table in one byte order (ECMA-119 9.4)."""
        return filled(b"".join(self._path(folder, order) for folder in self.folders))

    def directories(self, moment: bytes) -> Iterator[bytes]:
        """The bytes of each directory in the order they were laid out."""
        for folder in self.folders:
            yield filled(b"".join(self._packed(self._records(folder, moment))))

    def _named(self, folder: Folder) -> dict[str, bytes]:
        every = sorted([*folder.folders, *folder.files])
        if self._joliet:
            return {name: names.joliet(name) for name in every}
        return names.short_names(every, frozenset(folder.folders))

    def _ordered(self, root: Folder) -> list[Folder]:
        """Level by level, then by the number of the parent, then by name (ECMA-119 6.9.1)."""
        found = [root]
        for folder in found:  # grows while it is read
            ids = self._ids[id(folder)]
            found.extend(sorted(folder.folders.values(), key=lambda one: ids[one.name]))
        return found

    def _own_id(self, folder: Folder) -> bytes:
        return self._ids[id(folder.parent)][folder.name] if folder.parent else SELF

    def _path(self, folder: Folder, order: Literal["<", ">"]) -> bytes:
        name = self._own_id(folder)
        parent = self._number[id(folder.parent)] if folder.parent else 1
        number = parent.to_bytes(2, "little" if order == "<" else "big")
        head = bytes((len(name), 0)) + order32(self._places[id(folder)], order) + number
        return head + name + b"\x00" * (len(name) % 2)

    def _records(self, folder: Folder, moment: bytes) -> Iterator[bytes]:
        yield self._record(SELF, folder, moment)
        yield self._record(PARENT, folder.parent or folder, moment)
        for name, ident in sorted(self._ids[id(folder)].items(), key=lambda pair: pair[1]):
            inner = folder.folders.get(name)
            file = folder.files.get(name)
            if inner is not None:
                yield self._record(ident, inner, moment)
            elif file is not None:
                yield record(ident, file.place, file.size, moment)

    def _record(self, ident: bytes, folder: Folder, moment: bytes) -> bytes:
        return record(ident, self._places[id(folder)], self._sizes[id(folder)], moment, DIRECTORY)

    def _size(self, folder: Folder) -> int:
        return sectors(sum(map(len, self._packed(self._records(folder, bytes(7)))))) * SECTOR

    @staticmethod
    def _packed(records: Iterator[bytes]) -> Iterator[bytes]:
        """Records one after the other, none across the end of a sector (ECMA-119 6.8.1.1)."""
        used = 0
        for one in records:
            if used % SECTOR + len(one) > SECTOR:
                gap = -used % SECTOR
                used += gap
                yield b"\x00" * gap
            used += len(one)
            yield one
