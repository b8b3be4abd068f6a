"""Opening a box again: by the password, from any seekable stream, one file at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from chartpost.formats import sealedbox as box
from chartpost.formats.media.container import PREFIX, Head, head_length, parse_head
from chartpost.formats.media.errors import no_box
from chartpost.formats.media.writing import NO_LINK

_PIECE = 64 * box.PART_CHUNKS * 16


@dataclass(frozen=True)
class OpenBox:
    """A box whose password was right."""

    head: Head
    manifest: box.Manifest
    _key: bytes = field(repr=False)
    _places: list[tuple[int, int]] = field(repr=False)
    _stream: BinaryIO = field(repr=False)

    def plain(self, entry: box.FileEntry) -> Iterator[bytes]:
        """The bytes of a file; it was whole and unchanged only if this ends without BoxError."""
        found = box.FileHash()
        for piece in self._object(entry.index):
            found.update(piece)
            yield piece
        if found.text() != entry.hash:
            raise box.box_error(entry.index)

    def place(self, entry: box.FileEntry) -> int:
        """Where in the stream a file's object begins."""
        return self._places[entry.index][0]

    def runs(self, entry: box.FileEntry, header: bytes) -> box.Runs:
        """What the chunks of a file are opened with, by the first 56 bytes of its object; raises BoxError."""
        return box.Runs.opening(self._key, self.head.share, entry.index, entry.object, header)

    def _object(self, index: int) -> Iterator[bytes]:
        sealed = _read(self._stream, *self._places[index])
        return box.open_stream(sealed, self._key, self.head.share, index, self.head.objects[index][0])


def open_box(stream: BinaryIO, password: str) -> OpenBox:
    """Open a box; raises ContainerError, ParamsError, WrongKeyError, ManifestError, BoxError."""
    size = stream.seek(0, 2)
    stream.seek(0)
    length = head_length(stream.read(PREFIX))
    body = stream.read(length)
    if len(body) != length:
        raise no_box("a file that ends within its beginning")
    head = parse_head(body, size - PREFIX - length)
    keys = box.keys_for(NO_LINK, password, head.salt, head.params, head.recipient)
    key = box.unwrap_share_key(keys, head.wrapped, head.params)
    places = head.places(PREFIX + length)
    padded = b"".join(box.open_stream(_read(stream, *places[0]), key, head.share, 0, head.objects[0][0]))
    manifest = box.parse_manifest(padded)
    manifest.check_params(head.recipient, head.params)
    manifest.check_objects(dict(enumerate(head.objects[1:], 1)))
    return OpenBox(head, manifest, key, places, stream)


def _read(stream: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    at = start
    while at < start + size:
        stream.seek(at)
        piece = stream.read(min(_PIECE, start + size - at))
        if not piece:
            raise no_box("a file that was cut while it was read")
        yield piece
        at += len(piece)
