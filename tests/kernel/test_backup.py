"""Backups: made while others write, opened by the printed key, refused when touched, restored whole."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartpost.formats import cobblestone
from chartpost.kernel import backup
from chartpost.kernel.backup import creating as create_module
from chartpost.kernel.backup import restoring as restore_module
from chartpost.kernel.backup.cli import add_parser
from chartpost.kernel.backup.errors import (
    BackupDamagedError,
    BackupError,
    BackupKeyError,
    HomeNotEmptyError,
    NoRecoveryKeyError,
)
from chartpost.kernel.blobs import stores, wrapping
from chartpost.kernel.config import config
from chartpost.kernel.db import connect
from chartpost.kernel.ids import new_id
from chartpost.kernel.keys import RecoveryKeyWrongError, keyring, ring

TEXT = b"Zebulon Quartermaine, lab report. " * 2000
TABLES = """
    CREATE TABLE kernel_ownerkey (owner text PRIMARY KEY, wrapped blob);
    CREATE TABLE kernel_blob (id text PRIMARY KEY, owner text, wrapped blob, sha256 text);
    CREATE TABLE person (id integer PRIMARY KEY, name text);
"""


def _forget() -> None:
    config.cache_clear()
    stores.store.cache_clear()


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, in use: keys, database, two files, a certificate, rebuilt things that stay behind."""
    home = tmp_path / "home"
    made = ring.create(home)
    monkeypatch.setenv("CHARTPOST_HOME", str(home))
    monkeypatch.delenv("CHARTPOST_DATABASE_URL", raising=False)
    monkeypatch.setattr(create_module, "keyring", lambda: made)
    _forget()
    database: Any = connect(home / "chartpost.db", made.derive("database"))
    database.executescript(TABLES)
    owner_key = bytes(range(32))
    wrapped = made.wrap(owner_key, wrapping.owner_context("person:1"))
    database.execute("INSERT INTO kernel_ownerkey VALUES ('person:1', ?)", [wrapped])
    for number in range(2):
        add_blob(database, owner_key, TEXT + bytes([number]))
    database.execute("INSERT INTO person (name) VALUES ('Zebulon')")
    database.close()
    for name in ("tls/ca.pem", "ledger/spool/1", "static/app.css", "run/web.alive"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    yield home
    monkeypatch.undo()
    _forget()


def add_blob(database: Any, owner_key: bytes, data: bytes) -> str:
    import hashlib

    blob_id, key = new_id(), os.urandom(32)
    staged = stores.staging() / blob_id
    staged.write_bytes(cobblestone.encrypt(data, key, wrapping.context(blob_id)))
    stores.store().take(blob_id, staged)
    sealed = wrapping.seal_file_key(owner_key, blob_id, key)
    row = [blob_id, "person:1", sealed, hashlib.sha256(data).hexdigest()]
    database.execute("INSERT INTO kernel_blob VALUES (?, ?, ?, ?)", row)
    return blob_id


@pytest.fixture
def recovery_key(at_home: Path) -> str:
    return ring.create(at_home).recovery_key_new()


@pytest.fixture
def made(at_home: Path, recovery_key: str, tmp_path: Path) -> Path:
    path = tmp_path / "out" / "office.backup"
    assert backup.create(path).ok
    return path


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Path) -> Path:
    """Another machine: a home that does not exist yet."""
    monkeypatch.setenv("CHARTPOST_HOME", str(tmp_path / "new"))
    _forget()
    return tmp_path / "new"


def test_a_restored_home_has_everything(made: Path, at_home: Path, elsewhere: Path, recovery_key: str) -> None:
    report = backup.restore(made, elsewhere, recovery_key)
    assert report.ok
    assert (report.database, report.blobs) == ("sqlite", 2)
    keys = ring.open_or_create(elsewhere)
    database: Any = connect(elsewhere / "chartpost.db", keys.derive("database"))
    assert database.execute("SELECT name FROM person").fetchall() == [("Zebulon",)]
    database.close()
    for path in (at_home / "blobs").glob("??/??/*"):
        assert (elsewhere / path.relative_to(at_home)).read_bytes() == path.read_bytes()
    assert (elsewhere / "tls/ca.pem").read_text() == "tls/ca.pem"
    assert (elsewhere / "ledger/spool/1").exists()
    assert not (elsewhere / "static").exists()
    assert (elsewhere / "keys/root.key").read_bytes() != (at_home / "keys/root.key").read_bytes()
    assert (elsewhere / "chartpost.db").stat().st_mode & 0o077 == 0


def test_a_restored_home_can_be_backed_up_with_the_same_key(
    made: Path, elsewhere: Path, recovery_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.restore(made, elsewhere, recovery_key)
    monkeypatch.setattr(create_module, "keyring", lambda: ring.create(elsewhere))
    again = tmp_path / "again.backup"
    assert backup.create(again).blobs == 2
    assert backup.verify(again, recovery_key).ok


def test_nothing_in_a_backup_is_readable(made: Path, at_home: Path) -> None:
    data = made.read_bytes()
    assert b"Zebulon" not in data
    assert b"SQLite" not in data
    for secret in (ring.master_of(ring.create(at_home)), (at_home / "keys/root.key").read_bytes()):
        assert secret not in data
    assert made.stat().st_mode & 0o077 == 0
    assert list(made.parent.iterdir()) == [made]
    assert not list((at_home / "run").glob("backup-*"))


def test_verify_opens_with_the_homes_own_keys(made: Path) -> None:
    assert backup.verify(made).ok


def test_without_the_right_key_nothing_opens(made: Path, elsewhere: Path) -> None:
    with pytest.raises(BackupKeyError, match="--recovery-key"):
        backup.verify(made)
    with pytest.raises(RecoveryKeyWrongError):
        backup.restore(made, elsewhere, restore_module.recovery.new())
    assert not elsewhere.exists()


def test_a_backup_needs_a_recovery_key_first(at_home: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRecoveryKeyError, match="chartpost backup recovery-key"):
        backup.create(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_no_home_is_refused(elsewhere: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="CHARTPOST_HOME"):
        backup.create(tmp_path / "x")
    assert not elsewhere.exists()


def test_restore_overwrites_nothing(made: Path, at_home: Path, recovery_key: str, tmp_path: Path) -> None:
    before = sorted(at_home.rglob("*"))
    with pytest.raises(HomeNotEmptyError, match="choose another"):
        backup.restore(made, at_home, recovery_key)
    assert sorted(at_home.rglob("*")) == before
    (tmp_path / "empty").mkdir()
    assert backup.restore(made, tmp_path / "empty", recovery_key).ok


@pytest.mark.parametrize("where", [0, 5, 21, 40, 400, 1000, 30_000, -1, -20_000])
def test_one_changed_byte_anywhere_is_noticed(made: Path, recovery_key: str, where: int, tmp_path: Path) -> None:
    data = bytearray(made.read_bytes())
    data[where] ^= 1
    made.write_bytes(bytes(data))
    with pytest.raises((BackupDamagedError, BackupKeyError, RecoveryKeyWrongError)):
        backup.verify(made, recovery_key)
    with pytest.raises((BackupDamagedError, BackupKeyError, RecoveryKeyWrongError)):
        backup.restore(made, tmp_path / "new", recovery_key)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / ".new.restoring").exists()


@pytest.mark.parametrize("keep", [0, 10, 300, 20_000, -1, -16_400])
def test_a_cut_backup_is_noticed(made: Path, recovery_key: str, keep: int) -> None:
    made.write_bytes(made.read_bytes()[:keep])
    with pytest.raises(BackupDamagedError):
        backup.verify(made, recovery_key)


def test_a_file_damaged_before_the_backup_is_named(at_home: Path, recovery_key: str, tmp_path: Path) -> None:
    damaged, lost = sorted((at_home / "blobs").glob("??/??/*"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    lost.unlink()
    report = backup.create(tmp_path / "x")
    assert report.problems == [f"file {lost.name} is lost"]
    problems = backup.verify(tmp_path / "x", recovery_key).problems
    assert f"file {damaged.name} does not decrypt" in problems
    assert f"file {lost.name} is named in the database and not in the backup" in problems
    assert backup.restore(tmp_path / "x", tmp_path / "new", recovery_key).problems == problems
    assert (tmp_path / "new" / "chartpost.db").exists()


def test_a_failed_backup_keeps_the_old_one(made: Path, at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(create_module.sources, "home_entries", fails)
    with pytest.raises(OSError, match="No space"):
        backup.create(made)
    assert made.read_bytes() == old
    assert list(made.parent.iterdir()) == [made]


def test_a_damaged_database_is_not_backed_up_as_if_it_were_sound(made: Path, at_home: Path) -> None:
    old = made.read_bytes()
    data = bytearray((at_home / "chartpost.db").read_bytes())
    data[4096 + 100] ^= 1
    (at_home / "chartpost.db").write_bytes(bytes(data))
    with pytest.raises(BackupError, match="could not be copied"):
        backup.create(made)
    assert made.read_bytes() == old
    assert not list((at_home / "run").glob("backup-*"))


def test_a_full_disk_is_said_plainly(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(create_module.sources, "home_entries", fails)
    assert run("create", str(made)) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_files_in_a_bucket_are_backed_up_and_restored_to_one(
    at_home: Path, recovery_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    kept = {path.name: path.read_bytes() for path in (at_home / "blobs").glob("??/??/*")}
    try:
        for name in ("old-office", "new-office"):
            client.create_bucket(Bucket=name)
        for name, data in kept.items():
            client.put_object(Bucket="old-office", Key=name, Body=data)
        shutil.rmtree(at_home / "blobs")
        monkeypatch.setenv("CHARTPOST_BLOB_URL", f"s3://old-office?endpoint={endpoint}&region=us-east-1")
        _forget()
        assert backup.create(tmp_path / "s3.backup").blobs == 2
        monkeypatch.setenv("CHARTPOST_BLOB_URL", f"s3://new-office?endpoint={endpoint}&region=us-east-1")
        _forget()
        assert backup.restore(tmp_path / "s3.backup", tmp_path / "new", recovery_key).ok
        moved = stores.store()
        found = {name: moved.read_at(name, 0, moved.size(name)) for name, _ in moved.stored()}
    finally:
        server.stop()
    assert found == kept
    assert not [path for path in (tmp_path / "new" / "blobs").rglob("*") if path.is_file()]


KILLED = """
import os, signal, sys
from pathlib import Path
from chartpost.kernel import backup
from chartpost.kernel.backup import sources

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

sources.home_entries = killed
backup.create(Path(sys.argv[1]))
"""


def test_kill_half_way_keeps_the_old_backup(made: Path, at_home: Path, recovery_key: str) -> None:
    old = made.read_bytes()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(made)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert made.read_bytes() == old
    assert len(list(made.parent.iterdir())) == 2
    assert backup.create(made).ok
    assert list(made.parent.iterdir()) == [made]
    assert not list((at_home / "run").glob("backup-*"))
    assert backup.verify(made, recovery_key).ok


def test_a_backup_while_others_write_is_one_moment(at_home: Path, recovery_key: str, tmp_path: Path) -> None:
    """Every write adds two rows in one transaction: a consistent copy holds an odd total (the first row and pairs)."""
    stop = threading.Event()
    key = ring.create(at_home).derive("database")

    def write() -> None:
        database: Any = connect(at_home / "chartpost.db", key)
        while not stop.is_set():
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO person (name) VALUES ('a')")
            time.sleep(0.002)
            database.execute("INSERT INTO person (name) VALUES ('b')")
            database.execute("COMMIT")
        database.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            time.sleep(0.02)
            assert backup.create(tmp_path / f"{number}.backup").ok
    finally:
        stop.set()
        writer.join()
    totals = []
    for number in range(5):
        home = tmp_path / f"new{number}"
        assert backup.restore(tmp_path / f"{number}.backup", home, recovery_key).ok
        database: Any = connect(home / "chartpost.db", key)
        totals.append(database.execute("SELECT count(*) FROM person").fetchone()[0])
        database.close()
    assert all(total % 2 == 1 for total in totals)
    assert totals[-1] > totals[0]


def test_a_backup_inside_the_home_does_not_swallow_backups(at_home: Path, recovery_key: str) -> None:
    first = backup.create(at_home / "a.backup")
    second = backup.create(at_home / "b.backup")
    assert second.entries == first.entries


def run(*words: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["backup", *words])
    return int(arguments.func(arguments))


def test_the_command_line(
    at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, new = str(tmp_path / "x.backup"), str(tmp_path / "new")
    monkeypatch.setattr("chartpost.kernel.keys.keyring", lambda: ring.create(at_home))
    assert run("create", out) == 1
    assert "recovery-key" in capsys.readouterr().err
    assert run("recovery-key") == 0
    key = next(line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("    "))
    assert run("create", out) == 0
    assert run("verify", out) == 0
    assert "2 encrypted files" in capsys.readouterr().out
    assert run("restore", out, "--home", new, "--recovery-key", key) == 0
    assert run("restore", out, "--home", new, "--recovery-key", key) == 1
    assert "empty or new folder" in capsys.readouterr().err
    assert run("verify", str(tmp_path / "nothing")) == 1
    assert "check the path" in capsys.readouterr().err


def test_the_last_backup_is_remembered(made: Path, at_home: Path) -> None:
    last = restore_module.read_last(at_home)
    assert last is not None
    assert last["path"] == str(made)
    shutil.rmtree(at_home / "run")
    assert restore_module.read_last(at_home) is None


def test_the_session_key_ring_is_not_touched() -> None:
    assert keyring() is keyring()
