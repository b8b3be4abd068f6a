"""Operations on one person's record: Patient/id/$everything and DocumentReference/$docref.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html
"""

from collections.abc import Sequence
from typing import Any

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.references import references_of
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, bundles, cursor, paging
from chartpost.gateways.fhir.http import FhirError, Request, Response
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import row_of
from chartpost.gateways.fhir.search import search
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.search import COLUMNS, Found, by_reference, found, reach
from chartpost.records.types import kind_of

PAGE, LARGEST = 500, 1_000
_ALLOWED = {"start", "end", "_since", "_type", "_count", "_cursor", "_format", "_pretty"}
_DOCREF = {"patient", "start", "end", "type", "on-demand", "profile", "_count", "_cursor", "_format", "_pretty"}


def everything(request: Request, access: Access) -> Response:
    """GET or POST Patient/id/$everything: the record newest first, the Patient at its head, with whom it names."""
    patient = request.path[1]
    db = raw.current()
    head = row_of("Patient", patient, auth.require(access, "Patient", "r"), db)
    person = int(head[1])
    asked = _asked(request, access)
    types = _types(access, asked["types"])
    rows = _rows(person, types, access, asked, db)
    page, more = rows[: asked["count"]], len(rows) > asked["count"]
    if (asked["after"] is None and not asked["types"]) or "Patient" in asked["types"]:
        first = by_reference([f"Patient/{aliases(db).canonical.get(patient, patient)}"], access, db)
        page = [*first, *page] if asked["after"] is None else page
    named = by_reference(_named(page), access, db)
    have = {row.rid for row in page}
    page = [*page, *(row for row in named if row.person_id == 0 and row.rid not in have)]
    noted(access, "record.read", (row.person_id for row in page), f"Patient/{patient}", "everything")
    base, seen = request.base_url.encode(), aliases(db)
    address = f"{request.base_url}/Patient/{patient}/$everything"
    links = [("self", address)]
    if more:
        last = rows[asked["count"] - 1]
        place = {**asked, "after": [last.date_ms, last.rid]}
        links.append(("next", f"{address}?_cursor={cursor.seal(place, access.grant_ref, '/'.join(request.path))}"))
    entries = (bundles.entry(base, r.key, seen.outgoing(r.person_id, bytes(r.body))) for r in page)
    return bundles.answered(bundles.bundle("searchset", entries, links))


def docref(request: Request, access: Access) -> Response:
    """GET or POST DocumentReference/$docref: the documents of a patient, by type and time of care."""
    given = {**dict(request.query), **_parameters(request)}
    for name in given:
        if name not in _DOCREF:
            raise FhirError(400, "invalid", "$docref takes patient, start, end, type, on-demand and profile.")
    if not given.get("patient") and "_cursor" not in given:
        raise FhirError(400, "required", "$docref needs the parameter patient.", ["Parameters.parameter"])
    query = [(name, given[name]) for name in ("patient", "type", "_count", "_cursor") if given.get(name)]
    for name, prefix in (("start", "ge"), ("end", "le")):
        if given.get(name):
            query.append(("period", f"{prefix}{given[name]}"))
    return search(request, access, "DocumentReference", query)


def _parameters(request: Request) -> dict[str, str]:
    """The plain values of a Parameters body (https://hl7.org/fhir/R4/parameters.html)."""
    if request.method != "POST" or not request.body:
        return {}
    given: dict[str, str] = {}
    for one in _list(parse_body(request).get("parameter")):
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            value = next((v for k, v in one.items() if k.startswith("value")), None)
            if isinstance(value, dict):
                value = f"{value.get('system', '')}|{value.get('code', '')}" if "code" in value else None
            if "\0" in str(value):
                raise FhirError(400, "invalid", "A parameter holds a character that is no text. Leave it out.")
            if isinstance(value, str | int):
                given[one["name"]] = str(value).lower() if isinstance(value, bool) else str(value)
    return given


def parse_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body; 400 when it is none."""
    from chartpost.formats.fhirjson.errors import BadJsonError

    try:
        return parse(request.body)
    except BadJsonError as error:
        raise FhirError(400, "structure", f"The body is not a JSON object: {error.seen}.") from None


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _asked(request: Request, access: Access) -> dict[str, Any]:
    given = {**dict(request.query), **_parameters(request)}
    if given.get("_cursor"):
        return cursor.unseal(given["_cursor"], access.grant_ref, "/".join(request.path))
    for name in given:
        if name not in _ALLOWED:
            raise FhirError(400, "invalid", "$everything takes start, end, _since, _type and _count.")
    types = [name for name in given.get("_type", "").split(",") if name]
    if set(types) - resource_types():
        raise FhirError(400, "value", "_type names a type that FHIR R4 does not have.")
    since, start, end = (_moment(given.get(name), name) for name in ("_since", "start", "end"))
    return {
        "count": paging.size(given.get("_count"), PAGE, LARGEST),
        "types": types,
        "since": since and since[0],
        "start": start and start[0],
        "end": end and end[1],
        "after": None,
    }


def _moment(text: str | None, name: str) -> tuple[int, int] | None:
    if not text:
        return None
    span = bounds(text.replace(" ", "+"))
    if span is None:
        raise FhirError(400, "invalid", f"{name} is a FHIR date or instant, such as 2026-01-31.")
    return span


def _types(access: Access, asked: Sequence[str]) -> list[str]:
    return [name for name in (asked or sorted(resource_types())) if name != "Patient" and reach(access, name, "r")]


def _rows(person: int, types: Sequence[str], access: Access, asked: dict[str, Any], db: raw.Db) -> list[Found]:
    """The next rows of a person's record, newest first, types with the same reach asked for together."""
    by_reach: dict[Any, list[int]] = {}
    for name in types:
        within = reach(access, name, "r")
        assert within is not None
        where, values = within.condition({person})
        by_reach.setdefault((where, tuple(values)), []).append(kind_of(name))
    if not by_reach:
        return []
    some = [f"(r.kind IN ({','.join(map(str, kinds))}) AND {where})" for (where, _), kinds in by_reach.items()]
    clauses = ["r.person_id = ?", "r.deleted = ?", "(" + " OR ".join(some) + ")"]
    bound: list[Any] = [person, False, *(value for _, values in by_reach for value in values)]
    for column, sign, moment in (
        ("r.updated_ms", ">", asked["since"]),
        ("r.date_ms", ">=", asked["start"]),
        ("r.date_ms", "<", asked["end"]),
    ):
        if moment is not None:
            clauses.append(f"{column} {sign} ?")
            bound.append(moment)
    if asked["after"]:
        clauses.append("(r.date_ms, r.rid) < (?, ?)")
        bound += asked["after"]
    sql = (
        f"SELECT {COLUMNS} FROM records_resource r WHERE {' AND '.join(clauses)}"  # noqa: S608 - constants
        f" ORDER BY r.date_ms DESC, r.rid DESC LIMIT {asked['count'] + 1:d}"
    )
    return [found(row) for row in db.all(sql, bound)]


def _named(page: Sequence[Found]) -> list[str]:
    return list(dict.fromkeys(text for row in page for text in references_of(parse(row.body))))
