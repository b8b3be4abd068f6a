"""`chartpost web`: granian serving the WSGI application, with TLS 1.2 or newer.

HTTP/1.1 only: of a connection of HTTP/2 that breaks in the middle of a body, granian's reader learns of the error again
and again and turns in a circle for ever, with a thread and a processor of ours.
"""

import errno
import logging
import resource
import socket

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from chartpost.kernel import logs, serving, tls
from chartpost.kernel.config import Config, config
from chartpost.kernel.errors import PortBusyError
from chartpost.kernel.patience import MOST_CONNECTIONS
from chartpost.kernel.transfers import WAITING

# The server's own messages go to the one log stream as JSON lines; it writes no access log.
LOGGING = {"loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}}}

MOST_FILES = 8192
"""Files and connections a process may have open, as far as the system allows."""
KILL_AFTER = 8
"""Seconds a process has to end what it does when the server stops; one that is just starting does not hear of it."""


def refuse_busy_port(settings: Config) -> None:
    """Raise PortBusyError when another program listens at our address: two servers would share it unseen."""
    family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortBusyError(
                seen=f"another program that listens at port {settings.port}",
                expected="a free port",
                todo="Stop the other program, or set CHARTPOST_PORT (for the demo: --port) to another number.",
            ) from None


def run() -> int:
    """Serve until told to stop."""
    logs.configure(part="web")
    settings = config()
    _allow_files()
    found = tls.files(settings)
    server = Granian(
        "chartpost.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads + settings.transfer_threads + WAITING,
        backlog=MOST_CONNECTIONS,
        backpressure=MOST_CONNECTIONS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        ssl_cert=found.cert if found else None,
        ssl_key=found.key if found else None,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER,
    )
    # It warns of many threads; most of ours only wait for slow networks (`transfers`) or rest (`line`).
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    server.serve(spawn_target=serving.worker)
    return 0


def _allow_files() -> None:
    """Let this process and its children open more files: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
