"""Bytes of files at given places, for several threads and processes at once."""

import os


def fill(file: int, into: memoryview, offset: int) -> bool:
    """Fill `into` with what is in a file from `offset` on; whether there was enough."""
    while into:
        count = os.preadv(file, [into], offset)
        if not count:
            return False
        into, offset = into[count:], offset + count
    return True


def write(file: int, data: memoryview, offset: int) -> None:
    """Write all of `data` into a file from `offset` on."""
    while data:
        count = os.pwrite(file, data, offset)
        data, offset = data[count:], offset + count
