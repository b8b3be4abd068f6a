"""A server of an app on this machine, over https with a certificate of this home's own authority."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]


class Hook:
    """A server that is told; it answers with `status`, after `before` ran.

    `got` are its key header and bodies, `sent` the bodies as they came, `paths` where.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        self.status = 200
        self.got: list[tuple[str, Json]] = []
        self.sent: list[bytes] = []
        self.paths: list[str] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.sent.append(body)
                hook.got.append((self.headers.get("X-Key", ""), orjson.loads(body)))
                hook.paths.append(self.path)
                hook.before()
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/hook"

    def before(self) -> None:
        """What happens between hearing and answering."""

    @property
    def kinds(self) -> list[str]:
        """What it was told, in order: handshake, heartbeat, event-notification."""
        return [code(bundle, "type") for _, bundle in self.got]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events it was told of, in order."""
        return [number for _, bundle in self.got for number in events(bundle)]


def code(bundle: Json, name: str) -> str:
    """A code of the status a notice begins with."""
    given = bundle["entry"][0]["resource"]["parameter"]
    return next(str(one["valueCode"]) for one in given if one["name"] == name)


def events(bundle: Json) -> list[int]:
    """The numbers of the events of a notice."""
    told = [one["part"] for one in bundle["entry"][0]["resource"]["parameter"] if one["name"] == "notification-event"]
    return [int(part["valueString"]) for parts in told for part in parts if part["name"] == "event-number"]


@contextmanager
def listening(cert: Path, key: Path) -> Iterator[Hook]:
    """A hook that listens while the block runs."""
    made = Hook(cert, key)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()
