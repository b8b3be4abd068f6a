"""Provenance: one per section and author, naming the original by its SHA-256 and the element of each target.

https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-provenance.html; ni URIs: RFC 6920 section 3.
"""

import base64
from collections.abc import Iterable, Iterator

from chartpost.formats.ccda.intake.document import Document, Scope, fit, url
from chartpost.formats.ccda.intake.nodes import Node, kid, kids
from chartpost.formats.ccda.intake.people import company_of, who
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent, instant, time

PATH = "urn:chartpost:source-element"
"""URL of the extension on Provenance.target that holds the XPath of the element a resource was made of."""

_TYPES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_TRANSMITTER = "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type"

_ACTING = frozenset({"Practitioner", "Device"})


def original(sha256: str) -> Json:
    """The entity that names the original by its digest."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
    what = {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{digest}"}}
    return {"role": "source", "what": what}


def author(scope: Scope, holder: Node) -> Json | None:
    """The latest author of a statement or section: who, for whom, when; None without one."""
    found = [made for node in kids(holder, "author") if (made := _author(scope, node))]
    return max(found, key=lambda a: a["time"]) if found else None


def _author(scope: Scope, node: Node) -> Json | None:
    person = who(scope, node)
    if person is None:
        return None
    return {"who": person, "for": company_of(scope, node), "time": time(scope, kid(node, "time"))}


def of_section(scope: Scope, resources: Iterable[Json], sha256: str) -> Iterator[Json]:
    """The Provenance of what a section gave, one for each author: the statement's, section's, or document's."""
    groups: dict[tuple[str, ...], tuple[Json | None, list[Json]]] = {}
    for resource in resources:
        found = scope.authors.get(resource["id"]) or scope.author or scope.doc.author
        groups.setdefault(_key(found), (found, []))[1].append(resource)
    for number, (found, targets) in enumerate(groups.values(), scope.traced):
        scope.traced += 1
        yield _provenance(scope, found, targets, sha256, number)


def _key(found: Json | None) -> tuple[str, ...]:
    if found is None:
        return ()
    return found["who"].get("reference", ""), (found["for"] or {}).get("reference", ""), found["time"]


def _provenance(scope: Scope, found: Json | None, targets: list[Json], sha256: str, number: int) -> Json:
    doc: Document = scope.doc
    moment = instant((found or {}).get("time", "")) or instant(doc.time)
    made: Json = {
        "resourceType": "Provenance",
        "id": doc.claim("Provenance", f"{scope.path}|{number}") or doc.identity("Provenance", scope.path, str(number)),
        "meta": {"profile": [url("provenance")]},
        "target": [_target(scope, resource) for resource in targets],
        **({"recorded": moment} if moment else {"_recorded": absent()}),
        "agent": [a for a in (_agent(found, doc), _transmitter(doc)) if a],
        "entity": [original(sha256)],
    }
    if not made["agent"]:
        made["agent"] = [{"type": _type("author"), "who": {"display": "Not named in the document"}}]
    if not all(map(_whole, made["agent"])):
        fit(made)
    return made


def _whole(agent: Json) -> bool:
    """Whether an agent keeps the rules of US Core, as all others here do by the way they are made (provenance-1)."""
    kind = agent["who"].get("reference", "").partition("/")[0]
    return "onBehalfOf" in agent if kind in _ACTING else bool(kind)


def _target(scope: Scope, resource: Json) -> Json:
    return {
        "reference": f"{resource['resourceType']}/{resource['id']}",
        "extension": [{"url": PATH, "valueString": scope.path_of(resource)}],
    }


def _agent(found: Json | None, doc: Document) -> Json | None:
    if found is None:
        return None
    kind = found["who"].get("reference", "").partition("/")[0]
    company = found["for"] or doc.custodian
    made = {"type": _type("author"), "who": found["who"]}
    if company and kind in _ACTING:
        made["onBehalfOf"] = company
    return made


def _transmitter(doc: Document) -> Json | None:
    if doc.custodian is None:
        return None
    kind = {"coding": [{"system": _TRANSMITTER, "code": "transmitter", "display": "Transmitter"}]}
    return {"type": kind, "who": doc.custodian}


def _type(code: str) -> Json:
    return {"coding": [{"system": _TYPES, "code": code, "display": code.capitalize()}]}
