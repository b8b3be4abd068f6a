"""Packing: documents as they are read, then what is said of them, so that nothing is held whole in memory."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape

from chartpost.formats.xdm import metadata, names
from chartpost.formats.xdm.errors import XdmError
from chartpost.formats.xdm.metadata import Named
from chartpost.formats.xdm.types import Document, Patient, Sender

_CHUNK = 256 * 1024
_UNIX_FILE = 0o100644 << 16
_README = """{sender} made this package on {day}.\r
\r
It holds health records of one person. Keep it safe.\r
\r
INDEX.HTM   opens in a browser and leads to each document\r
README.TXT  this file\r
IHE_XDM     the documents, and METADATA.XML for computer systems (IHE XDM)\r
\r
{lines}\r
"""
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Health records</title></head>
<body>
<h1>Health records</h1>
<p>Made by {sender} on {day}. See <a href="README.TXT">README.TXT</a>.</p>
<ul>
{lines}
</ul>
</body>
</html>
"""


class _Pipe(io.RawIOBase):
    """What a zip writes, to be handed on piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Everything written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def pack(documents: Iterable[Document], sender: Sender, patient: Patient, *, made: datetime) -> Iterator[bytes]:
    """The zip piece by piece: INDEX.HTM, README.TXT and IHE_XDM/SUBSET01 with METADATA.XML; the same input, same bytes.

    `made` must carry a zone. Raises XdmError for no document or more than 99,999, before the first byte.
    """
    every = list(documents)
    if not 1 <= len(every) <= 99_999 or made.tzinfo is None:
        raise XdmError(f"{len(every)} documents", "1 to 99,999, and a time with its zone", "choose documents to send")
    return _packed(every, sender, patient, made.astimezone(UTC))


def _packed(documents: list[Document], sender: Sender, patient: Patient, made: datetime) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        named: list[Named] = []
        for document, name in zip(documents, names.written(d.media_type for d in documents), strict=True):
            digest, size = hashlib.sha1(usedforsecurity=False), 0
            with archive.open(_info(f"{names.FOLDER}/{name}", made), "w", force_zip64=True) as into:
                for piece in _pieces(document):
                    digest.update(piece)
                    size += len(piece)
                    into.write(piece)
                    yield pipe.taken()
            named.append(Named(document, name, digest.hexdigest(), size))
        said = metadata.write(named, sender, patient, made.strftime("%Y%m%d%H%M%S"))
        archive.writestr(_info(f"{names.FOLDER}/METADATA.XML", made), said)
        archive.writestr(_info("README.TXT", made), _readme(named, sender, made))
        archive.writestr(_info("INDEX.HTM", made), _index(named, sender, made))
        yield pipe.taken()
    yield pipe.taken()


def _pieces(document: Document) -> Iterator[bytes]:
    with document.open() as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _info(name: str, made: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, made.timetuple()[:6])
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, _UNIX_FILE, 3
    return info


def _readme(named: list[Named], sender: Sender, made: datetime) -> bytes:
    lines = "\r\n".join(f"{n.name}  {n.document.title}" for n in named)
    return _README.format(sender=sender.name, day=made.date().isoformat(), lines=lines).encode()


def _index(named: list[Named], sender: Sender, made: datetime) -> bytes:
    lines = "\n".join(f'<li><a href="{names.FOLDER}/{n.name}">{escape(n.document.title)}</a></li>' for n in named)
    return _INDEX.format(sender=escape(sender.name), day=made.date().isoformat(), lines=lines).encode()
