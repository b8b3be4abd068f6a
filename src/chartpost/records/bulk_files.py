"""Lines of a bulk export gathered by type until they are worth a file.

What waits is bounded whatever the size of the table: as soon as it is more than that, the largest becomes a file.
"""

import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chartpost.formats.fhirjson.canonical import dump
from chartpost.records.bulk_rows import DELETED, Line, Portion

LINES_A_FILE = 100_000
BYTES_WAITING = 32 * 1024 * 1024
"""Bytes of all types together that may wait to be written."""
BUNDLE = 500
"""Deletions told in one Bundle, which is one line."""


class Stream(io.RawIOBase):
    """Pieces as a stream, each forgotten once it was read."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__()
        self._pieces = deque(pieces)

    def readable(self) -> bool:
        """It is read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, fewer where a piece ends; empty at the end."""
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        if 0 <= size < len(piece):
            self._pieces.appendleft(piece[size:])
            return piece[:size]
        return piece


@dataclass
class Waiting:
    """Lines of one type (or of deletions) from row `first` to row `last` that no file has yet."""

    name: str
    first: int
    last: int = 0
    count: int = 0
    size: int = 0
    persons: set[int] = field(default_factory=set)
    pieces: list[bytes] = field(default_factory=list)

    @property
    def deleted(self) -> bool:
        """Whether these are deletions."""
        return self.name == DELETED

    def add(self, lines: Sequence[Line]) -> None:
        """Take more lines."""
        piece = b"\n".join([line for _, _, line in lines]) + b"\n"
        self.pieces.append(piece)
        self.last, self.count, self.size = lines[-1][0], self.count + len(lines), self.size + len(piece)
        self.persons.update([person for _, person, _ in lines if person])

    def finished(self) -> tuple[Stream, int]:
        """What a file of these holds, and how many lines that are; the lines are given away."""
        pieces, self.pieces = self.pieces, []
        if not self.deleted:
            return Stream(pieces), self.count
        keys = b"".join(pieces).splitlines()
        bundles = [_bundle(keys[start : start + BUNDLE]) for start in range(0, len(keys), BUNDLE)]
        return Stream(bundles), len(bundles)


class Gathered:
    """All that waits, and how far each type has got.

    `place` holds under "" the row up to which everything is in files, and by type the row up to which that type is.
    """

    def __init__(self, place: dict[str, int]) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._done = dict(place)
        self.read = self._done.get("", 0)

    def add(self, portion: Portion) -> None:
        """Take the lines of a portion that no file has yet."""
        self.read = portion.last
        for name, lines in portion.lines.items():
            done = self._done.get(name, 0)
            fresh = lines if done < lines[0][0] else [line for line in lines if line[0] > done]
            if fresh:
                self._waiting.setdefault(name, Waiting(name, fresh[0][0])).add(fresh)

    def full(self) -> Iterator[Waiting]:
        """What has to become a file now, and waits no longer."""
        for one in [one for one in self._waiting.values() if one.count >= LINES_A_FILE]:
            yield self._waiting.pop(one.name)
        while sum(one.size for one in self._waiting.values()) > BYTES_WAITING:
            yield self._waiting.pop(max(self._waiting.values(), key=lambda one: one.size).name)

    def rest(self) -> Iterator[Waiting]:
        """All that waits, as the last files."""
        while self._waiting:
            yield self._waiting.pop(next(iter(self._waiting)))

    def place_after(self, written: Waiting) -> dict[str, int]:
        """How far each type has got once this is in a file."""
        self._done[written.name] = written.last
        whole = min([self.read, *(one.first - 1 for one in self._waiting.values())])
        self._done = {"": whole, **{name: row for name, row in self._done.items() if name and row > whole}}
        return dict(self._done)


def _bundle(keys: Sequence[bytes]) -> bytes:
    """Deletions as one transaction Bundle, as a line."""
    entries = [{"request": {"method": "DELETE", "url": key.decode()}} for key in keys]
    return dump({"resourceType": "Bundle", "type": "transaction", "entry": entries}) + b"\n"
