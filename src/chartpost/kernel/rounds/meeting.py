"""Where the processes of a home meet: a lock that says who leads, and a socket to send requests to."""

import fcntl
import logging
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chartpost.kernel.config import config

log = logging.getLogger(__name__)
LOCK, SOCKET = "rounds.lock", "rounds.sock"
STALL_SECONDS = 5
"""How long another process may take to take what is sent to it."""
PIECE = 262_144
"""Bytes read at once."""
_LONGEST = 100
"""Bytes of a socket's address that fit (unix(7): 108)."""
_PAUSE_SECONDS = 0.1
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of the other end (unix(7), SO_PEERCRED)."""


@contextmanager
def lead() -> Iterator[socket.socket]:
    """Wait until no other process leads, then listen, without waiting, until the block ends."""
    path = _path()
    path.parent.mkdir(exist_ok=True, mode=0o700)
    with (path.parent / LOCK).open("ab") as held, closing(_socket()) as listener:
        fcntl.flock(held, fcntl.LOCK_EX)
        path.unlink(missing_ok=True)  # of one that was killed
        with _address(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(256)
        listener.setblocking(False)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Those who have come, processes of our own user alone."""
    while True:
        try:
            peer, _ = listener.accept()
        except BlockingIOError:
            return
        except OSError as error:  # no file may be opened now; who waits goes on waiting
            log.warning("a process cannot be let in: %s", type(error).__name__)
            time.sleep(_PAUSE_SECONDS)
            return
        _, user, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if user != os.geteuid():
            peer.close()
            continue
        peer.setblocking(True)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALL_SECONDS, 0))
        yield peer


def connected() -> socket.socket | None:
    """A connection to the leader; None when there is none."""
    found = _socket()
    try:
        with _address(_path()) as address:
            found.connect(address)
    except OSError:
        found.close()
        return None
    return found


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _path() -> Path:
    return config().home / "run" / SOCKET


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The socket's address; of a long path by the descriptor of its folder."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
