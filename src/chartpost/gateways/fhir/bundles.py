"""Bundles put together from stored bytes, without reading them (https://hl7.org/fhir/R4/bundle.html)."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import instant
from chartpost.gateways.fhir.http import Response, resource
from chartpost.kernel import clock
from chartpost.records.search import Found

_MATCH = b',"search":{"mode":"match"}}'

Entry = bytes | tuple[bytes, ...]
"""An entry, or the pieces of one: bodies are copied once, when the whole is joined."""


def entry(base: bytes, key: str, body: bytes, mode: bytes = b"match") -> Entry:
    """An entry of a searchset; `key` is Type/id."""
    return (b'{"fullUrl":"%b/%b","resource":' % (base, key.encode()), body, b',"search":{"mode":"%b"}}' % mode)


def matches(base: bytes, resource_type: str, rows: Sequence[Found]) -> list[Entry]:
    """The entries of matches of one type, their bodies as stored; all as the pieces of one."""
    if not rows:
        return []
    head, middle = b'{"fullUrl":"%b/%b/' % (base, resource_type.encode()), b'","resource":'
    next_ = _MATCH + b"," + head
    pieces = [piece for row in rows for piece in (next_, row.id.encode(), middle, row.body)]
    pieces[0] = head
    return [(*pieces, _MATCH)]


def bundle(
    kind: str,
    entries: Iterable[Entry],
    links: Sequence[tuple[str, str]] = (),
    total: int | None = None,
    more: dict[str, Any] | None = None,
) -> bytes:
    """A Bundle of one type from its entries as bytes; `links` are relation and address."""
    head: dict[str, Any] = {"resourceType": "Bundle", "type": kind, "meta": {"lastUpdated": instant(clock.now())}}
    if total is not None:
        head["total"] = total
    if links:
        head["link"] = [{"relation": relation, "url": url} for relation, url in links]
    head.update(more or {})
    front = orjson.dumps(head)
    pieces = [front[:-1]]
    for one in entries:
        pieces.append(b"," if len(pieces) > 1 else b',"entry":[')
        if isinstance(one, tuple):
            pieces += one
        else:
            pieces.append(one)
    return b"".join((*pieces, b"]}")) if len(pieces) > 1 else front


def answered(body: bytes) -> Response:
    """The answer that holds a bundle."""
    return resource(200, body)
