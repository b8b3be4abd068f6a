"""Bodies on their way in: JSON, the right resource, and the rules it must keep.

https://hl7.org/fhir/R4/http.html#create
"""

import re
from collections.abc import Sequence
from typing import Any

from chartpost.formats.fhirjson.canonical import parse, said_twice
from chartpost.formats.fhirjson.errors import BadJsonError
from chartpost.formats.fhirjson.profiles import Issue, check, fits
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir.http import FhirError, Request
from chartpost.kernel.db import raw
from chartpost.records.search import custom

JSON = frozenset({"application/fhir+json", "application/json", "text/json", ""})
PATCH = "application/json-patch+json"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_KEPT = frozenset({"Parameters", "OperationOutcome", "AuditEvent"})
"""Types that are answers or views, not records."""
_LOOKED_INTO = _NOT_KEPT | {"SearchParameter"}
"""Types of which more is asked than that they keep the rules."""
Json = dict[str, Any]


def body_of(request: Request, resource_type: str) -> Json:
    """The resource a request carries; 400 when it is another, 415 when it is no JSON."""
    resource = object_of(request)
    kind = resource.get("resourceType")
    if kind != resource_type:
        raise FhirError(400, "invalid", f"The body is not a {resource_type}, as the address says.", ["resourceType"])
    return resource


def object_of(request: Request) -> Json:
    """The JSON object a request carries."""
    media = request.header("Content-Type").partition(";")[0].strip().lower()
    if media not in JSON:
        raise FhirError(415, "not-supported", "Send JSON: application/fhir+json. XML is written here, not read.")
    without_nul(request.body)
    try:
        found = parse(request.body)
    except BadJsonError as error:
        raise FhirError(400, "structure", f"The body is not one JSON object: {error.seen}.") from None
    if path := said_twice(request.body, found):
        words = f"{path} is in one object more than once, and readers take the one or the other. Send it once."
        raise FhirError(400, "structure", words, [path])
    return found


def without_nul(body: bytes) -> None:
    """400 for JSON with a U+0000, which no text of FHIR holds and not every database keeps.

    https://hl7.org/fhir/R4/datatypes.html#string
    """
    if b"\\u0000" in body and _NUL.search(body):
        raise FhirError(400, "structure", "The body holds the character U+0000, which text in FHIR does not have.")


def checked(resource: Json, place: str = "") -> None:
    """Hold a resource to FHIR R4 and the profiles it claims; 422 with an issue for each broken rule."""
    if resource.get("resourceType") not in _LOOKED_INTO and fits(resource):
        return
    problems = [issue for issue in problems_of(resource) if issue.severity == "error"]
    if problems:
        raise FhirError(422, "invalid", "The resource breaks rules.", issues=as_issues(problems, place))


def problems_of(resource: Json, profile: str | None = None) -> list[Issue]:
    """Every broken rule; for a SearchParameter also what keeps this server from using it."""
    found = list(check(resource, profile))
    kind = resource.get("resourceType")
    if kind in _NOT_KEPT:
        found.append(Issue("error", "not-supported", str(kind), "storage", "is not kept by this server"))
    if kind == "SearchParameter" and resource.get("status") == "active":
        for path, words in custom.problems(resource):
            found.append(Issue("error", "not-supported", path, "search", words))
        if custom.taken(resource, raw.current()):
            words = "is the name of another SearchParameter of this type that is active"
            found.append(Issue("error", "not-supported", "SearchParameter.code", "search", words))
    return found


def as_issues(problems: Sequence[Issue], place: str = "") -> list[Json]:
    """Broken rules as issues of an OperationOutcome, with their FHIRPath and rule."""
    return [
        {
            "severity": issue.severity,
            "code": issue.code,
            "diagnostics": f"{issue.path} {issue.message} ({issue.rule})",
            "expression": [_within(place, issue.path)],
        }
        for issue in problems
    ]


def known(name: object) -> str:
    """A resource type of R4; 404 for anything else."""
    if not isinstance(name, str) or name not in resource_types():
        raise FhirError(404, "not-supported", "FHIR R4 has no resource type of this name. See /fhir/metadata.")
    return name


def _within(place: str, path: str) -> str:
    return f"{place}.resource{path[path.index('.') :] if '.' in path else ''}" if place else path
