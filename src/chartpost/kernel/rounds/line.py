"""The way of a process that does not lead to the one that does."""

import itertools
import logging
import socket
import threading

from chartpost.kernel.rounds import meeting
from chartpost.kernel.rounds.asked import Asked
from chartpost.kernel.rounds.frames import Frames, frame

log = logging.getLogger(__name__)
MOST = 2**32
"""Bytes of an answer: the leader's word is taken."""
_NAMES = frozenset({"REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR"})
"""What of a request goes along, beside its headers: a WSGI environment holds that of the process as well."""


class Line:
    """One connection, over which requests go as they come and answers come as they are there."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._connection: _Connection | None = None

    def take(self, asked: Asked, body: bytes) -> bool:
        """Send a request to the leader; False when there is none, or it takes no more."""
        head = {name: value for name, value in asked.environ.items() if name in _NAMES or name.startswith("HTTP_")}
        with self._guard:
            if self._connection is None or self._connection.over:
                there = meeting.connected()
                if there is None:
                    return False
                self._connection = _Connection(there)
            connection = self._connection
        return connection.send(asked, head, body)


class _Connection:
    """A connection, and those who wait for answers over it; `over` once nothing more can be sent."""

    def __init__(self, there: socket.socket) -> None:
        self.over = False
        self._there, self._guard = there, threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Asked] = {}
        threading.Thread(target=self._listen, name="rounds-line", daemon=True).start()

    def send(self, asked: Asked, head: dict[str, str], body: bytes) -> bool:
        """Send a request, one at a time; False when it was not sent whole, so that nobody begins it."""
        number = next(self._numbers)
        try:
            data = frame(number, head, body)
        except TypeError:  # an address that is no text
            return False
        with self._guard:
            if self.over:
                return False
            self._waiting[number] = asked
            try:
                self._there.sendall(data)
            except OSError:
                self.over = True
                del self._waiting[number]
                return False
        return True

    def _listen(self) -> None:
        """Hand out answers until the other end has ended; what then has none is lost."""
        frames = Frames(MOST)
        try:
            while data := self._there.recv(meeting.PIECE):
                for number, head, body in frames.feed(data):
                    asked = self._waiting.pop(number)
                    asked.answer = None if head is None else (head[0], [(name, value) for name, value in head[1]], body)
                    asked.end()
        except Exception as error:  # noqa: BLE001 - it ends with the connection
            log.warning("the way to the process that writes broke: %s", type(error).__name__)
        with self._guard:
            self.over = True
            self._there.close()
        for asked in self._waiting.values():
            asked.end()
