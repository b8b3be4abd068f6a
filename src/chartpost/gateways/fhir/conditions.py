"""Conditions on which something is written: searches that find it, and versions it must have or must not have.

https://hl7.org/fhir/R4/http.html#cond-update, https://hl7.org/fhir/R4/http.html#concurrency
"""

import re
from collections.abc import Sequence

from chartpost.formats.fhirjson import search as language
from chartpost.gateways.fhir import auth
from chartpost.gateways.fhir.http import FhirError, Request, pairs
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records import search as records
from chartpost.records.errors import OutOfScope, TooCostly

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def found_by(kind: str, query: Sequence[tuple[str, str]], access: Access, base_url: str) -> list[str]:
    """Ids a condition finds, at most two; 412 when the condition is none, 400 when it is not understood."""
    if not query:
        raise FhirError(412, "required", "The condition has no parameters. Give what tells the resource.")
    within = auth.require(access, kind, "s")
    try:
        asked = language.parse(kind, list(query), base_url=base_url)
        rows = records.every(asked, access, within, raw.current(), 20_000)
        return [row.id for _, row in zip(range(2), rows, strict=False)]
    except language.SearchError as error:
        raise FhirError(400, error.code, error.message) from None
    except (TooCostly, OutOfScope) as error:
        raise FhirError(400, "too-costly", error.message) from None


def one_reference(text: str, access: Access, base_url: str) -> str:
    """The resource a conditional reference names; 412 unless it is exactly one."""
    kind, _, query = text.partition("?")
    there = found_by(kind, pairs(query), access, base_url)
    if len(there) != 1:
        number = "no" if not there else "more than one"
        raise FhirError(412, "not-found", f"A conditional reference finds {number} {kind}. It must find one.")
    return f"{kind}/{there[0]}"


def version_of(request: Request) -> int | None:
    """The version If-Match names (None: any); 400 when it is no version."""
    text = request.header("If-Match").strip()
    return version_in(text)


def version_in(text: str) -> int | None:
    """The version in an entity tag such as W/"3"."""
    if not text or text == "*":
        return None
    matched = _TAG.fullmatch(text)
    if matched is None:
        raise FhirError(400, "invalid", 'If-Match is a version such as W/"3".')
    return int(matched[1])


def too_many() -> FhirError:
    """412: a condition that is not selective enough."""
    return FhirError(412, "multiple-matches", "The condition finds more than one resource. Narrow it.")
