"""Fetching what somebody else named by address, without being led into the office's own network.

The name is looked up once and the connection goes to the very address that was checked, so that a second answer of the
name server cannot change it (OWASP SSRF prevention). Redirects are not followed.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chartpost.kernel.config import config
from chartpost.kernel.errors import KernelError

TIMEOUT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
"""How long a whole exchange may take, however slowly the other side drips."""

MOST_BYTES = 256 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


_INWARD = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "fec0::/10", "5f00::/16")))
"""IPv6 networks that may lead inward: translation to IPv4 (RFC 6052, RFC 8215), site-local (RFC 3879), SRv6."""


class FetchError(KernelError):
    """An address could not be fetched, or must not be."""


@dataclass(frozen=True)
class Fetched:
    """An answer: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def get_json(url: str) -> tuple[Any, dict[str, str]]:
    """The JSON at an address and the headers it came with; raises FetchError for anything but 200 and JSON."""
    found = request("GET", url, headers={"Accept": "application/json"})
    if found.status != 200:
        raise _failed(f"status {found.status}")
    try:
        return json.loads(found.body), found.headers
    except (ValueError, RecursionError) as error:
        raise _failed("no JSON") from error


def request(method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Fetched:
    """One request; raises FetchError for an address that is not allowed, a slow server or an answer that is too long.

    https only; http to this machine itself, and addresses of a private network at all, only in a demo or when
    CHARTPOST_ALLOW_PRIVATE_URLS is 1.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _failed("an address that cannot be read") from error
    secure = parts.scheme == "https"
    if not host or not (secure or (parts.scheme == "http" and host in LOOPBACK and private_allowed())):
        raise _failed("an address that is not https")
    connection = _connection(host, port or (443 if secure else 80), secure)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    clock = threading.Timer(WHOLE_SECONDS, connection.cut)
    clock.start()
    try:
        connection.request(method, path, body or None, {"User-Agent": "Chartpost"} | (headers or {}))
        answer = connection.getresponse()
        data = answer.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(type(error).__name__) from error
    finally:
        clock.cancel()
        connection.close()
    if connection.late:
        raise _failed(f"no whole answer within {WHOLE_SECONDS:g} seconds")
    if len(data) > MOST_BYTES:
        raise _failed(f"more than {MOST_BYTES} bytes")
    return Fetched(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)


def private_allowed() -> bool:
    """Whether addresses of private networks may be fetched."""
    return config().demo or config().allow_private_urls


def may_name(host: str) -> bool:
    """Whether a host of an address is a name, or a number of the internet; others can never be fetched.

    Nor names of the machine itself (RFC 6761 6.3).
    """
    if f".{host}".casefold().rstrip(".").endswith(".localhost"):
        return private_allowed()
    try:
        return private_allowed() or public(host)
    except ValueError:
        return True


def public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return public(str(inner))
        if found.teredo or any(found in network for network in _INWARD):
            return False
    return found.is_global and not found.is_multicast


def _connection(host: str, port: int, secure: bool) -> "_Pinned":
    address = _address(host, port)
    if not secure:
        return _Pinned(host, port, address)
    return _PinnedTls(host, port, address)


def _address(host: str, port: int) -> str:
    """The first address of a name; every one of them must be allowed."""
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise _failed("a name nobody knows") from error
    if not found or not (private_allowed() or all(public(address) for address in found)):
        raise _failed("an address of a private network")
    return found[0]


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._address = address
        self._open: socket.socket | None = None
        self.late = False

    def cut(self) -> None:
        """End the exchange under a reader that waits on it."""
        self.late = True
        if self._open is not None:
            with suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Open the socket."""
        self.sock = self._open = socket.create_connection((self._address, self.port), TIMEOUT_SECONDS)


class _PinnedTls(_Pinned):
    """The same over TLS; the certificate must name the host."""

    def connect(self) -> None:
        """Open the socket and shake hands."""
        super().connect()
        self.sock = self._open = _context().wrap_socket(self.sock, server_hostname=self.host)


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    own = config().home / "tls" / "ca.pem"
    if private_allowed() and own.is_file():
        context.load_verify_locations(own)
    return context


def _failed(seen: str) -> FetchError:
    return FetchError(
        seen=seen,
        expected="a short answer over https from a server on the internet",
        todo="Check the address, or set CHARTPOST_ALLOW_PRIVATE_URLS=1 for servers of your own network.",
    )
