"""Sign of life of each part: a file touched every few seconds, read by `/readyz`."""

import time
from pathlib import Path

from chartpost.kernel.config import config

STALE_SECONDS = 30


def beat(part: str) -> None:
    """Say that `part` is alive now."""
    file = _file(part)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def alive(part: str) -> bool:
    """Whether `part` gave a sign of life within the last 30 seconds."""
    try:
        return time.time() - _file(part).stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


def _file(part: str) -> Path:
    return config().home / "run" / f"{part}.alive"
