"""Checking a backup without restoring it, and restoring it onto an empty home."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from chartpost.kernel.backup import restored
from chartpost.kernel.backup.archive import read_header
from chartpost.kernel.backup.errors import BackupKeyError, HomeNotEmptyError, damaged
from chartpost.kernel.backup.types import Report
from chartpost.kernel.backup.unpack import Unpacker
from chartpost.kernel.blobs.s3 import S3Store
from chartpost.kernel.config import config
from chartpost.kernel.keys import KeyRing, recovery, ring
from chartpost.kernel.keys.files import make_folder, sync_folder


def verify(path: Path, recovery_key: str | None = None) -> Report:
    """Read all of a backup, decrypt every file in it and compare every hash; changes nothing.

    Opens with the recovery key, or with this home's own keys. Raises BackupKeyError, BackupDamagedError.
    """
    opened = _ring(path, recovery_key)
    with tempfile.TemporaryDirectory(prefix="chartpost-verify-") as folder:
        return Unpacker(opened, Path(folder), keep=False).run(path)


def restore(path: Path, home: Path, recovery_key: str | None = None) -> Report:
    """Restore a backup onto an empty home, which appears whole or not at all; raises HomeNotEmptyError.

    Files that were lost or damaged before the backup was made are named in the report; the rest is restored.
    A new root key is made; the recovery key stays the same. With CHARTPOST_BLOB_URL set the encrypted files go to
    that bucket; a PostgreSQL backup goes to the empty database of CHARTPOST_DATABASE_URL.
    """
    home = home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise HomeNotEmptyError(
            seen=f"something in {home}", expected="an empty or new folder", todo="choose another --home"
        )
    opened = _ring(path, recovery_key)
    partial = home.with_name(f".{home.name}.restoring")
    shutil.rmtree(partial, ignore_errors=True)
    make_folder(partial)
    try:
        report = Unpacker(opened, partial, keep=True, database_url=config().database_url).run(path)
        ring.adopt(partial, ring.master_of(opened), _header(path)["recovery"], config().root_key_file)
        _to_bucket(partial / "blobs")
        restored.mark(partial)
        partial.replace(home)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folder(home.parent)
    return report


def _ring(path: Path, recovery_key: str | None) -> KeyRing:
    header = _header(path)
    if recovery_key is not None:
        return ring.of_master(recovery.unlock(header["recovery"], recovery_key))
    here = config().home
    if (here / "keys" / "master.wrap").exists():
        own = ring.create(here, config().root_key_file)
        if own.derive("ring-id", 8).hex() == header["ring"]:
            return own
    raise BackupKeyError(
        seen=f"a backup of another home than {here}",
        expected="the recovery key of the home it was made from",
        todo="give --recovery-key with the key printed when that home was set up",
    )


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        header = read_header(file)
    if not {"recovery", "ring"} <= set(header):
        raise damaged("a backup whose header is not complete")
    return header


def _to_bucket(folder: Path) -> None:
    url = config().blob_url
    if not url or not folder.is_dir():
        return
    bucket = S3Store.from_url(url)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        bucket.take(file.name, file)


def read_last(home: Path) -> dict[str, str] | None:
    """When and where the last backup of a home was made; None before the first."""
    try:
        found: dict[str, str] = json.loads((home / "run" / "last-backup.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found
