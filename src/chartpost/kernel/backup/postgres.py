"""PostgreSQL in a backup: `pg_dump` and `pg_restore` over pipes, so that nothing readable touches a disk."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from chartpost.kernel.backup.archive import Entry
from chartpost.kernel.backup.errors import BackupError
from chartpost.kernel.backup.sources import BLOB_IDS

DUMP = "postgresql/"
PART = 8 * 1024 * 1024


def dump_entries(url: str) -> Iterator[Entry]:
    """The database as a custom-format dump, in numbered parts; one consistent snapshot."""
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
    with subprocess.Popen(command, env=_environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        number = 0
        while part := process.stdout.read(PART):
            yield Entry(f"{DUMP}{number:06d}", len(part), [part])
            number += 1
        _finish(process, "pg_dump")


def blob_ids(url: str) -> list[str]:
    """The ids of all encrypted files the database names."""
    import psycopg

    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(BLOB_IDS)]


class Loader:
    """Feeds a dump into an empty database, all or nothing."""

    def __init__(self, url: str) -> None:
        _require_empty(url)
        command = [_program("pg_restore"), "--no-owner", "--exit-on-error", "--single-transaction"]
        environment = _environment(url)
        command += ["--dbname", environment["PGDATABASE"]]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE)

    def feed(self, part: bytes) -> None:
        """Pass on the next bytes of the dump."""
        assert self._process.stdin
        try:
            self._process.stdin.write(part)
        except BrokenPipeError:
            self.finish()

    def finish(self) -> None:
        """Wait for the database to have taken everything; raises BackupError."""
        assert self._process.stdin
        self._process.stdin.close()
        _finish(self._process, "pg_restore")

    def abandon(self) -> None:
        """Stop; the database stays empty."""
        self._process.kill()
        self._process.wait()


def _require_empty(url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row and row[0]:
        raise BackupError(
            seen=f"{row[0]} tables in the PostgreSQL database",
            expected="an empty database",
            todo="create an empty database and set CHARTPOST_DATABASE_URL to it",
        )


def _environment(url: str) -> dict[str, str]:
    """The address as environment variables, so that the password is in no process list."""
    parts = urlsplit(url)
    found = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    found.update({f"PG{name.upper()}": query[name] for name in ("sslmode", "sslrootcert", "host") if name in query})
    return {**os.environ, **{name: value for name, value in found.items() if value}}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            seen=f"no {name} on this machine",
            expected="PostgreSQL's client programs",
            todo="install the package postgresql-client",
        )
    return found


def _finish(process: "subprocess.Popen[Any]", name: str) -> None:
    said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    if process.wait() != 0:
        last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
        raise BackupError(
            seen=f"{name} failed: {last}", expected=f"{name} to finish", todo="check CHARTPOST_DATABASE_URL"
        )
