"""Which encodings of a body are read: a request that names another is refused before Django sees it.

Django decodes forms and addresses by whatever codec of Python's the header names, those that make no text among them.
"""

import codecs
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.http import parse_header_parameters

from chartpost.kernel.transfers import Application

READ = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
"""UTF-8, and what older clients call plain forms, by the names Python gives them."""

_REFUSAL = b"Seen: a Content-Type with another charset. Expected: UTF-8. Send the body as UTF-8.\n"


def checked(application: Application, others: Mapping[str, Application] = MappingProxyType({})) -> Application:
    """The application, for requests whose encoding can be read; 415 for others (RFC 9110 15.5.16).

    `others` names addresses that refuse such a request in a way of their own, and what answers there.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if readable(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        own = others.get(environ.get("PATH_INFO", ""))
        if own is not None:
            return own(environ, start_response)
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(_REFUSAL)))]
        start_response("415 Unsupported Media Type", [*headers, ("Cache-Control", "no-store")])
        return [_REFUSAL]

    return answer


def readable(content_type: str) -> bool:
    """Whether a Content-Type names no charset, or one that is read."""
    if "charset" not in content_type.lower():
        return True
    try:
        named = parse_header_parameters(content_type)[1].get("charset") or "utf-8"
        return codecs.lookup(named).name in READ
    except (LookupError, ValueError):
        return False
