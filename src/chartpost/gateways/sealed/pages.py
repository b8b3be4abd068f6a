"""The static pages under /s/: the same bytes for every share, without cookies, sessions or effects.

A page knows nothing of a share. Its script reads the share's id and secret from the address and opens the share by
POST only after a password was typed, so that link scanners cost nothing. With CHARTPOST_SHARE_ORIGIN the pages have a
host of their own, which serves nothing else.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from django.db import DatabaseError, close_old_connections, connection

from chartpost.gateways.sealed import assets, known, shell
from chartpost.kernel.config import config
from chartpost.shares import services

log = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Headers = list[tuple[str, str]]
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types chartpost"
)
WORKER_POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""A worker has the policy of its own answer; WebAssembly is there for Argon2id, which no browser has natively."""
ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
PAGE = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", POLICY),
    ("Integrity-Policy", "blocked-destinations=(script)"),
    ("Cache-Control", "no-store"),
    ("Vary", "Accept-Language"),
]
OPENER = "Cross-Origin-Opener-Policy"
HANDS_OVER = (OPENER, "same-origin-allow-popups")
"""No page that opened one of these keeps a hold of it. The page of a share keeps one of the portal's page it opens to
hand files over (HTML 7.1.3); every other link of it is `noopener`."""
FOREVER = "public, max-age=31536000, immutable"
SERVICE_WORKER = "/s/sw.js"
ICON = "/s/-/icon.svg"
_SHARE = re.compile(r"/s/[A-Za-z0-9_-]{22}/?")
_DROP = re.compile(r"/s/d/[A-Za-z0-9_-]{22}/?(?:(?:#|%(?:25)*23).*)?")
_MANGLED = re.compile(r"/s/([A-Za-z0-9_-]{22})/?(?:#|%(?:25)*23)")
_NAMED = {"/s": "help", "/s/": "help", "/s/help": "help", "/s/help/": "help"}


def belongs(environ: dict[str, Any]) -> bool:
    """Whether a request is for these pages: all of /s/, and anything at all on the pages' own host."""
    path: str = environ["PATH_INFO"]
    return path == "/s" or path.startswith("/s/") or on_own_host(environ)


def on_own_host(environ: dict[str, Any]) -> bool:
    """Whether the request came to CHARTPOST_SHARE_ORIGIN, and that is not where the rest of the program is."""
    settings = config()
    origin = settings.share_origin
    if not origin or urlsplit(origin).netloc == urlsplit(settings.base_url).netloc:
        return False
    return str(environ.get("HTTP_HOST", "")).lower() == urlsplit(origin).netloc.lower()


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request for a page or one of its files; nothing of it is logged."""
    status, headers, body = answer(environ)
    if HANDS_OVER not in headers:
        headers = [*headers, (OPENER, "same-origin")]
    start_response(status, [*headers, *ALWAYS, *_transport(), ("Content-Length", str(len(body)))])
    return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)


def answer(environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    """Status, headers and body."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return "405 Method Not Allowed", [("Allow", "GET, HEAD"), *_plain()], b"Use GET.\n"
    path: str = environ["PATH_INFO"]
    try:
        if path == SERVICE_WORKER:
            return _file(environ, "js/share_sw.js", "no-cache")
        if path == ICON:
            return (
                "200 OK",
                [("Content-Type", "image/svg+xml"), ("Cache-Control", "public, max-age=86400")],
                shell.icon(),
            )
        if path == known.ADDRESS:
            return "200 OK", _plain(), known.sums()
        if path in assets.served():
            return _file(environ, assets.served()[path], FOREVER)
        return _page(environ, path)
    except assets.NotBuiltError as error:
        return "503 Service Unavailable", _plain(), f"{error}\n".encode()


def _page(environ: dict[str, Any], path: str) -> tuple[str, Headers, bytes]:
    mangled = _MANGLED.match(path)
    name = "share" if mangled or _SHARE.fullmatch(path) else _NAMED.get(path)
    if _DROP.fullmatch(path):
        name = "drop"
    if name is None:
        return "404 Not Found", PAGE, shell.page("missing", _language(environ))
    elsewhere = _elsewhere(environ, path)
    if elsewhere:
        return "307 Temporary Redirect", [("Location", elsewhere), *_plain()], b""
    if mangled:
        _tell_sender(mangled[1])
    return "200 OK", [*PAGE, HANDS_OVER] if name == "share" else PAGE, shell.page(name, _language(environ))


def _tell_sender(recipient_id: str) -> None:
    """Note that a link came whole; the page is the same whether or not that worked or there is such a link."""
    if not connection.in_atomic_block:
        close_old_connections()
    try:
        services.link_seen(recipient_id)
    except DatabaseError as error:
        log.warning("a link that came whole could not be noted: %s", type(error).__name__)


def _elsewhere(environ: dict[str, Any], path: str) -> str:
    """The same page on its own origin, when it has one and was asked for elsewhere; the fragment goes along."""
    origin = config().share_origin
    if not origin or on_own_host(environ) or urlsplit(origin).netloc == urlsplit(config().base_url).netloc:
        return ""
    return origin.rstrip("/") + quote(path)


def _file(environ: dict[str, Any], path: str, cache: str) -> tuple[str, Headers, bytes]:
    asset = assets.load(path)
    headers = [("Content-Type", asset.type), ("Cache-Control", cache)]
    if asset.type.startswith("text/javascript"):
        headers.append(("Content-Security-Policy", WORKER_POLICY))
    if not asset.zipped:
        return "200 OK", headers, asset.body
    headers.append(("Vary", "Accept-Encoding"))
    if "gzip" not in str(environ.get("HTTP_ACCEPT_ENCODING", "")):
        return "200 OK", headers, asset.body
    return "200 OK", [*headers, ("Content-Encoding", "gzip")], asset.zipped


def _language(environ: dict[str, Any]) -> str:
    asked = parse_qs(str(environ.get("QUERY_STRING", ""))).get("lang", [""])[0]
    return shell.language(asked, str(environ.get("HTTP_ACCEPT_LANGUAGE", "")))


def _plain() -> Headers:
    return [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]


def _transport() -> Headers:
    host = urlsplit(config().share_origin or config().base_url).hostname
    local = host in {"localhost", "127.0.0.1", "::1"}
    return [] if local else [("Strict-Transport-Security", "max-age=31536000")]
