"""A request of a round."""

import threading
from io import BytesIO
from typing import Any

from chartpost.kernel import writer
from chartpost.kernel.transfers import Application

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status line, headers and body."""


class Whole(BytesIO):
    """A body that has come."""


class Asked:
    """A request, and its answer once it has one.

    `environ` is WSGI's, its body in memory; `parked` the write for which its handling stands still.
    """

    __slots__ = ("_done", "_handling", "answer", "environ", "parked")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.answer: Answer | None = None
        self.parked: writer.Job | None = None
        self._handling: writer.Handling | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def go_on(self, work: Application) -> None:
        """Handle it until it stands still or is answered; raises what `work` raises."""
        self.parked = None
        if self._handling is None:
            self._handling = writer.Handling(self._handle)
            found = self._handling.switch(work)
        else:
            found = self._handling.switch()
        self.parked = found if isinstance(found, writer.Job) else None

    def end(self) -> None:
        """Let go who waits, with the answer if there is one."""
        self._done.release()

    def wait(self) -> Answer | None:
        """The answer; None when nobody knows what became of it."""
        self._done.acquire()
        return self.answer

    def _handle(self, work: Application) -> None:
        said: list[Any] = []
        pieces = work(self.environ, lambda *heads: said.extend(heads))
        self.answer = (said[0], said[1], b"".join(pieces))
