"""batch and transaction: many interactions in one Bundle (https://hl7.org/fhir/R4/http.html#transaction).

A transaction is one transaction of the database, all or nothing; a batch is its entries one by one.
"""

import base64
import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import orjson
from django.db import close_old_connections, connection, transaction

from chartpost.formats.fhirjson.canonical import dump, instant
from chartpost.formats.fhirjson.references import addresses, resolve, texts_of
from chartpost.gateways.fhir import app, checking, links, writes
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response, json, outcome, pairs
from chartpost.identity import aliases
from chartpost.identity.types import Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.records.search import custom
from chartpost.records.writing import Change, Written

ENTRIES_AT_MOST = 10_000
BATCH_AT_MOST = 1_000
ANSWER_AT_MOST = 64 * 1024 * 1024
"""Bytes of resources read in one Bundle: each entry could ask for a page of a thousand."""
log = logging.getLogger(__name__)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_READS = frozenset({"GET", "HEAD"})
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
Json = dict[str, Any]


@dataclass
class Room:
    """How many bytes the answer to a Bundle may still take."""

    left: int = ANSWER_AT_MOST

    def take(self, body: bytes) -> bytes:
        """The body, if it fits; 413 when it, or one before it, does not."""
        self.left -= len(body)
        if self.left < 0:
            raise FhirError(
                413, "too-costly", "The answer to the Bundle is too long. Read this by a request of its own."
            )
        return body


@dataclass
class Entry:
    """One entry: what it asks, and the change it becomes."""

    number: int
    method: str
    path: tuple[str, ...]
    query: str
    full_url: str
    resource: Json | None
    request: Json
    room: Room
    change: Change | None = None
    found: str = ""
    blind: bool = False

    @property
    def place(self) -> str:
        """Where it stands, as a FHIRPath."""
        return f"Bundle.entry[{self.number}]"

    @property
    def asks(self) -> bool:
        """Whether it changes nothing: a read, a search by POST, an operation."""
        return self.method in _READS or (bool(self.path) and self.path[-1][0] in "_$")


def bundle(request: Request, access: Access) -> Response:
    """POST of a Bundle to the base."""
    given = checking.body_of(request, "Bundle")
    kind = given.get("type")
    if kind not in ("transaction", "batch"):
        raise FhirError(400, "invalid", "The Bundle is neither a transaction nor a batch.", ["Bundle.type"])
    entries = _entries(given, request.base_url)
    if kind == "transaction":
        answers = _transaction(request, access, entries)
    else:
        if len(entries) > BATCH_AT_MOST:
            raise _too_many(BATCH_AT_MOST)
        answers = [_alone(request, access, entry) for entry in entries]
    value = {"resourceType": "Bundle", "id": str(uuid4()), "type": f"{kind}-response", "entry": answers}
    return json(200, value if answers else {name: each for name, each in value.items() if name != "entry"})


def _entries(given: Json, base: str) -> list[Entry]:
    found = given.get("entry", [])
    if not isinstance(found, list):
        raise FhirError(400, "structure", "Bundle.entry is no list.", ["Bundle.entry"])
    if len(found) > ENTRIES_AT_MOST:
        raise _too_many(ENTRIES_AT_MOST)
    room = Room()
    return [_entry(number, one, base, room) for number, one in enumerate(found)]


def _entry(number: int, given: Any, base: str, room: Room) -> Entry:
    place = f"Bundle.entry[{number}]"
    asked = given.get("request") if isinstance(given, dict) else None
    if not isinstance(asked, dict) or str(asked.get("method")) not in _METHODS or not isinstance(asked.get("url"), str):
        raise FhirError(400, "required", f"{place} has no request with method and url.", [f"{place}.request"])
    address, _, query = asked["url"].removeprefix(base + "/").partition("?")
    path = tuple(unquote(part) for part in address.split("/") if part)
    content = given["resource"] if isinstance(given.get("resource"), dict) else None
    if asked["method"] in ("POST", "PUT") and content is None:
        raise FhirError(400, "required", f"{place} has no resource.", [f"{place}.resource"])
    full = given.get("fullUrl")
    return Entry(number, asked["method"], path, query, full if isinstance(full, str) else "", content, asked, room)


def _alone(request: Request, access: Access, entry: Entry) -> Json:
    """One entry of a batch, as if it had come alone."""
    try:
        return _answered(entry, app.answer(_part(request, entry), access))
    except FhirError as error:
        return {"response": {"status": str(error.status), "outcome": error.outcome()}}
    except Exception as error:  # noqa: BLE001 - the entries before it are stored: their answers must reach the sender
        log.error("entry of a batch failed: %s", type(error).__name__)  # noqa: TRY400 - values are PHI
        return {"response": {"status": "500", "outcome": outcome("error", "exception", "It failed on our side.")}}


def _part(request: Request, entry: Entry) -> Request:
    """An entry as a request of its own; 400 for a Bundle in a Bundle and for exports, 413 when no room is left."""
    if not entry.path or any(part.startswith("$export") for part in entry.path):
        raise FhirError(400, "not-supported", f"{entry.place} is for a request of its own.", [entry.place])
    if entry.asks:
        entry.room.take(b"")
    body = dump(entry.resource) if entry.resource is not None else b""
    kind = FHIR_JSON
    if entry.method == "PATCH" and entry.resource is not None:
        body, kind = _patch_of(entry), checking.PATCH
    environ = {
        "REQUEST_METHOD": entry.method,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ACCEPT": FHIR_JSON,
        "wsgi.input": io.BytesIO(body),
    }
    for name, header in (
        ("ifMatch", "HTTP_IF_MATCH"),
        ("ifNoneExist", "HTTP_IF_NONE_EXIST"),
        ("ifNoneMatch", "HTTP_IF_NONE_MATCH"),
    ):
        if isinstance(entry.request.get(name), str):
            environ[header] = entry.request[name]
    prefer = request.header("Prefer")
    if prefer:
        environ["HTTP_PREFER"] = prefer
    return Request(entry.method, entry.path, entry.query, environ, internal=True)


def _patch_of(entry: Entry) -> bytes:
    """The JSON Patch an entry carries as a Binary (https://hl7.org/fhir/R4/http.html#jsonpatch)."""
    given = entry.resource or {}
    media = str(given.get("contentType", "")).partition(";")[0].strip().lower()
    try:
        if given.get("resourceType") == "Binary" and media == checking.PATCH:
            return base64.b64decode(str(given.get("data")), validate=True)
    except ValueError:
        pass
    raise FhirError(400, "structure", f"{entry.place} is no Binary of {checking.PATCH}.", [f"{entry.place}.resource"])


def _answered(entry: Entry, answer: Response) -> Json:
    """A whole answer as an entry of the response, its bytes as they are."""
    headers = dict(answer.headers)
    response: Json = {"status": str(answer.status)}
    if "Location" in headers:
        response["location"] = headers["Location"]
    if "ETag" in headers:
        response["etag"] = headers["ETag"]
    if isinstance(answer.body, bytes) and answer.body and headers.get("Content-Type", "").startswith(FHIR_JSON):
        body = entry.room.take(answer.body) if entry.asks else answer.body
        return {"resource": orjson.Fragment(body), "response": response}
    return {"response": response}


def _transaction(request: Request, access: Access, entries: list[Entry]) -> list[Json]:
    may = cache(partial(writes.may_write, access))  # the same for each entry of a type
    for entry in entries:
        _aim(entry, access, may)
    mapping = _addresses(entries, access, request.base_url)
    _settle(entries, mapping, access, request.base_url)
    ordered = sorted((e for e in entries if e.change is not None), key=lambda e: _ORDER[e.method])
    changes = [e.change for e in ordered if e.change is not None]
    _distinct(changes)
    if not changes:
        return [_result(request, access, entry, None, whole=False) for entry in entries]
    if all(entry.method not in _READS for entry in entries):
        return _results(request, access, entries, ordered, writes.made(request, changes, access))
    return _written_and_read(request, access, entries, ordered)


def _written_and_read(request: Request, access: Access, entries: list[Entry], ordered: list[Entry]) -> list[Json]:
    """Make the changes and answer the reads in one transaction: a read that fails undoes what was written."""
    if not connection.in_atomic_block:
        close_old_connections()
    try:
        with transaction.atomic():
            written = writes.made(request, [e.change for e in ordered if e.change is not None], access)
            with raw.reading(raw.django()):
                return _results(request, access, entries, ordered, written)
    except BaseException:
        aliases.forget()  # what was looked up meanwhile never came to be
        custom.forget()
        raise


def _results(
    request: Request, access: Access, entries: list[Entry], ordered: list[Entry], written: Sequence[Written]
) -> list[Json]:
    by_place = {entry.number: one for entry, one in zip(ordered, written, strict=True)}
    whole = "return=representation" in request.header("Prefer").replace(" ", "")
    return [_result(request, access, entry, by_place.get(entry.number), whole) for entry in entries]


def _aim(entry: Entry, access: Access, may: Callable[[str, str], None]) -> None:
    """What an entry changes, if it may (`may` raises); ids of new resources are given here."""
    if entry.method in _READS:
        return
    shape = len(entry.path)
    kind = checking.known(entry.path[0] if entry.path else None)
    action = {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}[entry.method]
    _told(entry, lambda: may(kind, action))
    if shape > 2 or (entry.method == "POST" and shape != 1) or (entry.method == "PATCH" and shape != 2):
        raise FhirError(400, "not-supported", f"{entry.place} asks what a transaction here does not do: send a batch.")
    if entry.method == "PATCH":
        _told(entry, lambda: _patch(entry, kind, access))
        return
    if entry.resource is not None and entry.resource.get("resourceType") != kind:
        raise FhirError(400, "invalid", f"{entry.place} is not a {kind}, as its url says.", [f"{entry.place}.resource"])
    match = _told(entry, lambda: writes.version_in(str(entry.request.get("ifMatch") or "")))
    if shape == 1 and entry.method != "POST" and not entry.query:
        raise FhirError(412, "required", f"{entry.place} names neither an id nor a condition.", [entry.place])
    name = entry.path[1] if shape == 2 else new_id()
    if not writes.ID.fullmatch(name):
        raise FhirError(400, "invalid", f"{entry.place} has an id of the wrong form.", [entry.place])
    entry.change = Change(entry.method, kind, name, entry.place, match=match)


def _patch(entry: Entry, kind: str, access: Access) -> None:
    """Make a patch the update it amounts to, of the version as it stands before the transaction."""
    name, match = entry.path[1], writes.version_in(str(entry.request.get("ifMatch") or ""))
    entry.resource, version, seen = writes.patched_now(kind, name, _patch_of(entry), match, access)
    entry.blind = not seen
    entry.change = Change("PUT", kind, name, entry.place, match=version, may_create=False)


def _addresses(entries: list[Entry], access: Access, base: str) -> dict[str, str]:
    """Where each fullUrl of the bundle will be; conditional entries are looked up."""
    mapping: dict[str, str] = {}
    wanted: dict[tuple[str, str, str], str] = {}
    for entry in entries:
        change = entry.change
        if change is None:
            continue
        criteria = str(entry.request.get("ifNoneExist") or "") if entry.method == "POST" else entry.query
        if criteria and (entry.method == "POST" or len(entry.path) == 1):
            find = partial(writes.found_by, change.type, pairs(criteria), access, base)
            there = _told(entry, find)
            if len(there) > 1:
                raise FhirError(412, "multiple-matches", f"The condition of {entry.place} finds more than one.")
            if entry.method == "POST":
                twin = wanted.setdefault((entry.method, change.type, criteria), change.id)
                there = there or ([twin] if twin != change.id else [])  # an earlier entry makes it
                change.unless = None if there else find
                entry.found = there[0] if there else ""
            elif entry.method == "PUT" and not there:
                change.unless = find
                if wanted.setdefault((entry.method, change.type, criteria), change.id) != change.id:
                    words = f"{entry.place} asks for what an entry before it makes. Name each once."
                    raise FhirError(400, "duplicate", words, [entry.place])
            if there:
                change.id = there[0]
            elif entry.method == "DELETE":
                entry.change = None
        if entry.full_url and entry.resource is not None:
            mapping[entry.full_url] = f"{change.type}/{change.id}"
            given = f"{change.type}/{entry.resource.get('id')}"
            if entry.method == "POST" and entry.full_url.endswith(f"/{given}"):
                mapping.setdefault(given, f"{change.type}/{change.id}")  # relative to the sender's own address
    return mapping


def _settle(entries: list[Entry], mapping: dict[str, str], access: Access, base: str) -> None:
    """Resolve references and hold every resource to its rules; conditional references are looked up once each."""
    for entry in entries:
        change = entry.change
        if change is None or entry.resource is None:
            continue
        if entry.found:
            entry.change = None  # a conditional create that is not needed
            continue
        places = addresses(entry.resource)
        texts = texts_of(places)
        for text in links.conditional(texts):
            if text not in mapping:
                mapping[text] = _told(entry, partial(writes.one_reference, text, access, base))
        mapping.update(links.ours(texts, base))
        resolve(places, mapping)
        content = entry.resource
        if entry.method == "PUT" and len(entry.path) == 2 and content.get("id") != change.id:
            raise FhirError(400, "invalid", f"The id of {entry.place} is not that of its url.", [entry.place])
        change.resource = content = {**content, "id": change.id}
        checking.checked(content, entry.place)
        change.points = links.pointed(entry.place, content, [mapping.get(text, text) for text in texts])


def _result(request: Request, access: Access, entry: Entry, written: Written | None, whole: bool) -> Json:
    if entry.method in _READS:
        read: Json = _told(entry, lambda: _answered(entry, app.answer(_part(request, entry), access)))
        return read
    if entry.found:
        kind = entry.path[0]
        written = writes.one_of(kind, [entry.found], access)
    if written is None:
        return {"response": {"status": "204"}}
    response: Json = {"status": str(written.status)}
    if entry.method != "DELETE":
        response["location"] = f"{request.base_url}/{written.type}/{written.id}/_history/{written.version}"
        response["etag"] = f'W/"{written.version}"'
        response["lastModified"] = instant(clock.of_ms(written.updated_ms))
    if whole and written.body and not entry.blind and entry.method != "DELETE":
        return {"resource": orjson.Fragment(written.body), "response": response}
    return {"response": response}


def _told(entry: Entry, run: Any) -> Any:
    """The result of a step for an entry; its error names the entry."""
    try:
        return run()
    except FhirError as error:
        words = f"{entry.place}: {error.diagnostics}"
        raise FhirError(error.status, error.code, words, [entry.place]) from None


def _distinct(changes: Sequence[Change]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for change in changes:
        key = change.type, change.id
        if key in seen:
            words = f"{change.place} and {seen[key]} change the same resource. Name each once."
            raise FhirError(400, "duplicate", words, [change.place])
        seen[key] = change.place


def _too_many(most: int) -> FhirError:
    return FhirError(413, "too-costly", f"The Bundle has more than {most:,} entries. Send it in smaller parts.")
