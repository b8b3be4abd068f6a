"""PostgreSQL in a backup, against a real server started for this file alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import backup
from chartpost.kernel.backup import creating
from chartpost.kernel.backup.errors import BackupDamagedError, BackupError
from chartpost.kernel.blobs import stores
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id
from chartpost.kernel.keys import ring

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgres


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a fresh server on a socket of its own, without the database name."""
    programs = _programs()
    if programs is None:
        pytest.skip("needs the PostgreSQL server programs")
    folder = tempfile.mkdtemp(prefix="chartpost-pg-")
    account: dict[str, Any] = {}
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        account = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data = f"{folder}/data"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder, **account}
    subprocess.run([programs / "initdb", "-D", data, "-U", "office", "--auth=trust", "-N"], check=True, **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    start = [programs / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"]
    subprocess.run(start, check=True, **quiet)
    yield f"postgresql://office@127.0.0.1/{{}}?host={folder}"
    subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet)
    shutil.rmtree(folder, ignore_errors=True)


def database(server: str, name: str) -> str:
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return server.format(name)


def use(monkeypatch: pytest.MonkeyPatch, home: Path, url: str) -> None:
    monkeypatch.setenv("CHARTPOST_HOME", str(home))
    monkeypatch.setenv("CHARTPOST_DATABASE_URL", url)
    config.cache_clear()
    stores.store.cache_clear()


@pytest.fixture
def made(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A backup of an office on PostgreSQL with one encrypted file, and its recovery key."""
    home = tmp_path / "home"
    keys = ring.create(home)
    key = keys.recovery_key_new()
    use(monkeypatch, home, database(server, "before"))
    monkeypatch.setattr(creating, "keyring", lambda: keys)
    blob_id = new_id()
    staged = stores.staging() / blob_id
    staged.write_bytes(b"ciphertext")
    stores.store().take(blob_id, staged)
    with psycopg.connect(server.format("before")) as connection:
        connection.execute("CREATE TABLE kernel_blob (id text, wrapped bytea)")
        connection.execute("INSERT INTO kernel_blob VALUES (%s, 'x')", [blob_id])
        connection.execute("CREATE TABLE person (name text)")
        connection.execute("INSERT INTO person SELECT 'Zebulon ' || n FROM generate_series(1, 5000) n")
    report = backup.create(tmp_path / "pg.backup")
    assert (report.database, report.blobs, report.problems) == ("postgresql", 1, [])
    yield tmp_path / "pg.backup", key
    monkeypatch.undo()
    config.cache_clear()
    stores.store.cache_clear()


def test_a_postgresql_office_moves_to_an_empty_database(
    made: tuple[Path, str], server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = made
    assert b"Zebulon" not in path.read_bytes()
    assert backup.verify(path).ok
    after = database(server, "after")
    use(monkeypatch, tmp_path / "new", after)
    assert backup.restore(path, tmp_path / "new", key).ok
    with psycopg.connect(after) as connection:
        count, last = connection.execute("SELECT count(*), max(name) FROM person").fetchone()
        assert (count, last) == (5000, "Zebulon 999")
        (blob_id,) = connection.execute("SELECT id FROM kernel_blob").fetchone()
    assert stores.FolderStore(tmp_path / "new" / "blobs").path(blob_id).read_bytes() == b"ciphertext"


def test_a_full_database_is_not_overwritten(
    made: tuple[Path, str], server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = made
    with pytest.raises(BackupError, match="2 tables"):
        backup.restore(path, tmp_path / "new", key)
    assert not (tmp_path / "new").exists()
    monkeypatch.delenv("CHARTPOST_DATABASE_URL")
    config.cache_clear()
    with pytest.raises(BackupError, match="no CHARTPOST_DATABASE_URL"):
        backup.restore(path, tmp_path / "new", key)


def test_a_damaged_backup_leaves_the_database_empty(
    made: tuple[Path, str], server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = made
    path.write_bytes(path.read_bytes()[:-1])
    after = database(server, "after")
    use(monkeypatch, tmp_path / "new", after)
    with pytest.raises(BackupDamagedError):
        backup.restore(path, tmp_path / "new", key)
    with psycopg.connect(after) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    assert not (tmp_path / "new").exists()


def test_a_database_that_cannot_be_dumped_makes_no_backup(
    made: tuple[Path, str], server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path / "home", server.format("nowhere"))
    with pytest.raises(BackupError, match="pg_dump failed"):
        backup.create(tmp_path / "none.backup")
    assert not (tmp_path / "none.backup").exists()
