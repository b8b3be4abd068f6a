"""create, update, patch and delete, each also conditional (https://hl7.org/fhir/R4/http.html).

Who may write is for `identity.policies` ("record.write") and the scopes; a person's app never may.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial, wraps
from types import MappingProxyType
from typing import Any

import jsonpatch
from django.db import close_old_connections, connection

from chartpost.formats.fhirjson.canonical import BOM, dump, parse, said_twice
from chartpost.formats.fhirjson.errors import BadJsonError, CannotWriteError
from chartpost.formats.fhirjson.references import context_of, pointed_at, resolve, subject_of, texts_of
from chartpost.gateways.fhir import auth, checking, indexing, links
from chartpost.gateways.fhir.conditions import (
    criteria,
    finding,
    found_by,
    id_of_update,
    ids,
    named_by,
    precondition,
    reference,
    too_many,
)
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response, outcome
from chartpost.gateways.fhir.noting import event, noted
from chartpost.gateways.fhir.read import row_at, row_of, when
from chartpost.identity import policies
from chartpost.identity.aliases import aliases, known_person
from chartpost.identity.types import Access, Subject
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.ledger.errors import SpoolUnavailableError
from chartpost.records import contexts, writing
from chartpost.records.changes import Change, Finding, Precondition, Written
from chartpost.records.errors import Dangling, Overtaken, WriteRefused
from chartpost.records.ingest import patients
from chartpost.records.search import custom
from chartpost.records.search.reach import Facts, reach
from chartpost.records.types import type_of

_OPERATIONS_AT_MOST = 500
_COPIES_AT_MOST = 50
_UNFIT = (KeyError, TypeError, AttributeError, RecursionError)
_ACTIONS = {"PUT": "u", "DELETE": "d"}
_PATCHED_AT_MOST = 4 * 1024 * 1024
_TRIES = 4
Json = dict[str, Any]
NOTHING: Mapping[str, str] = MappingProxyType({})
Handler = Callable[[Request, Access], Response]


class Meanwhile(FhirError):
    """409: what the change depends on was changed by somebody else a moment ago."""


def until_settled(handler: Handler) -> Handler:
    """The handler, begun again when what it looked at is another by the time it writes; 409 after a few tries."""

    @wraps(handler)
    def again(request: Request, access: Access) -> Response:
        for _ in range(_TRIES - 1):
            try:
                return handler(request, access)
            except Meanwhile:
                continue
        return handler(request, access)

    return again


@until_settled
def create(request: Request, access: Access) -> Response:
    """POST Type; with If-None-Exist only when its search finds nothing."""
    kind = request.path[0]
    may_write(access, kind, "c")
    resource = checking.body_of(request, kind)
    condition = request.header("If-None-Exist")
    change = wished(Change("POST", kind, new_id(), ""), resource, request, access)
    if condition:
        asked = criteria(condition, kind, request.base_url)
        change.unless = find = partial(named_by, kind, asked, access, request.base_url)
        if there := find():
            return answered(request, one_of(kind, ids(there), access))
    return answered(request, made(request, [change], access)[0])


def update(request: Request, access: Access) -> Response:
    """PUT Type/id; with If-Match or If-None-Match only when the version is as they ask."""
    kind, name = request.path
    may_write(access, kind, "u")
    resource = checking.body_of(request, kind)
    if resource.get("id") != name:
        raise FhirError(400, "invalid", "The id of the body is not that of the address.", [f"{kind}.id"])
    change = wished(Change("PUT", kind, name, "", condition=precondition(request)), resource, request, access)
    return answered(request, made(request, [change], access)[0])


@until_settled
def update_found(request: Request, access: Access) -> Response:
    """PUT Type?search: the one resource found, or a new one when there is none."""
    kind = request.path[0]
    may_write(access, kind, "u")
    resource = checking.body_of(request, kind)
    find = partial(found_by, kind, request.query, access, request.base_url)
    there = find()
    name = id_of_update(kind, there, resource.get("id"))
    change = Change("PUT", kind, name, "", condition=precondition(request), finding=finding(there, find))
    wished(change, {**resource, "id": name}, request, access)
    if not there:
        change.unless = find
    return answered(request, made(request, [change], access)[0])


@until_settled
def patch(request: Request, access: Access) -> Response:
    """PATCH Type/id with JSON Patch (RFC 6902): applied to the current version, again where that changes meanwhile."""
    kind, name = request.path
    may_write(access, kind, "u")
    if request.header("Content-Type").partition(";")[0].strip().lower() != checking.PATCH:
        raise FhirError(415, "not-supported", f"A patch is JSON Patch: {checking.PATCH}.")
    resource, version = patched_now(kind, name, request.body, precondition(request), access)
    change = Change("PUT", kind, name, "", finding=Finding(version), may_create=False)
    wished(change, resource, request, access)
    return answered(request, made(request, [change], access)[0])


def patched_now(kind: str, name: str, body: bytes, asked: Precondition, access: Access) -> tuple[Json, int]:
    """A resource as a JSON Patch leaves it, and the version it was made of; `asked` is what that must be.

    403 for a token that may not read it: whether a patch fits tells what stands there, and one that changes what the
    token's scopes go by, such as the category, would bring the rest of it into their reach.
    """
    row = row_of(kind, name, auth.require(access, kind, "u"), raw.current())
    if row[7]:
        raise FhirError(410, "deleted", "This resource was deleted.")
    if not _readable(access, kind, row):
        words = "A token that may not read a resource may not patch it: whether a patch fits tells what stands there."
        raise auth.too_narrow(f"{words} Send the whole resource by PUT, or ask for the scope to read it.")
    if broken := asked.broken(row[5], there=True):
        raise FhirError(412, "conflict", f"The version is one that {broken} does not allow. Read it again.")
    resource = patched(parse(aliases(raw.current()).outgoing(row[1], bytes(row[8]))), body)
    if resource.get("resourceType") != kind or resource.get("id") != name:
        raise FhirError(422, "invalid", "A patch changes neither type nor id.", [f"{kind}.id"])
    return resource, int(row[5])


def patched(resource: Json, body: bytes) -> Json:
    """The resource after a JSON Patch; 422 when it does not fit, 400 when it is none."""
    checking.without_nul(body)
    try:
        found: Any = _applied(resource, _operations(body))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, CannotWriteError, *_UNFIT):
        raise FhirError(422, "processing", "The patch does not fit the resource. Read it again.") from None
    except (BadJsonError, ValueError):
        raise FhirError(400, "structure", "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise FhirError(422, "processing", "The patch leaves no resource.")
    return found


def _operations(body: bytes) -> list[Any]:
    """The operations of a JSON Patch, its numbers exact; 400 when the body is no list, or says one thing twice."""
    within = b'{"patch":' + body.removeprefix(BOM) + b"}"
    found = parse(within)
    operations = found.pop("patch", None)
    if found or not isinstance(operations, list) or len(operations) > _OPERATIONS_AT_MOST:
        raise FhirError(400, "structure", f"A JSON Patch is a list of at most {_OPERATIONS_AT_MOST} operations.")
    if said_twice(within, {"patch": operations}):
        words = "The patch says a member of one object more than once, and readers take the one or the other."
        raise FhirError(400, "structure", f"{words} Send it once.")
    return operations


def _applied(resource: Json, operations: list[Any]) -> Any:
    """The operations one after the other; 413 when copies make the resource grow without end."""
    found: Any = resource
    copies = 0
    for operation in operations:
        found = jsonpatch.JsonPatch([operation]).apply(found, in_place=True)
        if operation.get("op") == "copy":
            copies += 1
            if copies > _COPIES_AT_MOST or len(dump(found)) > _PATCHED_AT_MOST:
                raise FhirError(413, "too-costly", "The patch copies very much. Send the resource by PUT.")
    return found


def delete(request: Request, access: Access) -> Response:
    """DELETE Type/id; doing it twice does it once."""
    kind, name = request.path
    may_write(access, kind, "d")
    auth.require(access, kind, "d")
    made(request, [Change("DELETE", kind, name, "", condition=precondition(request))], access)
    return Response(204)


@until_settled
def delete_found(request: Request, access: Access) -> Response:
    """DELETE Type?search: the one resource found."""
    kind = request.path[0]
    may_write(access, kind, "d")
    find = partial(found_by, kind, request.query, access, request.base_url)
    there = find()
    if len(there) > 1:
        raise too_many()
    if there:
        change = Change("DELETE", kind, there[0].id, "", condition=precondition(request), finding=finding(there, find))
        made(request, [change], access)
    return Response(204)


def may_write(access: Access, kind: str, action: str) -> None:
    """403 unless policy and scopes let the token write this type."""
    if kind == "Subscription":
        raise FhirError(400, "not-supported", "A Subscription is sent alone, by POST or PUT, and ended by DELETE.")
    verdict = policies.decide(access.actor, "record.write", Subject("record", person_id=access.person_id))
    if not verdict.allow:
        raise FhirError(403, "forbidden", "Only programs of the office and its staff write here.")
    auth.require(access, kind, action)


def wished(
    change: Change, resource: Json, request: Request, access: Access, beside: Mapping[str, str] = NOTHING
) -> Change:
    """A change that stores this resource: its references resolved, its rules kept, what it points at noted.

    `beside` says where what is stored with it will be, by the addresses it was sent with.
    """
    places = links.places(resource)
    texts = texts_of(places)
    mapping = dict(beside)
    links.follow(texts, request.base_url, mapping)
    for text in links.conditional(texts):
        if text not in mapping:
            mapping[text] = reference(text, access, request.base_url)
    resolve(places, mapping)
    checking.checked(resource)
    change.resource = resource
    change.points = links.pointed(mapping.get(text, text) for text in texts)
    name_as_before(change)
    return change


def name_as_before(change: Change) -> None:
    """Let an update name a person of several Patients as what is stored does, where it names them as it was shown."""
    if change.method != "PUT":
        return
    known = aliases(raw.current())
    if any(kind == "Patient" and name in known.others for kind, name in change.points):
        row = row_at(change.type, change.id, raw.current())
        if row is not None and not row[7]:
            change.resource = links.as_before(change.resource, parse(bytes(row[8])), known.canonical)


def made(
    request: Request, changes: Sequence[Change], access: Access, beside: Mapping[str, str] = NOTHING
) -> list[Written]:
    """Make the changes, told as a read tells them; a refusal becomes the error to answer with.

    `beside` says where they will be, by the addresses they were sent with: X-Provenance may name them.
    """
    if not connection.in_atomic_block:
        close_old_connections()
    for change in changes:
        if change.method != "POST":
            indexing.whole_for(reach(access, change.type, _ACTIONS[change.method]), raw.current())
    every = [*changes, *_provenance(request, changes, access, beside)]
    try:
        written = writing.write(every, access, partial(event, access))
    except Dangling as error:
        change = every[error.number]
        raise links.unknown(change.place, change.resource or {}, error.text) from None
    except WriteRefused as error:
        words = f"Seen: {error.seen}. What to do: {error.todo}."
        kind = Meanwhile if isinstance(error, Overtaken) else FhirError
        raise kind(error.status, error.code, words, [error.place] if error.place else ()) from None
    if any(change.type == "SearchParameter" for change in changes):
        custom.forget()
    return [_as_shown(one, change.person_id) for change, one in zip(changes, written, strict=False)]


def _as_shown(written: Written, person_id: int) -> Written:
    known = aliases(raw.current())
    if person_id not in known.pairs:
        return written
    return replace(written, body=known.outgoing(person_id, written.body))


def answered(request: Request, written: Written) -> Response:
    """The answer to one change, as much as Prefer asks for; without the resource when the token may not read it."""
    place = f"{request.base_url}/{written.type}/{written.id}"
    headers = [
        ("Content-Type", FHIR_JSON),
        ("ETag", f'W/"{written.version}"'),
        ("Last-Modified", when(written.updated_ms)),
        ("Content-Location" if written.status == 200 else "Location", f"{place}/_history/{written.version}"),
    ]
    told = request.prefers("return=OperationOutcome")
    if request.prefers("return=minimal") or (not written.body and not told):
        return Response(written.status, headers[1:], modified_ms=written.updated_ms)
    if told:
        said = dump(outcome("information", "informational", "It is stored."))
        return Response(written.status, headers, said, written.updated_ms)
    return Response(written.status, headers, written.body, written.updated_ms)


def one_of(kind: str, there: list[str], access: Access) -> Written:
    """What a conditional create found, its body for who may read it, which is a read; 412 when it is more than one.

    409 when it was deleted, or left the reach of the token, since it was found.
    """
    if len(there) > 1:
        raise too_many()
    row = row_at(kind, there[0], raw.current())
    if row is None or row[7] or not auth.require(access, kind, "s").sees(Facts(*row[:5]), raw.current()):
        raise FhirError(409, "conflict", "What the condition finds changes at this moment. Send it again.")
    seen = _readable(access, kind, row)
    if seen:
        noted(access, "record.read", (row[1],), f"{kind}/{there[0]}", kind)
    body = aliases(raw.current()).outgoing(row[1], bytes(row[8])) if seen else b""
    return Written(kind, there[0], 200, row[5], row[6], body)


def found_before(kind: str, name: str, access: Access) -> Written:
    """The same of what a Bundle found before it was stored: its address alone where it is no longer for the token.

    Nor is it given where its read cannot be written down: the rest is stored, and an error would have it sent again.
    """
    try:
        return one_of(kind, [name], access)
    except (FhirError, SpoolUnavailableError):
        return Written(kind, name, 200, 0, 0, b"")


def _readable(access: Access, kind: str, row: tuple[Any, ...]) -> bool:
    """Whether the token may read a row (columns of `read.row_of`), whatever else it may do with it."""
    within = reach(access, kind, "r")
    return within is not None and within.sees(Facts(*row[:5]), raw.current())


def _provenance(request: Request, changes: Sequence[Change], access: Access, beside: Mapping[str, str]) -> list[Change]:
    """The Provenance an app sends along in X-Provenance, about what it writes: one for each person that is about."""
    text = request.header("X-Provenance")
    if not text or all(change.resource is None for change in changes):
        return []
    body = text.encode("latin-1", "replace")
    checking.without_nul(body)
    try:
        resource = parse(body)
    except BadJsonError:
        raise FhirError(400, "structure", "X-Provenance is not a JSON object.") from None
    if resource.get("resourceType") != "Provenance" or "target" in resource:
        raise FhirError(400, "invalid", "X-Provenance is a Provenance without target.")
    return [
        wished(Change("POST", "Provenance", new_id(), ""), {**parse(body), "target": some}, request, access, beside)
        for some in _targets(changes)
    ]


def _targets(changes: Sequence[Change]) -> list[list[Json]]:
    """References to what is stored, person by person; what is nobody's goes with that of the only person."""
    found: dict[object, list[Json]] = {}
    stored = {f"{change.type}/{change.id}": change.resource for change in changes if change.resource is not None}
    for name, resource in stored.items():
        found.setdefault(_whose(resource, stored), []).append({"reference": name})
    together = len(found.keys() - {None}) < 2
    return [[one for some in found.values() for one in some]] if together else list(found.values())


def _whose(resource: Json, beside: Mapping[str, Json]) -> object:
    """What tells the persons apart whom resources are about, those of Binaries by what they belong to; None: nobody."""
    kind, name = pointed_at(subject_of(resource) or "")
    if kind == "Patient":
        known = known_person(name, raw.current())
        brought = beside.get(f"Patient/{name}") if known is None else None
        return known or (patients.whose(brought) if brought else None) or name
    key = contexts.named(resource) if resource["resourceType"] == "Binary" else None
    if key is None:
        return None
    owner = beside.get(context_of(resource))
    if owner is not None:
        return _whose(owner, beside)
    row = row_at(type_of(key[0]), key[1], raw.current())
    return row[1] or None if row is not None else None
