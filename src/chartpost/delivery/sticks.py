"""What lies on a stick or a disc: the page that opens anywhere, sealed files, how to open them, a locked summary."""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import IO, NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery.box_words import readme
from chartpost.delivery.errors import WrongStep
from chartpost.formats import iso, media

PAGE, SIDECAR, README, PAPER = "OPEN-ME.html", "records.cps", "README.txt", "SUMMARY.pdf"
VOLUME = "HEALTH_RECORDS"
"""What a computer calls the disc; it names nobody."""
_PIECE = 1024 * 1024
_SPOOL = 64 * 1024 * 1024


class Checks(NamedTuple):
    """SHA-256 (hexadecimal) of the page and of the sealed files."""

    page: str
    box: str


class Inside(NamedTuple):
    """What is put on it: files to seal, a summary as a PDF that is locked already (empty: none)."""

    sources: Sequence[media.Source]
    paper: bytes
    sender: str
    language: str


def write_archive(out: IO[bytes], inside: Inside, password: str, viewer: bytes, moment: datetime) -> Checks:
    """Write all files as one ZIP; `viewer` is the built page. Raises WeakPasswordError for no drawn password."""
    with tempfile.SpooledTemporaryFile(_SPOOL) as sealed:
        digest = _copy(_seal(inside, password, moment).stream(), sealed)
        page, said = _page(viewer, sealed), readme(paper=bool(inside.paper))
        files = [
            (PAGE, len(page), [page]),
            (SIDECAR, sealed.seek(0, 2), _pieces(sealed)),
            (README, len(said), [said]),
            *([(PAPER, len(inside.paper), [inside.paper])] if inside.paper else []),
        ]
        media.write_zip(out, files, moment)
    return Checks(sha256(page).hexdigest(), digest)


def disc(archive: IO[bytes], moment: datetime) -> tuple[int, Iterator[bytes]]:
    """The same files as an image for a disc (ISO 9660, Joliet): its size in bytes, and its bytes.

    `archive` is what `write_archive` wrote, seekable. Raises WrongStep for a file too large for a disc.
    """
    opened = zipfile.ZipFile(archive)
    entries = [iso.Entry(i.filename, i.file_size, partial(_inner, opened, i)) for i in opened.infolist()]
    try:
        return iso.image_size(entries), iso.write_image(entries, volume=VOLUME, moment=moment)
    except iso.IsoError as error:
        raise WrongStep(seen=error.seen, expected=error.expected, todo=error.todo) from error


def read(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of a stream, piece by piece."""
    while piece := stream.read(_PIECE):
        yield piece


def _seal(inside: Inside, password: str, moment: datetime) -> media.SealedFiles:
    with translation.override(inside.language):
        note = _("These are copies of health records. Keep them in a safe place.")
    created = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return media.seal_files(inside.sources, password, title=inside.sender, note=note, created=created)


def _copy(pieces: Iterable[bytes], into: IO[bytes]) -> str:
    """Write all pieces; their SHA-256."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
        into.write(piece)
    return found.hexdigest()


def _page(viewer: bytes, sealed: IO[bytes]) -> bytes:
    """The page, with the sealed bytes in it where they are few."""
    if sealed.seek(0, 2) > media.INLINE:
        return media.fill_page(viewer)
    sealed.seek(0)
    return media.fill_page(viewer, sealed.read())


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    yield from read(stream)


def _inner(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        yield from read(stream)
