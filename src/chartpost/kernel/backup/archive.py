"""The backup file: magic, header in clear, then one Cobblestone-256 message of entries.

    magic (19 bytes) | header length (4 bytes, big-endian) | header (JSON) | message

The header holds the master secret under the recovery key; the message is bound to the header's hash. Inside the
message each entry is a JSON line {"path", "size"} and its bytes; the last one is the manifest with all hashes.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from chartpost.formats.cobblestone import CobblestoneError, CommitmentError, decrypt_stream, encrypt_stream
from chartpost.kernel.backup.errors import BackupKeyError, damaged
from chartpost.kernel.keys import KeyRing

MAGIC = b"chartpost-backup-1\n"
MANIFEST = "manifest.json"
PART = 1024 * 1024
MAX_LINE = 64 * 1024


@dataclass(frozen=True)
class Entry:
    """One file in a backup: its name, length in bytes, and bytes."""

    path: str
    size: int
    parts: Iterable[bytes]


def seal(header: dict[str, Any], entries: Iterable[Entry], manifest: dict[str, Any], ring: KeyRing) -> Iterator[bytes]:
    """Yield the whole backup file; `manifest` receives the entries' hashes and is written last."""
    text = json.dumps(header).encode()
    start = MAGIC + len(text).to_bytes(4, "big") + text
    yield start
    yield from encrypt_stream(_plain(entries, manifest), ring.derive("backup"), _context(start))


def read_header(file: BinaryIO) -> dict[str, Any]:
    """The header of a backup; the file then stands at the message."""
    if file.read(len(MAGIC)) != MAGIC:
        raise damaged("a file that does not begin like a Chartpost backup")
    length = int.from_bytes(file.read(4), "big")
    text = file.read(length) if length <= MAX_LINE else b""
    try:
        header: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise damaged("a backup whose header cannot be read") from error
    return header


def open_entries(path: Path, ring: KeyRing) -> Iterator[Entry]:
    """The entries of a backup, in order; each must be read to its end before the next is asked for."""
    with path.open("rb") as file:
        read_header(file)
        length = file.tell()
        file.seek(0)
        start = file.read(length)
        source = _Source(_genuine(_parts(file), ring, _context(start)))
        while line := source.line():
            try:
                about = json.loads(line)
                entry = Entry(str(about["path"]), int(about["size"]), source.take(int(about["size"])))
            except (ValueError, KeyError, TypeError) as error:
                raise damaged("a backup with an impossible entry") from error
            yield entry


def _genuine(parts: Iterator[bytes], ring: KeyRing, context: bytes) -> Iterator[bytes]:
    """The decrypted message; damage anywhere in it is this backup's, told apart from that of a file inside."""
    try:
        yield from decrypt_stream(parts, ring.derive("backup"), context)
    except CommitmentError as error:
        raise BackupKeyError(
            seen="a backup that the key at hand does not open, or whose header was changed",
            expected="the recovery key of the home it was made from",
            todo="give --recovery-key with the key printed when that home was set up",
        ) from error
    except CobblestoneError as error:
        raise damaged("a backup that was cut or changed") from error


def _plain(entries: Iterable[Entry], manifest: dict[str, Any]) -> Iterator[bytes]:
    listed: list[dict[str, Any]] = []
    for entry in entries:
        yield _line(entry.path, entry.size)
        digest, seen = hashlib.sha256(), 0
        for part in entry.parts:
            digest.update(part)
            seen += len(part)
            yield part
        if seen != entry.size:
            raise damaged(f"{entry.path} changed from {entry.size} to {seen} bytes while it was copied")
        listed.append({"path": entry.path, "size": entry.size, "sha256": digest.hexdigest()})
    text = json.dumps({**manifest, "entries": listed}).encode()
    yield _line(MANIFEST, len(text)) + text


def _line(path: str, size: int) -> bytes:
    return json.dumps({"path": path, "size": size}).encode() + b"\n"


def _context(start: bytes) -> bytes:
    return b"chartpost/backup/v1/" + hashlib.sha256(start).digest()


def _parts(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(PART):
        yield part


class _Source:
    """Pulls lines and fixed lengths out of a stream of parts."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._held = parts, b""

    def line(self) -> bytes:
        """The next line without its end; empty at the end of the message."""
        while b"\n" not in self._held[:MAX_LINE]:
            if len(self._held) >= MAX_LINE:
                raise damaged("a backup with an impossible entry")
            part = next(self._parts, None)
            if part is None:
                if self._held:
                    raise damaged("a backup that ends in the middle of an entry")
                return b""
            self._held += part
        line, _, self._held = self._held.partition(b"\n")
        return line

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, in parts."""
        while size:
            if not self._held:
                self._held = next(self._parts, b"")
                if not self._held:
                    raise damaged("a backup that ends in the middle of an entry")
            part, self._held = self._held[:size], self._held[size:]
            size -= len(part)
            yield part
