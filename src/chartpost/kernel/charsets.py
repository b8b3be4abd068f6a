"""Which addresses and which encodings of a body are read: other requests are refused before Django sees them.

Django decodes forms and addresses by whatever codec of Python's the header names, those that make no text among them.
No address of ours holds the character U+0000, which PostgreSQL takes in no text.
"""

import codecs
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.http import parse_header_parameters

from chartpost.kernel.transfers import Application

READ = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
"""UTF-8, and what older clients call plain forms, by the names Python gives them."""

_NUL = "\0"
_UNFIT = b"Seen: the character U+0000 in the address. Expected: text. Leave it out.\n"
_REFUSAL = b"Seen: a Content-Type with another charset. Expected: UTF-8. Send the body as UTF-8.\n"


def checked(
    application: Application, others: Mapping[str, Application] = MappingProxyType({}), telling: str = ""
) -> Application:
    """The application, for requests whose address and encoding can be read; 400, or 415 (RFC 9110 15.5.16), for others.

    `others` names addresses that refuse a body in a way of their own, and what answers there; those that begin with
    `telling`, if it is given, tell themselves what is wrong with an address.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        odd = _NUL in path or "%00" in environ.get("QUERY_STRING", "")
        if odd and not (telling and path.startswith(telling)):
            return _refused(start_response, "400 Bad Request", _UNFIT)
        if readable(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        own = others.get(path)
        if own is not None:
            return own(environ, start_response)
        return _refused(start_response, "415 Unsupported Media Type", _REFUSAL)

    return answer


def _refused(start_response: Callable[..., Any], status: str, words: bytes) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(words)))]
    start_response(status, [*headers, ("Cache-Control", "no-store")])
    return [words]


def readable(content_type: str) -> bool:
    """Whether a Content-Type names no charset, or one that is read."""
    if "charset" not in content_type.lower():
        return True
    try:
        named = parse_header_parameters(content_type)[1].get("charset") or "utf-8"
        return codecs.lookup(named).name in READ
    except (LookupError, ValueError):
        return False
