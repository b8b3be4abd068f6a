"""The key ring: made once, opened again, recovered by the printed key, never shown."""

import json
import logging
import pickle
import stat
from pathlib import Path

import pytest

from chartpost.kernel.keys import recovery, ring
from chartpost.kernel.keys.errors import (
    RecoveryKeyWrongError,
    RootKeyMissingError,
    RootKeyWrongError,
    UnwrapError,
)


def test_keys_come_back_the_same_and_differ_by_label(tmp_path: Path) -> None:
    made = ring.create(tmp_path)
    again = ring.open_or_create(tmp_path)
    assert made.derive("database") == again.derive("database")
    assert made.derive("database") != made.derive("django")
    assert len(made.derive("x", 64)) == 64
    assert ring.create(tmp_path / "other").derive("database") != made.derive("database")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    ring.create(tmp_path).recovery_key_new()
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {"root.key", "master.wrap", "recovery.wrap"}
    assert names <= {path.name for path in folder.iterdir()}
    assert all(stat.S_IMODE((folder / name).stat().st_mode) == 0o600 for name in names)


def test_the_root_key_may_live_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "usb" / "root"
    made = ring.create(tmp_path / "home", outside)
    assert outside.exists()
    assert not (tmp_path / "home" / "keys" / "root.key").exists()
    assert ring.create(tmp_path / "home", outside).derive("a") == made.derive("a")


def test_a_missing_or_foreign_root_key_is_told_apart(tmp_path: Path) -> None:
    ring.create(tmp_path)
    root = tmp_path / "keys" / "root.key"
    kept = root.read_bytes()
    root.write_bytes(bytes(32))
    with pytest.raises(RootKeyWrongError, match="does not open"):
        ring.create(tmp_path)
    root.write_bytes(b"short")
    with pytest.raises(RootKeyWrongError, match="5 bytes"):
        ring.create(tmp_path)
    root.unlink()
    with pytest.raises(RootKeyMissingError, match="put the file back"):
        ring.create(tmp_path)
    root.write_bytes(kept)
    ring.create(tmp_path)


def test_no_new_keys_beside_an_old_database(tmp_path: Path) -> None:
    (tmp_path / "chartpost.db").write_bytes(b"encrypted")
    with pytest.raises(RootKeyMissingError, match="a database and no keys"):
        ring.open_or_create(tmp_path)
    assert not (tmp_path / "keys").exists()


def test_wrapping_is_bound_to_its_context(tmp_path: Path) -> None:
    made = ring.create(tmp_path)
    wrapped = made.wrap(b"k" * 32, b"owner/person:1")
    assert made.unwrap(wrapped, b"owner/person:1") == b"k" * 32
    assert b"k" * 32 not in wrapped
    for bad, context in ((wrapped, b"owner/person:2"), (wrapped[:-1], b"owner/person:1"), (b"", b"")):
        with pytest.raises(UnwrapError):
            made.unwrap(bad, context)


def test_rotation_changes_the_root_and_nothing_else(tmp_path: Path) -> None:
    made = ring.create(tmp_path)
    root = (tmp_path / "keys" / "root.key").read_bytes()
    before = made.derive("database")
    made.rotate_root()
    assert (tmp_path / "keys" / "root.key").read_bytes() != root
    assert ring.create(tmp_path).derive("database") == before


def test_a_rotation_killed_half_way_still_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ring.create(tmp_path)
    real = ring._store

    def killed(folder: Path, wrapped: bytes) -> None:
        real(folder, wrapped)
        raise KeyboardInterrupt

    monkeypatch.setattr(ring, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        made.rotate_root()
    monkeypatch.undo()
    assert list((tmp_path / "keys").glob("*.next"))
    assert ring.create(tmp_path).derive("a") == made.derive("a")
    assert not list((tmp_path / "keys").glob("*.next"))
    assert ring.create(tmp_path).derive("a") == made.derive("a")


def test_a_rotation_killed_before_the_ring_was_stored_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ring.create(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ring, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        made.rotate_root()
    monkeypatch.undo()
    opened = ring.create(tmp_path)
    opened.rotate_root()
    assert ring.create(tmp_path).derive("a") == made.derive("a")


def test_the_recovery_key_gives_the_master_back(tmp_path: Path) -> None:
    made = ring.create(tmp_path / "a")
    key = made.recovery_key_new()
    assert [len(group) for group in key.split("-")] == [5] * 8
    locked = made.recovery_wrap()
    assert locked is not None
    master = recovery.unlock(locked, "  " + key.lower().replace("-", " ").replace("0", "o").replace("1", "l"))
    restored = ring.adopt(tmp_path / "b", master, locked)
    assert restored.derive("database") == made.derive("database")
    root = "keys/root.key"
    assert (tmp_path / "a" / root).read_bytes() != (tmp_path / "b" / root).read_bytes()
    assert restored.recovery_wrap() == locked


def test_a_typing_error_is_told_from_a_wrong_key(tmp_path: Path) -> None:
    made = ring.create(tmp_path)
    key = made.recovery_key_new()
    locked = made.recovery_wrap()
    assert locked is not None
    typo = ("A" if key[0] != "A" else "B") + key[1:]
    for wrong, said in (
        (typo, "check characters"),
        (key[:-1], "39 characters"),
        ("U" + key[1:], "never have"),
        (recovery.new(), "does not open this home"),
    ):
        with pytest.raises(RecoveryKeyWrongError, match=said):
            recovery.unlock(locked, wrong)


def test_a_new_recovery_key_replaces_the_old(tmp_path: Path) -> None:
    made = ring.create(tmp_path)
    old, new = made.recovery_key_new(), made.recovery_key_new()
    locked = made.recovery_wrap()
    assert locked is not None
    assert recovery.unlock(locked, new)
    with pytest.raises(RecoveryKeyWrongError):
        recovery.unlock(locked, old)


def test_secrets_stay_out_of_texts_and_pickles(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = ring.create(tmp_path)
    shown = repr(made) + repr(made.provider) + made.provider.describe() + caplog.text
    shown += json.dumps(made.recovery_key_new() and made.recovery_wrap())
    for secret in (made.derive("database"), ring.master_of(made), (tmp_path / "keys/root.key").read_bytes()):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    with pytest.raises(TypeError, match="never leaves"):
        pickle.dumps(made)
