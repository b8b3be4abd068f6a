"""Test databases: an encrypted file in a private folder in memory, shared by threads and processes."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3.creation import DatabaseCreation as SQLiteCreation

_MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - only as parent of a fresh private folder
_folders: dict[int, Path] = {}


class DatabaseCreation(SQLiteCreation):
    """Makes and removes test databases; `TEST["NAME"]` is honoured, also for `:memory:`."""

    def _get_test_db_name(self) -> str:
        asked = str(self.connection.settings_dict["TEST"]["NAME"] or "")
        if asked and self.is_in_memory_db(asked):
            return str(super()._get_test_db_name())  # type: ignore[misc]  # the stubs leave it out
        if Path(asked).is_absolute():
            return asked
        return str(_folder() / (Path(asked).name or f"{self.connection.alias}.db"))

    def _destroy_test_db(self, test_database_name: Any, verbosity: int) -> None:  # noqa: ARG002 - Django's
        if self.is_in_memory_db(test_database_name):
            return
        for suffix in ("", "-wal", "-shm"):
            Path(f"{test_database_name}{suffix}").unlink(missing_ok=True)


def _folder() -> Path:
    """This process's folder for test databases, removed at exit."""
    if os.getpid() not in _folders:
        usable = _MEMORY_DISK.is_dir() and os.access(_MEMORY_DISK, os.W_OK)
        made = tempfile.mkdtemp(prefix="chartpost-test-", dir=_MEMORY_DISK if usable else None)
        _folders[os.getpid()] = Path(made)
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return _folders[os.getpid()]
