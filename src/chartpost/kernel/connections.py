"""The connections of this process as the kernel of the system counts them (Linux: tcp(7), TCP_INFO; ioctl_tty(2)).

The server in front of our code tells neither how fast a body comes nor how fast an answer goes; the system knows both.
"""

import fcntl
import os
import socket
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FDS = Path("/proc/self/fd")
_INFO = 256
_ACKED, _SENT = 120, 200
"""Where `tcpi_bytes_acked` (with `tcpi_bytes_received` after it) and `tcpi_bytes_sent` stand in `struct tcp_info`."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection: bytes so far, and what waits in the system's two queues."""

    descriptor: int
    name: str
    """What tells this socket from others that had or will have the same descriptor."""
    peer: str
    sent: int
    acked: int
    received: int
    unsent: int
    unread: int


def connections(port: int) -> list[Connection]:
    """Every connection of this process to our `port`; none where the system does not count as Linux does."""
    found = []
    try:
        names = list(_FDS.iterdir())
    except OSError:
        return []
    for path in names:
        try:
            name = str(path.readlink())
            if name.startswith("socket:") and (one := _counted(int(path.name), name, port)):
                found.append(one)
        except (OSError, struct.error):
            continue
    return found


def cut(connection: Connection) -> bool:
    """End a connection, whatever is under way on it; false when it is gone already."""
    try:
        with _borrowed(connection.descriptor) as (sock, name):
            if name != connection.name:
                return False
            sock.shutdown(socket.SHUT_RDWR)
            return True
    except OSError:
        return False


def _counted(descriptor: int, name: str, port: int) -> Connection | None:
    with _borrowed(descriptor) as (sock, seen):
        local = sock.getsockname()
        if seen != name or not isinstance(local, tuple) or local[1] != port:
            return None
        peer = str(sock.getpeername()[0])
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO)
        acked, received = struct.unpack_from("=QQ", info, _ACKED)
        (sent,) = struct.unpack_from("=Q", info, _SENT)
        unsent, unread = _queue(sock, termios.TIOCOUTQ), _queue(sock, termios.FIONREAD)
        return Connection(descriptor, name, peer, sent, acked, received, unsent, unread)


@contextmanager
def _borrowed(descriptor: int) -> Iterator[tuple[socket.socket, str]]:
    """The socket under a number of our own, which nobody closes meanwhile, and its name."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=os.dup(descriptor))
    try:
        yield sock, str((_FDS / str(sock.fileno())).readlink())
    finally:
        sock.close()


def _queue(sock: socket.socket, which: int) -> int:
    (length,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), which, b"\0\0\0\0"))
    return int(length)
