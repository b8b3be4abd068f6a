"""Talking to the sealed API: TLS checked, a connection for each thread and process, patient with networks."""

import base64
import http.client
import json
import os
import random
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chartpost import __version__
from chartpost.formats.numbers import LONG_DIGITS, whole
from chartpost.formats.sealedbox import SEALED_STEP
from chartpost.gateways.sealed.command.errors import AnswerError, CommandError, LostError
from chartpost.gateways.sealed.command.progress import plain

API = "/s/api/"
AGENT = f"chartpost/{__version__}"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
SPAN = 4 * SEALED_STEP
"""Bytes asked for at once: what is on its way for three at once, and lost when they are cut, is less than a part."""
TIMEOUT = 60
LONGEST_PAUSE = 15.0
_OTHER_BEGINNING = frozenset({"bad_bytes", "wrong_offset"})
"""What the server had of a part was not its beginning, and is gone now."""
MOST_JSON = 64 * 1024 * 1024
Body = bytes | memoryview


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; {} when it is none."""
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@contextmanager
def understood() -> Iterator[None]:
    """Read what a server answered inside the block; raises CommandError for what no Chartpost answers."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            seen="an answer of another shape",
            expected="the API of a Chartpost",
            todo="check the address; update this program if it is old",
        ) from error


class Wire:
    """The API of one server, for threads and copies of this process; a silence is borne for `patience` seconds."""

    def __init__(self, origin: str, cacert: Path | None = None, patience: float = 600) -> None:
        parts = urlsplit(origin)
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise CommandError(
                seen="an address without https://",
                expected="https:// and the name of a Chartpost",
                todo="give its whole address, such as https://records.example.org",
            )
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._host, self._port, self._secure = str(parts.hostname), parts.port, parts.scheme == "https"
        self._trust = _trust(cacert) if self._secure else None
        self._patience = patience
        self._mine = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close every connection, each opened again when it is needed; no thread may be at work."""
        for connection in self._all:
            connection.close()

    def call(self, method: str, path: str, value: Mapping[str, Any] | None = None, token: str = "") -> dict[str, Any]:
        """Ask with JSON, answered with JSON; raises AnswerError, LostError."""
        body = b"" if value is None else json.dumps(value).encode()
        return self.ask(method, path, body, {"Content-Type": "application/json"}, token).json

    def put(self, path: str, data: Body, token: str, *, begun: bool = False) -> None:
        """Send a part with its digest (RFC 9530); of one that was `begun` before, what the server does not have.

        Raises AnswerError, LostError.
        """
        view, at, patience = memoryview(data), 0, _Patience(self._patience)
        digest = f"sha-256=:{base64.b64encode(sha256(view).digest()).decode()}:"
        while True:
            before = at
            try:
                at = min(self._begun(path, token), len(view)) if begun else 0
                answer = self._once(*_part(path, view, at, digest), token)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                cause: Exception | Answer | None = error
            else:
                if answer.status not in AGAIN and not (at and _refusal(answer).code in _OTHER_BEGINNING):
                    _good(answer)
                    return
                cause = answer
            begun, patience = True, _Patience(self._patience) if at > before else patience
            patience.wait(cause)

    def ask(self, method: str, path: str, body: Body, headers: Mapping[str, str], token: str = "") -> Answer:
        """Ask until there is an answer that stays; raises AnswerError, LostError. `path` follows /s/api/."""
        patience = _Patience(self._patience)
        while True:
            try:
                answer = self._once(method, path, body, headers, token)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                patience.wait(error)
                continue
            if answer.status not in AGAIN:
                return _good(answer)
            patience.wait(answer)

    def fetch(self, path: str, token: str, start: int, into: memoryview) -> None:
        """Fill `into` with the bytes of an object from `start` on; raises AnswerError, LostError."""
        for _ in self.stream(path, token, start, len(into), into):
            pass

    def stream(self, path: str, token: str, start: int, length: int, into: memoryview) -> Iterator[memoryview]:
        """`length` bytes of an object from `start` on, in pieces that fill `into`; the last one may be shorter.

        Each lies there until the next is asked for. Goes on where a connection broke. Raises AnswerError, LostError.
        """
        span, patience = _Span(into, start, start + length), _Patience(self._patience)
        while span.left:
            before = span.at
            cause: Exception | Answer | None = None
            try:
                yield from self._pieces(path, token, span)
            except _LaterError as error:
                cause = error.answer
            except (OSError, http.client.HTTPException) as error:
                cause = error
            finally:
                if span.at < span.stop:
                    self._drop()
            if span.at > before:
                patience = _Patience(self._patience)
            else:
                patience.wait(cause)

    def _begun(self, path: str, token: str) -> int:
        """How many bytes of a part the server has."""
        told = self._once("HEAD", path, b"", {}, token).headers.get("upload-offset", "")
        return whole(told, LONG_DIGITS) or 0

    def _once(self, method: str, path: str, body: Body, headers: Mapping[str, str], token: str) -> Answer:
        connection = self._connection()
        connection.request(method, API + path, body=body or None, headers={**headers, **_said(token)})
        found = connection.getresponse()
        return _answer(found, MOST_JSON)

    def _pieces(self, path: str, token: str, span: "_Span") -> Iterator[memoryview]:
        """What one request brings of what is left; raises _LaterError when the server wants to be asked again."""
        span.stop = min(span.end, span.at + SPAN)
        connection = self._connection()
        connection.request("GET", API + path, headers={"Range": span.header, **_said(token)})
        found = connection.getresponse()
        if found.status != 206:
            answer = _answer(found, MOST_JSON if found.status > 206 else 0)
            if answer.status in AGAIN:
                raise _LaterError(answer)
            _good(answer)
            raise _no_range()
        while span.at < span.stop and (count := found.readinto(span.room)):
            if span.take(count):
                yield span.piece()

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if found is None or self._mine.process != os.getpid():
            if self._trust is not None:
                found = http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=self._trust)
            else:
                found = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
            self._mine.connection, self._mine.process = found, os.getpid()
            self._all.append(found)
        return found

    def _drop(self) -> None:
        found: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if found is not None:
            found.close()
        self._mine.connection = None


@dataclass
class _Span:
    """Bytes of an object: `at` is the next, `stop` after the last that was asked for, `end` after the last of all.

    `have` of them are in `into`.
    """

    into: memoryview
    at: int
    end: int
    stop: int = 0
    have: int = 0

    @property
    def left(self) -> int:
        return self.end - self.at

    @property
    def header(self) -> str:
        return f"bytes={self.at}-{self.stop - 1}"

    @property
    def room(self) -> memoryview:
        return self.into[self.have : self.have + self.stop - self.at]

    def take(self, count: int) -> bool:
        """Count what was filled in; whether there is a piece."""
        self.at, self.have = self.at + count, self.have + count
        return not self.left or self.have == len(self.into)

    def piece(self) -> memoryview:
        found, self.have = self.into[: self.have], 0
        return found


class _LaterError(Exception):
    """The server wants to be asked again later."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Patience:
    """Waits longer from try to try, and gives up when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._until, self._round = time.monotonic() + seconds, 0

    def wait(self, cause: Exception | Answer | None) -> None:
        """Wait; raises what waiting does not mend at once, and when the time is over LostError or the refusal."""
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise _untrusted(cause)
        pause = min(LONGEST_PAUSE, 0.2 * 2**self._round) * random.uniform(0.7, 1.3)  # noqa: S311 - not a secret
        after = cause.headers.get("retry-after", "") if isinstance(cause, Answer) else ""
        if after.isascii() and after.isdigit():
            pause = max(pause, min(float(after), 120.0))
        if time.monotonic() + pause > self._until:
            raise _refusal(cause) if isinstance(cause, Answer) else _lost()
        self._round += 1
        time.sleep(pause)


def _said(token: str) -> dict[str, str]:
    """Headers of every request."""
    return {"User-Agent": AGENT} | ({"Authorization": f"Bearer {token}"} if token else {})


def _part(path: str, data: memoryview, at: int, digest: str) -> tuple[str, str, memoryview, dict[str, str]]:
    """The request that sends a part from byte `at` on (RFC 9530; draft-ietf-httpbis-resumable-upload)."""
    if not at:
        return "PUT", path, data, {"Content-Type": "application/octet-stream", "Content-Digest": digest}
    rest = {"Content-Type": "application/partial-upload", "Upload-Offset": str(at), "Repr-Digest": digest}
    return "PATCH", path, data[at:], rest


def _answer(found: http.client.HTTPResponse, most: int) -> Answer:
    body = found.read(most)
    return Answer(found.status, {name.lower(): text for name, text in found.getheaders()}, body)


def _trust(cacert: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(cacert) if cacert else None)
    except OSError as error:
        raise CommandError(
            seen=f"no certificates in {cacert}", expected="a PEM file", todo="name the file of your own authority"
        ) from error


def _untrusted(error: ssl.SSLCertVerificationError) -> CommandError:
    return CommandError(
        seen=f"a certificate that cannot be trusted ({error.verify_message})",
        expected="one of a known authority for this very name",
        todo="check the address; for an authority of your own, give its file with --cacert",
    )


def _lost() -> LostError:
    return LostError(
        seen="no answer from the server",
        expected="a connection",
        todo="check the network, then run the same command again with --resume",
    )


def _refusal(answer: Answer) -> AnswerError:
    told = answer.json
    words = {name: " ".join(plain(str(told.get(name) or "")[:300]).split()) for name in ("seen", "expected", "todo")}
    left = told.get("tries_left")
    return AnswerError(
        answer.status,
        str(told.get("error") or "failed")[:40],
        seen=words["seen"] or f"an answer {answer.status} of the server",
        expected=words["expected"] or "the API of a Chartpost",
        todo=words["todo"] or "check the address, then try again",
        tries_left=left if isinstance(left, int) else None,
    )


def _no_range() -> CommandError:
    return CommandError(
        seen="an answer that is not the range asked for",
        expected="a Chartpost, with nothing between that changes answers",
        todo="check the address and any proxy on the way",
    )


def _good(answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    raise _refusal(answer)
