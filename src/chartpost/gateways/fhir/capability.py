"""GET metadata: what this door can do, made from the tables that make it do so (https://hl7.org/fhir/R4/http.html#capabilities)."""

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import orjson

from chartpost.formats.fhirjson.profiles import profiles_for
from chartpost.formats.fhirjson.search import VALUES_AT_MOST, definitions, include_parameters
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import search
from chartpost.gateways.fhir.http import Request, Response, resource
from chartpost.identity.types import Access
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.records.search import INCLUDED_AT_MOST, custom

US_CORE_SERVER = "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server"
BULK = "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport"
PUBLISHED = "2026-11-23"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_INTERACTIONS = (
    "read vread update patch delete history-instance history-type create search-type".split()  # noqa: SIM905 - a table
)
_OPERATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "Patient": (
        ("everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything"),
        ("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export"),
    ),
    "Group": (("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"),),
    "Subscription": (
        ("status", f"{_BACKPORT}/OperationDefinition/backport-subscription-status"),
        ("events", f"{_BACKPORT}/OperationDefinition/backport-subscription-events"),
    ),
    "DocumentReference": (("docref", "http://hl7.org/fhir/us/core/OperationDefinition/docref"),),
}
_VALIDATE = ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate")
Own = tuple[tuple[str, str, str], ...]
READ_ONLY = frozenset({"AuditEvent"})
_OWN = {"AuditEvent": ("read", "search-type"), "Subscription": ("read", "update", "delete", "create", "search-type")}
"""Types with interactions of their own instead of the general ones."""
_SEARCHED = {"Subscription": frozenset({"_id", "status"}), "AuditEvent": frozenset({"_id", "patient", "date"})}
"""Types searched by these parameters only."""

_DOCUMENTATION = (
    "All but metadata and discovery needs an access token of SMART App Launch. Answers are JSON or XML; what is sent is"
    " JSON, not packed: XML in a request gets 415. A patch is for tokens that may read what it changes. A search takes"
    f" {VALUES_AT_MOST} values of a parameter at most, _id included, and gives at most {search.LARGEST:,} matches a"
    f" page, with at most {INCLUDED_AT_MOST:,} resources by _include and _revinclude beside them; an OperationOutcome"
    " in the page says where there are more. What costs too much is refused with the code too-costly. A history comes"
    " newest first and tells no total. What names several patients is filed with the first of them: searches by patient"
    " or subject, and _revinclude from a patient, find it there."
)


_REFERENCES = (
    "A relative reference names the entry whose fullUrl is the address it makes with the base of its own entry's"
    " fullUrl, else a resource of this server by that type and id, whatever server that fullUrl is of. Name by its"
    " absolute address what another server has and is not sent along."
)
_SAID = {
    "Binary": "A Binary is for whoever may have what its securityContext names, and goes with it; without one it is for"
    " programs of the office alone. Lists and exports have it for whom a scope gives the whole type named there, others"
    " read it by its id. A file may be sent and is given as it is, with X-Security-Context when it is sent."
}
"""What is to be known of a type."""


def metadata(request: Request, _access: Access) -> Response:
    """GET metadata."""
    every = custom.custom(raw.current()).items()
    own = ((kind, name, one.definition.type) for kind, some in every for name, one in some.items())
    return resource(200, statement(request.base_url, tuple(sorted(own))))


@lru_cache(maxsize=4)
def statement(base: str, own: Own = ()) -> bytes:
    """The CapabilityStatement as bytes."""
    return orjson.dumps(capability(base, own))


def capability(base: str, own: Own = ()) -> dict[str, Any]:
    """The CapabilityStatement; `own` are the office's search parameters: resource type, name, type."""
    program = version("chartpost")
    return {
        "resourceType": "CapabilityStatement",
        "id": "chartpost",
        "url": f"{base}/metadata",
        "version": program,
        "name": "Chartpost",
        "title": "Chartpost FHIR R4 API",
        "status": "active",
        "date": PUBLISHED,
        "publisher": "The records office that runs this server",
        "description": "Read, search, write and export medical records; see /developers/ of this server.",
        "kind": "instance",
        "instantiates": [US_CORE_SERVER, BULK],
        "software": {"name": "Chartpost", "version": program},
        "implementation": {"description": "The FHIR door of this records office", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/json", "application/fhir+json", "xml", "application/fhir+xml"],
        "patchFormat": ["application/json-patch+json"],
        "implementationGuide": [
            "http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core|6.1.0",
            "http://hl7.org/fhir/smart-app-launch/ImplementationGuide/hl7.fhir.uv.smart-app-launch|2.2.0",
            "http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata|2.0.0",
            f"{_BACKPORT}/ImplementationGuide/hl7.fhir.uv.subscriptions-backport|1.1.0",
        ],
        "rest": [_rest(own)],
    }


def _rest(own: Own) -> dict[str, Any]:
    return {
        "mode": "server",
        "documentation": _DOCUMENTATION,
        "security": _security(),
        "resource": [_resource(name, own) for name in sorted(resource_types())],
        "interaction": [
            {"code": "transaction", "documentation": _REFERENCES},
            {"code": "batch"},
            {"code": "history-system"},
        ],
        "operation": [
            {"name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"},
        ],
    }


def _security() -> dict[str, Any]:
    root = config().base_url + "/oauth"
    endpoints = {"authorize": "authorize", "token": "token", "register": "register"}
    return {
        "extension": [
            {
                "url": _OAUTH,
                "extension": [{"url": name, "valueUri": f"{root}/{path}"} for name, path in endpoints.items()],
            }
        ],
        "cors": True,
        "service": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        "code": "SMART-on-FHIR",
                    }
                ]
            }
        ],
        "description": "OAuth2 with SMART App Launch 2.2; see /.well-known/smart-configuration. Scopes may be narrowed"
        " by category=system|code, on every type that has a category; by no other parameter.",
    }


def _resource(name: str, own: Own) -> dict[str, Any]:
    read_only = name in READ_ONLY
    general = name not in _OWN
    found: dict[str, Any] = {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in _OWN.get(name, _INTERACTIONS)],
        "versioning": "versioned-update" if general else "no-version",
        "readHistory": general,
        "updateCreate": general,
        "conditionalCreate": general,
        "conditionalRead": "not-match",
        "conditionalUpdate": general,
        "conditionalDelete": "single" if general else "not-supported",
        "referencePolicy": ["literal", "local"],
        "searchInclude": [] if name in _SEARCHED else include_parameters(name),
        "searchRevInclude": [] if name in _SEARCHED else ["Provenance:target"],
        "searchParam": _parameters(name, own),
    }
    if name in _SAID:
        found["documentation"] = _SAID[name]
    supported = profiles_for(name)
    if supported:
        found["supportedProfile"] = supported
    operations = [*_OPERATIONS.get(name, ()), *(() if read_only else (_VALIDATE,))]
    if operations:
        found["operation"] = [{"name": op, "definition": url} for op, url in operations]
    return {key: value for key, value in found.items() if value not in ([], None)}


def _parameters(name: str, own: Own) -> list[dict[str, str]]:
    known = {code: one for code, one in definitions(name).items() if code in _SEARCHED.get(name, (code,))}
    types = {each: one.type for each, one in known.items() if one.type != "resource"}
    types |= {each: type_ for kind, each, type_ in own if kind == name}
    return [{"name": each, "type": types[each]} for each in sorted(types)]
