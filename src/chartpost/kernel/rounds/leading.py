"""The thread that handles the requests of all processes, in the one that leads."""

import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.util import Finalize
from typing import Any

from django.db import close_old_connections

from chartpost.kernel import writer
from chartpost.kernel.db import raw
from chartpost.kernel.rounds import meeting
from chartpost.kernel.rounds.asked import Asked, Whole
from chartpost.kernel.rounds.frames import Frames, frame
from chartpost.kernel.transfers import Application

log = logging.getLogger(__name__)
AT_ONCE = 32
"""Requests of a round at most: all of them wait for the slowest."""
MOST = 1024 * 1024
"""Bytes of a request with its headers; whoever says it sends more is none of ours."""
END_SECONDS = 6.0
"""How long the end of a process waits for its last round; it is killed a little later (`web.KILL_AFTER`)."""


class Leader:
    """Handles what other processes send and its own process brings, from when it leads until it ends."""

    def __init__(self, work: Application) -> None:
        self._work = work
        self._waiting: deque[Asked] = deque()
        self._guard = threading.Lock()
        self._leads = self._asleep = self._over = False
        self._woken, self._wake = socket.socketpair()
        self._peers = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._lead, name="rounds", daemon=True)

    def stand(self) -> None:
        """Lead from now on, or once the process that leads has ended; answer all that has come before this one ends."""
        self._thread.start()
        Finalize(self, self.end, exitpriority=100)

    def take(self, asked: Asked) -> bool:
        """Have a request of this process handled; False when it does not lead."""
        asleep = False
        with self._guard:
            leads = self._leads
            if leads:
                self._waiting.append(asked)
                asleep, self._asleep = self._asleep, False
        if asleep:
            self._wake.send(b".")
        return leads

    def end(self) -> None:
        """Answer what has come, and lead no more."""
        self._over = True
        if self._leads:
            self._wake.send(b".")
            self._thread.join(END_SECONDS)

    def _lead(self) -> None:
        try:
            with meeting.lead() as listener:
                self._peers.register(self._woken, selectors.EVENT_READ)
                self._peers.register(listener, selectors.EVENT_READ)
                self._leads = True
                while not self._over:
                    self._gather(listener)
                    self._round()
                self._last_rounds(listener)
        except Exception as error:  # noqa: BLE001 - each process handles its own from now on
            log.warning("requests that write are not gathered: %s", type(error).__name__)
        finally:
            self._go()

    def _go(self) -> None:
        """Lead no more: who still waits has no answer."""
        with self._guard:
            self._leads = False
        for peer, _ in self._senders():
            self._leave(peer)
        while self._waiting:
            self._waiting.popleft().end()

    def _gather(self, listener: socket.socket) -> None:
        """Take what has come; wait for it when there is nothing."""
        with self._guard:
            self._asleep = not self._waiting
        for key, _ in self._peers.select(None if self._asleep else 0):
            if key.fileobj is listener:
                for peer in meeting.accepted(listener):
                    self._peers.register(peer, selectors.EVENT_READ, Frames(MOST))
            elif key.fileobj is self._woken:
                self._woken.recv(meeting.PIECE)
            elif not self._read(key.fileobj, key.data):
                self._leave(key.fileobj)
        self._asleep = False

    def _read(self, peer: Any, frames: Frames) -> bool:
        """Take what a process sends; whether it goes on."""
        try:
            data: bytes = peer.recv(meeting.PIECE)
            self._waiting += [_Sent(peer, number, environ, body) for number, environ, body in frames.feed(data)]
        except (OSError, ValueError, TypeError):
            return False
        return bool(data)

    def _senders(self) -> list[tuple[Any, Frames]]:
        """The processes that are connected, and what has come of their frames."""
        return [(key.fileobj, key.data) for key in self._peers.get_map().values() if isinstance(key.data, Frames)]

    def _leave(self, peer: Any) -> None:
        with suppress(KeyError, ValueError):
            self._peers.unregister(peer)
        peer.close()

    def _round(self) -> None:
        """Handle some requests side by side; one that fails is left without an answer."""
        if not self._waiting:
            return
        asked = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        try:
            close_old_connections()
            with raw.reading(raw.django()):
                self._handle(asked)
            self._answer([one for one in asked if isinstance(one, _Sent)])
        except Exception as error:  # noqa: BLE001 - the rounds go on
            log.error("a round failed: %s", type(error).__name__)  # noqa: TRY400 - values are PHI
            for peer in {one.peer for one in asked if isinstance(one, _Sent)}:
                self._leave(peer)
        finally:
            for one in asked:
                one.end()

    def _handle(self, asked: Sequence[Asked]) -> None:
        """Take each as far as it goes, make what they stand still for, and so on until all are answered."""
        while asked:
            for one in asked:
                try:
                    one.go_on(self._work)
                except Exception as error:  # noqa: BLE001 - it alone has no answer
                    log.error("a request of a round failed: %s", type(error).__name__)  # noqa: TRY400 - same
            asked = [one for one in asked if one.parked is not None]
            writer.make([one.parked for one in asked if one.parked is not None])

    def _answer(self, asked: Sequence["_Sent"]) -> None:
        """Send their answers to other processes, each process at once."""
        frames: dict[socket.socket, list[bytes]] = {}
        for one in asked:
            frames.setdefault(one.peer, []).append(one.framed())
        for peer, some in frames.items():
            try:
                peer.sendall(b"".join(some))
            except OSError:
                self._leave(peer)

    def _last_rounds(self, listener: socket.socket) -> None:
        """Answer what has come, and take no more: who sends now finds that out, and handles its request itself."""
        with self._guard:
            self._leads = False
        listener.shutdown(socket.SHUT_RDWR)  # who comes now is refused; who has come is still let in
        for peer in meeting.accepted(listener):
            self._peers.register(peer, selectors.EVENT_READ, Frames(MOST))
        for peer, frames in self._senders():
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RD)
            while self._read(peer, frames):
                pass
        while self._waiting:
            self._round()


class _Sent(Asked):
    """A request another process sent."""

    __slots__ = ("_number", "peer")

    def __init__(self, peer: socket.socket, number: int, environ: dict[str, Any], body: bytes) -> None:
        super().__init__({**environ, "wsgi.input": Whole(body)})
        self.peer, self._number = peer, number

    def framed(self) -> bytes:
        """The frame of its answer; a head of null when it has none."""
        if self.answer is None:
            return frame(self._number, None, b"")
        status, headers, body = self.answer
        return frame(self._number, [status, headers], body)
