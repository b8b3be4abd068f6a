"""How a request of granian's gets its answer.

granian calls a WSGI function in a thread of its own and takes as the answer what it returns. Here the thread that
fetched a request may leave it to another (`kernel.line`), which gives the answer to granian itself.
"""

import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from granian.server import mp

from chartpost.kernel.line import Line
from chartpost.kernel.transfers import Answer, Application

log = logging.getLogger(__name__)
_BASE: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Chartpost",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


class Exchange(Protocol):
    """What granian hands us to answer one request, in any thread; the first answer counts."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with bytes."""

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        """Answer with pieces (`__next__`, `close`); lasts until all are taken or the connection is gone."""


@dataclass(frozen=True)
class Served:
    """A WSGI function, which requests are `quick`, and what answers these one after another.

    None of them has a body. A long answer is an iterator with `close`.
    """

    application: Application
    quick: Callable[[dict[str, Any]], bool]
    quickly: Callable[[dict[str, Any]], Answer]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer in this thread, as under any WSGI server."""
        return self.application(environ, start_response)


def worker(*given: Any, **named: Any) -> None:
    """A process that serves: granian's for WSGI, whose threads call `answering` (`Granian.serve(spawn_target=...)`)."""
    mp._wsgi_call_wrap = answering  # type: ignore[attr-defined, assignment]  # granian has no public place for it
    mp.MPServer._spawn_wsgi_worker(*given, **named)


def answering(served: Served, _scope: dict[str, Any], _log: str | None) -> Callable[[Exchange, dict[str, Any]], None]:
    """What granian calls with each request; after it has come back the body can no longer be read."""
    line = Line()
    wsgi, quick, quickly = partial(_from_wsgi, served.application), served.quick, served.quickly

    def answer(exchange: Exchange, scope: dict[str, Any]) -> None:
        environ = _BASE | scope
        if quick(environ):
            line.do(partial(_tell, quickly, exchange, environ))
        else:
            line.leave()
            _tell(wsgi, exchange, environ)

    return answer


def _from_wsgi(application: Application, environ: dict[str, Any]) -> Answer:
    status, headers = 500, list[tuple[str, str]]()

    def start_response(line: str, given: list[tuple[str, str]], _error: Any = None) -> None:
        nonlocal status, headers
        status, headers = int(line[:3]), given

    body = application(environ, start_response)
    return status, headers, b"".join(body) if isinstance(body, (list, tuple)) else body


def _tell(answered: Callable[[dict[str, Any]], Answer], exchange: Exchange, environ: dict[str, Any]) -> None:
    try:
        status, headers, body = answered(environ)
        if isinstance(body, bytes):
            exchange.response_bytes(status, headers, body)
        else:
            exchange.response_iter(status, headers, body)
    except BaseException:
        log.exception("a request failed")
        exchange.response_bytes(500, [("Content-Length", "0")], b"")
