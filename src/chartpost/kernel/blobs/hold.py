"""While a backup copies files, nobody removes any: a shared lock on one file under HOME/run."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from chartpost.kernel.config import config


@contextmanager
def holding() -> Iterator[None]:
    """Keep all stored files in place inside the block."""
    with _lock_file() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def nobody_holds() -> Iterator[bool]:
    """Whether files may be removed now; if so, no hold begins inside the block."""
    with _lock_file() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _lock_file() -> BinaryIO:
    folder = config().home / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (folder / "blobs.lock").open("ab")
