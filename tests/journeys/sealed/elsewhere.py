"""A place of somebody else that keeps the files of health links: a small server of its own, with or without CORS."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.live import Live


@dataclass
class Elsewhere:
    """What it answers by path: status, type and body; `asked` is what came."""

    url: str
    cors: bool = True
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def put(self, url: str, body: Any, status: int = 200) -> None:
        """Answer an address with JSON, or with text as it is."""
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "application/jose" if isinstance(body, str) else "application/json"
        self.answers[urlsplit(url).path] = (status, kind, text.encode())

    def keep(self, made: Any) -> str:
        """Serve what a library made; returns its link."""
        self.put(made["url"], made["manifest"])
        for name, text in made["files"].items():
            self.put(f"/{name}", text)
        return str(made["link"])


@contextmanager
def running(live: Live) -> Iterator[Elsewhere]:
    """The place, over TLS with the demo's own certificate, on another port: another origin."""
    place = Elsewhere("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            place.asked.append(
                {"method": self.command, "path": self.path, "body": body.decode(), "headers": self.headers}
            )
            status, kind, data = place.answers.get(urlsplit(self.path).path, (404, "text/plain", b""))
            self.send_response(204 if self.command == "OPTIONS" else status)
            if place.cors:
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "content-type")
            self.send_header("Content-Type", kind)
            self.end_headers()
            if self.command != "OPTIONS":
                self.wfile.write(data)

        do_GET = do_POST = do_OPTIONS = answer  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(live.home / "tls" / "server.pem", live.home / "tls" / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    place.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
