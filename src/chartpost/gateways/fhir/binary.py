"""Binary: the file a document points at, read and written as it is or as a resource (https://hl7.org/fhir/R4/binary.html)."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import context_of
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, checking, indexing
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import gone, not_there, read, row_of
from chartpost.identity.types import Access
from chartpost.kernel import blobs
from chartpost.kernel.db import raw
from chartpost.records.search.reach import BINARY, FREE, Facts, Reach, reach, regardless_of_context
from chartpost.records.types import kind_of

_DOCUMENT = (
    "SELECT r.rid, r.person_id, r.category, r.labels, r.date_ms, d.media_type, d.size FROM records_document d"
    " JOIN records_resource r ON r.rid = d.rid WHERE d.blob = ? AND r.kind = ? AND r.deleted = ?"
)
INLINE_AT_MOST = 50 * 1024 * 1024
"""Bytes of a file sent inside a Binary resource; a larger one is sent as it is only."""
_PORTION = 1024 * 1024
_MEDIA_TYPE = re.compile(
    r"""[\w.+-]{1,60}/[\w.+-]{1,60}( ?; ?[\w-]{1,30}=([\w.+-]{1,60}|"[\w.+:/-]{1,60}")){0,4}""", re.ASCII
)


def get(request: Request, access: Access) -> Response:
    """A stored Binary, or the original of a document, which is for whoever may read its DocumentReference."""
    fhir_id = request.path[1]
    db = raw.current()
    row = db.one(_DOCUMENT, (fhir_id, kind_of("DocumentReference"), False))
    if row is None:
        return _stored(request, access)
    within = reach(access, "DocumentReference", "r")
    if within is None:
        auth.require(access, BINARY, "r")
        raise not_there()
    if not within.sees(Facts(*row[:5]), db):
        indexing.whole_for(within, db)
        raise not_there()
    noted(access, "document.read", (row[1],), f"Binary/{fhir_id}", BINARY)
    media_type, size = str(row[5]), int(row[6])
    if not _as_resource(request):
        return Response(200, [*_file_headers(media_type), ("Content-Length", str(size))], _portions(fhir_id))
    if size > INLINE_AT_MOST:
        raise FhirError(406, "too-long", f"The file is too large for a Binary resource. Ask for {media_type}.")
    return _inline(fhir_id, media_type, blobs.read(fhir_id))


def sent(request: Request) -> Request:
    """A request that writes a Binary, its body made a resource where it is a file as it is.

    X-Security-Context then says what it belongs to. What is called JSON or FHIR is a resource already, or refused.
    """
    stated = request.header("Content-Type").strip()
    media = stated.partition(";")[0].strip().lower()
    if media in checking.JSON or "fhir" in media or media == checking.PATCH:
        return request
    if not _MEDIA_TYPE.fullmatch(stated):
        raise FhirError(415, "not-supported", "The Content-Type is no media type. Say what the file is.")
    resource: dict[str, Any] = {"resourceType": "Binary", "contentType": stated}
    if request.method == "PUT":
        resource["id"] = request.path[1]
    if context := request.header("X-Security-Context").strip():
        resource["securityContext"] = {"reference": context}
    if request.body:
        resource["data"] = base64.b64encode(request.body).decode()
    body = orjson.dumps(resource)
    environ = {**request.environ, "CONTENT_TYPE": FHIR_JSON, "CONTENT_LENGTH": str(len(body))}
    return replace(request, environ={**environ, "wsgi.input": io.BytesIO(body)}, most_body=len(body))


def _stored(request: Request, access: Access) -> Response:
    """A resource of type Binary: its data as it is, unless FHIR is asked for."""
    db, within = raw.current(), _within(request.path[1], access)
    row = row_of(BINARY, request.path[1], within, db)
    resource: dict[str, Any] = parse(bytes(row[8]))
    if _as_resource(request):
        return read(request, access, within)
    if row[7]:
        raise gone(row[5])
    noted(access, "document.read", (row[1],), f"Binary/{request.path[1]}", BINARY)
    media_type = str(resource.get("contentType") or "application/octet-stream")
    try:
        data = base64.b64decode("".join(str(resource.get("data") or "").split()), validate=True)
    except ValueError:
        raise FhirError(422, "value", "The data of this Binary is not base64. Read it as FHIR instead.") from None
    return Response(200, _file_headers(media_type), data)


def _within(name: str, access: Access) -> Reach:
    """What the token reaches of Binaries, to read this one with.

    Beyond what the lists have, that is one whose context is among what a granular scope gives of its type, or was
    deleted itself, so that it is found in no list. 404 when it is not there for this token.
    """
    within, db = auth.require(access, BINARY, "r"), raw.current()
    anyhow = regardless_of_context(access) or within
    row = row_of(BINARY, name, anyhow, db)
    if within.sees(Facts(*row[:5]), db):
        return within
    kind, _, target = context_of(parse(bytes(row[8]))).rpartition("/")
    of_context = reach(access, kind, "r") if kind in resource_types() else None
    there = bool(row[7]) if kind in FREE else of_context is not None and not row_of(kind, target, of_context, db)[7]
    if not there:
        indexing.whole_for(within, db)
        raise not_there()
    return anyhow


def _as_resource(request: Request) -> bool:
    accept = str(request.environ.get("HTTP_ACCEPT", ""))
    return "fhir" in accept or "fhir" in request.query_string or accept.startswith("application/json")


def _file_headers(media_type: str) -> list[tuple[str, str]]:
    """A file is for saving, never for showing on this address."""
    safe = media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"
    return [("Content-Type", safe), ("Content-Disposition", "attachment"), ("Accept-Ranges", "none")]


def _inline(fhir_id: str, media_type: str, data: bytes) -> Response:
    value = {"resourceType": "Binary", "id": fhir_id, "contentType": media_type}
    return Response(
        200,
        [("Content-Type", FHIR_JSON)],
        orjson.dumps({**value, "data": base64.b64encode(data).decode()}),
    )


def _portions(blob_id: str) -> Iterator[bytes]:
    with blobs.open(blob_id) as stream:
        while part := stream.read(_PORTION):
            yield part
