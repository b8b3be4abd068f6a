"""read, vread and history (https://hl7.org/fhir/R4/http.html#read)."""

from email.utils import formatdate
from functools import lru_cache
from typing import Any

from chartpost.formats.numbers import whole
from chartpost.gateways.fhir import auth, indexing, shape
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response
from chartpost.gateways.fhir.noting import noted, noted_one
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.search.reach import Facts, Reach
from chartpost.records.types import kind_of

_ROW = (
    "SELECT rid, person_id, category, labels, date_ms, version, updated_ms, deleted, body"
    " FROM records_resource WHERE kind = ? AND fhir_id = ?"
)


def read(request: Request, access: Access, reach: Reach | None = None) -> Response:
    """GET Type/id: the current version; 404 when it is not there for this token, 410 when it was deleted.

    Another Patient of a person apps know by one id is read as that one, but for whoever writes Patients: it keeps
    versions and deletions of those it stored. `reach` is what the token reaches of the type, where who calls has
    worked that out.
    """
    resource_type, fhir_id = request.path[0], request.path[1]
    reach = reach or auth.require_read(access, resource_type, fhir_id)
    db = raw.current()
    known = aliases(db)
    if known.hides(resource_type, fhir_id) and not auth.keeps_patients(access):
        fhir_id = known.canonical[fhir_id]
    row = row_of(resource_type, fhir_id, reach, db)
    version, updated_ms = row[5], row[6]
    if row[7]:
        raise gone(version)
    if row[1]:
        noted_one(access, "record.read", row[1], f"{resource_type}/{fhir_id}", resource_type)
    tag = f'W/"{version}"'
    held = request.environ.get("HTTP_IF_NONE_MATCH")
    if held is not None and _has_it(held, version):
        return Response(304, [("ETag", tag)])
    body = known.outgoing(row[1], bytes(row[8]))
    if request.query_string:
        body = shape.shaped(body, request.query)
    return Response(200, [("Content-Type", FHIR_JSON), ("ETag", tag), ("Last-Modified", when(updated_ms))], body)


def vread(request: Request, access: Access) -> Response:
    """GET Type/id/_history/version: one version as it was, for whoever may see that one."""
    resource_type, fhir_id, wanted = request.path[0], request.path[1], request.path[3]
    reach = auth.require(access, resource_type, "r")
    db = raw.current()
    row = row_at(resource_type, fhir_id, db)
    if row is None or wanted == str(row[5]):
        row = row_of(resource_type, fhir_id, reach, db)
    version, updated_ms, deleted, body = row[5:9]
    if wanted != str(version):
        older = db.one(
            "SELECT version, updated_ms, deleted, body FROM records_version WHERE rid = ? AND version = ?",
            [row[0], -1 if (number := whole(wanted)) is None else number],
        )
        if older is None or not reach.sees_version(Facts(*row[:5]), bytes(older[3]), db):
            raise not_there()
        version, updated_ms, deleted, body = older
    if deleted:
        raise gone(version)
    noted(access, "record.read", (row[1],), f"{resource_type}/{fhir_id}", resource_type)
    tags = [("ETag", f'W/"{version}"'), ("Last-Modified", when(updated_ms))]
    body = aliases(db).outgoing(row[1], bytes(body))
    if request.query_string:
        body = shape.shaped(body, request.query)
    return Response(200, [("Content-Type", FHIR_JSON), *tags], body)


def _has_it(header: str, version: int) -> bool:
    """Whether who asks has this version: one of several tags, weak or strong, or any at all (RFC 9110 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return not tags.isdisjoint(("*", f'"{version}"'))


def row_of(resource_type: str, fhir_id: str, reach: Reach, db: raw.Db) -> tuple[Any, ...]:
    """The row of a resource (columns of `_ROW`), deleted or not; 404 when it is not there for this token."""
    row = db.one(_ROW, (kind_of(resource_type), fhir_id))  # as in `row_at` and `seen`: this is what most requests do
    if row is not None and reach.sees(Facts(row[0], row[1], row[2], row[3], row[4]), db):
        return row
    if row is None or not seen(row, reach, db):
        indexing.whole_for(reach, db)
        raise not_there()
    return row


def row_at(resource_type: str, fhir_id: str, db: raw.Db) -> tuple[Any, ...] | None:
    """The row of a resource (columns of `_ROW`), whoever may see it: for who looks at that then."""
    return db.one(_ROW, (kind_of(resource_type), fhir_id))


def seen(row: tuple[Any, ...], reach: Reach, db: raw.Db) -> bool:
    """Whether a row (columns of `_ROW`) may be seen.

    Of one that was deleted nothing is in the index: its content says whether a granular scope gives it.
    """
    facts = Facts(row[0], row[1], row[2], row[3], row[4])
    return reach.sees(facts, db) or (bool(row[7]) and reach.sees_version(facts, bytes(row[8]), db))


def when(updated_ms: int) -> str:
    """A moment as HTTP writes it (RFC 9110 5.6.7)."""
    return _http_date(updated_ms // 1000)


@lru_cache(maxsize=8192)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def not_there() -> FhirError:
    """404: the same whether it does not exist or is not for this token."""
    return FhirError(404, "not-found", "There is no such resource for this token.")


def gone(version: int) -> FhirError:
    """410: it was deleted."""
    return FhirError(410, "deleted", "This resource was deleted.", headers=[("ETag", f'W/"{version}"')])
