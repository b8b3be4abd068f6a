"""A network between a browser and a server that can be cut after some bytes, and mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 65_536
ENDLESS = 1 << 60


class Network:
    """Forwards connections from a port of its own; TLS passes through untouched.

    Once the browser has sent `allow` bytes every connection is reset, and new ones are refused until `mend`.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._left = ENDLESS
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.carried = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def allow(self, count: int) -> None:
        """Let the browser send so many more bytes, then cut."""
        self._left = count

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._left = 0
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Carry everything again."""
        self._left = ENDLESS

    @property
    def is_cut(self) -> bool:
        return self._left <= 0

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open |= {near, far}
            threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, to: socket.socket, out: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                if out:
                    with self._lock:
                        self._left -= len(piece)
                        self.carried += len(piece)
                if self.is_cut:
                    self.cut()
                    break
                to.sendall(piece)
        with self._lock:
            self._open -= {source, to}
        for one in (source, to):
            one.close()


@contextmanager
def network(port: int) -> Iterator[Network]:
    """A network to a port of this machine."""
    found = Network(port)
    try:
        yield found
    finally:
        found.close()
