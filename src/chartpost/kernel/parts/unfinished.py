"""What came of a part before its connection broke, kept so that its sender goes on from there.

A part on its way in has a second name, made of its object and its number. When the part is stored both names go; when
its connection breaks, or the server is killed, the second stays, for a day at most. Who goes on begins with a copy of
what it holds, so that a connection that only seems to live never writes into the same file. Whether the bytes are
right is found out as for every part: by the digest of all of it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chartpost.kernel.config import config
from chartpost.kernel.parts.errors import PartBrokenError

LEAST = 1024 * 1024
"""Shorter parts are not worth keeping: they are sent again whole."""
Read = Callable[[int], bytes]


@dataclass(frozen=True)
class Unfinished:
    """Part `number` of the object `name`, as far as it came."""

    name: str
    number: int

    @property
    def path(self) -> Path:
        """The second name of the part."""
        return config().home / "parts" / ".new" / f"{self.name}.{self.number}"

    @property
    def size(self) -> int:
        """Bytes that are there; 0 when none are."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def hold(self, file: Path) -> None:
        """Give the part that comes into `file` its second name; disks without links keep nothing."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            os.link(file, self.path)

    def forget(self) -> None:
        """Keep nothing of it any more."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def before(self, offset: int, read: Read) -> Iterator[Read]:
        """What `read` gives, after the first `offset` bytes of what is there; raises PartBrokenError when that went."""
        if not offset:
            yield read
            return
        with self._open() as file:
            left = offset

            def both(size: int) -> bytes:
                nonlocal left
                if not left:
                    return read(size)
                piece = file.read(min(size, left))
                left -= len(piece)
                return piece

            yield both

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except FileNotFoundError as error:
            raise PartBrokenError(
                seen="a part whose beginning went meanwhile",
                expected="what came of it before",
                todo="Ask by HEAD how much is there, then send the rest.",
            ) from error


def forget_object(name: str) -> None:
    """Keep nothing of any part of an object that is removed."""
    for path in (config().home / "parts" / ".new").glob(f"{name}.*"):
        path.unlink(missing_ok=True)
