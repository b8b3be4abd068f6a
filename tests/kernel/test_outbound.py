"""Fetching an address somebody named: only public ones, only https, only so much and so long (OWASP SSRF)."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chartpost.kernel import outbound


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the name server says."""
    names: dict[str, list[str]] = {}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if host not in names:
            raise OSError(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", look_up)
    return names


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "5f00::1",
        "ff02::1",
    ],
)
def test_an_address_of_a_private_network_is_never_connected_to(named: dict[str, list[str]], address: str) -> None:
    assert not outbound.public(address)
    for addresses in ([address], ["93.184.215.14", address]):
        named["app.example"] = addresses
        with pytest.raises(outbound.FetchError, match="private network"):
            outbound.request("GET", "https://app.example/")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_public_address_is_one(address: str) -> None:
    assert outbound.public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/",
        "ftp://app.example/",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "",
        "x",
        "http://127.0.0.1/",
        "https://[::1/",
        "https://app.example:99999/",
        "gopher://x/",
    ],
)
def test_only_https_is_spoken(named: dict[str, list[str]], url: str) -> None:
    named["app.example"] = ["93.184.215.14"]
    with pytest.raises(outbound.FetchError):
        outbound.request("GET", url)


def test_a_name_nobody_knows_is_told(named: dict[str, list[str]]) -> None:
    with pytest.raises(outbound.FetchError, match="name nobody knows"):
        outbound.request("GET", "https://app.example/")


def test_the_connection_goes_to_the_address_that_was_checked(
    named: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently the second time changes nothing."""
    named["app.example"] = ["93.184.215.14"]
    reached: list[Any] = []

    def connect(address: Any, *_: Any) -> Any:
        reached.append(address)
        named["app.example"] = ["127.0.0.1"]
        raise OSError

    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    with pytest.raises(outbound.FetchError):
        outbound.request("GET", "https://app.example/")
    assert reached == [("93.184.215.14", 443)]


class Answers(http.server.BaseHTTPRequestHandler):
    """A small server with tempers."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/json")
            self.end_headers()
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Cache-Control", "max-age=7")
        self.end_headers()
        try:
            if self.path == "/drip":
                for _ in range(400):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)
            self.wfile.write(
                b"x" * 400_000 if self.path == "/long" else b"not json" if self.path == "/text" else b'{"a": 1}'
            )
        except OSError:
            pass

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(outbound, "private_allowed", lambda: True)
    monkeypatch.setattr(outbound, "WHOLE_SECONDS", 0.5)
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=found.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def test_json_comes_with_its_headers(server: str) -> None:
    data, headers = outbound.get_json(f"{server}/json")
    assert data == {"a": 1}
    assert headers["cache-control"] == "max-age=7"


@pytest.mark.parametrize("path", ["/long", "/text", "/broken", "/moved"])
def test_anything_else_is_refused(server: str, path: str) -> None:
    with pytest.raises(outbound.FetchError):
        outbound.get_json(server + path)


def test_a_server_that_drips_is_left(server: str) -> None:
    start = time.monotonic()
    with pytest.raises(outbound.FetchError):
        outbound.get_json(f"{server}/drip")
    assert time.monotonic() - start < 10, "it drips for twenty seconds"
