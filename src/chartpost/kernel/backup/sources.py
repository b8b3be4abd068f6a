"""What goes into a backup: a consistent picture of the database, every encrypted file, the rest of the home."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from chartpost.kernel.backup.archive import MAGIC, PART, Entry
from chartpost.kernel.backup.errors import BackupError
from chartpost.kernel.blobs.errors import BlobMissingError
from chartpost.kernel.blobs.stores import Store
from chartpost.kernel.db import connect
from chartpost.kernel.keys import KeyRing
from chartpost.kernel.parts.stores import PartStore

DATABASE = "chartpost.db"
BLOBS = "blobs/"
HOME = "home/"
PARTS = "parts/"
BLOB_IDS = "SELECT id FROM kernel_blob WHERE length(wrapped) > 0 ORDER BY id"
# Rebuilt at start, secret by design, of this machine alone, or copied by their own kind (blobs, parts).
LEFT_OUT = frozenset({"blobs", "keys", "run", "static", "static.stamp", "logs", "backups", "parts"})


def snapshot(home: Path, ring: KeyRing, target: Path) -> list[str]:
    """Write an encrypted, consistent copy of the live SQLite database; returns the ids of its encrypted files."""
    connection: Any = connect(home / DATABASE, ring.derive("database"))
    try:
        connection.execute("VACUUM INTO ?", [str(target)])
    except dbapi2.DatabaseError as error:
        raise BackupError(
            seen=f"the database could not be copied ({error})",
            expected=f"a sound database, and room for a copy of it in {target.parent}",
            todo="free space or check the disk, then try again; an older backup is untouched",
        ) from error
    finally:
        connection.close()
    copy: Any = connect(target, ring.derive("database"))
    try:
        has_blobs = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'kernel_blob'").fetchone()
        return [row[0] for row in copy.execute(BLOB_IDS)] if has_blobs else []
    finally:
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.close()


def file_entry(name: str, path: Path) -> Entry:
    """A file that nobody changes while it is copied."""
    return Entry(name, path.stat().st_size, _file_parts(path))


def blob_entries(ids: list[str], store: Store, lost: Callable[[str], None]) -> Iterator[Entry]:
    """The ciphertext of each file; `lost` hears of those the store does not have."""
    for blob_id in ids:
        try:
            size = store.size(blob_id)
        except BlobMissingError:
            lost(blob_id)
            continue
        yield Entry(BLOBS + blob_id, size, _store_parts(store, blob_id, size))


def part_entries(store: PartStore) -> Iterator[Entry]:
    """The parts of every sealed object, as they lie; one taken back meanwhile is left out."""
    for name in sorted({name for name, _, _ in store.stored()}):
        for number, size, pieces in store.copied(name):
            yield Entry(f"{PARTS}{name}/{number:05d}", size, pieces)


def home_entries(home: Path) -> Iterator[Entry]:
    """The small files of the home: certificates, outbox, the ledger's spool; each as it is now, no backups."""
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT or top.name.startswith(DATABASE):
            continue
        for path in sorted([top] if top.is_file() else top.rglob("*")):
            data = _bytes(path) if path.is_file() and not path.is_symlink() else None
            if data is not None:
                yield Entry(HOME + path.relative_to(home).as_posix(), len(data), [data])


def _bytes(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            first = file.read(len(MAGIC))
            return None if first == MAGIC else first + file.read()
    except FileNotFoundError:
        return None


def _file_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part


def _store_parts(store: Store, blob_id: str, size: int) -> Iterator[bytes]:
    for offset in range(0, size, PART):
        yield store.read_at(blob_id, offset, min(PART, size - offset))
