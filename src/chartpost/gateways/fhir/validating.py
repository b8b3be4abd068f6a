"""$validate: what is wrong with a resource, or with what is stored, without storing anything.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from collections.abc import Mapping
from typing import Any

from django.db import close_old_connections, connection

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import pointed_at, subject_of, texts_of
from chartpost.gateways.fhir import auth, checking, links, writes
from chartpost.gateways.fhir.conditions import reference
from chartpost.gateways.fhir.http import FhirError, Request, Response, json, outcome
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import gone, row_at, row_of, seen
from chartpost.identity.aliases import person_of
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.records import pointing
from chartpost.records.changes import Change
from chartpost.records.errors import Dangling

_MODES = frozenset({"create", "update", "delete", "profile", ""})
_METHODS = {"create": ("POST", "c"), "update": ("PUT", "u")}
Json = dict[str, Any]


def validate(request: Request, access: Access) -> Response:
    """POST Type/$validate and Type/id/$validate: 200 with what was found."""
    kind, name = request.path[0], request.path[1] if len(request.path) > 2 else ""
    resource, mode, profile = _asked(request)
    if mode not in _MODES:
        raise FhirError(400, "invalid", "mode is create, update, delete or profile.")
    if resource is None and mode == "profile" and name:
        resource = _stored(kind, name, access)
    if resource is None:
        if mode == "delete":
            return json(200, _fine())
        raise FhirError(400, "required", "Give the resource to check.", ["Parameters.parameter"])
    if resource.get("resourceType") != kind:
        raise FhirError(400, "invalid", f"The resource is not a {kind}, as the address says.")
    issues = checking.as_issues(checking.problems_of(resource, profile))
    if mode == "update" and name and resource.get("id") != name:
        issues += outcome("error", "invalid", "The id of the body is not that of the address.", [f"{kind}.id"])["issue"]
    if mode in _METHODS:
        issues += _pointing_nowhere(request, resource, mode, name, access)
    return json(200, {"resourceType": "OperationOutcome", "issue": issues} if issues else _fine())


def _asked(request: Request) -> tuple[Json | None, str, str | None]:
    """The resource, the mode and the profile, of the address or of a Parameters."""
    mode = next((value for name, value in request.query if name == "mode"), "")
    profile = next((value for name, value in request.query if name == "profile"), None)
    if not request.body:
        return None, mode, profile
    given = checking.object_of(request)
    if given.get("resourceType") == "Parameters":
        return _from_parameters(given, mode, profile)
    return given, mode, profile


def _stored(kind: str, name: str, access: Access) -> Json:
    """What is stored, for who may read it; what is said of it tells what it holds, so that it is a read."""
    row = row_of(kind, name, auth.require(access, kind, "r"), raw.current())
    if row[7]:
        raise gone(row[5])
    noted(access, "record.read", (row[1],), f"{kind}/{name}", kind)
    return parse(bytes(row[8]))


def _pointing_nowhere(request: Request, resource: Json, mode: str, name: str, access: Access) -> list[Json]:
    """What of its references keeps it from being stored, said to who may store it: others would learn what is here."""
    method, action = _METHODS[mode]
    kind = str(resource["resourceType"])
    try:
        writes.may_write(access, kind, action)
    except FhirError:
        return []
    texts = texts_of(links.places(resource))
    mapping: dict[str, str] = {}
    links.follow(texts, request.base_url, mapping)
    met = _met(kind, name, access) if method == "PUT" and name else None
    change = Change(method if met else "POST", kind, name or new_id(), "", resource=resource)
    try:
        for text in links.conditional(texts):
            mapping[text] = reference(text, access, request.base_url)
        change.points = links.pointed(mapping.get(text, text) for text in texts)
        if not connection.in_atomic_block:
            close_old_connections()
        pointing.hold([change], pointing.existing([change]), access)
    except Dangling as error:
        return _issues(links.unknown("", resource, error.text))
    except FhirError as error:
        return _issues(error)
    return _of_another(met, resource, mapping) if met else []


def _met(kind: str, name: str, access: Access) -> tuple[Any, ...] | None:
    """The row an update would change; None too for one out of reach, of which nothing is told."""
    row = row_at(kind, name, raw.current())
    return row if row is not None and seen(row, auth.require(access, kind, "u"), raw.current()) else None


def _of_another(row: tuple[Any, ...], resource: Json, mapping: Mapping[str, str]) -> list[Json]:
    """That the resource names another patient than what is stored: an entry never goes from one to another."""
    subject = subject_of(resource) or ""
    kind, name = pointed_at(mapping.get(subject, subject))
    person = person_of(name, raw.current()) if kind == "Patient" else None
    if person is None or row[1] in (0, person):
        return []
    words = "What is stored by this id is of another patient. Create it with a new id."
    return _issues(FhirError(422, "business-rule", words))


def _issues(error: FhirError) -> list[Json]:
    found: list[Json] = error.outcome()["issue"]
    return found


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
