"""The nightly backup: from the day of the recovery key, once a night, a few kept, never at the price of a full disk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import backup, clock, doctor_checks
from chartpost.kernel.backup import creating, nightly
from chartpost.kernel.blobs import stores
from chartpost.kernel.config import config
from chartpost.kernel.db import connect
from chartpost.kernel.keys import ring

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home in use, in the zone UTC, without a recovery key."""
    made = ring.create(tmp_path)
    monkeypatch.setenv("CHARTPOST_HOME", str(tmp_path))
    monkeypatch.setenv("CHARTPOST_BACKUP_KEEP", "2")
    monkeypatch.delenv("CHARTPOST_DATABASE_URL", raising=False)
    monkeypatch.setattr(creating, "keyring", lambda: made)
    _forget()
    database: Any = connect(tmp_path / "chartpost.db", made.derive("database"))
    database.execute("CREATE TABLE person (name text)")
    database.close()
    (tmp_path / "run").mkdir(exist_ok=True)
    yield tmp_path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    config.cache_clear()
    stores.store.cache_clear()


def night(at: datetime) -> None:
    """What the worker does at a moment; the hour is 2 in the zone of this machine."""
    with clock.at(at.replace(tzinfo=None).astimezone()):
        nightly.run()


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "backups").glob("*"))


def test_nothing_happens_before_there_is_a_recovery_key(home: Path) -> None:
    night(NIGHT)
    assert not (home / "backups").exists()
    found = doctor_checks.nightly_backups()
    assert found is not None
    assert "there is no recovery key yet" in found.text


def test_one_backup_a_night_opens_with_the_recovery_key_and_the_newest_are_kept(home: Path) -> None:
    key = ring.create(home).recovery_key_new()
    (home / "backups").mkdir()
    (home / "backups" / ".nightly-2026-11-20.backup.99.new").write_bytes(b"half")
    (home / "backups" / "before-update-x.backup").write_bytes(b"another kind")
    night(NIGHT.replace(hour=1))
    assert "nightly-2026-11-21.backup" not in kept(home), "too early"
    for days in (0, 0, 1, 2):
        night(NIGHT + timedelta(days=days))
    assert kept(home) == ["before-update-x.backup", "nightly-2026-11-22.backup", "nightly-2026-11-23.backup"]
    made = home / "backups" / "nightly-2026-11-23.backup"
    assert backup.verify(made, key).ok
    assert made.stat().st_mode & 0o077 == 0
    found = doctor_checks.nightly_backups()
    assert found is not None
    assert "CHARTPOST_BACKUP_DIR" in found.todo, "it lies on the disk of the records"


def test_a_full_disk_is_left_alone_and_told_and_tried_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.create(home).recovery_key_new()
    monkeypatch.setattr(nightly, "SPARE", 2**60)
    night(NIGHT)
    assert kept(home) == []
    found = doctor_checks.last_backup()
    assert found is not None
    assert found.failing
    assert "GiB free" in found.text
    monkeypatch.setattr(nightly, "SPARE", 0)
    monkeypatch.setattr(nightly, "TRY_AGAIN_SECONDS", -(10**10))
    night(NIGHT)
    assert kept(home) == ["nightly-2026-11-21.backup"]
    assert nightly.failure(config()) == ""


@pytest.mark.parametrize(("name", "value"), [("BACKUP_KEEP", "0"), ("DEMO", "1")])
def test_it_can_be_turned_off_and_a_demo_makes_none(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    ring.create(home).recovery_key_new()
    monkeypatch.setenv(f"CHARTPOST_{name}", value)
    _forget()
    night(NIGHT)
    assert not (home / "backups").exists()
