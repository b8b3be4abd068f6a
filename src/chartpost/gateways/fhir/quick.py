"""Which requests are quick: reads that stand in line for one thread (`kernel.line`), and writes handled in rounds.

Of writes none that searches is quick (`kernel.rounds`).
"""

import re
from typing import Any

from chartpost.gateways.fhir import auth
from chartpost.identity import tokens

_PARTS = {"POST": 3, "PUT": 4, "DELETE": 4}
"""Parts of an address such as /fhir/Observation or /fhir/Observation/123 by the method it is sent with."""
METHODS = frozenset(_PARTS)
"""Methods of such writes."""
_READS = frozenset({"GET", "HEAD"})
_READ = re.compile(r"/fhir/(?!Binary)[A-Z][^_$]*")
_SEARCH = re.compile(rb'"reference"\s*:\s*"[A-Za-z]+\?|\\u00(?:3[fF]|[46][1-9a-fA-F]|[57][0-9aA])')
"""A reference that is a search; or a letter or `?` as JSON may write it too (RFC 8259 7), which could make one."""


def read(environ: dict[str, Any]) -> bool:
    """Whether it reads or searches one type; a Binary, an operation and a history may take long."""
    return (
        environ["REQUEST_METHOD"] in _READS
        and _READ.fullmatch(environ["PATH_INFO"]) is not None
        and "CONTENT_LENGTH" not in environ
        and "HTTP_TRANSFER_ENCODING" not in environ
    )


def alone(environ: dict[str, Any]) -> bool:
    """Whether it creates, updates or deletes one resource that it names, with a token that was good a moment ago.

    The body of a stranger is not waited for. A patch costs as much as what is stored, the criteria of a Subscription
    as much as a search.
    """
    parts = environ["PATH_INFO"].split("/")
    return (
        len(parts) == _PARTS.get(environ["REQUEST_METHOD"])
        and parts[-1][:1] not in ("", "_", "$")
        and parts[2][:1] not in ("_", "$")
        and parts[2] != "Subscription"
        and not environ.get("QUERY_STRING")
        and "HTTP_IF_NONE_EXIST" not in environ
        and light(str(environ.get("HTTP_X_PROVENANCE", "")).encode("latin-1", "replace"))
        and tokens.known(auth.token_of(environ))
    )


def light(body: bytes) -> bool:
    """Whether no reference of a resource is a search."""
    return _SEARCH.search(body) is None
