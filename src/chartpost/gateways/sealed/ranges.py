"""The bytes of a sealed object, whole or one range of them (RFC 9110 14)."""

import re
from collections.abc import Callable, Iterable, Iterator

from chartpost.gateways.sealed import limits
from chartpost.gateways.sealed.http import Request, Response
from chartpost.kernel.parts import PART
from chartpost.shares import services
from chartpost.shares.types import Range

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)
MOST_AT_ONCE = PART
"""Bytes that may be answered in one piece, which frees the thread while they are on their way."""
PIECE = 256 * 1024
"""Bytes of a piece: small enough that its memory is used again while it is still in the processor's cache."""


class Unsatisfiable(Exception):
    """A range outside of the object."""


def answer(request: Request, found: Range, object_id: str) -> Response:
    """200 with all, 206 with the range asked for, or 416; HEAD gets the headers alone."""
    tag = f'"{object_id}"'
    headers = [("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"), ("ETag", tag)]
    try:
        span = asked(request.header("Range"), found.size) if request.header("If-Range") in {"", tag} else None
    except Unsatisfiable:
        return Response(416, [*headers, ("Content-Range", f"bytes */{found.size}"), ("Content-Length", "0")])
    start, end = span or (0, found.size)
    headers.append(("Content-Length", str(end - start)))
    if span:
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{found.size}"))
    status = 206 if span else 200
    if request.method == "HEAD":
        return Response(status, headers)
    return Response(status, headers, _body(found, start, end - start))


def _body(found: Range, start: int, length: int) -> bytes | Iterable[bytes]:
    """The bytes in pieces while there is a place for a stream, which is quickest; else whole, which holds no thread."""
    if length <= PIECE:
        return b"".join(services.stream(found, start, length, PIECE))
    held = limits.stream_place(wait=length > MOST_AT_ONCE)
    if held is None:
        return b"".join(services.stream(found, start, length, length))
    return Pieces(services.stream(found, start, length, PIECE), held)


def asked(header: str, size: int) -> tuple[int, int] | None:
    """The span (start, end) a Range header names; None for none, for several and for what is no range of bytes.

    Raises Unsatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < start:
            return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, end


class Pieces:
    """A long answer, piece by piece, holding a place for a transfer until it is closed; the first is read at once."""

    def __init__(self, pieces: Iterator[bytes], held: Callable[[], None]) -> None:
        self._held: Callable[[], None] | None = held
        self._pieces = pieces
        try:
            self._first: bytes | None = next(pieces)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        return next(self._pieces) if first is None else first

    def close(self) -> None:
        """Give the place back."""
        close = getattr(self._pieces, "close", None)
        if close:
            close()
        held, self._held = self._held, None
        if held:
            held()
