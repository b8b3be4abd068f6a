"""Operations on one person's record: Patient/id/$everything and DocumentReference/$docref.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html
"""

from collections.abc import Sequence
from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.index import clinical_span
from chartpost.formats.fhirjson.references import references_of
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, bundles, cursor, indexing, paging
from chartpost.gateways.fhir.http import FhirError, Request, Response
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import gone, row_of
from chartpost.gateways.fhir.search import search
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records.search import COLUMNS, Found, by_reference, found, reach
from chartpost.records.search.reach import NOBODYS
from chartpost.records.types import kind_of

PAGE, LARGEST = 500, 1_000
_ALLOWED = {"start", "end", "_since", "_type", "_count", "_cursor", "_format", "_pretty"}
_DOCREF = {"patient", "start", "end", "type", "on-demand", "profile", "_count", "_cursor", "_format", "_pretty"}


def everything(request: Request, access: Access) -> Response:
    """GET or POST Patient/id/$everything: the record newest first, the Patient at its head, with whom it names."""
    db = raw.current()
    indexing.whole(db)
    seen = aliases(db)
    patient = seen.canonical.get(request.path[1], request.path[1])
    head = row_of("Patient", patient, auth.require(access, "Patient", "r"), db)
    if head[7]:
        raise gone(head[5])
    person = int(head[1])
    asked = _asked(request, access)
    rows = _rows(person, _types(access, asked["types"]), access, asked, db)
    page, more = rows[: asked["count"]], len(rows) > asked["count"]
    if asked["after"] is None:
        page = [*by_reference([f"Patient/{patient}"], access, db), *page]
    named = by_reference(_named(page), access, db)
    have = {row.rid for row in page}
    page = [*page, *(row for row in named if row.person_id == 0 and row.rid not in have)]
    page = [row for row in page if not asked["types"] or row.type in asked["types"]]
    told = [row.person_id for row in page if row.person_id] or [person]
    noted(access, "record.read", told, f"Patient/{patient}", "everything")
    base, here = request.base_url.encode(), "/".join(request.path)
    address = f"{request.base_url}/{here}"
    links = [paging.itself(address, asked["said"])]
    if more:
        last = rows[asked["count"] - 1]
        place = {**asked, "after": [last.date_ms, last.rid]}
        links.append(paging.following(request, address, cursor.seal(place, access.grant_ref, here)))
    entries = (bundles.entry(base, r.key, seen.outgoing(r.person_id, bytes(r.body))) for r in page)
    return bundles.answered(bundles.bundle("searchset", entries, links))


def docref(request: Request, access: Access) -> Response:
    """GET or POST DocumentReference/$docref: the documents of a patient, by type and time of care."""
    given = _once([*request.query, *_parameters(request)])
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


def _parameters(request: Request) -> list[tuple[str, str]]:
    """The values of a Parameters body (https://hl7.org/fhir/R4/parameters.html); 400 for one that is not read here."""
    if request.method != "POST" or not request.body:
        return []
    given: list[tuple[str, str]] = []
    for one in _list(parse_body(request).get("parameter")):
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            kind, value = next(((k, v) for k, v in one.items() if k.startswith("value")), ("no value", None))
            text = _text(value)
            if text is None:
                words = (
                    f"The parameter {one['name'][:40]!r} has {kind[:40]}. Expected: a text, code, date or reference."
                )
                raise FhirError(400, "value", words, ["Parameters.parameter"])
            if "\0" in text:
                raise FhirError(400, "invalid", "A parameter holds a character that is no text. Leave it out.")
            given.append((one["name"], text))
    return given


def _text(value: object) -> str | None:
    """A value as it would stand in an address; None for what has no such form."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    if not isinstance(value, dict):
        return None
    codings = [one for one in _list(value.get("coding")) if isinstance(one, dict) and "code" in one]
    if codings or "code" in value:
        return ",".join(f"{one.get('system', '')}|{one['code']}" for one in codings or [value])
    return value["reference"] if isinstance(value.get("reference"), str) else None


def _once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Parameters that come once each, by name."""
    given = dict(pairs)
    if len(given) != len(pairs):
        twice = next(name for name in given if sum(each == name for each, _ in pairs) > 1)
        raise FhirError(400, "invalid", f"{twice[:40]} is there more than once. Send it once.")
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
    pairs = [*request.query, *_parameters(request)]
    given = _once([pair for pair in pairs if pair[0] != "_type"])
    if given.get("_cursor"):
        return {"said": [], **cursor.unseal(given["_cursor"], access.grant_ref, "/".join(request.path))}
    for name in given:
        if name not in _ALLOWED:
            raise FhirError(400, "invalid", "$everything takes start, end, _since, _type and _count.")
    types = [each for name, value in pairs if name == "_type" for each in value.split(",") if each]
    if set(types) - resource_types():
        raise FhirError(400, "value", "_type names a type that FHIR R4 does not have.")
    since, start, end = (_moment(given.get(name), name) for name in ("_since", "start", "end"))
    return {
        "count": paging.size(given.get("_count"), PAGE, LARGEST),
        "types": types,
        "since": since and since[0],
        "start": start and start[0],
        "end": end and end[1],
        "said": paging.said(pairs),
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
    """The types of a person's rows to look through: those asked for, or all where it is asked for what they name."""
    every = not asked or not NOBODYS.isdisjoint(asked)
    return [
        name
        for name in sorted(resource_types() if every else set(asked))
        if name != "Patient" and reach(access, name, "r")
    ]


def _rows(person: int, types: Sequence[str], access: Access, asked: dict[str, Any], db: raw.Db) -> list[Found]:
    """The next rows of a person's record, newest first: a page of them and one more."""
    where, values = _condition(person, types, access)
    if asked["since"] is not None:
        where, values = f"{where} AND r.updated_ms > ?", [*values, asked["since"]]
    rows: list[Found] = []
    after, wanted = asked["after"], asked["count"] + 1
    while len(rows) < wanted:
        beyond, place = (" AND (r.date_ms, r.rid) < (?, ?)", list(after)) if after else ("", [])
        sql = (
            f"SELECT {COLUMNS} FROM records_resource r WHERE {where}{beyond}"  # noqa: S608 - constants
            f" ORDER BY r.date_ms DESC, r.rid DESC LIMIT {wanted:d}"
        )
        some = [found(row) for row in db.all(sql, [*values, *place])]
        rows += [row for row in some if _cared(row, asked["start"], asked["end"])]
        if len(some) < wanted:
            break
        after = some[-1].date_ms, some[-1].rid
    return rows[:wanted]


def _condition(person: int, types: Sequence[str], access: Access) -> tuple[str, list[Any]]:
    """A person's rows of these types within reach; types with the same reach are asked for together."""
    by_reach: dict[Any, list[int]] = {}
    for name in types:
        within = reach(access, name, "r")
        assert within is not None
        where, values = within.condition({person})
        by_reach.setdefault((where, tuple(values)), []).append(kind_of(name))
    some = [f"(r.kind IN ({','.join(map(str, kinds))}) AND {where})" for (where, _), kinds in by_reach.items()]
    clauses = ["r.person_id = ?", "r.deleted = ?", "(" + (" OR ".join(some) or "1 = 0") + ")"]
    return " AND ".join(clauses), [person, False, *(value for _, values in by_reach for value in values)]


def _cared(row: Found, start: int | None, end: int | None) -> bool:
    """Whether a row is of care in a time: some of its own time is within, or it has none (an allergy, a name)."""
    if (start is None or row.date_ms >= start) and (end is None or row.date_ms < end):
        return True
    span = clinical_span(orjson.loads(row.body))
    return span is None or ((start is None or span[1] > start) and (end is None or span[0] < end))


def _named(page: Sequence[Found]) -> list[str]:
    return list(dict.fromkeys(text for row in page for text in references_of(parse(row.body))))
