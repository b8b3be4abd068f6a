"""The files of a stick as one ZIP, stored as they are; the same files and moment give the same bytes."""

import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO

LARGE = 2**31
_UNIX_FILE = 0o100644 << 16


def write_zip(out: IO[bytes], files: Iterable[tuple[str, int, Iterable[bytes]]], moment: datetime) -> None:
    """Write name, size and bytes of each file to `out`; times in it are `moment`, to two seconds."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, size, pieces in files:
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.external_attr, info.create_system = _UNIX_FILE, 3
            with archive.open(info, "w", force_zip64=size >= LARGE) as into:
                for piece in pieces:
                    into.write(piece)
