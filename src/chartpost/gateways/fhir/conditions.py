"""Conditions on which something is written: searches that find it, and versions it must have or must not have.

https://hl7.org/fhir/R4/http.html#cond-update, https://hl7.org/fhir/R4/http.html#concurrency
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import NamedTuple

from chartpost.formats.fhirjson import search as language
from chartpost.formats.fhirjson.references import ID
from chartpost.gateways.fhir import auth, indexing
from chartpost.gateways.fhir.http import FhirError, Request, pairs
from chartpost.identity.aliases import aliases
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.records import search as records
from chartpost.records.changes import ANY, Finding, Precondition
from chartpost.records.errors import OutOfScope, TooCostly

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


class Met(NamedTuple):
    """A resource a condition finds, and its version."""

    id: str
    version: int


def criteria(text: str, kind: str, base_url: str) -> list[tuple[str, str]]:
    """The parameters of If-None-Exist: a query, which some send with its `?`, or as a whole address of the type."""
    head, mark, query = text.partition("?")
    return pairs(query if mark and head in ("", kind, f"/{kind}", f"{base_url}/{kind}") else text)


def found_by(
    kind: str, query: Sequence[tuple[str, str]], access: Access, base_url: str, without: Set[str] = frozenset()
) -> list[Met]:
    """What is to be changed by a condition, at most two, the ids of `without` left out.

    412 when it is no condition, 400 when not understood, 503 while the index is being made: what is there would be
    stored again. Each Patient of a person is one of its own here, and is meant by its own id: no other is changed.
    """
    return list(islice(_matches(kind, query, access, base_url, without), 2))


def named_by(
    kind: str, query: Sequence[tuple[str, str]], access: Access, base_url: str, without: Set[str] = frozenset()
) -> list[Met]:
    """What a conditional reference or If-None-Exist names, at most two; as `found_by`, but a person is one Patient."""
    return one_of_each(kind, _matches(kind, query, access, base_url, without))


def one_of_each(kind: str, there: Iterable[Met]) -> list[Met]:
    """At most two of these, and of the Patients of a person one: the one apps know if it is there, else the first."""
    known, found = aliases(raw.current()), dict[str, Met]()
    for met in there:
        name = known.shown(kind, met.id)
        if name not in found or name == met.id:
            found[name] = met
        if len(found) > 1:
            break
    return list(found.values())


def _matches(
    kind: str, query: Sequence[tuple[str, str]], access: Access, base_url: str, without: Set[str]
) -> Iterator[Met]:
    within = auth.require(access, kind, "s")
    indexing.whole(raw.current())
    try:
        asked = language.parse(kind, query, base_url=base_url)
        if not asked.criteria and not asked.has:
            raise FhirError(412, "required", "The condition has no parameters. Give what tells the resource.")
        rows = records.every(asked, access, within, raw.current(), 20_000, own_ids=True)
        yield from (Met(row.id, row.version) for row in rows if row.id not in without)
    except language.SearchError as error:
        raise FhirError(400, error.code, error.message) from None
    except (TooCostly, OutOfScope) as error:
        raise FhirError(400, "too-costly", error.message) from None


def ids(there: Sequence[Met]) -> list[str]:
    """The ids of what is found."""
    return [met.id for met in there]


def finding(there: Sequence[Met], find: Callable[[], Sequence[Met]]) -> Finding | None:
    """What a conditional change is of, the one found; it must still be that one which `find` finds when it is made."""
    return Finding(there[0].version, lambda: ids(find()) == [there[0].id]) if there else None


def reference(text: str, access: Access, base_url: str) -> str:
    """The resource that is stored which a conditional reference names; 412 unless it is exactly one."""
    kind, _, query = text.partition("?")
    return one_reference(text, ids(named_by(kind, pairs(query), access, base_url)))


def one_reference(text: str, there: Sequence[str]) -> str:
    """The resource a conditional reference names; 412 unless `there`, the ids it finds, is exactly one."""
    kind = text.partition("?")[0]
    if len(there) != 1:
        number = "no" if not there else "more than one"
        raise FhirError(412, "not-found", f"A conditional reference finds {number} {kind}. It must find one.")
    return f"{kind}/{there[0]}"


def id_of_update(kind: str, there: Sequence[Met], given: object) -> str:
    """The id of what a conditional update stores: that of the one found, else the body's own, else a new one.

    https://hl7.org/fhir/R4/http.html#cond-update; where it finds none, nobody else may have the body's id either
    (`writing` looks at that).
    """
    if len(there) > 1:
        raise too_many()
    if not there and given is None:
        return new_id()
    if not there:
        if not isinstance(given, str) or not ID.fullmatch(given):
            words = "The id of the body has a form no id may have. Send one of 1 to 64 letters, digits, '-' and '.'"
            raise FhirError(400, "invalid", f"{words}, or none.", [f"{kind}.id"])
        return given
    if given not in (None, there[0].id):
        raise FhirError(400, "invalid", "The id of the body is not that of the resource found.", [f"{kind}.id"])
    return there[0].id


def precondition(request: Request) -> Precondition:
    """What If-Match and If-None-Match of a request ask of the current version."""
    return precondition_in(request.header("If-Match"), request.header("If-None-Match"))


def precondition_in(match: str, none_match: str) -> Precondition:
    """What these values of If-Match and If-None-Match ask; 400 for what names no version."""
    return Precondition(_versions("If-Match", match), _versions("If-None-Match", none_match))


def _versions(header: str, text: str) -> frozenset[int] | None:
    """The versions that entity tags such as W/"3" name (RFC 9110 8.8.3)."""
    text = text.strip()
    if not text:
        return None
    if text == "*":
        return ANY
    found = [_TAG.fullmatch(tag.strip()) for tag in text.split(",")]
    if not all(found):
        raise FhirError(400, "invalid", f'{header} is * or a version such as W/"3".')
    return frozenset(int(tag[1]) for tag in found if tag)


def too_many() -> FhirError:
    """412: a condition that is not selective enough."""
    return FhirError(412, "multiple-matches", "The condition finds more than one resource. Narrow it.")
