"""transaction: the entries of a Bundle as one transaction of the database, all or nothing.

https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import orjson
from django.db import close_old_connections, connection, transaction

from chartpost.formats.fhirjson.canonical import instant
from chartpost.formats.fhirjson.references import ID, Address, resolve, texts_of
from chartpost.gateways.fhir import app, checking, links, writes
from chartpost.gateways.fhir.coming import Coming
from chartpost.gateways.fhir.conditions import (
    Met,
    criteria,
    finding,
    found_by,
    id_of_update,
    named_by,
    precondition_in,
    too_many,
)
from chartpost.gateways.fhir.entries import READS, Entry, answered, part, patch_of, told
from chartpost.gateways.fhir.http import FhirError, Request, pairs
from chartpost.identity import aliases
from chartpost.identity.types import Access
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.records.changes import Change, Finding, Precondition, Written
from chartpost.records.search import custom

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
Json = dict[str, Any]


def made_of(request: Request, access: Access, entries: list[Entry]) -> list[Json]:
    """Make the changes of all entries, or none, and answer their reads: the entries of the response, in their order."""
    may = cache(partial(writes.may_write, access))  # the same for each entry of a type
    for entry in entries:
        _aim(entry, access, may)
    beside = _settle(entries, access, request.base_url)
    ordered = sorted((e for e in entries if e.change is not None), key=lambda e: _ORDER[e.method])
    changes = [e.change for e in ordered if e.change is not None]
    _distinct(changes)
    if not changes:
        return _results(request, access, entries, [], [])
    if all(entry.method not in READS for entry in entries):
        return _results(request, access, entries, ordered, writes.made(request, changes, access, beside))
    return _written_and_read(request, access, entries, ordered, beside)


def _written_and_read(
    request: Request, access: Access, entries: list[Entry], ordered: list[Entry], beside: Mapping[str, str]
) -> list[Json]:
    """Make the changes and answer the reads in one transaction: a read that fails undoes what was written."""
    if not connection.in_atomic_block:
        close_old_connections()
    try:
        with transaction.atomic():
            written = writes.made(request, [e.change for e in ordered if e.change is not None], access, beside)
            with raw.reading(raw.django()):
                return _results(request, access, entries, ordered, written)
    except BaseException:
        aliases.forget()  # what was looked up meanwhile never came to be
        custom.forget()
        raise


def _results(
    request: Request, access: Access, entries: list[Entry], ordered: list[Entry], written: Sequence[Written]
) -> list[Json]:
    """The answer to each entry. What a conditional create found may be what the Bundle itself made or changed."""
    by_place = {entry.number: one for entry, one in zip(ordered, written, strict=True)}
    stored = {(one.type, one.id): replace(one, status=200) for one in written if one.status != 204}
    whole = request.prefers("return=representation")

    def became(entry: Entry) -> Written | None:
        if not entry.found:
            return by_place.get(entry.number)
        return stored.get((entry.path[0], entry.found)) or writes.found_before(entry.path[0], entry.found, access)

    return [_result(request, access, entry, became(entry), whole) for entry in entries]


def _aim(entry: Entry, access: Access, may: Callable[[str, str], None]) -> None:
    """What an entry changes, if it may (`may` raises); ids of new resources are given here."""
    if entry.method in READS:
        return
    shape = len(entry.path)
    kind = checking.known(entry.path[0] if entry.path else None)
    action = {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}[entry.method]
    told(entry, lambda: may(kind, action))
    if shape > 2 or (entry.method == "POST" and shape != 1) or (entry.method == "PATCH" and shape != 2):
        raise FhirError(400, "not-supported", f"{entry.place} asks what a transaction here does not do: send a batch.")
    if entry.method == "PATCH":
        told(entry, lambda: _patch(entry, kind, access))
        return
    if entry.resource is not None and entry.resource.get("resourceType") != kind:
        raise FhirError(400, "invalid", f"{entry.place} is not a {kind}, as its url says.", [f"{entry.place}.resource"])
    condition = told(entry, partial(_precondition, entry))
    if shape == 1 and entry.method != "POST" and not entry.query:
        raise FhirError(412, "required", f"{entry.place} names neither an id nor a condition.", [entry.place])
    name = entry.path[1] if shape == 2 else new_id()
    if not ID.fullmatch(name):
        raise FhirError(400, "invalid", f"{entry.place} has an id of the wrong form.", [entry.place])
    entry.change = Change(entry.method, kind, name, entry.place, condition=condition)


def _patch(entry: Entry, kind: str, access: Access) -> None:
    """Make a patch the update it amounts to, of the version as it stands before the transaction."""
    name, asked = entry.path[1], _precondition(entry)
    entry.resource, version = writes.patched_now(kind, name, patch_of(entry), asked, access)
    entry.change = Change("PUT", kind, name, entry.place, finding=Finding(version), may_create=False)


def _precondition(entry: Entry) -> Precondition:
    asked = entry.request
    return precondition_in(str(asked.get("ifMatch") or ""), str(asked.get("ifNoneMatch") or ""))


def _addresses(entries: list[Entry], access: Access, base: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Where each fullUrl of the bundle will be, and the ids it deletes, by type; conditional entries are looked up.

    In the order in which they are made: what is deleted is not found by those that follow.
    """
    mapping: dict[str, str] = {}
    gone: dict[str, set[str]] = {}
    wanted: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    seen: set[tuple[str, str]] = set()
    for entry in sorted(entries, key=lambda each: _ORDER[each.method]):
        change = entry.change
        if change is None:
            continue
        query = _condition(entry, base)
        if query is not None:
            without = gone.setdefault(change.type, set()) if entry.method != "DELETE" else frozenset()
            look = named_by if entry.method == "POST" else found_by
            find = partial(look, change.type, query, access, base, without)
            there = told(entry, find)
            first = change.id if entry.method == "DELETE" else wanted.setdefault((change.type, query), change.id)
            told(entry, partial(_look, entry, change, there, find, first if first != change.id else ""))
        if entry.method == "DELETE" and entry.change is not None:
            gone.setdefault(change.type, set()).add(change.id)
        if entry.full_url and entry.resource is not None:
            _once(entry, seen)
            mapping[entry.full_url] = f"{change.type}/{change.id}"
    return mapping, gone


def _condition(entry: Entry, base: str) -> tuple[tuple[str, str], ...] | None:
    """The search an entry depends on; None when it has none."""
    if entry.method == "POST":
        given = str(entry.request.get("ifNoneExist") or "")
        return tuple(criteria(given, entry.path[0], base)) if given else None
    return tuple(pairs(entry.query)) if len(entry.path) == 1 else None


def _look(entry: Entry, change: Change, there: list[Met], find: Callable[[], list[Met]], twin: str) -> None:
    """Make an entry the change it amounts to, where its condition finds these; `twin` is what an earlier one makes."""
    if len(there) > 1:
        raise too_many()
    if entry.method == "POST":
        entry.found = there[0].id if there else twin
        change.id = entry.found or change.id
        change.unless = None if entry.found else find
    elif entry.method == "PUT":
        if twin and not there:
            raise FhirError(400, "duplicate", "It asks for what an entry before it makes. Name each once.")
        change.id = id_of_update(change.type, there, (entry.resource or {}).get("id"))
        change.unless, change.finding = None if there else find, finding(there, find)
    elif there:
        change.id, change.finding = there[0].id, finding(there, find)
    else:
        entry.change = None


def _once(entry: Entry, seen: set[tuple[str, str]]) -> None:
    """400 for a fullUrl that another entry has, unless it is of another version (bdl-7 of Bundle)."""
    meta = (entry.resource or {}).get("meta")
    key = entry.full_url, str(meta.get("versionId")) if isinstance(meta, dict) else ""
    if key in seen:
        words = f"The fullUrl of {entry.place} is that of an entry before it. Give each resource one of its own."
        raise FhirError(400, "duplicate", words, [f"{entry.place}.fullUrl"])
    seen.add(key)


def _settle(entries: list[Entry], access: Access, base: str) -> dict[str, str]:
    """Resolve references and hold every resource to its rules; conditional references last, and once each.

    Gives where what a reference names will be, by its text.
    """
    mapping, gone = _addresses(entries, access, base)
    later: list[tuple[Entry, list[Address], list[str]]] = []
    for entry in entries:
        if entry.change is None or entry.resource is None:
            continue
        if entry.found:
            entry.change = None  # a conditional create that is not needed
            continue
        places = links.places(entry.resource)
        texts = texts_of(places)
        links.follow(texts, base, mapping)
        known = links.seen_from(entry.full_url, texts, mapping)
        resolve(places, known)
        if any(text not in mapping for text in links.conditional(texts)):
            later.append((entry, places, texts))
        else:
            _hold(entry, entry.change, texts, known)
    if not later:
        return mapping
    coming = Coming(((e.change, e.resource) for e in entries if e.change is not None and e.resource is not None), gone)
    for entry, places, texts in later:
        for text in links.conditional(texts):
            if text not in mapping:
                mapping[text] = told(entry, partial(coming.reference, text, access, base))
        known = links.seen_from(entry.full_url, texts, mapping)
        resolve(places, known)
        if entry.change is not None:
            _hold(entry, entry.change, texts, known)
    return mapping


def _hold(entry: Entry, change: Change, texts: list[str], mapping: Mapping[str, str]) -> None:
    """Hold a resource whose references are resolved to its rules, and note what it points at."""
    content = entry.resource or {}
    if entry.method == "PUT" and len(entry.path) == 2 and content.get("id") != change.id:
        raise FhirError(400, "invalid", f"The id of {entry.place} is not that of its url.", [entry.place])
    change.resource = content = {**content, "id": change.id}
    checking.checked(content, entry.place)
    change.points = links.pointed(mapping.get(text, text) for text in texts)
    writes.name_as_before(change)


def _result(request: Request, access: Access, entry: Entry, written: Written | None, whole: bool) -> Json:
    if entry.method in READS:
        read: Json = told(entry, lambda: answered(entry, app.answer(part(request, entry), access)))
        return read
    if written is None:
        return {"response": {"status": "204"}}
    response: Json = {"status": str(written.status)}
    if entry.method == "DELETE":
        return {"response": response}
    place = f"{request.base_url}/{written.type}/{written.id}"
    response["location"] = f"{place}/_history/{written.version}" if written.version else place
    if written.version:
        response["etag"] = f'W/"{written.version}"'
        response["lastModified"] = instant(clock.of_ms(written.updated_ms))
    if whole and written.body:
        return {"resource": orjson.Fragment(written.body), "response": response}
    return {"response": response}


def _distinct(changes: Sequence[Change]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for change in changes:
        key = change.type, change.id
        if key in seen:
            words = f"{change.place} and {seen[key]} change the same resource. Name each once."
            raise FhirError(400, "duplicate", words, [change.place])
        seen[key] = change.place
