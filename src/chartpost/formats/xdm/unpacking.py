"""Unpacking somebody else's package: everything in it is taken for hostile until it was checked."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast
from urllib.parse import unquote

from chartpost.formats.packed import BROKEN
from chartpost.formats.xdm import metadata, names
from chartpost.formats.xdm.errors import DamagedError, HostileZipError, NotXdmError
from chartpost.formats.xdm.types import Found, Packed

MOST_FILES = 5_000
MOST_BYTES = 2 * 1024 * 1024 * 1024
"""Bytes of all files unpacked."""
MOST_RATIO = 300
"""Bytes out per byte in from which packed data is taken for a bomb; records stay under 40."""
MOST_METADATA = 16 * 1024 * 1024
_SMALL = 1024 * 1024
_CHUNK = 256 * 1024
_AGAIN = "ask the sender for the package again"


def is_xdm(stream: BinaryIO) -> bool:
    """Whether a zip has the folders and metadata of XDM, in any case and in any wrapping folder."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            return any(_is_metadata(name.casefold()) for name in archive.namelist())
    except BROKEN:
        return False
    finally:
        stream.seek(0)


def unpack(stream: BinaryIO) -> Packed:
    """What a package (a seekable stream) holds; every document is read once, and held against its size and hash.

    Raises NotXdmError, HostileZipError or DamagedError; nothing is written to disk.
    """
    archive, files = _opened(stream)
    places = [name for name in files if _is_metadata(name)]
    if not places:
        raise NotXdmError("a zip without IHE_XDM/*/METADATA.XML", "an XDM package", "import it as an ordinary zip")
    said = {place: metadata.read(_bytes(archive, files[place], MOST_METADATA)) for place in sorted(places)}
    documents = [_checked(archive, files, place, entry) for place, (entries, _) in said.items() for entry in entries]
    named = {d.path for d in documents} | {files[p].filename for p in places}
    others = tuple(sorted(i.filename for i in files.values() if i.filename not in named and not _is_front(i.filename)))
    sender = next((name for _, name in said.values() if name), "")
    return Packed(tuple(documents), sender, others, lambda found: _reader(archive, archive.getinfo(found.path)))


def _opened(stream: BinaryIO) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
        infos = archive.infolist()
    except BROKEN:
        raise NotXdmError("a file that does not open as a zip", "a whole zip file", _AGAIN) from None
    if len(infos) > MOST_FILES or sum(i.file_size for i in infos) > MOST_BYTES:
        raise HostileZipError("a zip too large", f"at most {MOST_FILES:,} files, {MOST_BYTES:,} bytes", _AGAIN)
    for info in infos:
        if info.flag_bits & 1:
            raise HostileZipError("a zip with a password", "one without", "ask for it without a password")
        if info.file_size > _most(info):
            raise HostileZipError("a zip that grows too much", f"at most {MOST_RATIO} times", "do not open this file")
    return archive, names.check(infos)


def _most(info: zipfile.ZipInfo) -> int:
    return max(_SMALL, info.compress_size * MOST_RATIO)


def _is_metadata(name: str) -> bool:
    parts = name.split("/")
    return len(parts) >= 3 and parts[-1] == "metadata.xml" and parts[-3] == "ihe_xdm"


def _is_front(name: str) -> bool:
    return name.rpartition("/")[2].casefold() in ("index.htm", "index.html", "readme.txt")


def _checked(
    archive: zipfile.ZipFile, files: Mapping[str, zipfile.ZipInfo], place: str, entry: metadata.Entry
) -> Found:
    info = _lookup(files, place, entry.uri)
    digest, size = hashlib.sha1(usedforsecurity=False), 0
    for piece in _pieces(archive, info, min(_most(info), MOST_BYTES)):
        digest.update(piece)
        size += len(piece)
    if entry.size is not None and entry.size != size:
        raise DamagedError(f"a document of {size} bytes", f"{entry.size}, as the metadata says", _AGAIN)
    if entry.sha1 and entry.sha1 != digest.hexdigest():
        raise DamagedError("a document whose hash is another one", "the SHA-1 of the metadata", _AGAIN)
    given = {"size": entry.size is not None, "hash": bool(entry.sha1)}
    return Found(
        path=info.filename,
        title=entry.title,
        media_type=entry.media_type,
        code=entry.code,
        created=entry.created,
        language=entry.language,
        patient_id=entry.patient_id,
        unique_id=entry.unique_id,
        size=size,
        sha1=digest.hexdigest(),
        checked=frozenset(name for name, is_given in given.items() if is_given),
    )


def _lookup(files: Mapping[str, zipfile.ZipInfo], place: str, uri: str) -> zipfile.ZipInfo:
    folder = place.rpartition("/")[0]
    for name in (uri, unquote(uri)):
        found = files.get(f"{folder}/{name}".casefold())
        if found is not None and name:
            return found
    raise DamagedError("metadata of a document that is not there", "each document in the package", _AGAIN)


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    return b"".join(_pieces(archive, info, min(_most(info), most)))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """What really comes out of one file, stopped at `most` bytes whatever the zip says."""
    left = most
    try:
        with archive.open(info) as inner:
            while left >= 0 and (piece := inner.read(_CHUNK)):
                left -= len(piece)
                yield piece
    except BROKEN:
        raise DamagedError("a damaged file in the zip", "a whole zip file", _AGAIN) from None
    if left < 0:
        raise HostileZipError("a file that grows beyond its cap", f"at most {most:,} bytes", _AGAIN)


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", archive.open(info)), _CHUNK))
