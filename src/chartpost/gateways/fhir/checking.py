"""Bodies on their way in: JSON, the right resource, and the rules it must keep; and $validate.

https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/resource-operation-validate.html
"""

import re
from collections.abc import Sequence
from typing import Any

from chartpost.formats.fhirjson.canonical import parse, said_twice
from chartpost.formats.fhirjson.errors import BadJsonError
from chartpost.formats.fhirjson.profiles import Issue, check, fits
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir.http import FhirError, Request, Response, json
from chartpost.identity.types import Access
from chartpost.records.search import custom

JSON = frozenset({"application/fhir+json", "application/json", "text/json", ""})
PATCH = "application/json-patch+json"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_MODES = frozenset({"create", "update", "delete", "profile", ""})
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


def validate(request: Request, access: Access) -> Response:  # noqa: ARG001 - a handler's shape; nothing stored is read
    """POST Type/$validate and Type/id/$validate: 200 with what was found."""
    resource_type = request.path[0]
    given = object_of(request)
    mode = next((v for n, v in request.query if n == "mode"), "")
    profile = next((v for n, v in request.query if n == "profile"), None)
    resource: Json | None = given
    if given.get("resourceType") == "Parameters":
        resource, mode, profile = _from_parameters(given, mode, profile)
    if mode not in _MODES:
        raise FhirError(400, "invalid", "mode is create, update, delete or profile.")
    if resource is None:
        if mode == "delete":
            return json(200, _fine())
        raise FhirError(400, "required", "Give the resource to check.", ["Parameters.parameter"])
    if resource.get("resourceType") != resource_type:
        raise FhirError(400, "invalid", f"The resource is not a {resource_type}, as the address says.")
    problems = problems_of(resource, profile)
    if not problems:
        return json(200, _fine())
    return json(200, {"resourceType": "OperationOutcome", "issue": as_issues(problems)})


def known(name: object) -> str:
    """A resource type of R4; 404 for anything else."""
    if not isinstance(name, str) or name not in resource_types():
        raise FhirError(404, "not-supported", "FHIR R4 has no resource type of this name. See /fhir/metadata.")
    return name


def _from_parameters(given: Json, mode: str, profile: str | None) -> tuple[Json | None, str, str | None]:
    resource: Json | None = None
    parameters = given.get("parameter")
    for one in parameters if isinstance(parameters, list) else []:
        if not isinstance(one, dict):
            continue
        if one.get("name") == "resource" and isinstance(one.get("resource"), dict):
            resource = one["resource"]
        elif one.get("name") == "mode":
            mode = str(one.get("valueCode", one.get("valueString", "")))
        elif one.get("name") == "profile":
            profile = str(one.get("valueUri", one.get("valueCanonical", one.get("valueString", "")))) or None
    return resource, mode, profile


def _fine() -> Json:
    words = "No rule is broken."
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational", "diagnostics": words}],
    }


def _within(place: str, path: str) -> str:
    return f"{place}.resource{path[path.index('.') :] if '.' in path else ''}" if place else path
