"""What the processes of one run of the suite share: a folder gone with it, locks, and ports that are theirs."""

import atexit
import fcntl
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "TESTS_RUN_FOLDER"
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST, _END = 15_000, 32_000
"""Servers of tests listen here, below the ports from which systems choose one for an outgoing connection."""


def folder() -> Path:
    """The folder of this run, made by the first process that asks, which removes it when it ends.

    The processes pytest-xdist starts inherit its name from the one that starts them.
    """
    known = os.environ.get(_NAME)
    if known and Path(known).is_dir():
        return Path(known)
    made = tempfile.mkdtemp(prefix="chartpost-run-")
    os.environ[_NAME] = made
    atexit.register(_remove, made, os.getpid())
    return Path(made)


def _remove(made: str, maker: int) -> None:
    if os.getpid() == maker:  # and not a copy of it that fork made
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One process of this run at a time is within a block of this name; the end of a process ends its turn."""
    with (folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port of this machine nobody listens on, that no other test of this run is given and no system hands out."""
    taken = folder() / "ports"
    taken.mkdir(exist_ok=True)
    end = min(_END, int(_EPHEMERAL.read_text().split()[0])) if _EPHEMERAL.exists() else _END
    ports = range(_FIRST, max(end, _FIRST + 1000))
    for port in random.SystemRandom().sample(ports, k=500):
        if _bindable(port) and _made(taken / str(port)):
            return port
    raise RuntimeError(f"Of 500 ports from {ports.start} to {ports.stop} none is free.")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _made(path: Path) -> bool:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
