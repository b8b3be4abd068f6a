"""Sign of life of each part: a file touched every few seconds, read by `/readyz`."""

import os
import time
from pathlib import Path

from chartpost.kernel.config import config

STALE_SECONDS = 30


def beat(part: str) -> None:
    """Say that `part` is alive now."""
    file = _file(part)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(os.getpid()))


def alive(part: str) -> bool:
    """Whether `part` gave a sign of life within the last 30 seconds."""
    try:
        return time.time() - _file(part).stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


def ended(part: str) -> bool:
    """Whether the process that last gave a sign of life for `part` is gone from this machine.

    Asked by a process that gave none yet: one with its own number was another, as in a container started again.
    """
    try:
        number = int(_file(part).read_text())
        if number == os.getpid():
            return True
        os.kill(number, 0)
    except PermissionError:
        return False
    except (OSError, ValueError):
        return True
    return False


def _file(part: str) -> Path:
    return config().home / "run" / f"{part}.alive"
