"""history of a resource, a type, and the whole door (https://hl7.org/fhir/R4/http.html#history)."""

from typing import Any

import orjson

from chartpost.formats.fhirjson.canonical import instant
from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir import auth, bundles, cursor, paging
from chartpost.gateways.fhir.http import FhirError, Request, Response
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import row_at, row_of, seen
from chartpost.identity.aliases import Aliases, aliases
from chartpost.identity.types import Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.records.search.reach import Facts, Reach, reach
from chartpost.records.types import kind_of, type_of

PAGE, LARGEST = 50, 500
_COLUMNS = "r.rid, r.person_id, r.category, r.labels, r.date_ms, r.kind, r.fhir_id"
_NOW = "r.version, r.updated_ms, r.deleted, r.body FROM records_resource r WHERE 1 = 1"
_THEN = "v.version, v.updated_ms, v.deleted, v.body FROM records_version v JOIN records_resource r ON r.rid = v.rid WHERE 1 = 1"  # noqa: E501
_UNTIL = (
    "COALESCE((SELECT n.updated_ms FROM records_version n WHERE n.rid = v.rid AND n.version = v.version + 1),"
    " r.updated_ms)"
)
"""When a version ceased to be the current one."""
_NEWEST = "-_lastUpdated"
_ALLOWED = {"_count", "_since", "_at", "_cursor", "_format", "_pretty", "_sort"}


def instance(request: Request, access: Access) -> Response:
    """GET Type/id/_history: the versions the token may see; 404 when there are none."""
    resource_type, fhir_id = request.path[0], request.path[1]
    found, db = auth.require(access, resource_type, "r"), raw.current()
    row = row_at(resource_type, fhir_id, db)
    if row is None or not (seen(row, found, db) or _one_seen(row, found, db)):
        row = row_of(resource_type, fhir_id, found, db)
    return _answer(request, access, {row[0]: found}, "r.rid = ?", [row[0]])


def _one_seen(row: tuple[Any, ...], found: Reach, db: raw.Db) -> bool:
    """Whether some earlier version may be seen, of one that may have left the reach since."""
    older = db.all("SELECT version FROM records_version WHERE rid = ? ORDER BY version DESC", [row[0]])
    bodies = (db.one("SELECT body FROM records_version WHERE rid = ? AND version = ?", [row[0], *one]) for one in older)
    return any(body is not None and found.sees_version(Facts(*row[:5]), bytes(body[0]), db) for body in bodies)


def of_type(request: Request, access: Access) -> Response:
    """GET Type/_history."""
    resource_type = request.path[0]
    found = auth.require(access, resource_type, "s")
    where, values = found.whole().condition()
    return _answer(
        request, access, {}, f"r.kind = {kind_of(resource_type)} AND {where}", values, {resource_type: found}
    )


def system(request: Request, access: Access) -> Response:
    """GET _history: of every type the token may search."""
    open_types = {name: some for name in sorted(resource_types()) if (some := reach(access, name, "s"))}
    if not open_types:
        raise auth.too_narrow("The app was not given any type to search. Ask for the scope.")
    where, values = any_of(open_types)
    return _answer(request, access, {}, where, values, open_types)


def any_of(open_types: dict[str, Reach]) -> tuple[str, list[Any]]:
    """The condition for rows of several types, those with the same reach asked for together."""
    alike: dict[tuple[str, tuple[Any, ...]], list[int]] = {}
    for name, found in open_types.items():
        where, values = found.whole().condition()
        alike.setdefault((where, tuple(values)), []).append(kind_of(name))
    some = [f"(r.kind IN ({','.join(map(str, kinds))}) AND {where})" for (where, _), kinds in alike.items()]
    return "(" + " OR ".join(some) + ")", [value for _, values in alike for value in values]


def _answer(
    request: Request,
    access: Access,
    by_row: dict[int, Reach],
    where: str,
    values: list[Any],
    by_type: dict[str, Reach] | None = None,
) -> Response:
    asked = {**_asked(request, access), "everyone": access.everyone is not None and not by_row}
    db = raw.current()
    rows: list[tuple[Any, ...]] = []
    place = asked["after"]
    while len(rows) <= asked["count"]:
        some = _rows(where, values, asked, place, db)
        for row in some:
            found = by_row.get(row[0]) or (by_type or {})[type_of(row[5])]
            if found.sees_version(Facts(*row[:5]), bytes(row[10]), db):
                rows.append(row)
        if len(some) < LARGEST:
            break
        place = [some[-1][8], some[-1][0], some[-1][7]]
    page, more = rows[: asked["count"]], len(rows) > asked["count"]
    noted(access, "record.read", (row[1] for row in page), "/".join(request.path).lstrip("_"), "history")
    here = "/".join(request.path)
    address = f"{request.base_url}/{here}"
    links = [paging.itself(address, asked["said"])]
    if more:
        last = page[-1]
        place = {**asked, "after": [last[8], last[0], last[7]]}
        links.append(paging.following(request, address, cursor.seal(place, access.grant_ref, here)))
    base = request.base_url.encode()
    known = aliases(db)
    return bundles.answered(bundles.bundle("history", (_entry(base, row, known) for row in page), links))


def _rows(where: str, values: list[Any], asked: dict[str, Any], place: Any, db: raw.Db) -> list[tuple[Any, ...]]:
    """The next rows of both tables, newest first."""
    found: list[tuple[Any, ...]] = []
    for rest, alias in ((_NOW, "r"), (_THEN, "v")):
        clauses, bound = [where], list(values)
        if asked["since"] is not None:
            clauses.append(f"{alias}.updated_ms >= ?")
            bound.append(asked["since"])
        if asked["at"] is not None:
            clauses.append(f"{alias}.updated_ms < ?")
            bound.append(asked["at"][1])
        if asked["at"] is not None and alias == "v":
            clauses.append(f"{_UNTIL} > ?")
            bound.append(asked["at"][0])
        if place:
            clauses.append(f"({alias}.updated_ms, r.rid, {alias}.version) < (?, ?, ?)")
            bound += place
        by = f"{alias}.updated_ms" if asked["everyone"] else f"+{alias}.updated_ms"  # "+": by the person, then sorted
        order = f"ORDER BY {by} DESC, r.rid DESC, {alias}.version DESC LIMIT {LARGEST}"
        found += db.all(f"SELECT {_COLUMNS}, {rest} AND {' AND '.join(clauses)} {order}", bound)
    return sorted(found, key=lambda row: (-row[8], -row[0], -row[7]))[:LARGEST]


def _asked(request: Request, access: Access) -> dict[str, Any]:
    query = dict(request.query)
    if query.get("_cursor"):
        place = cursor.unseal(query["_cursor"], access.grant_ref, "/".join(request.path))
        if "at" not in place:
            raise FhirError(400, "invalid", "This page link is of an earlier release. Begin the history again.")
        return place
    for name in query:
        if name not in _ALLOWED:
            raise FhirError(400, "invalid", "History takes _count, _since and _at only.")
    if query.get("_sort", _NEWEST) not in (_NEWEST, "none"):
        raise FhirError(400, "not-supported", f"A history comes newest first: leave _sort out, or ask for {_NEWEST}.")
    since, at = _moment(query.get("_since"), "_since"), _moment(query.get("_at"), "_at")
    return {
        "count": paging.size(query.get("_count"), PAGE, LARGEST),
        "since": since and since[0],
        "at": at,
        "said": paging.said(request.query),
        "after": None,
    }


def _moment(text: str | None, name: str) -> tuple[int, int] | None:
    if text is None:
        return None
    span = bounds(text.replace(" ", "+"))
    if span is None:
        raise FhirError(400, "invalid", f"{name} is a FHIR date or instant, such as 2026-01-31T10:00:00Z.")
    return span


def _entry(base: bytes, row: tuple[Any, ...], known: Aliases) -> bytes:
    person = row[1]
    version, updated, deleted = row[7], row[8], row[9]
    key = f"{type_of(row[5])}/{row[6]}"
    verb, status = ("DELETE", "204") if deleted else (("POST", "201") if version == 1 else ("PUT", "200"))
    tail = {
        "request": {"method": verb, "url": key if verb != "POST" else type_of(row[5])},
        "response": {
            "status": status,
            "etag": f'W/"{version}"',
            "lastModified": instant(clock.of_ms(updated)),
        },
    }
    front = b'{"fullUrl":"%b/%b",' % (base, key.encode())
    if not deleted:
        front += b'"resource":%b,' % known.outgoing(person, bytes(row[10]))
    return front + orjson.dumps(tail)[1:]
