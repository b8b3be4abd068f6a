"""Zips: XDM packages by their metadata, others file by file; sizes are capped by what really comes out."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from chartpost.formats.convert.errors import NotUnderstoodError
from chartpost.formats.xdm import XdmError, is_xdm, unpack

MOST_FILES = 5_000
MOST_BYTES = 256 * 1024 * 1024
"""Of all files of a zip together, unpacked; they are held in memory."""
_CHUNK = 256 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


class Inner(NamedTuple):
    """A file inside a zip."""

    name: str
    data: bytes


def files(data: bytes) -> Iterator[Inner]:
    """The documents of an XDM package, or every file of another zip; raises NotUnderstoodError."""
    if is_xdm(io.BytesIO(data)):
        yield from _xdm(data)
        return
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > MOST_FILES:
                raise _too_much(f"a zip of {len(infos):,} files")
            for info in infos:
                inner = _whole(archive, info, left)
                left -= len(inner)
                yield Inner(info.filename, inner)
    except _BROKEN as error:
        raise NotUnderstoodError("a zip that is damaged or locked", "a whole zip without a password", _AGAIN) from error


def _xdm(data: bytes) -> Iterator[Inner]:
    try:
        packed = unpack(io.BytesIO(data))
        if sum(document.size for document in packed.documents) > MOST_BYTES:
            raise _too_much("an XDM package of over that size")
        for document in packed.documents:
            yield Inner(document.path, packed.read(document))
    except XdmError as error:
        raise NotUnderstoodError(error.seen, error.expected, error.todo) from error


def _whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    pieces = []
    with archive.open(info) as inner:
        while piece := inner.read(_CHUNK):
            most -= len(piece)
            if most < 0:
                raise _too_much("a zip that grows beyond its cap")
            pieces.append(piece)
    return b"".join(pieces)


_AGAIN = "get the file again"


def _too_much(seen: str) -> NotUnderstoodError:
    return NotUnderstoodError(
        seen, f"at most {MOST_FILES:,} files and {MOST_BYTES:,} bytes unpacked", "unpack it and give the files you need"
    )
