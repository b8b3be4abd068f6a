"""The raw WSGI function behind /s/api/: no cookies, JSON in and out, every error in three plain parts.

It stands in front of Django because parts of 8 MiB stream through it. What goes wrong on our side is logged by its
place alone: addresses, ids and tokens stay out of the log.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from chartpost.gateways.sealed.http import REASONS, Request, Response, failed
from chartpost.gateways.sealed.routes import route
from chartpost.kernel.blobs.errors import StorageFullError
from chartpost.kernel.config import config
from chartpost.kernel.errors import ChartpostError
from chartpost.kernel.parts import PartBrokenError, PartError, PartMissingError
from chartpost.shares.errors import Busy, Full, Gone, Malformed, SharesError

log = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
PREFIX = "/s/api/"
ALWAYS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Vary", "Origin"),
]
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Digest, Range, If-Range"),
    ("Access-Control-Max-Age", "7200"),
]
_EXPOSED = ("Access-Control-Expose-Headers", "Accept-Ranges, Content-Range, ETag, Retry-After")


class Failed(SharesError):
    """Something went wrong on our side."""

    status, code = 500, "failed"


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request under /s/api/."""
    path = tuple(part for part in environ["PATH_INFO"][len(PREFIX) :].split("/") if part)
    request = Request(environ["REQUEST_METHOD"], path, environ)
    response = respond(request)
    if response.status != Busy.status:
        request.finish()
    headers = [*response.headers, *ALWAYS, *_cors(request)]
    if isinstance(response.body, bytes):
        if not any(name == "Content-Length" for name, _ in response.headers):
            headers.append(("Content-Length", str(len(response.body))))
        start_response(f"{response.status} {REASONS[response.status]}", headers)
        return [response.body] if response.body else []
    start_response(f"{response.status} {REASONS[response.status]}", headers)
    return response.body


def respond(request: Request) -> Response:
    """The answer to a request; never raises."""
    try:
        if request.method == "OPTIONS":
            return Response(204, list(_PREFLIGHT) if _cors(request) else [])
        if not connection.in_atomic_block:
            close_old_connections()
        return route(request)(request)
    except SharesError as error:
        return failed(error)
    except (ChartpostError, DatabaseError) as error:
        return failed(_outward(error))
    except Exception as error:  # noqa: BLE001 - the last line of defence: told without anything about anybody
        return failed(_unknown(error))


def _outward(error: Exception) -> SharesError:
    """An error of the kernel as the API tells it."""
    if isinstance(error, PartBrokenError):
        return Malformed(seen=error.seen, expected=error.expected, todo=error.todo, code="bad_bytes")
    if isinstance(error, StorageFullError):
        return Full(seen=error.seen, expected=error.expected, todo=error.todo, code="disk_full")
    if isinstance(error, PartMissingError):
        log.error("sealed bytes are missing in the store")
        return Gone(seen=error.seen, expected=error.expected, todo=error.todo, code="lost")
    if isinstance(error, PartError):
        log.error("the part store failed")
        return Busy(seen=error.seen, expected=error.expected, todo="Wait a little, then try again.", retry_after=10)
    if isinstance(error, DatabaseError) and "full" in str(error):
        return Full(seen="a full disk", expected="room to write", todo="Tell the office, then go on.", code="disk_full")
    return _unknown(error)


def _unknown(error: Exception) -> SharesError:
    log.error("sealed request failed: %s in %s", type(error).__name__, _place(error))
    return Failed(seen="a fault on our side", expected="an answer", todo="Try again later.")


def _cors(request: Request) -> list[tuple[str, str]]:
    """Let pages of the share origin call, and no others (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    origin = request.header("Origin")
    if not origin or origin != (config().share_origin or "").rstrip("/"):
        return []
    return [("Access-Control-Allow-Origin", origin), _EXPOSED]


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('chartpost/')[2]}:{trace.tb_lineno}" if trace else "?"
