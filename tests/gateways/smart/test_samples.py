"""The sample programs where they cannot go on: each says why, in the words of the server, and ends."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files

import orjson
import pytest

SAMPLES = files("chartpost.gateways.smart") / "samples"
RUN = {"standalone.py": sys.executable, "standalone.mjs": "node", "standalone.sh": "bash", "bulk.py": sys.executable}
WORDS = "Seen: too many registrations."


class Refusing(BaseHTTPRequestHandler):
    """An office whose register address is closed for a while."""

    def do_GET(self) -> None:
        site = f"http://{self.headers['Host']}"
        names = ("registration_endpoint", "authorization_endpoint", "token_endpoint")
        self.answer(200, dict.fromkeys(names, f"{site}/oauth/register"))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(429, {"error": "temporarily_unavailable", "error_description": WORDS})

    def answer(self, status: int, facts: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(orjson.dumps(facts))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def closed() -> Iterator[str]:
    """The address of such an office."""
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [RUN[name], str(SAMPLES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", ["standalone.py", "standalone.mjs", "standalone.sh"])
def test_a_refused_registration_is_told_in_the_words_of_the_server(name: str, closed: str) -> None:
    done = run(name, closed)
    assert done.returncode != 0
    assert WORDS in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", sorted(RUN))
def test_without_an_address_it_says_what_to_write(name: str) -> None:
    done = run(name)
    assert done.returncode != 0
    assert "https://records.example.org" in done.stderr
    assert "Traceback" not in done.stderr
