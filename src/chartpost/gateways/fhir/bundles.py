"""Bundles put together from stored bytes, without reading them (https://hl7.org/fhir/R4/bundle.html)."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import instant
from chartpost.gateways.fhir.http import Response, resource
from chartpost.kernel import clock
from chartpost.records.search import Found


def entry(base: bytes, key: str, body: bytes, mode: bytes = b"match") -> bytes:
    """An entry of a searchset; `key` is Type/id."""
    return b'{"fullUrl":"%b/%b","resource":%b,"search":{"mode":"%b"}}' % (base, key.encode(), body, mode)


def matches(base: bytes, resource_type: str, rows: Iterable[Found]) -> list[bytes]:
    """The entries of matches of one type, their bodies as stored."""
    head = b'{"fullUrl":"%b/%b/' % (base, resource_type.encode())
    return [b'%b%b","resource":%b,"search":{"mode":"match"}}' % (head, row.id.encode(), row.body) for row in rows]


def bundle(
    kind: str,
    entries: Iterable[bytes],
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
    body = b",".join(entries)
    front = orjson.dumps(head)
    return front[:-1] + b',"entry":[' + body + b"]}" if body else front


def answered(body: bytes) -> Response:
    """The answer that holds a bundle."""
    return resource(200, body)
