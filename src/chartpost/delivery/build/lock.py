"""One build of a package at a time: a file lock that the system lets go of when the process ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from chartpost.kernel.config import config


@contextmanager
def building(package_ref: str) -> Iterator[bool]:
    """Whether this process has the package to itself inside the block."""
    folder = config().home / "run" / "packages"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{package_ref}.lock"
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        path.unlink(missing_ok=True)
