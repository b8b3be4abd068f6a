"""A TLS relay in front of an office, which tests can let break connections after so many bytes."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

STEP = 65536


@dataclass
class Relay:
    """Where it listens and what it trusts; `up` and `down` are bytes left until the next connection is broken."""

    target: int
    folder: Path
    port: int = 0
    up: int | None = None
    down: int | None = None
    broken: int = 0
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def ca(self) -> Path:
        return self.folder / "relay-ca.pem"

    def serve(self, listening: socket.socket, context: ssl.SSLContext) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client, context), daemon=True).start()

    def _relay(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        with (
            plain,
            suppress(OSError),
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self.target)) as server,
        ):
            back = threading.Thread(target=self._pump, args=(server, client, "down"), daemon=True)
            back.start()
            self._pump(client, server, "up")
            back.join(60)

    def _pump(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := source.recv(STEP):
                if self._spend(way, len(data)):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _spend(self, way: str, count: int) -> bool:
        """Whether the connection is to be broken now."""
        with self._lock:
            self.passed[way] += count
            left = getattr(self, way)
            if left is None:
                return False
            setattr(self, way, left - count)
            if left > count:
                return False
            setattr(self, way, None)
            self.broken += 1
            return True


@contextmanager
def relay(target: int, folder: Path) -> Iterator[Relay]:
    """A relay to a port of this machine, with a certificate authority of its own."""
    found = Relay(target, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(found.ca))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found.port = listening.getsockname()[1]
        threading.Thread(target=found.serve, args=(listening, context), daemon=True).start()
        yield found
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _certificate(ca: Path) -> Path:
    """A certificate for localhost that is its own authority; its key beside it in one file."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay of a test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    ca.write_bytes(pem)
    both = ca.with_name("relay-key.pem")
    both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    return both
