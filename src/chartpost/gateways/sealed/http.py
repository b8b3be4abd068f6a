"""A request and an answer of the sealed API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
from django.utils.functional import cached_property

from chartpost.kernel.addresses import plain
from chartpost.kernel.config import config
from chartpost.shares.errors import Malformed, NotAllowed, SharesError, TooLarge

MOST_JSON = 1024 * 1024
MOST_DRAINED = 16 * 1024 * 1024
"""Bytes of an unwanted body that are read, so that its sender sees the answer."""
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    206: "Partial Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    423: "Locked",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


@dataclass
class Response:
    """An answer: status, headers, and its bytes or an iterable of bytes with a `close`."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""


@dataclass
class Request:
    """One request: `path` is what follows /s/api/, split at slashes."""

    method: str
    path: tuple[str, ...]
    environ: Mapping[str, Any]
    _left: int | None = None

    def header(self, name: str) -> str:
        """A request header by its name; empty when absent."""
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    @cached_property
    def bearer(self) -> str:
        """The bearer token (RFC 6750 2.1); raises NotAllowed when there is none."""
        scheme, _, token = self.header("Authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAllowed(
                seen="no bearer token", expected="Authorization: Bearer TOKEN", todo="Send the token you were given."
            )
        return token.strip()

    @cached_property
    def address(self) -> str:
        """Where the request came from: the peer, or what the trusted proxies in front say."""
        proxies = config().trusted_proxies
        told = [one.strip() for one in self.header("X-Forwarded-For").split(",") if one.strip()]
        if proxies and len(told) >= proxies:
            return plain(told[-proxies])
        return plain(str(self.environ.get("REMOTE_ADDR", "")))

    @property
    def length(self) -> int:
        """The stated length of the body; raises Malformed when none is stated."""
        stated = str(self.environ.get("CONTENT_LENGTH") or "")
        if not (stated.isascii() and stated.isdigit() and len(stated) < 16):
            raise Malformed(
                seen="a body without Content-Length", expected="its length in bytes", todo="State it and send again."
            )
        return int(stated)

    def read(self, size: int) -> bytes:
        """At most `size` bytes of the body; none at its end."""
        stream: BinaryIO = self.environ["wsgi.input"]
        data = stream.read(size)
        self._left = self._unread - len(data) if data else 0
        return data

    @property
    def _unread(self) -> int:
        if self._left is not None:
            return self._left
        stated = str(self.environ.get("CONTENT_LENGTH") or "")
        if stated.isascii() and stated.isdigit():
            return int(stated)
        return MOST_DRAINED if self.environ.get("HTTP_TRANSFER_ENCODING") else 0

    @cached_property
    def json(self) -> Mapping[str, Any]:
        """The body as a JSON object, {} when empty; raises Malformed, TooLarge."""
        data, left = b"", min(self._unread, MOST_JSON + 1)
        while left > 0 and (piece := self.read(left)):
            data, left = data + piece, left - len(piece)
        if len(data) > MOST_JSON:
            raise TooLarge(
                seen="a very long request", expected=f"at most {MOST_JSON:,} bytes", todo="Send less at once."
            )
        try:
            value = orjson.loads(data or b"{}")
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise Malformed(seen="a body that is no JSON object", expected="a JSON object", todo="Mend it.")
        return value

    def finish(self) -> None:
        """Read what is left of a body nobody wanted, as long as it may be, so that its sender sees the answer."""
        left = min(self._unread, MOST_DRAINED)
        while left > 0 and (piece := self.read(min(left, 65536))):
            left -= len(piece)


def json(status: int, value: Mapping[str, Any]) -> Response:
    """An answer with a JSON body."""
    return Response(status, [("Content-Type", "application/json")], orjson.dumps(value))


def failed(error: SharesError) -> Response:
    """The answer that tells an error: its code, and in words what was seen, expected and is to be done."""
    value = {"error": error.code, "seen": error.seen, "expected": error.expected, "todo": error.todo, **error.more}
    answer = json(error.status, value)
    if "retry_after" in error.more:
        answer.headers.append(("Retry-After", str(error.more["retry_after"])))
    if error.status == 401:
        answer.headers.append(("WWW-Authenticate", "Bearer"))
    return answer


def when(moment: datetime) -> str:
    """A moment as the API writes it: ISO 8601, UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
