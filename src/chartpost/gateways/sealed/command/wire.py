"""Talking to the sealed API: TLS checked, one connection a thread, patient with networks that come and go."""

import base64
import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chartpost import __version__
from chartpost.gateways.sealed.command.errors import AnswerError, CommandError, LostError
from chartpost.kernel.errors import ChartpostError

API = "/s/api/"
AGENT = f"chartpost/{__version__}"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
TIMEOUT = 60
LONGEST_PAUSE = 15.0
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
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Wire:
    """The API of one server, for several threads at once; `patience` is how many seconds a silence is borne."""

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
        """Close every connection; no thread may be at work."""
        while self._all:
            self._all.pop().close()

    def call(self, method: str, path: str, value: Mapping[str, Any] | None = None, token: str = "") -> dict[str, Any]:
        """Ask with JSON, answered with JSON; raises AnswerError, LostError."""
        body = b"" if value is None else json.dumps(value).encode()
        return self.ask(method, path, body, {"Content-Type": "application/json"}, token).json

    def put(self, path: str, data: Body, token: str) -> None:
        """Send bytes with their digest (RFC 9530); raises AnswerError, LostError."""
        digest = base64.b64encode(sha256(data).digest()).decode()
        headers = {"Content-Type": "application/octet-stream", "Content-Digest": f"sha-256=:{digest}:"}
        self.ask("PUT", path, data, headers, token)

    def ask(self, method: str, path: str, body: Body, headers: Mapping[str, str], token: str = "") -> Answer:
        """Ask until there is an answer that stays; raises AnswerError, LostError. `path` follows /s/api/."""
        whole = {**headers, "User-Agent": AGENT} | _bearer(token)
        patience = _Patience(self._patience)
        while True:
            try:
                answer = self._once(method, API + path, body, whole)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                patience.wait(_fatal(error))
                continue
            if answer.status not in AGAIN:
                return _good(answer)
            patience.wait(None, answer.headers.get("retry-after", ""), _refusal(answer))

    def fetch(self, path: str, token: str, start: int, into: memoryview) -> None:
        """Fill `into` with the bytes of an object from `start` on, going on where a connection broke.

        Raises AnswerError, LostError.
        """
        filling, patience = _Filling(into), _Patience(self._patience)
        while filling.left:
            before = filling.have
            try:
                answer = self._fill(API + path, token, start, filling)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                if filling.have == before:
                    patience.wait(_fatal(error))
                continue
            finally:
                if filling.have > before:
                    patience = _Patience(self._patience)
            if answer is not None:
                patience.wait(None, answer.headers.get("retry-after", ""), _refusal(answer))
            elif filling.have == before:
                patience.wait(None)

    def _once(self, method: str, target: str, body: Body, headers: Mapping[str, str]) -> Answer:
        connection = self._connection()
        connection.request(method, target, body=body or None, headers=dict(headers))
        found = connection.getresponse()
        data = found.read(MOST_JSON)
        return Answer(found.status, {name.lower(): text for name, text in found.getheaders()}, data)

    def _fill(self, path: str, token: str, start: int, filling: "_Filling") -> Answer | None:
        """One request for what is left; an answer when the server wants to be asked again later."""
        span = f"bytes={start + filling.have}-{start + len(filling.into) - 1}"
        connection = self._connection()
        connection.request("GET", path, headers={"Range": span, "User-Agent": AGENT} | _bearer(token))
        found = connection.getresponse()
        if found.status != 206:
            answer = Answer(
                found.status, dict(found.headers.items()), found.read(MOST_JSON if found.status > 206 else 0)
            )
            if found.status in AGAIN:
                return answer
            self._drop()
            _good(answer)
            raise _no_range()
        while filling.left and (count := found.readinto(filling.left)):
            filling.have += count
        if filling.left:
            self._drop()
        return None

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if found is None:
            if self._trust is not None:
                found = http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=self._trust)
            else:
                found = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
            self._mine.connection = found
            self._all.append(found)
        return found

    def _drop(self) -> None:
        found: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if found is not None:
            found.close()
        self._mine.connection = None


@dataclass
class _Filling:
    """A buffer and how far it is filled."""

    into: memoryview
    have: int = 0

    @property
    def left(self) -> memoryview:
        return self.into[self.have :]


class _Patience:
    """Waits longer from try to try, and gives up when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._until, self._round = time.monotonic() + seconds, 0

    def wait(self, fatal: ChartpostError | None, after: str = "", over: ChartpostError | None = None) -> None:
        """Wait; raises `fatal` at once, and `over` or LostError when the time is over."""
        if fatal is not None:
            raise fatal
        pause = min(LONGEST_PAUSE, 0.2 * 2**self._round) * random.uniform(0.7, 1.3)  # noqa: S311 - not a secret
        if after.isascii() and after.isdigit():
            pause = max(pause, min(float(after), 120.0))
        if time.monotonic() + pause > self._until:
            raise over or LostError(
                seen="no answer from the server",
                expected="a connection",
                todo="check the network, then run the same command again with --resume",
            )
        self._round += 1
        time.sleep(pause)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _trust(cacert: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(cacert) if cacert else None)
    except OSError as error:
        raise CommandError(
            seen=f"no certificates in {cacert}", expected="a PEM file", todo="name the file of your own authority"
        ) from error


def _fatal(error: Exception) -> ChartpostError | None:
    """An error that waiting does not mend."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CommandError(
            seen=f"a certificate that cannot be trusted ({error.verify_message})",
            expected="one of a known authority for this very name",
            todo="check the address; for an authority of your own, give its file with --cacert",
        )
    return None


def _refusal(answer: Answer) -> AnswerError:
    told = answer.json
    words = {name: str(told.get(name) or "")[:300] for name in ("seen", "expected", "todo")}
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
