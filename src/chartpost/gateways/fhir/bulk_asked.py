"""Reading the kick-off of a bulk export: its parameters, its level, and whether the token may ask for it."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.references import pointed_at
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, output
from chartpost.gateways.fhir.everything import parse_body
from chartpost.gateways.fhir.http import FhirError, Request
from chartpost.gateways.fhir.noting import event
from chartpost.gateways.fhir.read import row_at, row_of, seen
from chartpost.identity.aliases import filed_person, followed
from chartpost.identity.types import Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records.bulk_types import Asked, kept
from chartpost.records.errors import OutOfScope, TooCostly
from chartpost.records.search import custom
from chartpost.records.search.binding import bind
from chartpost.records.search.reach import reach

_FORMATS = {"application/fhir+ndjson", "application/ndjson", "ndjson"}
_KNOWN = {"_type", "_since", "_until", "_typeFilter", "_outputFormat", "_elements", "patient"}
_ONCE = ("_outputFormat", "_since", "_until")
NOT_EXPORTED = frozenset({"AuditEvent", "Subscription"})
"""Types of this door that are views of something else, or an app's own."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_BETWEEN = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
Pairs = Sequence[tuple[str, str]]


def asked_for(request: Request, access: Access) -> Asked:
    """The export a request asks for; 400 for what is not understood, 403 for what the token does not reach."""
    level = {"$export": "system", "Patient": "patient", "Group": "group"}.get(request.path[0])
    if level is None:
        raise FhirError(404, "not-supported", "Only the base, Patient and Group have $export. See /fhir/metadata.")
    _may(access, level)
    _headers(request)
    lenient = request.prefers("handling=lenient")
    pairs = _pairs(request)
    given = dict(pairs)
    for name in _ONCE:
        if sum(each == name for each, _ in pairs) > 1:
            raise FhirError(400, "invalid", f"{name} is there more than once. Send it once.")
    for name in given:
        if name not in _KNOWN and not lenient:
            raise FhirError(400, "not-supported", "An export takes " + ", ".join(sorted(_KNOWN)) + ".")
    if given.get("_outputFormat", "ndjson").replace(" ", "+") not in _FORMATS:
        raise FhirError(400, "not-supported", "_outputFormat is application/fhir+ndjson, the only one there is.")
    types = _types(access, _several(pairs, "_type"), lenient)
    return Asked(
        url=request.base_url + "/" + "/".join(request.path) + ("?" + request.query_string).rstrip("?"),
        level=level,
        types=types,
        reach=kept(access),
        grant_ref=access.grant_ref,
        event=_event(access),
        named=_named(request, access, level, _several(pairs, "patient")),
        since_ms=_moment(given, "_since"),
        until_ms=_moment(given, "_until"),
        filters=_filters([value for name, value in pairs if name == "_typeFilter"], access, request.base_url, lenient),
        elements=_elements(_several(pairs, "_elements")),
    )


def _may(access: Access, level: str) -> None:
    levels = {scope.level for scope in access.scopes}
    wide = access.everyone is not None or "system" in levels
    if not wide or not ("system" in levels or (level == "group" and "user" in levels)):
        raise auth.too_narrow("An export needs system scopes, such as system/*.rs.")


def _headers(request: Request) -> None:
    if not request.prefers("respond-async"):
        raise FhirError(400, "required", "Send the header Prefer: respond-async.")
    if output.of_accept(request.header("Accept")) != "json":
        raise FhirError(406, "not-supported", "Send the header Accept: application/fhir+json.")


def _pairs(request: Request) -> list[tuple[str, str]]:
    found = list(request.query)
    if request.method != "POST" or not request.body:
        return found
    body = parse_body(request)
    if body.get("resourceType") != "Parameters":
        raise FhirError(400, "structure", "The body of an export is a Parameters resource.")
    given = body.get("parameter", [])
    if not isinstance(given, list):
        raise FhirError(400, "structure", "Parameters.parameter is a list.")
    for one in given:
        value = next((v for k, v in one.items() if k.startswith("value")), None) if isinstance(one, dict) else None
        if isinstance(value, dict):
            value = value.get("reference")
        if not isinstance(value, str) or not isinstance(one.get("name"), str):
            raise FhirError(400, "value", "Each parameter has a name and a text, instant or reference.")
        if "\0" in value:
            raise FhirError(400, "invalid", "A parameter holds a character that is no text. Leave it out.")
        found.append((one["name"], value))
    return found


def _several(pairs: Pairs, name: str) -> list[str]:
    return [each.strip() for n, value in pairs if n == name for each in value.split(",") if each.strip()]


def _types(access: Access, wanted: list[str], lenient: bool) -> tuple[str, ...]:
    open_ = [t for t in sorted(resource_types() - NOT_EXPORTED) if reach(access, t, "r") and reach(access, t, "s")]
    if not wanted:
        if not open_:
            raise auth.too_narrow("The app was given no type to read and search. Ask for system/*.rs.")
        return tuple(open_)
    for name in wanted:
        if name not in resource_types() and not lenient:
            raise FhirError(400, "invalid", "_type names a type FHIR R4 does not have.")
        if name in NOT_EXPORTED and not lenient:
            raise FhirError(400, "not-supported", f"No export holds {name}: it is no part of a record. Read it.")
        if name in resource_types() and name not in open_ and not lenient:
            raise auth.too_narrow(f"The app was not given leave to read and search {name}.")
    return tuple(name for name in open_ if name in wanted)


def _named(request: Request, access: Access, level: str, patients: list[str]) -> tuple[int, ...] | None:
    """Whom the export is bound to, by the persons their Patients were filed with; None: everybody in reach."""
    persons: set[int] | None = None
    if level == "group":
        persons = _members(request.path[1], access)
    if patients:
        if level == "system":
            raise FhirError(400, "invalid", "patient goes with Patient and Group exports only.")
        db = raw.current()
        named = {_whose(_patient(text, request.base_url), access, db) for text in patients}
        there = {person for person in named if person is not None}
        if None in named or (persons is not None and not followed(there, db)[0] <= followed(persons, db)[0]):
            raise FhirError(400, "not-found", "patient names someone who is not in this export.")
        persons = there
    return None if persons is None else tuple(sorted(persons))


def _whose(name: str, access: Access, db: raw.Db) -> int | None:
    """The person a Patient was filed with; None for one that a token which reads Patients does not see.

    Whoever reads none may narrow an export to one all the same: clients ask for the types they fetch, no more.
    """
    within = reach(access, "Patient", "r")
    row = row_at("Patient", name, db) if within is not None else None
    hidden = row is not None and within is not None and not seen(row, within, db)
    return None if hidden else filed_person(name, db)


def _patient(text: str, base_url: str) -> str:
    """The id of the Patient that a reference, or an id alone, names here; empty for anything else."""
    kind, slash, name = text.removeprefix(f"{base_url}/").rpartition("/")
    return name if kind == "Patient" or not slash else ""


def _members(group: str, access: Access) -> set[int]:
    """The persons in a Group now, those of Groups within it too; 404 where one of these is not there for the token."""
    # Whoever may read every Patient may narrow an export to a Group: clients ask for the types they fetch, no more.
    within = reach(access, "Group", "r") or auth.require(access, "Patient", "r")
    found, waiting, met = set[int](), [group], set[str]()
    while waiting:
        name = waiting.pop()
        met.add(name)
        row = row_of("Group", name, within, raw.current())
        if row[7]:
            raise FhirError(404, "not-found", "There is no such Group, or no more one that is a member of it.")
        for member in parse(bytes(row[8])).get("member") or ():
            kind, one = pointed_at(str((member.get("entity") or {}).get("reference", "")))
            if member.get("inactive") or not _now(member.get("period")):
                continue
            if kind == "Group" and one not in met:
                waiting.append(one)
            person = filed_person(one, raw.current()) if kind == "Patient" else None
            if person is not None:
                found.add(person)
    return found


def _now(period: object) -> bool:
    """Whether a Period has begun and is not over; none at all always."""
    span = bounds(period)
    return span is None or span[0] <= clock.now_ms() < span[1]


def _moment(given: dict[str, str], name: str) -> int | None:
    if name not in given:
        return None
    text = given[name].replace(" ", "+")
    span = bounds(text) if _INSTANT.fullmatch(text) else None
    if span is None:
        raise FhirError(400, "invalid", f"{name} is a FHIR instant, such as {clock.now():%Y-%m-%dT%H:%M:%SZ}.")
    return clock.bounded(span[0])


def _filters(texts: list[str], access: Access, base_url: str, lenient: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in [each for given in texts for each in _BETWEEN.split(given)]:
        name, _, query = text.partition("?")
        asked = parse_qsl(query, keep_blank_values=True)
        if any(each.partition(":")[0] in language.RESULT for each, _ in asked):
            raise FhirError(400, "not-supported", "_typeFilter chooses resources; it takes no _sort, _include or such.")
        try:
            own = custom.definitions(name, raw.current())
            parsed = language.parse(name, asked, base_url=base_url, custom=own, lenient=lenient)
            bind(parsed, access, raw.current())
        except language.SearchError as error:
            raise FhirError(400, error.code, error.message) from None
        except (TooCostly, OutOfScope) as error:
            raise FhirError(400, "too-costly", error.message) from None
        found.setdefault(name, []).append(urlencode(parsed.applied) if parsed.ignored else query)
    return found


def _elements(names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        kind, dot, element = name.partition(".")
        found.setdefault(kind if dot else "*", []).append(element if dot else name)
    return found


def _event(access: Access) -> dict[str, Any]:
    made = event(access, "export.start", None, "")
    return {name: getattr(made, name) for name in ("actor", "actor_name", "actor_kind", "why", "where")}
