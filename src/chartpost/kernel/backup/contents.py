"""The database inside a backup: is it sound, and which encrypted files does it name?"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from chartpost.kernel.backup.types import Report
from chartpost.kernel.blobs import wrapping
from chartpost.kernel.db import connect
from chartpost.kernel.keys import KeyRing, UnwrapError


@dataclass(frozen=True)
class BlobFact:
    """What the database says about one encrypted file."""

    sha256: str
    key: bytes = field(repr=False)


def check_database(path: Path, ring: KeyRing, report: Report) -> dict[str, BlobFact]:
    """Check every page and every index; returns the encrypted files by id. Problems go to the report."""
    connection: Any = connect(path, ring.derive("database"))
    try:
        for check in ("cipher_integrity_check", "integrity_check", "foreign_key_check"):
            rows = _ask(connection, check)
            if rows and rows != [("ok",)]:
                report.problems.append(f"database: {check} found {len(rows)} faults")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'kernel_blob'").fetchone():
            return {}
        return _facts(connection, ring, report)
    finally:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()


def _ask(connection: Any, check: str) -> list[tuple[Any, ...]]:
    try:
        return list(connection.execute(f"PRAGMA {check}").fetchall())
    except dbapi2.DatabaseError as error:
        return [(str(error),)]


def _facts(connection: Any, ring: KeyRing, report: Report) -> dict[str, BlobFact]:
    owners = {
        owner: ring.unwrap(wrapped, wrapping.owner_context(owner))
        for owner, wrapped in connection.execute("SELECT owner, wrapped FROM kernel_ownerkey")
    }
    found: dict[str, BlobFact] = {}
    rows = connection.execute("SELECT id, owner, wrapped, sha256 FROM kernel_blob WHERE length(wrapped) > 0")
    for blob_id, owner, wrapped, sha256 in rows:
        try:
            key = wrapping.open_file_key(owners[owner], blob_id, wrapped)
        except (KeyError, UnwrapError):
            report.problems.append(f"file {blob_id} has no key that opens it")
            continue
        found[blob_id] = BlobFact(sha256, key)
    return found
