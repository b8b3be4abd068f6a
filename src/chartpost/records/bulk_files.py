"""The files of a bulk export that are being written: one for each type, side by side, as the table is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chartpost.formats.fhirjson.canonical import dump
from chartpost.kernel import blobs
from chartpost.records.bulk_rows import DELETED, Line, Portion

LINES_A_FILE = 100_000
BYTES_A_FILE = 256 * 1024 * 1024
BUNDLE = 500
"""Deletions told in one Bundle, which is one line."""
MEDIA_TYPE = "application/fhir+ndjson"


@dataclass
class File:
    """Lines of one type, or deletions, from row `first` to row `last`, on their way to the disk."""

    name: str
    blob: blobs.Growing
    first: int
    last: int = 0
    count: int = 0
    persons: set[int] = field(default_factory=set)
    keys: list[bytes] = field(default_factory=list)
    """Deletions that wait for the next Bundle."""

    @property
    def deleted(self) -> bool:
        """Whether these are deletions."""
        return self.name == DELETED

    @property
    def full(self) -> bool:
        """Whether it has as much as a file should have."""
        return self.count >= LINES_A_FILE or self.blob.size >= BYTES_A_FILE

    def add(self, lines: Sequence[Line]) -> None:
        """Take more lines; raises StorageFullError."""
        self.last = lines[-1][0]
        self.persons.update([line[1] for line in lines])
        texts = [line[3] for line in lines]
        if not self.deleted:
            self._write(texts)
            return
        self.keys += texts
        while len(self.keys) >= BUNDLE:
            self._bundle()

    def store(self) -> None:
        """End it; on disk when this returns. Raises StorageFullError."""
        if self.keys:
            self._bundle()
        self.blob.store()

    def _bundle(self) -> None:
        """Deletions as one transaction Bundle, which is a line."""
        keys, self.keys = self.keys[:BUNDLE], self.keys[BUNDLE:]
        entries = [{"request": {"method": "DELETE", "url": key.decode()}} for key in keys]
        self._write([dump({"resourceType": "Bundle", "type": "transaction", "entry": entries})])

    def _write(self, lines: Sequence[bytes]) -> None:
        self.blob.write(b"\n".join([*lines, b""]))
        self.count += len(lines)


class Files:
    """All that is being written, and how far each type has got.

    `place` holds under "" the row up to which everything is in finished files, and by type the row up to which that
    type is.
    """

    def __init__(self, place: dict[str, int], owner: str) -> None:
        self._open: dict[str, File] = {}
        self._done, self._owner = dict(place), blobs.Owner(owner)
        self.read = self._done.get("", 0)

    def add(self, portion: Portion) -> None:
        """Write the lines of a portion that no finished file has yet; raises StorageFullError."""
        self.read = portion.last
        for name, lines in portion.lines.items():
            done = self._done.get(name, 0)
            fresh = lines if done < lines[0][0] else [line for line in lines if line[0] > done]
            if fresh:
                if name not in self._open:
                    self._open[name] = File(name, blobs.Growing(self._owner, MEDIA_TYPE), fresh[0][0])
                self._open[name].add(fresh)

    def ended(self, everything: bool = False) -> list[File]:
        """The files that are full, or all, on disk; they are written to no more. Raises StorageFullError."""
        found = [one for one in self._open.values() if everything or one.full]
        for one in found:
            del self._open[one.name]
            one.store()
        return found

    def place_after(self, ended: Sequence[File]) -> dict[str, int]:
        """How far each type has got once these files are named."""
        self._done.update({one.name: one.last for one in ended})
        whole = min([self.read, *(one.first - 1 for one in self._open.values())])
        self._done = {"": whole, **{name: row for name, row in self._done.items() if name and row > whole}}
        return dict(self._done)

    def drop(self) -> None:
        """Forget what is not finished."""
        for one in self._open.values():
            one.blob.drop()
        self._open.clear()
