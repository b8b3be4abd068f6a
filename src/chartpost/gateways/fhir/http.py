"""A request and an answer of the FHIR door, and the error that becomes an OperationOutcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

import orjson
from django.utils.functional import cached_property

from chartpost.kernel import room
from chartpost.kernel.config import config
from chartpost.kernel.rounds import Whole

FHIR_JSON = "application/fhir+json"
MOST_BODY = 32 * 1024 * 1024
"""Bytes a request body may have; a larger one gets 413."""
REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


class FhirError(Exception):
    """Something that cannot be done, told as an OperationOutcome (https://hl7.org/fhir/R4/operationoutcome.html).

    `code` is an issue type of http://hl7.org/fhir/issue-type; `expression` FHIRPaths; `issues` further issues as JSON.
    Never holds anything about a person.
    """

    def __init__(
        self,
        status: int,
        code: str,
        diagnostics: str,
        expression: Sequence[str] = (),
        issues: Sequence[Mapping[str, Any]] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.status, self.code, self.diagnostics = status, code, diagnostics
        self.expression, self.issues, self.headers = tuple(expression), tuple(issues), tuple(headers)
        super().__init__(f"{status} {code}: {diagnostics}")

    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome resource."""
        if self.issues:
            return {"resourceType": "OperationOutcome", "issue": [dict(issue) for issue in self.issues]}
        return outcome("error", self.code, self.diagnostics, self.expression)


def outcome(severity: str, code: str, diagnostics: str, expression: Sequence[str] = ()) -> dict[str, Any]:
    """An OperationOutcome of one issue."""
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": diagnostics}
    if expression:
        issue["expression"] = list(expression)
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass
class Request:
    """One request: `path` is what follows /fhir/, split at slashes; `headers` are the WSGI environment's HTTP_ keys.

    `form` are the parameters of a search by POST, once they were read.
    """

    method: str
    path: tuple[str, ...]
    query_string: str
    environ: Mapping[str, Any]
    most_body: int = MOST_BODY
    internal: bool = field(default=False)
    form: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the address, in order, decoded."""
        return pairs(self.query_string)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The parameters of the address and of the form."""
        return [*self.query, *self.form] if self.form else self.query

    @property
    def base_url(self) -> str:
        """The FHIR base, without a slash at its end."""
        return config().base_url + "/fhir"

    def header(self, name: str) -> str:
        """A request header by its name; empty when absent."""
        if name == "Content-Type":
            return str(self.environ.get("CONTENT_TYPE", ""))
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    def prefers(self, wish: str) -> bool:
        """Whether Prefer asks for this, such as `handling=lenient`, in any case, quoted or not (RFC 7240 2)."""
        return wish.lower() in self.header("Prefer").lower().replace(" ", "").replace('"', "")

    @cached_property
    def body(self) -> bytes:
        """The body; 413 when it is longer than allowed, 400 when it ends early, 415 when packed (RFC 9110 8.4)."""
        if self.header("Content-Encoding").strip().lower() not in ("", "identity"):
            words = "A body is read as it is: send it without Content-Encoding."
            raise FhirError(415, "not-supported", words, headers=[("Accept-Encoding", "identity")])
        stream: BinaryIO = self.environ["wsgi.input"]
        stated = str(self.environ.get("CONTENT_LENGTH") or "")
        if stated.isdigit() and int(stated) > self.most_body:
            raise too_large(self.most_body)
        data = stream.read(int(stated)) if stated.isdigit() else stream.read(self.most_body + 1)
        if len(data) > self.most_body:
            raise too_large(self.most_body)
        if stated.isdigit() and len(data) < int(stated):
            raise FhirError(400, "incomplete", "The body ended before its stated length. Send it again.")
        return data

    @property
    def unread(self) -> bool:
        """Whether a body was announced that nobody asked for, and is not here already."""
        if isinstance(self.environ.get("wsgi.input"), Whole):
            return False
        stated = self.environ.get("CONTENT_LENGTH") or self.environ.get("HTTP_TRANSFER_ENCODING")
        return bool(stated) and stated != "0" and "body" not in self.__dict__

    def finish(self) -> None:
        """Read what is left of a body nobody wanted, as long as one may be: else its sender never sees the answer."""
        if not self.unread:
            return
        stream: BinaryIO = self.environ["wsgi.input"]
        left = self.most_body
        while left > 0 and (piece := stream.read(min(left, 65536))):
            left -= len(piece)


@dataclass
class Response:
    """An answer: status, headers, its bytes or an iterable of them; `modified_ms` is when what it stored was stored."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""
    modified_ms: int = 0


def asked_by_form(request: "Request") -> list[tuple[str, str]]:
    """The parameters of a search by POST, of its address too; 415 for what is no form.

    https://hl7.org/fhir/R4/http.html#search
    """
    kind = request.header("Content-Type").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise FhirError(415, "not-supported", "A search by POST is a form: application/x-www-form-urlencoded.")
    if request.body:
        request.form = pairs(request.body.decode("utf-8", "replace"))
    return request.asked


def pairs(text: str) -> list[tuple[str, str]]:
    """The name and value pairs of a query string or form; 400 when it is not UTF-8 or has too many."""
    return list(_pairs_again(text) if len(text) < _SHORT else _pairs(text))


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise FhirError(400, "invalid", "The parameters are not UTF-8, or more than 200. Mend them.") from None
    if "\0" in text or "%00" in text:
        raise FhirError(400, "invalid", "The parameters hold a character that is no text. Leave it out.")
    return found


_SHORT = 500
"""Characters of a text whose pairs are kept: the same search comes again and again."""
_pairs_again = lru_cache(maxsize=2048)(_pairs)


def failure(error: BaseException) -> FhirError:
    """What is said of an error that is nobody's fault but ours: 507 (RFC 4918 11.5) when our disk is full, else 500."""
    if room.none_left(error):
        words = "The disk of this server is full. Tell the office; send it again once there is room."
        return FhirError(507, "no-store", words)
    return FhirError(500, "exception", "Something went wrong on our side. Try again later.")


def too_large(most: int) -> FhirError:
    """413: the body is longer than this door takes."""
    return FhirError(413, "too-long", f"The body is longer than {most:,} bytes. Send it in smaller parts.")


def json(status: int, value: Mapping[str, Any], headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An answer whose body is this resource."""
    return resource(status, orjson.dumps(value), headers)


def resource(status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An answer whose body is these bytes of a resource."""
    return Response(status, [("Content-Type", FHIR_JSON), *headers], body)
