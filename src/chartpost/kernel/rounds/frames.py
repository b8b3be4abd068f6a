"""What goes over the socket: frames of a number, a head in JSON and a body."""

import struct
from typing import Any

import orjson

_SIZES = struct.Struct("!QII")
Frame = tuple[int, Any, bytes]
"""Number of the request, head, body."""


def frame(number: int, head: Any, body: bytes) -> bytes:
    """The bytes of a frame; raises TypeError for a head that has no JSON."""
    said = orjson.dumps(head)
    return b"".join((_SIZES.pack(number, len(said), len(body)), said, body))


class Frames:
    """The frames in a stream of bytes that comes in pieces; one that says it has more than `most` bytes is none."""

    def __init__(self, most: int) -> None:
        self._rest, self._most = b"", most

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole now; raises ValueError when the bytes are none."""
        data, start = self._rest + data, 0
        found: list[Frame] = []
        while len(data) - start >= _SIZES.size:
            number, head, body = _SIZES.unpack_from(data, start)
            if head + body > self._most:
                raise ValueError("a frame of more bytes than any has")
            said = start + _SIZES.size
            end = said + head + body
            if end > len(data):
                break
            found.append((number, orjson.loads(memoryview(data)[said : said + head]), data[said + head : end]))
            start = end
        self._rest = data[start:]
        return found
