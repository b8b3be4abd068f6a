"""The doctor tells what is and is not protected, and fails only when something must be done."""

import argparse
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chartpost.kernel import blobs, clock, doctor, doctor_checks, doctor_cli, facts
from chartpost.kernel.blobs import stores
from chartpost.kernel.config import config
from chartpost.kernel.keys import keyring, ring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home as after the first start."""
    keyring()
    monkeypatch.setenv("CHARTPOST_HOME", str(tmp_path))
    monkeypatch.delenv("CHARTPOST_DATABASE_URL", raising=False)
    _forget()
    ring.create(tmp_path)
    (tmp_path / "chartpost.db").write_bytes(os.urandom(4096))
    yield tmp_path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    config.cache_clear()
    stores.store.cache_clear()


def setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CHARTPOST_{name}", value)
    _forget()


def test_a_new_home_lacks_a_recovery_key_and_a_backup() -> None:
    failing = {item.name for item in doctor.checks() if item.failing}
    assert failing == {"recovery key", "backup", "mail"}
    assert all(item.todo for item in doctor.checks() if item.failing)


def test_a_readable_database_is_told(home: Path) -> None:
    assert doctor_checks.database().ok  # type: ignore[union-attr]
    (home / "chartpost.db").write_bytes(b"SQLite format 3\x00" + bytes(100))
    found = doctor_checks.database()
    assert found is not None
    assert found.failing
    assert "NOT encrypted" in found.text


@pytest.mark.parametrize("name", ["keys", "keys/root.key", "keys/master.wrap"])
def test_keys_others_can_read_are_told(home: Path, name: str) -> None:
    assert doctor_checks.key_files().ok
    (home / name).chmod(0o755)
    found = doctor_checks.key_files()
    assert found.failing
    assert f"chmod go= {home / name}" in found.todo


def test_a_root_key_elsewhere_is_better(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not doctor_checks.root_key_place().ok
    assert not doctor_checks.root_key_place().failing
    setting(monkeypatch, "ROOT_KEY_FILE", str(home / "elsewhere"))
    assert doctor_checks.root_key_place().ok


def test_the_recovery_key_is_noticed(home: Path) -> None:
    assert doctor_checks.recovery_key().failing
    ring.create(home).recovery_key_new()
    assert doctor_checks.recovery_key().ok


def test_files_that_do_not_open_are_told(home: Path) -> None:
    kept = blobs.put(b"a" * 100, owner="office", media_type="text/plain")
    broken = blobs.put(b"b" * 100, owner="office", media_type="text/plain")
    assert doctor_checks.encrypted_files().ok
    path = stores.FolderStore(home / "blobs").path(broken.id)
    path.write_bytes(path.read_bytes()[:-1])
    found = doctor_checks.encrypted_files()
    assert found.failing
    assert "1 of the 2" in found.text
    assert blobs.read(kept.id)


@pytest.mark.parametrize(("days", "fine"), [(0, True), (6, True), (8, False)])
def test_the_age_of_the_last_backup(home: Path, days: int, fine: bool) -> None:
    made = datetime.now(UTC) - timedelta(days=days)
    (home / "run").mkdir(exist_ok=True)
    (home / "run" / "last-backup.json").write_text(json.dumps({"created": made.isoformat(), "path": "x"}))
    found = doctor_checks.last_backup()
    assert found is not None
    assert (found.ok, str(days) in found.text) == (fine, True)


def test_a_demo_needs_no_backup_and_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    setting(monkeypatch, "DEMO", "1")
    assert doctor_checks.last_backup() is None
    assert not doctor_checks.mail().failing


def test_postgresql_needs_a_recorded_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor_checks.postgresql_volume() is None
    setting(monkeypatch, "DATABASE_URL", "postgresql://localhost/x")
    found = doctor_checks.postgresql_volume()
    assert found is not None
    assert found.failing
    facts.record(facts.VOLUME_ENCRYPTION, "Ada Admin")
    found = doctor_checks.postgresql_volume()
    assert found is not None
    assert found.ok
    assert "Ada Admin" in found.text
    assert doctor_checks.database() is None


def test_a_clock_behind_the_data_is_told() -> None:
    assert doctor_checks.clock().ok
    with clock.at(datetime.now(UTC) - timedelta(days=2)):
        assert doctor_checks.clock().failing
    with clock.at(datetime(1970, 1, 1, tzinfo=UTC)):
        assert doctor_checks.clock().failing


def test_connection_shares_and_mail_follow_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "own" in doctor_checks.transport().text
    assert not doctor_checks.share_origin().ok
    setting(monkeypatch, "TLS", "proxy")
    setting(monkeypatch, "SHARE_ORIGIN", "https://share.example.org")
    setting(monkeypatch, "SMTP_URL", "smtp://user:hunter2@mail.example.org")
    assert "proxy" in doctor_checks.transport().text
    assert doctor_checks.share_origin().ok
    assert doctor_checks.mail().ok
    assert "smtps" in doctor_checks.mail().todo
    assert "hunter2" not in repr(doctor.checks())


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1024})()
    monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: usage)
    assert doctor_checks.disk().failing


def test_other_rooms_add_checks_and_a_broken_one_does_not_hide_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_sources", [])

    def broken_room() -> doctor.Check:
        message = "Zebulon Quartermaine"
        raise RuntimeError(message)

    doctor.check(broken_room)
    doctor.check(lambda: doctor.Check("fine room", True, "All is well."))
    doctor.check(lambda: None)
    *_, broken, fine = doctor.checks()
    assert (broken.name, broken.failing, "RuntimeError" in broken.text) == ("broken room", True, True)
    assert "Zebulon" not in broken.text
    assert fine.name == "fine room"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    doctor_cli.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["doctor", *words])
    return int(arguments.func(arguments))


def test_the_command_fails_while_something_must_be_done(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 1
    said = capsys.readouterr().out
    assert "DO      recovery key: There is no recovery key." in said
    ring.create(home).recovery_key_new()
    setting(monkeypatch, "DEMO", "1")
    assert run() == 0
    assert run("--json") == 0
    shown = capsys.readouterr().out
    assert json.loads(shown[shown.index("[") :])[0]["name"] == "database"
    assert run("--confirm-volume-encryption", "Ada Admin") == 0
    assert facts.recorded(facts.VOLUME_ENCRYPTION)


def test_no_home_is_no_reason_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting(monkeypatch, "HOME", str(tmp_path / "nothing"))
    assert run() == 1
    assert "chartpost up" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()
