"""/brands.json: who this office is, for apps that let people find it (SMART 2.2, 'User-access Brands and Endpoints').

The same Bundle is the publication of service base URLs that 45 CFR 170.404(b)(2) asks for: the Endpoint with the FHIR
base, an Organization for the office and one for each place, with name and address.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse

from chartpost.gateways.smart.addresses import fhir_base
from chartpost.gateways.smart.web import endpoint
from chartpost.identity import queries
from chartpost.identity.types import FacilityView, OfficeView
from chartpost.kernel.clock import now
from chartpost.kernel.config import config
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter

PROFILE = "http://hl7.org/fhir/smart-app-launch/StructureDefinition"
EXTENSION = "http://hl7.org/fhir/StructureDefinition"
URI = "urn:ietf:rfc:3986"
NPI = "http://hl7.org/fhir/sid/us-npi"
CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
PAYLOAD = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type"
FHIR_VERSION = f"{EXTENSION}/endpoint-fhir-version"
HOUR = 3600
NEWEST = "~"
"""Sorts behind every reference of the ledger."""
CHANGES = ("office.settings", "office.facility")
_TOWN = re.compile(r"(?P<city>[^,\n]+),\s*(?P<state>[A-Z]{2})\s+(?P<postal>\d{5}(?:-\d{4})?)\s*$")


def brand_identifier() -> dict[str, str]:
    """What names this office in the Bundle, and in the SMART configuration (`user_access_brand_identifier`)."""
    return {"system": URI, "value": config().base_url}


@endpoint("GET", "HEAD", cors=True)
def brands(request: HttpRequest) -> HttpResponse:
    """The Bundle, to anybody; unchanged since the ETag the reader has: 304."""
    found = bundle()
    body = json.dumps(found)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    same = tag in [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponse(status=304) if same else HttpResponse(body, content_type="application/fhir+json")
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={HOUR}"
    return response


@endpoint("GET", "HEAD", cors=True)
def logo(_request: HttpRequest) -> HttpResponse:
    """The mark of the office's pages, for lists of brands."""
    found = finders.find("favicon.svg")
    if not isinstance(found, str):
        raise Http404
    response = HttpResponse(Path(found).read_bytes(), content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={HOUR}"
    return response


def bundle() -> dict[str, Any]:
    """The office, its places and the FHIR base as a Bundle of type collection."""
    office = queries.office()
    resources = [_endpoint(office)]
    if office is not None:
        resources.append(_brand(office, queries.facilities()))
        resources += [_place(place, office) for place in queries.facilities()]
    return {
        "resourceType": "Bundle",
        "id": "user-access-brands",
        "meta": {"profile": [f"{PROFILE}/user-access-brands-bundle"]},
        "type": "collection",
        "timestamp": _changed(),
        "entry": [{"fullUrl": _full_url(found), "resource": found} for found in resources],
    }


def _full_url(resource: dict[str, Any]) -> str:
    return f"{config().base_url}/brands/{resource['resourceType']}/{resource['id']}"


def _changed() -> str:
    """When the office or a place of it was last changed, as the ledger has it (Bundle.timestamp)."""
    found = [entry.at for action in CHANGES for entry in ledger.search(Filter(action=action), NEWEST, limit=1)]
    return max(found, default=now()).isoformat(timespec="seconds")


def _endpoint(office: OfficeView | None) -> dict[str, Any]:
    contact = [{"system": "url", "value": f"{config().base_url}/developers/"}]
    if office is not None and office.email:
        contact.append({"system": "email", "value": office.email})
    return {
        "resourceType": "Endpoint",
        "id": "fhir",
        "meta": {"profile": [f"{PROFILE}/user-access-endpoint"]},
        "extension": [{"url": FHIR_VERSION, "valueCode": "4.0.1"}],
        "status": "active",
        "connectionType": {"system": CONNECTION, "code": "hl7-fhir-rest"},
        "name": f"FHIR R4 of {office.name}" if office else "FHIR R4",
        "contact": contact,
        "payloadType": [{"coding": [{"system": PAYLOAD, "code": "none"}]}],
        "address": fhir_base(),
    }


def _brand(office: OfficeView, places: list[FacilityView]) -> dict[str, Any]:
    base = config().base_url
    telecom = [{"system": "url", "value": f"{base}/"}]
    telecom += [{"system": "phone", "value": office.phone}] if office.phone else []
    known = [_address(office.address, ""), *(_address(place.address, place.state) for place in places)]
    return {
        "resourceType": "Organization",
        "id": "office",
        "meta": {"profile": [f"{PROFILE}/user-access-brand"]},
        "extension": [_organization_brand(base), _portal(office, base)],
        "identifier": [brand_identifier(), *_npi(office.npi)],
        "active": True,
        "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "prov"}]}],
        "name": office.name,
        "telecom": telecom,
        "address": [found for found in known if found],
        "endpoint": [{"reference": "Endpoint/fhir", "display": "FHIR R4"}],
    }


def _organization_brand(base: str) -> dict[str, Any]:
    return {
        "url": f"{EXTENSION}/organization-brand",
        "extension": [{"url": "brandLogo", "valueUrl": f"{base}/brands/logo.svg"}],
    }


def _portal(office: OfficeView, base: str) -> dict[str, Any]:
    about = "See, save and send your medical records, and connect apps to them."
    return {
        "url": f"{EXTENSION}/organization-portal",
        "extension": [
            {"url": "portalName", "valueString": f"{office.name} medical records"},
            {"url": "portalDescription", "valueMarkdown": about},
            {"url": "portalUrl", "valueUrl": f"{base}/"},
            {"url": "portalLogo", "valueUrl": f"{base}/brands/logo.svg"},
            {"url": "portalEndpoint", "valueReference": {"reference": "Endpoint/fhir"}},
        ],
    }


def _place(place: FacilityView, office: OfficeView) -> dict[str, Any]:
    """A place of the office; apps find it by its name and address and connect through the office."""
    found: dict[str, Any] = {
        "resourceType": "Organization",
        "id": place.ref,
        "meta": {"profile": [f"{PROFILE}/user-access-brand"]},
        "identifier": [{"system": URI, "value": f"{config().base_url}/#{place.ref}"}, *_npi(place.npi)],
        "active": True,
        "name": place.name,
        "telecom": [{"system": "url", "value": f"{config().base_url}/"}],
        "address": [_address(place.address, place.state)],
        "partOf": {"reference": "Organization/office", "display": office.name},
        "endpoint": [{"reference": "Endpoint/fhir", "display": "FHIR R4"}],
    }
    return found


def _npi(number: str) -> list[dict[str, str]]:
    """The National Provider Identifier, where one is kept (45 CFR 170.404(b)(2))."""
    return [{"system": NPI, "value": number}] if number else []


def _address(text: str, state: str) -> dict[str, Any]:
    """A postal address as FHIR has it: what can be told apart is, the rest stays a line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found: dict[str, Any] = {"text": ", ".join(lines)} if lines else {}
    town = _TOWN.search(lines[-1]) if lines else None
    if town is not None:
        found |= {"city": town["city"].strip(), "state": town["state"], "postalCode": town["postal"]}
        lines = lines[:-1]
    if lines:
        found["line"] = lines
    if state:
        found.setdefault("state", state)
    return found | {"country": "US"} if found else {}
