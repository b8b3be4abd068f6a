"""Names inside a package: 8.3 and upper-case when we write, any case but never unsafe when we read."""

import re
import stat
import zipfile
from collections.abc import Iterable, Iterator

from chartpost.formats.xdm.errors import HostileZipError

FOLDER = "IHE_XDM/SUBSET01"
_ENDINGS = {
    "text/xml": "XML",
    "application/xml": "XML",
    "application/pdf": "PDF",
    "image/jpeg": "JPG",
    "image/png": "PNG",
    "image/tiff": "TIF",
    "text/plain": "TXT",
    "application/dicom": "DCM",
    "application/fhir+json": "JSN",
    "application/json": "JSN",
}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]")
LONGEST = 255
"""Characters of a path inside a package we read."""


def written(media_types: Iterable[str]) -> Iterator[str]:
    """A name for each document, in order: DOC00001.XML and so on (ISO 9660 level 1)."""
    for number, kind in enumerate(media_types, 1):
        yield f"DOC{number:05}.{_ENDINGS.get(kind.partition(';')[0].strip().lower(), 'BIN')}"


def check(infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Files by their folded name; raises HostileZipError for links, unsafe names and names used twice."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        parts = name.rstrip("/").split("/")
        if _UNSAFE.search(name) or name.startswith("/") or len(name) > LONGEST or not all(map(_is_plain, parts)):
            raise HostileZipError("an unsafe name in the zip", "plain relative names", "do not open this file")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise HostileZipError("a link in the zip", "files and folders alone", "do not open this file")
        if info.is_dir():
            continue
        key = name.casefold()
        if key in found:
            raise HostileZipError("a name used twice in the zip", "each name once", "ask for the file again")
        found[key] = info
    return found


def _is_plain(part: str) -> bool:
    return bool(part.strip()) and part not in (".", "..")
