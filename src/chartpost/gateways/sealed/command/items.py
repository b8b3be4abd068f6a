"""What a transfer sends: objects by index, each sealed part by part, in the same bytes again when it is resumed."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import Buffers, Runs, SealedPart, b64u, unb64u
from chartpost.gateways.sealed.command.disk import fill
from chartpost.gateways.sealed.command.errors import ChangedError

OBJECT_SALT = 24


@dataclass
class Item:
    """One object. `path` is its file, "" for the manifest; `spool` a file that holds it sealed already.

    Of the plaintext that was or may have been sent, `blocks` are digests by block, and `leads` those of the chunks that
    parts begin in the middle of, by part; `held` are the parts the server has.
    """

    index: int
    path: str
    name: str
    type: str
    size: int
    mtime_ns: int
    object: str
    salt: bytes = field(repr=False)
    spool: str = ""
    content: bytes = field(default=b"", repr=False)
    blocks: dict[int, bytes] = field(default_factory=dict)
    leads: dict[int, bytes] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)

    @property
    def sealed_size(self) -> int:
        """Bytes of the object."""
        return sealedbox.sealed_size(self.size)

    @property
    def missing(self) -> list[int]:
        """Numbers of the parts that still have to go."""
        return [number for number in range(len(sealedbox.part_bounds(self.sealed_size))) if number not in self.held]

    def line(self) -> dict[str, Any]:
        """The item as the journal keeps it."""
        kept = {
            name: getattr(self, name)
            for name in ("index", "path", "name", "type", "size", "mtime_ns", "object", "spool")
        }
        return {"item": kept | {"salt": b64u(self.salt)}}

    def entry(self) -> sealedbox.FileEntry:
        """The item as the manifest lists it."""
        count = -(-self.size // sealedbox.BLOCK)
        found = sealedbox.FileHash()
        for number in range(count):
            found.add_part(self.blocks[number], min(sealedbox.BLOCK, self.size - number * sealedbox.BLOCK))
        return sealedbox.FileEntry(
            index=self.index,
            object=self.object,
            name=self.name,
            type=self.type,
            size=self.size,
            mtime=self.mtime_ns // 1_000_000 or None,
            hash=found.text(),
            sealed_size=self.sealed_size,
        )

    def part(self, key: bytes, share: str, number: int, into: Buffers) -> SealedPart:
        """Part `number`; one that is sealed already names no digests. Raises ChangedError."""
        if self.spool:
            start, length = sealedbox.part_bounds(self.sealed_size)[number]
            _fill(self.spool, start, into.sealed[:length], self.index)
            return SealedPart(into.sealed[:length], b"", [])
        runs = Runs.sealing(key, share, self.index, self.object, self.salt)
        return sealedbox.seal_part(runs, self.size, number, self._read, into)

    @property
    def changed(self) -> bool:
        """Whether the file is not what it was when it was first looked at."""
        return bool(self.path) and not self.spool and look(self.path) != (self.size, self.mtime_ns)

    def _read(self, offset: int, into: memoryview) -> None:
        if self.path:
            _fill(self.path, offset, into, self.index)
        else:
            into[:] = self.content[offset : offset + len(into)]


def new_item(index: int, path: str, name: str, kind: str, size: int, mtime_ns: int) -> Item:
    """An item under a fresh id and salt."""
    return Item(index, path, name, kind, size, mtime_ns, sealedbox.new_id(), secrets.token_bytes(OBJECT_SALT))


def renewed(item: Item) -> Item:
    """The item under a fresh id and salt, as its file is now: nothing of the old object is used again."""
    size, mtime_ns = look(item.path) if item.path else (item.size, item.mtime_ns)
    found = new_item(item.index, item.path, item.name, item.type, size, mtime_ns)
    found.content = item.content
    return found


def item_of(line: Mapping[str, Any]) -> Item:
    """The item a journal's line tells of."""
    return Item(**{name: value for name, value in line.items() if name != "salt"}, salt=unb64u(line["salt"]))


def look(path: str) -> tuple[int, int]:
    """Size and time of change of a file, (-1, 0) for one that is gone."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a plain call, made for every file
    except OSError:
        return -1, 0
    return found.st_size, found.st_mtime_ns


def _fill(path: str, offset: int, into: memoryview, index: int) -> None:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise ChangedError(index) from error
    try:
        if not fill(file, into, offset):
            raise ChangedError(index)
    finally:
        os.close(file)
