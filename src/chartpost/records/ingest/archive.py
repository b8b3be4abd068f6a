"""Zip files read safely: entries, size and ratio are capped, by what really comes out, not by what the zip says."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import IO, BinaryIO, cast

from chartpost.formats import xdm
from chartpost.formats.packed import BROKEN
from chartpost.records.errors import Refused
from chartpost.records.ingest.reading import CHUNK, MOST_RATIO, Capped

MOST_ENTRIES = 10_000
MOST_BYTES = 2 * 1024 * 1024 * 1024
SMALL = 1024 * 1024
"""Entries up to this size may shrink as well as they like."""


def check(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    """The files of a zip; raises Refused for a zip that is broken, locked, or large beyond reason."""
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except BROKEN as error:
        raise Refused("a zip that does not open", "a whole zip file", "Ask for the file again.") from error
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_ENTRIES or total > MOST_BYTES:
        raise _bomb(f"a zip of {len(infos):,} files and {total:,} bytes unpacked")
    for info in infos:
        if info.flag_bits & 1:
            raise Refused("a zip with a password", "one without", "Unpack it, or ask for it without a password.")
        if info.file_size > max(SMALL, info.compress_size * MOST_RATIO):
            raise _bomb(f"a zip whose file grows {info.file_size // max(1, info.compress_size):,} times")
    return infos


class _Packed:
    """One file of a zip, opened when it is first read: what is wrong with it then ends that file alone."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive, self._info = archive, info
        self._inner: IO[bytes] | None = None

    def read(self, size: int) -> bytes:
        self._inner = self._inner or self._archive.open(self._info)
        return self._inner.read(size)

    def close(self) -> None:
        if self._inner:
            self._inner.close()


def contents(stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """(name, stream) of each file of a zip that `check` allows, one after the other; the name is only a label."""
    infos = check(stream)
    left = MOST_BYTES
    with zipfile.ZipFile(stream) as archive:
        for info in infos:
            cap = min(left, max(SMALL, info.compress_size * MOST_RATIO))
            with closing(_Packed(archive, info)) as inner:
                yield info.filename, cast("BinaryIO", io.BufferedReader(Capped(cast("IO[bytes]", inner), cap), CHUNK))
            left -= min(left, info.file_size)


def documents(stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """(name, stream) of each document of an XDM package, whose size and hash were checked; raises Refused.

    Metadata, index and files that no metadata names are left out.
    """
    try:
        packed = xdm.unpack(stream)
    except xdm.XdmError as error:
        raise Refused(error.seen, error.expected, error.todo) from error
    for document in packed.documents:
        with packed.open(document) as inner:
            yield document.path, inner


def _bomb(seen: str) -> Refused:
    expected = f"at most {MOST_ENTRIES:,} files, {MOST_BYTES:,} bytes, growing at most {MOST_RATIO} times"
    return Refused(seen, expected, "Unpack it yourself and import the files you need.")
