"""Files written and read past the system's cache, where the file system can (open(2), O_DIRECT).

What is written once and read once, large and by nobody else, gains nothing from the cache: to fill it costs more than
all else that is done to the bytes, and pages that are wanted again give way. The odd end of a file, and all of a file
where the file system cannot, go through the cache.
"""

import errno
import fcntl
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ALIGNED = 4096
"""Addresses, offsets and lengths are multiples of this."""
BUFFER = 1024 * 1024
"""Bytes of a buffer beside the blocks at its ends."""
SPARE = 4
"""Buffers kept for the next: fresh memory costs more than what is done in it."""
_DIRECT: int = getattr(os, "O_DIRECT", 0)
_spare: list[memoryview] = []


@contextmanager
def buffer() -> Iterator[memoryview]:
    """Memory for one read or write inside the block, with what it was used for before in it."""
    try:
        view = _spare.pop()
    except IndexError:
        view = memoryview(mmap.mmap(-1, BUFFER + 2 * ALIGNED, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    try:
        yield view
    finally:
        if len(_spare) < SPARE:
            _spare.append(view)


class Out:
    """A new file, readable by its owner only, that begins with some bytes."""

    def __init__(self, file: Path, begin: bytes) -> None:
        self._file = _opened(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self._rest = begin

    def append(self, fill: Callable[[memoryview], int]) -> None:
        """Write what `fill` puts into memory of BUFFER bytes or more; it answers how many bytes that are."""
        with buffer() as view:
            held = len(self._rest)
            view[:held] = self._rest
            held += fill(view[held:])
            whole = held // ALIGNED * ALIGNED
            self._write(view[:whole])
            self._rest = bytes(view[whole:held])

    def end(self, data: bytes) -> None:
        """Write the last bytes and wait for the disk."""
        _cached(self._file)
        self._write(memoryview(self._rest + data))
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file; again changes nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, view: memoryview) -> None:
        while view:
            try:
                view = view[os.write(self._file, view) :]
            except OSError as error:  # the file system wants larger blocks
                if error.errno != errno.EINVAL or not _cached(self._file):
                    raise


class In:
    """A file read at any place; raises FileNotFoundError."""

    _file = -1

    def __init__(self, file: Path) -> None:
        self._file = _opened(file, os.O_RDONLY)
        self.size = os.fstat(self._file).st_size

    def read(self, offset: int, length: int, view: memoryview) -> memoryview:
        """So many bytes from there, at most BUFFER, fewer at the end, in memory that `buffer` gave."""
        start = offset // ALIGNED * ALIGNED
        skip, held = offset - start, 0
        wanted = -(-(skip + length) // ALIGNED) * ALIGNED
        while held < skip + length:
            count = self._read(view[held:wanted], start + held)
            held += count
            if not count or count % ALIGNED:  # the end of the file
                break
        return view[skip : max(skip, min(held, skip + length))]

    def close(self) -> None:
        """Let go of the file; again changes nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()

    def _read(self, view: memoryview, offset: int) -> int:
        while True:
            try:
                return os.preadv(self._file, [view], offset)
            except OSError as error:
                if error.errno != errno.EINVAL or not _cached(self._file):
                    raise


def _opened(file: Path, flags: int) -> int:
    try:
        return os.open(file, flags | _DIRECT, 0o600)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
            raise
    if flags & os.O_CREAT:
        file.unlink(missing_ok=True)  # some make the file and refuse to open it so
    return os.open(file, flags, 0o600)


def _cached(file: int) -> bool:
    """Have what comes go through the cache; whether it did not before."""
    flags = fcntl.fcntl(file, fcntl.F_GETFL)
    fcntl.fcntl(file, fcntl.F_SETFL, flags & ~_DIRECT)
    return bool(flags & _DIRECT)
