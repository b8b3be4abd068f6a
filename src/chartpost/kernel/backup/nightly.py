"""The backup the worker makes each night by itself: from the day there is a recovery key, and none in a demo."""

import fcntl
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db.models import Sum

from chartpost.kernel.backup.creating import create
from chartpost.kernel.backup.errors import BackupError
from chartpost.kernel.backup.sources import DATABASE
from chartpost.kernel.clock import now
from chartpost.kernel.config import Config, config
from chartpost.kernel.errors import ChartpostError

log = logging.getLogger("chartpost.backup")

NAME = "nightly-{:%Y-%m-%d}.backup"
MADE = "nightly-????-??-??.backup"
FAILED = "nightly-backup.failed"
"""Under HOME/run, while the last try failed: the day, and why in the words of an error, which name no person."""
TRY_AGAIN_SECONDS = 3600
SPARE = 1024**3
"""Bytes that stay free beside a new backup, so that it never stops the office for want of room."""


def folder(settings: Config) -> Path:
    """Where nightly backups lie."""
    return settings.backup_dir or settings.home / "backups"


def wanted(settings: Config) -> bool:
    """Whether nights bring a backup: not in a demo, not when turned off, not before there is a recovery key."""
    key = settings.home / "keys" / "recovery.wrap"
    return bool(settings.backup_keep) and not settings.demo and key.exists()


def due(settings: Config, at: datetime) -> Path | None:
    """The backup that should be there by now and is not; `at` is in the zone of this machine."""
    path = folder(settings) / NAME.format(at)
    if not wanted(settings) or at.hour < settings.backup_hour or path.exists():
        return None
    failed = settings.home / "run" / FAILED
    tried = failed.exists() and at.timestamp() - failed.stat().st_mtime < TRY_AGAIN_SECONDS
    return None if tried else path


def run() -> None:
    """Make tonight's backup when it is due, then remove the oldest beyond those kept; a failure is tried again."""
    settings = config()
    path = due(settings, now().astimezone())
    if path is None:
        return
    with _alone(settings) as first:
        if first and not path.exists():
            _make(path, settings)


def failure(settings: Config) -> str:
    """Why the last try failed; empty when it did not."""
    try:
        return str(json.loads((settings.home / "run" / FAILED).read_text())["why"])
    except (OSError, ValueError, KeyError):
        return ""


def _make(path: Path, settings: Config) -> None:
    failed = settings.home / "run" / FAILED
    try:
        _clear(path.parent)
        _make_room(path.parent, settings.home)
        report = create(path, shares=False)
        path.chmod(0o600)
    except (ChartpostError, OSError) as error:
        why = error.message if isinstance(error, ChartpostError) else f"{error.strerror or type(error).__name__}."
        failed.write_text(json.dumps({"on": path.name, "why": why}))
        log.exception("the nightly backup failed: %s", why)
        return
    failed.unlink(missing_ok=True)
    log.info("nightly backup made: %s, %d bytes, %d problems", path.name, report.size, len(report.problems))
    for old in _kept(path.parent)[: -settings.backup_keep]:
        old.unlink(missing_ok=True)


def _kept(place: Path) -> list[Path]:
    """The nightly backups of a folder, oldest first; the day is in the name."""
    return sorted(place.glob(MADE))


def _clear(place: Path) -> None:
    """Remove what a killed try left behind."""
    for half in place.glob(".nightly-*.new"):
        half.unlink(missing_ok=True)


def _make_room(place: Path, home: Path) -> None:
    """Refuse before a disk is filled; while a backup is made a copy of the database lies in the home as well."""
    from chartpost.kernel.models import Blob

    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = (home / DATABASE).stat().st_size if (home / DATABASE).exists() else 0
    files = int(Blob.objects.exclude(wrapped=b"").aggregate(sum=Sum("size"))["sum"] or 0)
    together = place.stat().st_dev == home.stat().st_dev
    _room(place, files + database * (2 if together else 1))
    _room(home, database)


def _room(place: Path, bytes_: int) -> None:
    free = shutil.disk_usage(place).free
    if free < bytes_ + SPARE:
        raise BackupError(
            seen=f"{free / 1024**3:.1f} GiB free in {place}",
            expected=f"{(bytes_ + SPARE) / 1024**3:.1f} GiB",
            todo="free space, keep fewer (CHARTPOST_BACKUP_KEEP) or choose another folder (CHARTPOST_BACKUP_DIR)",
        )


@contextmanager
def _alone(settings: Config) -> Iterator[bool]:
    """Whether no other worker of this home makes one now."""
    with (settings.home / "run" / "nightly-backup.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
