"""The entries of a batch or transaction: what each asks, as a request of its own, and the answer to it as an entry.

https://hl7.org/fhir/R4/bundle.html#batch
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

import orjson

from chartpost.formats.fhirjson.canonical import dump, instant
from chartpost.formats.fhirjson.errors import CannotWriteError
from chartpost.gateways.fhir import checking
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response
from chartpost.kernel import clock
from chartpost.records.changes import Change

ANSWER_AT_MOST = 64 * 1024 * 1024
"""Bytes of resources read in one Bundle: each entry could ask for a page of a thousand."""
READS = frozenset({"GET", "HEAD"})
_CARRYING = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose content counts; what stands beside another one is not looked at."""
_METHODS = READS | _CARRYING | {"DELETE"}
Json = dict[str, Any]
T = TypeVar("T")


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

    @property
    def place(self) -> str:
        """Where it stands, as a FHIRPath."""
        return f"Bundle.entry[{self.number}]"

    @property
    def asks(self) -> bool:
        """Whether it changes nothing: a read, a search by POST, an operation."""
        return self.method in READS or (bool(self.path) and self.path[-1][0] in "_$")


def entry_of(number: int, given: Any, base: str, room: Room) -> Entry:
    """An entry as it was sent; 400 where it does not say what it asks, or lacks the resource that it is about."""
    place = f"Bundle.entry[{number}]"
    asked = given.get("request") if isinstance(given, dict) else None
    if not isinstance(asked, dict) or str(asked.get("method")) not in _METHODS or not isinstance(asked.get("url"), str):
        raise FhirError(400, "required", f"{place} has no request with method and url.", [f"{place}.request"])
    address, _, query = asked["url"].removeprefix(base + "/").partition("?")
    path = tuple(unquote(part) for part in address.split("/") if part)
    carries = asked["method"] in _CARRYING and isinstance(given.get("resource"), dict)
    content = given["resource"] if carries else None
    full = given.get("fullUrl")
    entry = Entry(number, asked["method"], path, query, full if isinstance(full, str) else "", content, asked, room)
    if asked["method"] in ("POST", "PUT") and content is None and not entry.asks:
        raise FhirError(400, "required", f"{place} has no resource.", [f"{place}.resource"])
    return entry


def part(request: Request, entry: Entry) -> Request:
    """An entry as a request of its own; 400 for a Bundle in a Bundle and for exports, 413 when no room is left."""
    if not entry.path or any(part.startswith("$export") for part in entry.path):
        raise FhirError(400, "not-supported", f"{entry.place} is for a request of its own.", [entry.place])
    if entry.asks:
        entry.room.take(b"")
    body = _body(entry)
    kind = FHIR_JSON if body else ""
    if entry.method == "PATCH" and entry.resource is not None:
        body, kind = patch_of(entry), checking.PATCH
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
    for header in ("HTTP_PREFER", "HTTP_X_PROVENANCE"):
        if request.environ.get(header):
            environ[header] = request.environ[header]
    return Request(entry.method, entry.path, entry.query, environ, internal=True)


def _body(entry: Entry) -> bytes:
    """The resource of an entry as it would have come alone; 422 for one nested deeper than can be written."""
    try:
        return dump(entry.resource) if entry.resource is not None else b""
    except CannotWriteError:
        words = f"{entry.place} holds a resource nested over 254 levels deep. Send one that is flatter."
        raise FhirError(422, "structure", words, [f"{entry.place}.resource"]) from None


def patch_of(entry: Entry) -> bytes:
    """The JSON Patch an entry carries as a Binary (https://hl7.org/fhir/R4/http.html#jsonpatch)."""
    given = entry.resource or {}
    media = str(given.get("contentType", "")).partition(";")[0].strip().lower()
    try:
        if given.get("resourceType") == "Binary" and media == checking.PATCH:
            return base64.b64decode(str(given.get("data")), validate=True)
    except ValueError:
        pass
    raise FhirError(400, "structure", f"{entry.place} is no Binary of {checking.PATCH}.", [f"{entry.place}.resource"])


def answered(entry: Entry, answer: Response) -> Json:
    """A whole answer as an entry of the response, its bytes as they are."""
    headers = dict(answer.headers)
    response: Json = {"status": str(answer.status)}
    if location := headers.get("Location") or headers.get("Content-Location"):
        response["location"] = location
    if "ETag" in headers:
        response["etag"] = headers["ETag"]
    if answer.modified_ms:
        response["lastModified"] = instant(clock.of_ms(answer.modified_ms))
    if isinstance(answer.body, bytes) and answer.body and headers.get("Content-Type", "").startswith(FHIR_JSON):
        body = entry.room.take(answer.body) if entry.asks else answer.body
        return {"resource": orjson.Fragment(body), "response": response}
    return {"response": response}


def told(entry: Entry, run: Callable[[], T]) -> T:
    """The result of a step for an entry; its error names the entry."""
    try:
        return run()
    except FhirError as error:
        words = f"{entry.place}: {error.diagnostics}"
        raise FhirError(error.status, error.code, words, [entry.place], headers=error.headers) from None
