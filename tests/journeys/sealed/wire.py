"""A wire that can be cut: a TCP relay in front of a live server, on a port of its own."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Relays bytes both ways; `cut_after` bytes towards the reader it drops every connection, once for each entry."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.cut_after: list[int] = []
        self.relayed = 0
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End the relay."""
        self._listening.close()
        self._drop()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                with self._lock:
                    self._open |= {near, far}
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, towards_reader: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                if towards_reader and self._counted(len(data)):
                    self._drop()
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _counted(self, size: int) -> bool:
        with self._lock:
            self.relayed += size
            if not self.cut_after or self.relayed < self.cut_after[0]:
                return False
            self.cut_after.pop(0)
            self.cuts += 1
            return True

    def _drop(self) -> None:
        with self._lock:
            dropped, self._open = self._open, set()
        for one in dropped:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
