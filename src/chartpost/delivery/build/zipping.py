"""A zip written while it is read: its files one after the other, then their SHA-256 for anybody's checking tool."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

SUMS = "SHA256SUMS"
"""Name of the list that `sha256sum -c` takes."""
_PIECE = 256 * 1024
_UNIX_FILE = 0o100644 << 16
Member = tuple[str, Callable[[], BinaryIO]]


class _Pipe(io.RawIOBase):
    """What a zip writes, to be handed on piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = memoryview(data)  # type: ignore[arg-type]
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        """Everything written since the last call."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def zipped(members: Iterable[Member], moment: datetime) -> Iterator[bytes]:
    """The zip in pieces; the same members and moment give the same bytes."""
    pipe = _Pipe()
    sums = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, opener in members:
            digest = sha256()
            with opener() as stream, archive.open(_info(name, moment), "w", force_zip64=True) as into:
                while piece := stream.read(_PIECE):
                    digest.update(piece)
                    into.write(piece)
                    yield pipe.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr(_info(SUMS, moment), "".join(sums).encode())
        yield pipe.taken()
    yield pipe.taken()


def _info(name: str, moment: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, moment.timetuple()[:6])
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, _UNIX_FILE, 3
    return info
