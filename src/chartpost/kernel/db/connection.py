"""Keyed SQLCipher connections with the pragmas every connection of this program has.

SQLCipher: `PRAGMA key` with a raw 32-byte key skips its slow passphrase derivation. SQLite: WAL journal,
`synchronous=FULL` so that a committed change survives a power cut, temporary tables in memory only, so that
nothing is written unencrypted, deleted rows overwritten, so that a destroyed key is gone.
"""

import time
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from chartpost.kernel.db.errors import DatabaseKeyError

BUSY_SECONDS = 20.0
CACHE_MB = 64
KEY_BYTES = 32


def connect(
    database: str | Path,
    key: bytes,
    *,
    cache_mb: int = CACHE_MB,
    timeout: float = BUSY_SECONDS,
    **options: Any,
) -> Any:
    """Open a keyed connection in autocommit mode; raises DatabaseKeyError when the key does not fit.

    `key` is 32 raw bytes, `timeout` seconds to wait for a lock, `cache_mb` the page cache in MiB; `options`
    go to the driver. A database in memory is not keyed: it never reaches a disk.
    """
    name = str(database)
    options = {"check_same_thread": False, "uri": True, "isolation_level": None, **options}
    connection = dbapi2.connect(name, timeout=timeout, **options)
    try:
        if not in_memory(name):
            _unlock(connection, key, name)
            _use_wal(connection, timeout)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")
    except BaseException:
        connection.close()
        raise
    return connection


def in_memory(name: str) -> bool:
    """Whether a database name means memory instead of a file."""
    return name == ":memory:" or "mode=memory" in name


def _unlock(connection: Any, key: bytes, name: str) -> None:
    if len(key) != KEY_BYTES:
        raise DatabaseKeyError(
            seen=f"a database key of {len(key)} bytes",
            expected="32 bytes",
            todo="check the key ring under HOME/keys",
        )
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.OperationalError:
        raise
    except dbapi2.DatabaseError as error:
        raise DatabaseKeyError(
            seen=f"{Path(name).name} does not open with this home's database key",
            expected="a database made with the key ring under HOME/keys",
            todo="put the right keys back, or restore a backup on an empty home with the recovery key",
        ) from error


def _use_wal(connection: Any, timeout: float) -> None:
    """Switch to WAL once; SQLite does not wait for other openers here, so this does."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    give_up = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except dbapi2.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
