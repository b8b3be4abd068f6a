"""Where sealed objects lie: parts as files of a folder, or a multipart object of an S3 bucket.

An object is named by 32 hexadecimal letters and kept as received: it was sealed on the sender's device, so there is
no second envelope. Whoever calls keeps what `begin` and `put` answer.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

from chartpost.kernel.config import config
from chartpost.kernel.keys.files import sync_folder
from chartpost.kernel.parts.errors import gone
from chartpost.kernel.parts.sizes import part_count, part_length, part_size
from chartpost.kernel.parts.staging import PIECE, Staged, root
from chartpost.kernel.parts.unfinished import forget_object

_HEX = frozenset("0123456789abcdef")


class PartStore(Protocol):
    """Keeps sealed objects, each made of parts that come in any order and at the same time."""

    def begin(self, name: str) -> str:
        """Get ready for the parts of an object; returns the name of the upload, "" where there is none."""

    def put(self, name: str, upload: str, number: int, staged: Staged) -> str:
        """Keep a part, its bytes on disk when this returns; the same again changes nothing. Returns its tag."""

    def lost(self, name: str, count: int) -> list[int]:
        """Which of `count` parts are not there after all: a power cut may undo the move of the last ones."""

    def goes_on(self, name: str, upload: str) -> bool:
        """Whether an upload that was begun can go on."""

    def whole(self, name: str, size: int) -> bool:
        """Whether a finished object of `size` bytes is there."""

    def copied(self, name: str) -> Iterator[tuple[int, int, Iterator[bytes]]]:
        """The parts of an object for a backup: number, length and bytes; none of one that is gone."""

    def finish(self, name: str, upload: str, tags: Sequence[str]) -> None:
        """Make one object of all parts, by their tags in order; again changes nothing."""

    def read(self, name: str, size: int, start: int, length: int, piece: int = PIECE) -> Iterator[bytes]:
        """`length` bytes from `start` of a finished object of `size` bytes, in pieces; raises PartMissingError."""

    def delete(self, name: str, upload: str = "") -> None:
        """Remove an object, finished or not; nothing happens when it is gone."""

    def stored(self) -> Iterator[tuple[str, str, datetime]]:
        """Every object and upload under way: name, upload, and the moment it was last written."""


class FolderParts:
    """Each object is a folder, each part a file named by its number."""

    def begin(self, name: str) -> str:
        """Make the object's folder."""
        where = self.path(name)
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(where.parent)
        return ""

    def put(self, name: str, upload: str, number: int, staged: Staged) -> str:  # noqa: ARG002 - folders need no name
        """Move the part to its place; a power cut leaves it whole or absent, which `lost` tells."""
        where = self.path(name)
        try:
            staged.file.replace(where / f"{number:05d}")
        except FileNotFoundError as error:
            raise gone() from error
        return ""

    def lost(self, name: str, count: int) -> list[int]:
        """Parts that have no file."""
        there = {path.name for path in self.path(name).glob("?????")}
        return [number for number in range(count) if f"{number:05d}" not in there]

    def goes_on(self, name: str, upload: str) -> bool:
        """Whether the object's folder is there."""
        del upload
        return self.path(name).is_dir()

    def whole(self, name: str, size: int) -> bool:
        """Whether every part has its file, of its length."""
        where = self.path(name)
        try:
            found = [(where / f"{number:05d}").stat().st_size for number in range(part_count(size))]
        except FileNotFoundError:
            return False
        return found == [part_length(size, number) for number in range(part_count(size))]

    def copied(self, name: str) -> Iterator[tuple[int, int, Iterator[bytes]]]:
        """Its files, each opened before it is named: bytes of an open file stay until it is closed."""
        for path in sorted(self.path(name).glob("?????")):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                yield int(path.name), os.fstat(file.fileno()).st_size, iter(partial(file.read, PIECE), b"")

    def finish(self, name: str, upload: str, tags: Sequence[str]) -> None:
        """Look that every part is there, and have their places on disk."""
        del upload
        if self.lost(name, len(tags)):
            raise gone()
        sync_folder(self.path(name))

    def read(self, name: str, size: int, start: int, length: int, piece: int = PIECE) -> Iterator[bytes]:
        """Bytes of the parts, one after the other."""
        where, each, end = self.path(name), part_size(size), min(size, start + length)
        while start < end:
            number, offset = divmod(start, each)
            stop = min(end, (number + 1) * each)
            yield from _file(where / f"{number:05d}", offset, stop - start, piece)
            start = stop

    def delete(self, name: str, upload: str = "") -> None:
        """Remove the folder with all parts."""
        del upload
        forget_object(name)
        where = self.path(name)
        if where.exists():
            shutil.rmtree(where, ignore_errors=True)

    def stored(self) -> Iterator[tuple[str, str, datetime]]:
        """Every object's folder."""
        for path in root().glob("??/" + "?" * 32):
            try:
                yield path.name, "", datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue

    def path(self, name: str) -> Path:
        """Where an object lies; nothing but 32 hexadecimal letters becomes a path."""
        if len(name) != 32 or not _HEX.issuperset(name):
            raise gone()
        return root() / name[:2] / name


def _file(path: Path, offset: int, length: int, most: int) -> Iterator[bytes]:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise gone() from error
    try:
        while length:
            piece = os.pread(file, min(most, length), offset)
            if not piece:
                raise gone()
            yield piece
            offset, length = offset + len(piece), length - len(piece)
    finally:
        os.close(file)


def adopt(name: str, size: int) -> bool:
    """Have a finished object, which a restore put into the home's folder, in the store; false when it is not there."""
    target, source = store(), FolderParts()
    if target.whole(name, size):
        return True
    if isinstance(target, FolderParts) or not source.whole(name, size):
        return False
    upload, tags = target.begin(name), []
    for number in range(part_count(size)):
        staged = Staged(source.path(name) / f"{number:05d}", part_length(size, number))
        tags.append(target.put(name, upload, number, staged))
    target.finish(name, upload, tags)
    source.delete(name)
    return True


def tidy() -> None:
    """Remove what a restore put into the home's folder and the bucket in use did not adopt."""
    if isinstance(store(), FolderParts):
        return
    for name, _, _ in FolderParts().stored():
        FolderParts().delete(name)


@lru_cache(maxsize=1)
def store() -> PartStore:
    """The store the settings name."""
    url = config().blob_url
    if url:
        from chartpost.kernel.parts.s3 import S3Parts

        return S3Parts.from_url(url)
    return FolderParts()
