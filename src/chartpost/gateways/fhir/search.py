"""search by GET and POST (https://hl7.org/fhir/R4/http.html#search)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.gateways.fhir import auth, bundles, cursor, indexing, paging, shape
from chartpost.gateways.fhir.http import FhirError, Request, Response, asked_by_form, outcome
from chartpost.gateways.fhir.noting import noted
from chartpost.identity.aliases import Aliases, aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records import search as records
from chartpost.records.errors import OutOfScope, TooCostly
from chartpost.records.search import Found, custom
from chartpost.records.search.binding import persons_named

PAGE, LARGEST = 50, 1_000
FEW = 50
"""Matches that tell of each person they are of when they are counted."""
Pairs = tuple[tuple[str, str], ...]
_NOT_SEARCHED = frozenset({"_format", "_pretty"})


@dataclass(frozen=True)
class Asked:
    """One search: its type, its parameters, lenient or not, and where its page begins."""

    type: str
    pairs: Pairs
    lenient: bool
    after: records.Place | None = None


def by_get(request: Request, access: Access) -> Response:
    """GET Type?parameters."""
    return search(request, access, request.path[0], request.query)


def by_post(request: Request, access: Access) -> Response:
    """POST Type/_search with a form."""
    return search(request, access, request.path[0], asked_by_form(request))


def search(request: Request, access: Access, resource_type: str, query: Sequence[tuple[str, str]]) -> Response:
    """The page a search asks for; 400 for what is not understood, 403 for a type out of reach."""
    reach = auth.require_search(access, resource_type)
    indexing.whole(raw.current())
    asked = _asked(request, access, resource_type, query)
    try:
        parsed = _parsed(asked, request.base_url)
        return _answer(request, access, asked, parsed, reach)
    except language.SearchError as error:
        raise FhirError(400, error.code, error.message) from None
    except TooCostly as error:
        raise FhirError(400, "too-costly", error.message) from None
    except OutOfScope as error:
        raise auth.too_narrow(error.message) from None


def _parsed(asked: Asked, base_url: str) -> language.Query:
    own = custom.definitions(asked.type, raw.current())
    if own:
        return language.parse(asked.type, asked.pairs, lenient=asked.lenient, custom=own, base_url=base_url)
    return parsed_query(asked.type, asked.pairs, asked.lenient, base_url)


@lru_cache(maxsize=2048)
def parsed_query(resource_type: str, asked: Pairs, lenient: bool, base_url: str) -> language.Query:
    """A query read once; the same one comes again and again."""
    return language.parse(resource_type, asked, lenient=lenient, base_url=base_url)


def _asked(request: Request, access: Access, resource_type: str, query: Sequence[tuple[str, str]]) -> Asked:
    lenient = request.prefers("handling=lenient")
    place = next((value for name, value in query if name == "_cursor"), None)
    if place is None:
        return Asked(resource_type, tuple(pair for pair in query if pair[0] not in _NOT_SEARCHED), lenient)
    kept = cursor.unseal(place, access.grant_ref, resource_type)
    return Asked(resource_type, tuple((n, v) for n, v in kept["pairs"]), kept["lenient"], tuple(kept["after"]))


def _answer(request: Request, access: Access, asked: Asked, query: language.Query, reach: Any) -> Response:
    db = raw.current()
    limit = PAGE if query.count is None else min(query.count, LARGEST)
    total = None
    if query.total == "accurate" or query.summary == "count" or query.count == 0:
        total = records.count(query, access, reach, db)
    if query.summary == "count" or query.count == 0:
        noted(access, "record.search", _counted(query, access, reach, total or 0, db), asked.type, asked.type)
        return bundles.answered(bundles.bundle("searchset", (), _links(request, access, asked, query, None), total))
    page = records.search(query, access, reach, limit, asked.after, db)
    seen = aliases(db)
    rows: Sequence[Found] = page.rows
    if asked.type == "Patient":
        rows = [row for row in rows if not seen.hides(row.type, row.id)]
    extra, whole = records.included(rows, query.include, query.revinclude, access, db)
    persons = [row.person_id for row in (*rows, *extra)]
    noted(access, "record.read", persons if any(persons) else _about(query, access, db), asked.type, asked.type)
    entries = _entries(request, rows, extra, query, seen)
    if query.ignored or not whole:
        entries = [*entries, _remarks(query, whole)]
    links = _links(request, access, asked, query, page.after)
    return bundles.answered(bundles.bundle("searchset", entries, links, total))


def _about(query: language.Query, access: Access, db: raw.Db) -> frozenset[int]:
    """Whom a search was about that gave nobody's data: what was looked for, and whether it was there, tells of them."""
    own = {access.person_id} if access.person_id else set()
    return persons_named(query, access, db) | own


def _counted(query: language.Query, access: Access, reach: Any, total: int, db: raw.Db) -> frozenset[int]:
    """Whom a count tells of: those the search names, and whose the matches are where they are few."""
    few = records.search(query, access, reach, FEW, None, db).rows if 0 < total <= FEW else ()
    return _about(query, access, db) | {row.person_id for row in few if row.person_id}


def _entries(
    request: Request, rows: Sequence[Found], extra: Sequence[Found], query: language.Query, seen: Aliases
) -> list[bundles.Entry]:
    base = request.base_url.encode()
    cut = shape.cutter(query.summary or "", query.elements)
    if not extra and not cut and not (seen.pairs and any(row.person_id in seen.pairs for row in rows)):
        return bundles.matches(base, query.resource_type, rows)

    def body(row: Found) -> bytes:
        whole = seen.outgoing(row.person_id, bytes(row.body))
        return dump(cut(parse(whole))) if cut else whole

    return [
        *(bundles.entry(base, row.key, body(row)) for row in rows),
        *(bundles.entry(base, row.key, body(row), b"include") for row in extra),
    ]


def _remarks(query: language.Query, whole: bool) -> bytes:
    """What a lenient search left out since it was not understood, and that more would come beside the matches.

    https://hl7.org/fhir/R4/search.html#error
    """
    issues: list[dict[str, Any]] = []
    if query.ignored:
        names = ", ".join(sorted({name for name, _ in query.ignored}))
        issues += outcome("warning", "not-supported", f"These parameters were left out: {names}.")["issue"]
    if not whole:
        more = (
            f"More than {records.INCLUDED_AT_MOST:,} resources come with these matches by _include and _revinclude, or"
            " more rounds of :iterate than are made; the rest was left out. Ask for smaller pages with _count, or"
            " search their type."
        )
        issues += outcome("warning", "incomplete", more)["issue"]
    value = {"resourceType": "OperationOutcome", "issue": issues}
    return b'{"resource":%b,"search":{"mode":"outcome"}}' % dump(value)


def _links(
    request: Request, access: Access, asked: Asked, query: language.Query, after: records.Place | None
) -> list[tuple[str, str]]:
    address = f"{request.base_url}/{asked.type}"
    said = _said(tuple(query.applied))
    links = [("self", f"{address}?{said}" if said else address)]
    if after is not None:
        place = {"pairs": asked.pairs, "lenient": asked.lenient, "after": after}
        links.append(paging.following(request, address, cursor.seal(place, access.grant_ref, asked.type)))
    return links


@lru_cache(maxsize=2048)
def _said(applied: Pairs) -> str:
    return urlencode(applied, quote_via=quote, safe="/,|:$*")
