"""Bulk export: kick-off, status, cancel and files (https://hl7.org/fhir/uv/bulkdata/STU2/export.html).

For a Patient or Group export the rows that are nobody's (Practitioner, Organization, Location, Medication ...) leave
whole: they tell nothing about a person. Only the client that asked sees an export.
"""

import re
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import instant
from chartpost.gateways.fhir import auth, indexing
from chartpost.gateways.fhir.bulk_asked import asked_for
from chartpost.gateways.fhir.http import FhirError, Request, Response, outcome
from chartpost.gateways.fhir.noting import event
from chartpost.identity.types import Access
from chartpost.kernel import blobs, clock
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger
from chartpost.records import bulk
from chartpost.records.bulk_files import MEDIA_TYPE
from chartpost.records.bulk_types import Asked, ExportView, FileView, access_of
from chartpost.records.search.reach import reach

RETRY_SECONDS = "1"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


def kick_off(request: Request, access: Access) -> Response:
    """GET or POST $export, Patient/$export, Group/id/$export: 202 with the address of its status."""
    indexing.whole(raw.current())
    asked = asked_for(request, access)
    try:
        ref = bulk.start(asked, _owner(access))
    except (bulk.TooManyRunning, bulk.TooManyKept) as error:
        again = "60" if isinstance(error, bulk.TooManyRunning) else "3600"
        headers = [("Retry-After", again)]
        raise FhirError(429, "throttled", f"{error.seen}. {error.todo}", headers=headers) from None
    body = outcome("information", "informational", "The export has begun. Its status is at Content-Location.")
    headers = [("Content-Location", f"{request.base_url}/$export-status/{ref}")]
    return Response(202, [("Content-Type", "application/fhir+json"), *headers], orjson.dumps(body))


def status(request: Request, access: Access) -> Response:
    """GET the status: 202 while it runs, then the manifest; 403 for a token that reaches less than is exported.

    https://hl7.org/fhir/uv/bulkdata/STU2/export.html#security-considerations
    """
    export = _export(request, access)
    _reaches(access, export.asked, export.asked.types)
    if export.state == "running":
        return Response(202, [("X-Progress", f"{export.percent}%"), ("Retry-After", RETRY_SECONDS)])
    if export.state == "failed":
        raise FhirError(500, "exception", "The export could not be finished. Delete it and ask again.")
    expires = export.ended_ms / 1000 + bulk.kept().total_seconds()
    headers = [("Content-Type", "application/json"), ("Expires", formatdate(expires, usegmt=True))]
    return Response(200, headers, orjson.dumps(_manifest(export, request.base_url)))


def cancel(request: Request, access: Access) -> Response:
    """DELETE the status: 202; the files are destroyed."""
    export = _export(request, access)
    bulk.end(export.ref, _owner(access))
    ledger.note_read(event(access, "export.stop", None, f"export:{export.ref}"))
    return Response(202)


def file(request: Request, access: Access) -> Response:
    """GET one file, whole or a range of its bytes (RFC 9110 14)."""
    ref, number = request.path[1:3]
    db = raw.current()
    there = bulk.file(ref, _owner(access), int(number), db) if _NUMBER.fullmatch(number) else None
    if there is None:
        raise _not_there()
    asked, found = there
    _may_read(access, asked, found)
    tag = f'"{found.blob}"'
    headers = [("Content-Type", MEDIA_TYPE), ("ETag", tag), ("Accept-Ranges", "bytes")]
    wanted = request.header("Range")
    unchanged = request.header("If-Range") in ("", tag)
    span = _span(wanted, found.size) if wanted and unchanged else None
    ledger.note_read(event(access, "export.file", None, f"export:{ref}", number=found.number, bytes=found.size))
    first, last = span or (0, found.size - 1)
    headers.append(("Content-Length", str(last - first + 1)))
    if span:
        headers.append(("Content-Range", f"bytes {first}-{last}/{found.size}"))
    return Response(206 if span else 200, headers, blobs.leaving(found.blob, first, last, db))


def _may_read(access: Access, asked: Asked, found: FileView) -> None:
    """403 when the token reaches less today than the file may hold; one of deletions may name every type asked for."""
    _reaches(access, asked, asked.types if found.deleted else (found.type,))


def _reaches(access: Access, asked: Asked, types: Sequence[str]) -> None:
    begun = access_of(asked.reach)
    for name in types:
        then, now = reach(begun, name, "r"), reach(access, name, "r")
        if now is None or (then is not None and not now.covers(then)):
            words = f"The export holds {name} that this token does not reach. Ask for the scope, or export again."
            raise auth.too_narrow(words)


def _manifest(export: ExportView, base: str) -> dict[str, Any]:
    def item(each: FileView) -> dict[str, Any]:
        return {"type": each.type, "url": f"{base}/$export-file/{export.ref}/{each.number}", "count": each.count}

    found = {
        "transactionTime": instant(clock.of_ms(export.moment_ms)),
        "request": export.asked.url,
        "requiresAccessToken": True,
        "output": [item(each) for each in export.files if not each.deleted],
        "error": [],
    }
    if export.asked.since_ms is not None:
        found["deleted"] = [item(each) for each in export.files if each.deleted]
    return found


def _export(request: Request, access: Access) -> ExportView:
    found = bulk.view(request.path[1], _owner(access), raw.current())
    if found is None:
        raise _not_there()
    return found


def _owner(access: Access) -> str:
    """A backend client, or one member of staff by one app."""
    return f"{access.client_id} {access.actor.label}"


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; None for what is no single range, which is answered whole; 416 beyond the end."""
    given = _RANGE.fullmatch(asked.strip())
    if given is None or (not given[1] and not given[2]):
        return None
    if not given[1]:
        first, last = max(0, size - int(given[2])), size - 1
    else:
        first, last = int(given[1]), min(int(given[2]) if given[2] else size - 1, size - 1)
        if given[2] and int(given[2]) < first:
            return None
    if first >= size or (not given[1] and int(given[2]) == 0):
        beyond = [("Content-Range", f"bytes */{size}")]
        raise FhirError(416, "invalid", f"The file has {size:,} bytes. Ask for a range within.", headers=beyond)
    return first, last


def _not_there() -> FhirError:
    return FhirError(404, "not-found", "There is no such export for this client, or it is over. Ask for a new one.")
