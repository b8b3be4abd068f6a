"""The first start after a restore: rooms look whether what their rows name came along."""

from collections.abc import Callable
from pathlib import Path

_settle: list[Callable[[], None]] = []


def on_restored(settle: Callable[[], None]) -> None:
    """Register what is done before the parts of a restored home start; repeated when it was interrupted."""
    _settle.append(settle)


def mark(home: Path) -> None:
    """Write down that a home was restored and did not start yet."""
    _mark(home).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _mark(home).touch(mode=0o600)


def settle(home: Path) -> None:
    """Do what was registered, if the home was restored and did not start yet."""
    if not _mark(home).exists():
        return
    for each in _settle:
        each()
    _mark(home).unlink()


def _mark(home: Path) -> Path:
    return home / "run" / "restored"
