"""The read spool: entries of reads on their way to the ledger, one `os.write` each, encrypted.

A process appends to a file of its own under HOME/ledger/spool. The file's key is HMAC-SHA-256 of the spool key and
the file's name; a record is `length (4 bytes, big-endian) | nonce (12 bytes, a counter) | AES-256-GCM ciphertext`.
The writer holds a shared lock on its file for as long as it may write; a file that can be locked exclusively has
lost its writer, is complete, and goes once its entries are committed. A kill -9 loses nothing that was written;
what a power cut may take is the last seconds of reads, as with any write that is not synced.
"""

import errno
import fcntl
import hmac
import os
import secrets
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chartpost.kernel import keys
from chartpost.kernel.config import config
from chartpost.ledger.errors import SpoolUnavailableError

FILE_BYTES = 512 * 1024
FILE_SECONDS = 5.0
LONGEST_RECORD = 64 * 1024
_HEAD = struct.Struct(">I")
_NONCE = 12


def folder() -> Path:
    """The folder of the spool."""
    return config().home / "ledger" / "spool"


@dataclass
class _Open:
    """The file this process writes to."""

    fd: int
    cipher: AESGCM
    until: float
    size: int = 0
    count: int = 0


@dataclass
class Writer:
    """One process's end of the spool; safe for threads."""

    folder: Path
    key: bytes
    _file: _Open | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, body: bytes) -> None:
        """Append one entry; raises SpoolUnavailableError when it was not written whole."""
        try:
            with self._lock:
                self._append(body)
        except OSError as error:
            raise _unavailable(f"the spool in HOME/ledger refused a write ({error.strerror})") from error

    def _append(self, body: bytes) -> None:
        """Write one record; one that is cut short ends the file, and is what a full disk does first."""
        file = self._file
        if file is None or file.size > FILE_BYTES or time.monotonic() > file.until:
            file = self._next()
        file.count += 1
        nonce = file.count.to_bytes(_NONCE, "big")
        sealed = file.cipher.encrypt(nonce, body, None)
        record = _HEAD.pack(len(sealed)) + nonce + sealed
        written = os.write(file.fd, record)
        file.size += written
        if written != len(record):
            self._close()
            raise OSError(errno.ENOSPC, "a record cut short, as on a full disk")

    def close(self) -> None:
        """Finish the file; the next write begins another."""
        with self._lock:
            self._close()

    def after_fork(self) -> None:
        """Leave the parent's file to the parent."""
        self._lock = threading.Lock()
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file.fd)
            self._file = None

    def _next(self) -> _Open:
        self._close()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{os.getpid()}-{secrets.token_hex(16)}"
        unborn = self.folder / f"{name}.new"
        fd = os.open(unborn, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        unborn.rename(self.folder / f"{name}.spool")
        self._file = _Open(fd, _cipher(self.key, name), time.monotonic() + FILE_SECONDS)
        return self._file


@dataclass(frozen=True)
class Batch:
    """What was read of one file: entries in order, where to go on (never past damage), whether its writer is gone."""

    bodies: list[bytes]
    offset: int
    finished: bool
    damaged: bool


def read(path: Path, key: bytes, offset: int = 0) -> Batch:
    """Read the entries of one spool file from a byte offset. A torn last record is left out."""
    with path.open("rb") as file:
        finished = _writer_is_gone(file.fileno())
        file.seek(offset)
        data = file.read()
    cipher = _cipher(key, path.stem)
    bodies: list[bytes] = []
    damage: int | None = None
    at = 0
    while at + _HEAD.size <= len(data):
        (length,) = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size + _NONCE
        if length > LONGEST_RECORD:
            damage = at if damage is None else damage
            break
        if start + length > len(data):
            break
        try:
            bodies.append(cipher.decrypt(data[start - _NONCE : start], data[start : start + length], None))
        except InvalidTag:
            damage = at if damage is None else damage
        at = start + length
    return Batch(bodies, offset + (at if damage is None else damage), finished, damage is not None)


def files(where: Path) -> list[Path]:
    """The spool files of a folder, oldest first."""
    found: list[tuple[int, Path]] = []
    for path in where.glob("*.spool"):
        try:
            found.append((path.stat().st_mtime_ns, path))
        except FileNotFoundError:
            continue
    return [path for _, path in sorted(found)]


def damaged(where: Path) -> list[Path]:
    """Files kept because a record in them could not be read."""
    return sorted(where.glob("*.damaged"))


def spool_key() -> bytes:
    """The key of the spool."""
    return keys.derive("ledger-spool")


def writer() -> Writer:
    """This process's writer for the present home."""
    held = _held.get("writer")
    home = config().home
    if held is None or held[0] is not home:
        with _making:
            held = _held.get("writer")
            if held is None or held[0] is not home:
                held = _held["writer"] = (home, Writer(folder(), spool_key()))
    return held[1]


_held: dict[str, tuple[Path, Writer]] = {}
_making = threading.Lock()


def _after_fork() -> None:
    for _home, held in _held.values():
        held.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _cipher(key: bytes, name: str) -> AESGCM:
    return AESGCM(hmac.digest(key, name.encode(), "sha256"))


def _writer_is_gone(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unavailable(seen: str) -> SpoolUnavailableError:
    return SpoolUnavailableError(
        seen=seen, expected="room and rights to write under HOME/ledger", todo="Free disk space, then try again."
    )
