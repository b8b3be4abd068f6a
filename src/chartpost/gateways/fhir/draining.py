"""Reading on, behind the answer, what a stranger still sends: else the connection ends and its sender never sees it.

The system ends a connection with bytes nobody read by a reset, which takes the answer back from a sender who has not
looked yet (RFC 9112 9.6). A stranger is answered before the body has come; what still comes is read, and forgotten, by
a thread beside the one that answers, which has given its turn away and waits for a moment only: whoever stalls, or goes
on for too long, is let go, and so are those beyond the few who are waited for at the same time.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

AT_ONCE = 16
"""Strangers whose bodies are read at the same time."""
SECONDS = 10.0
"""How long one may take."""
STALL_SECONDS = 2.0
"""How long nothing may come meanwhile."""
PIECE = 4096
_free = threading.BoundedSemaphore(AT_ONCE)


class Last:
    """An answer that ends once at most `most` bytes of `stream` were read, or its sender is let go."""

    def __init__(self, answer: Iterable[bytes], stream: BinaryIO, most: int) -> None:
        self._answer, self._stream, self._most = iter(answer), stream, most

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer
        if _free.acquire(blocking=False):
            _Rest(self._stream, self._most).wait()


class _Rest(threading.Thread):
    """Reads the rest of a body; its last read returns when the connection has ended, which the answer's end does."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        super().__init__(name="draining", daemon=True)
        self._stream, self._left, self._over = stream, most, threading.Event()

    def wait(self) -> None:
        """Begin, and wait for the end of the body while it comes."""
        self.start()
        until, before = time.monotonic() + SECONDS, -1
        while before != self._left and time.monotonic() < until:
            before = self._left
            if self._over.wait(STALL_SECONDS):
                return

    def run(self) -> None:
        """Read to the end, or as much as is read at most."""
        try:
            while self._left > 0 and (piece := self._stream.read(min(self._left, PIECE))):
                self._left -= len(piece)
        except Exception:  # noqa: BLE001, S110 - whatever is wrong with the connection, it is over
            pass
        finally:
            _free.release()
            self._over.set()
