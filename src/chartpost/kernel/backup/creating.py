"""Making a backup while the server runs: under a temporary name first, renamed when it is whole."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chartpost import __version__
from chartpost.kernel.backup import postgres, sources
from chartpost.kernel.backup.archive import Entry, seal
from chartpost.kernel.backup.errors import BackupError, NoRecoveryKeyError
from chartpost.kernel.backup.types import Report
from chartpost.kernel.blobs.hold import holding
from chartpost.kernel.blobs.stores import store
from chartpost.kernel.clock import now
from chartpost.kernel.config import Config, config
from chartpost.kernel.keys import KeyRing, keyring
from chartpost.kernel.keys.files import sync_folder
from chartpost.kernel.parts.stores import store as part_store

LAST = "last-backup.json"


def create(path: Path, *, shares: bool = True) -> Report:
    """Write a backup of this home to `path`, replacing an older one only when the new one is whole.

    Without `shares` the ciphertext of sealed shares is left out; a restored home then tells their senders.

    Raises NoRecoveryKeyError before the first recovery key; encrypted files that are lost are named in the report.
    """
    settings = config()
    ring, header = _header(settings)
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    for stale in path.parent.glob(f".{path.name}.*.new"):
        stale.unlink(missing_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    report = Report(created=header["created"], database=header["database"])
    try:
        with _one_at_a_time(settings.home), holding():
            _write(fresh, seal(header, _counted(_entries(settings, ring, report, shares), report), dict(header), ring))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)
    report.size = path.stat().st_size
    (settings.home / "run" / LAST).write_text(json.dumps({"created": report.created, "path": str(path)}))
    return report


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Two backups of a home wait for each other: each makes a copy of the database under HOME/run."""
    (home / "run").mkdir(exist_ok=True, mode=0o700)
    with (home / "run" / "backup.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _header(settings: Config) -> tuple[KeyRing, dict[str, Any]]:
    database = settings.home / ("keys" if settings.database_url else sources.DATABASE)
    if not (settings.home / "keys" / "master.wrap").exists() or not database.exists():
        raise BackupError(
            seen=f"no keys or no database in {settings.home}",
            expected="a home in use",
            todo="set CHARTPOST_HOME to the right folder",
        )
    ring = keyring()
    wrapped = ring.recovery_wrap()
    if wrapped is None:
        raise NoRecoveryKeyError(
            seen="no recovery key",
            expected="a recovery key, without which a backup could never be opened on another machine",
            todo="run `chartpost backup recovery-key`, print what it shows and keep it apart from the backups",
        )
    created = now().isoformat(timespec="seconds")
    return ring, {
        "version": 1,
        "program": __version__,
        "created": created,
        "database": "postgresql" if settings.database_url else "sqlite",
        "ring": ring.derive("ring-id", 8).hex(),
        "recovery": wrapped,
    }


def _entries(settings: Config, ring: KeyRing, report: Report, shares: bool) -> Iterator[Entry]:
    if settings.database_url:
        yield from postgres.dump_entries(settings.database_url)
        ids = postgres.blob_ids(settings.database_url)
    else:
        copy = settings.home / "run" / f"backup-{os.getpid()}.db"
        for stale in copy.parent.glob("backup-*.db*"):
            stale.unlink(missing_ok=True)
        try:
            ids = sources.snapshot(settings.home, ring, copy)
            yield sources.file_entry(sources.DATABASE, copy)
        finally:
            copy.unlink(missing_ok=True)
    yield from sources.blob_entries(ids, store(), lambda lost: report.problems.append(f"file {lost} is lost"))
    if shares:
        yield from sources.part_entries(part_store())
    yield from sources.home_entries(settings.home)


def _counted(entries: Iterator[Entry], report: Report) -> Iterator[Entry]:
    for entry in entries:
        report.entries += 1
        report.blobs += entry.path.startswith(sources.BLOBS)
        report.parts += entry.path.startswith(sources.PARTS)
        yield entry


def _write(path: Path, parts: Iterator[bytes]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for part in parts:
            out.write(part)
        out.flush()
        os.fsync(out.fileno())
